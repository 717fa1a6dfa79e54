/** touch PATH...: makes empty files where there are none. */
import { O_CREAT, O_WRONLY } from 'mote/abi';
import { close, open } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'touch PATH...') == null) return 2;
  let result = 0;
  for (let n = 1; n < args.length; n++) {
    const fd = open(args[n], O_WRONLY | O_CREAT);
    if (fd < 0) result = complainOf(args[n], fd);
    else close(fd);
  }
  return result;
}
