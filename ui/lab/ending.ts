/** How a domain or its host ended, in words. */
import { hex64 } from '../../core/machine.ts';
import type { HypervisorBug } from '../../hypervisor/bug.ts';
import {
  SHUTDOWN_crash,
  SHUTDOWN_poweroff,
  SHUTDOWN_reboot,
  SHUTDOWN_suspend,
  SHUTDOWN_watchdog,
} from '../../hypervisor/abi/sched.ts';
import type { Symbols } from '../../guests/toolchain/link/symbols.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';

import { placeOf } from './symbols.ts';
import { NS_PER_SECOND } from '../../devices/nanoseconds.ts';

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

/** What failed, when, on whose behalf, and where in Xen; the run is a function of its inputs, so that it fails again. */
export function describeHostCrash(hypervisor: Hypervisor, { message, stack }: HypervisorBug): string {
  const { processor, current } = hypervisor;
  const seconds = (hypervisor.nowNs() / NS_PER_SECOND).toFixed(9);
  const who = current === null ? 'no vcpu' : `d${String(current.domain.id)}v${String(current.id)}`;
  const trace = (stack ?? '').split('\n').filter((line) => /^\s+at |@/.test(line));
  return [
    'The host has crashed: a fault of Xen’s own, not of a guest’s.',
    message,
    `at instruction ${String(processor.retired)}, ${seconds} s, with ${who} at RIP ${hex64(processor.rip)}`,
    'Xen call trace:',
    ...trace,
    'The same command fails again in the same way: please report it.',
  ].join('\n');
}
