/** poweroff: ends the domain. */
import { LINUX_REBOOT_CMD_POWER_OFF } from 'mote/abi';
import { endSystem } from 'programs/lib/ending';
import { complainOf } from 'programs/lib/io';
import { takesNothing } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (!takesNothing(args)) return 2;
  return complainOf('poweroff', endSystem(LINUX_REBOOT_CMD_POWER_OFF));
}
