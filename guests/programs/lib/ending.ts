/** The end of the system: what is to be done before, then the end itself. */
import { EINTR } from 'xen';
import { O_RDONLY } from 'mote/abi';
import { close, exec, exit, fork, open, reboot, sync, unmount, wait } from './calls';
import { flush, readFile } from './io';

const SHELL: string = '/bin/sh';
const RC: string = '/etc/rc.shutdown';
const ENVIRONMENT: string[] = ['PATH=/bin', 'HOME=/', 'TERM=xterm'];

/** Runs /etc/rc.shutdown if there is one, unmounts disks, and ends the system (LINUX_REBOOT_CMD_*). Comes back with an error alone. */
export function endSystem(command: u32): i32 {
  const fd = open(RC, O_RDONLY);
  if (fd >= 0) {
    close(fd);
    flush();
    const child = fork();
    if (child == 0) exit(-exec(SHELL, ['sh', RC], ENVIRONMENT));
    if (child > 0) while (wait(child) == -EINTR);
  }
  unmountDisks();
  sync();
  return reboot(command);
}

/** What is on disks comes off them, the last first: so that it is whole when it is mounted next. What is in use stays. */
function unmountDisks(): void {
  const text = readFile('/proc/mounts');
  if (text == null) return;
  const lines = text.split('\n');
  for (let n = lines.length - 1; n >= 0; n--) {
    const fields = lines[n].split(' ');
    if (fields.length > 2 && fields[2] == 'ext2' && fields[1] != '/') unmount(fields[1]);
  }
}
