/** How a domain ended, in words. */
import {
  SHUTDOWN_crash,
  SHUTDOWN_poweroff,
  SHUTDOWN_reboot,
  SHUTDOWN_suspend,
  SHUTDOWN_watchdog,
} from '../../hypervisor/abi/sched.ts';
import type { Domain } from '../../hypervisor/domain/domain.ts';

const ENDINGS: Readonly<Record<number, string>> = {
  [SHUTDOWN_poweroff]: 'The domain has powered off.',
  [SHUTDOWN_reboot]: 'The domain has rebooted.',
  [SHUTDOWN_suspend]: 'The domain has suspended itself.',
  [SHUTDOWN_crash]: 'The domain has crashed.',
  [SHUTDOWN_watchdog]: 'The watchdog has ended the domain.',
};

/** One sentence; for a crash, Xen's report behind it. */
export function describeEnd({ shutdown }: Domain): string {
  if (shutdown === null) return 'The domain is running.';
  const sentence =
    ENDINGS[shutdown.reason] ?? `The domain has shut down for reason ${String(shutdown.reason)}.`;
  return shutdown.crash === null ? sentence : `${sentence}\n${shutdown.crash.text}`;
}
