/** cmp FILE FILE: whether two files are the same; if not, where they first differ. */
import { complain, openInput, print } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'cmp FILE FILE') == null) return 2;
  if (args.length != 3) {
    complain('usage: cmp FILE FILE');
    return 2;
  }
  const first = openInput(args[1]);
  const second = openInput(args[2]);
  if (first == null || second == null) return 2;
  let line: u64 = 1;
  let at: u64 = 0;
  while (true) {
    at++;
    const one = first.byte();
    const other = second.byte();
    if (one != other) {
      const ends = one < 0 || other < 0;
      const where = ends ? ' ends after byte ' + (at - 1).toString() : ' differ: byte ' + at.toString();
      print(
        (ends ? (one < 0 ? args[1] : args[2]) : args[1] + ' ' + args[2]) +
          where +
          ', line ' +
          line.toString() +
          '\n',
      );
      return 1;
    }
    if (one < 0) return 0;
    if (one == 10) line++;
  }
}
