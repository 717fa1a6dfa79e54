/** df [-h] [PATH...]: how full the file systems are, or those that the paths are in, in KiB; -h: in units that fit. */
import { statfs } from 'mote/abi';
import { fileSystemOf, Stat } from 'programs/lib/calls';
import { complain, complainOf, print, readFile } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';
import { table } from 'programs/lib/text';

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'h', 'df [-h] [PATH...]');
  if (options == null) return 2;
  const fits = options.includes('h');
  const wanted: u64[] = [];
  const stat = new Stat();
  for (let n = 1; n < args.length; n++) {
    const failed = stat.of(args[n]);
    if (failed < 0) return complainOf(args[n], failed);
    wanted.push(stat.fileSystem);
  }
  const text = readFile('/proc/mounts');
  if (text == null) {
    complain('/proc is not there');
    return 1;
  }
  const rows: string[][] = [
    ['Filesystem', fits ? 'Size' : '1K-blocks', 'Used', 'Available', 'Use%', 'Mounted on'],
  ];
  const lines = text.trimEnd().split('\n');
  for (let n = 0; n < lines.length; n++) {
    const fields = lines[n].split(' ');
    if (wanted.length > 0 && (stat.of(fields[1]) < 0 || !wanted.includes(stat.fileSystem))) continue;
    const told = fileSystemOf(fields[1]);
    if (told == null) continue;
    const at = changetype<usize>(told);
    const blocks = load<u64>(at + statfs.f_blocks);
    // What has no size is not kept anywhere.
    if (blocks == 0) continue;
    const size = load<u64>(at + statfs.f_bsize);
    const free = load<u64>(at + statfs.f_bfree);
    const use = ((blocks - free) * 100 + blocks - 1) / blocks;
    rows.push([
      fields[0],
      shown(blocks * size, fits),
      shown((blocks - free) * size, fits),
      shown(free * size, fits),
      use.toString() + '%',
      fields[1],
    ]);
  }
  print(table(rows, 30));
  return 0;
}

/** Bytes in KiB, or as 1.5M. */
function shown(bytes: u64, fits: bool): string {
  if (!fits) return (bytes / 1024).toString();
  const units = 'KMGT';
  let unit = 0;
  let tenths = (bytes * 10 + 1023) / 1024;
  for (; tenths >= 10240 && unit < 3; unit++) tenths = (tenths + 1023) / 1024;
  const whole =
    tenths >= 100
      ? ((tenths + 9) / 10).toString()
      : (tenths / 10).toString() + '.' + (tenths % 10).toString();
  return whole + units.charAt(unit);
}
