/** df: how full the file systems are, in KiB. */
import { statfs } from 'mote/abi';
import { fileSystemOf } from 'programs/lib/calls';
import { complain, print, readFile } from 'programs/lib/io';
import { table } from 'programs/lib/text';
import { takesNothing } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (!takesNothing(args)) return 2;
  const text = readFile('/proc/mounts');
  if (text == null) {
    complain('/proc is not there');
    return 1;
  }
  const rows: string[][] = [['Filesystem', '1K-blocks', 'Used', 'Available', 'Use%', 'Mounted on']];
  const lines = text.trimEnd().split('\n');
  for (let n = 0; n < lines.length; n++) {
    const fields = lines[n].split(' ');
    const told = fileSystemOf(fields[1]);
    if (told == null) continue;
    const at = changetype<usize>(told);
    const blocks = load<u64>(at + statfs.f_blocks);
    // What has no size is not kept anywhere.
    if (blocks == 0) continue;
    const size = load<u64>(at + statfs.f_bsize);
    const free = load<u64>(at + statfs.f_bfree);
    const kib = (count: u64, size: u64): string => ((count * size) / 1024).toString();
    const use = ((blocks - free) * 100 + blocks - 1) / blocks;
    rows.push([
      fields[0],
      kib(blocks, size),
      kib(blocks - free, size),
      kib(free, size),
      use.toString() + '%',
      fields[1],
    ]);
  }
  print(table(rows, 30));
  return 0;
}
