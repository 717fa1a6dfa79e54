/** The end of the system: what is to be done before, then the end itself. */
import { EINTR } from 'xen';
import { O_RDONLY } from 'mote/abi';
import { close, exec, exit, fork, open, reboot, sync, wait } from './calls';
import { flush } from './io';

const SHELL: string = '/bin/sh';
const RC: string = '/etc/rc.shutdown';
const ENVIRONMENT: string[] = ['PATH=/bin', 'HOME=/', 'TERM=xterm'];

/** Runs /etc/rc.shutdown if there is one, and ends the system (LINUX_REBOOT_CMD_*). Comes back with an error alone. */
export function endSystem(command: u32): i32 {
  const fd = open(RC, O_RDONLY);
  if (fd >= 0) {
    close(fd);
    flush();
    const child = fork();
    if (child == 0) exit(-exec(SHELL, ['sh', RC], ENVIRONMENT));
    if (child > 0) while (wait(child) == -EINTR);
  }
  sync();
  return reboot(command);
}
