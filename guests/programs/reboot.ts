/** reboot: ends the domain, and asks for it to be started again. */
import { LINUX_REBOOT_CMD_RESTART } from 'mote/abi';
import { reboot, sync } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';

export function main(args: string[]): i32 {
  sync();
  return complainOf('reboot', reboot(LINUX_REBOOT_CMD_RESTART));
}
