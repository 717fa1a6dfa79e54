/** How a domain ended, in words. */
import {
  SHUTDOWN_crash,
  SHUTDOWN_poweroff,
  SHUTDOWN_reboot,
  SHUTDOWN_suspend,
  SHUTDOWN_watchdog,
} from '../../hypervisor/abi/sched.ts';
import type { Symbols } from '../../guests/toolchain/link/symbols.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';

import { placeOf } from './symbols.ts';

const ENDINGS: Readonly<Record<number, string>> = {
  [SHUTDOWN_poweroff]: 'The domain has powered off.',
  [SHUTDOWN_reboot]: 'The domain has rebooted.',
  [SHUTDOWN_suspend]: 'The domain has suspended itself.',
  [SHUTDOWN_crash]: 'The domain has crashed.',
  [SHUTDOWN_watchdog]: 'The watchdog has ended the domain.',
};

/**
 * One sentence; for a crash, where the kernel's sources have the code at RIP, if its symbols tell, and Xen's report.
 */
export function describeEnd({ shutdown }: Domain, symbols: Symbols | null = null): string {
  if (shutdown === null) return 'The domain is running.';
  const sentence =
    ENDINGS[shutdown.reason] ?? `The domain has shut down for reason ${String(shutdown.reason)}.`;
  if (shutdown.crash === null) return sentence;
  const rip = Number(BigInt.asIntN(64, BigInt(`0x${shutdown.crash.registers['rip'] ?? '0'}`)));
  const place = symbols === null ? null : placeOf(symbols, rip);
  const where = place === null ? '' : `In ${place.function}, ${place.file}:${String(place.line)}.\n`;
  return `${sentence}\n${where}${shutdown.crash.text}`;
}
