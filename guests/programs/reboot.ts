/** reboot: ends the domain, and asks for it to be started again. */
import { LINUX_REBOOT_CMD_RESTART } from 'mote/abi';
import { endSystem } from 'programs/lib/ending';
import { complainOf } from 'programs/lib/io';
import { takesNothing } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (!takesNothing(args)) return 2;
  return complainOf('reboot', endSystem(LINUX_REBOOT_CMD_RESTART));
}
