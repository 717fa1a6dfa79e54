/** poweroff: ends the domain. */
import { LINUX_REBOOT_CMD_POWER_OFF } from 'mote/abi';
import { reboot, sync } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';

export function main(args: string[]): i32 {
  sync();
  return complainOf('poweroff', reboot(LINUX_REBOOT_CMD_POWER_OFF));
}
