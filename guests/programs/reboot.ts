/** reboot: ends the domain, and asks for it to be started again. */
import { LINUX_REBOOT_CMD_RESTART } from 'mote/abi';
import { endSystem } from 'programs/lib/ending';
import { complainOf } from 'programs/lib/io';

export function main(args: string[]): i32 {
  return complainOf('reboot', endSystem(LINUX_REBOOT_CMD_RESTART));
}
