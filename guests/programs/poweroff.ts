/** poweroff: ends the domain. */
import { LINUX_REBOOT_CMD_POWER_OFF } from 'mote/abi';
import { endSystem } from 'programs/lib/ending';
import { complainOf } from 'programs/lib/io';

export function main(args: string[]): i32 {
  return complainOf('poweroff', endSystem(LINUX_REBOOT_CMD_POWER_OFF));
}
