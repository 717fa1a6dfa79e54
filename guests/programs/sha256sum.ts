/** sha256sum [FILE ...]: the SHA-256 of files, or of the input. */
import { close, open, read } from 'programs/lib/calls';
import { O_RDONLY } from 'mote/abi';
import { complainOf, print } from 'programs/lib/io';
import { hex } from 'programs/lib/text';
import { Sha256 } from 'programs/lib/sha256';
import { takeOptions } from 'programs/lib/options';

const BYTES = 16384;
const buffer = new ArrayBuffer(BYTES);

/** Prints a file's digest: 0, or 1 where it cannot be read. */
function digest(fd: i32, name: string): i32 {
  if (fd < 0) {
    complainOf(name, fd);
    return 1;
  }
  const sum = new Sha256();
  let count = read(fd, buffer, BYTES);
  for (; count > 0; count = read(fd, buffer, BYTES)) sum.add(changetype<usize>(buffer), count);
  if (fd > 0) close(fd);
  if (count < 0) {
    complainOf(name, count);
    return 1;
  }
  const words = sum.finish();
  let text = '';
  for (let n = 0; n < 8; n++) text += hex(words[n], 8);
  print(text + '  ' + name + '\n');
  return 0;
}

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'sha256sum [FILE...]') == null) return 2;
  if (args.length == 1) return digest(0, '-');
  let failed = 0;
  for (let n = 1; n < args.length; n++) failed |= digest(open(args[n], O_RDONLY), args[n]);
  return failed;
}
