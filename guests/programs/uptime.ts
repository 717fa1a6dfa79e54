/** uptime: how long the system has been up, and how many processes there are. */
import { sysinfo } from 'mote/abi';
import { systemInformation } from 'programs/lib/calls';
import { print } from 'programs/lib/io';
import { takesNothing } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (!takesNothing(args)) return 2;
  const seconds = systemInformation(sysinfo.uptime);
  const minutes = ((seconds / 60) % 60).toString().padStart(2, '0');
  const processes = systemInformation(sysinfo.procs) & 0xffff;
  const rest = (seconds % 60).toString().padStart(2, '0');
  print(
    'up ' +
      (seconds / 3600).toString() +
      ':' +
      minutes +
      ':' +
      rest +
      ', ' +
      processes.toString() +
      ' processes\n',
  );
  return 0;
}
