/** hexdump [FILE]: bytes in hexadecimal and as characters, sixteen a line. */
import { dump } from 'programs/lib/dump';
import { openInput, print } from 'programs/lib/io';
import { hex } from 'programs/lib/text';
import { takeOptions } from 'programs/lib/options';

const BLOCK = 16;

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'hexdump [FILE]') == null) return 2;
  const input = openInput(args.length > 1 ? args[1] : '-');
  if (input == null) return 1;
  const block = new StaticArray<u8>(BLOCK);
  let offset: u64 = 0;
  let used = BLOCK;
  while (used == BLOCK) {
    used = 0;
    for (let byte = 0; used < BLOCK && (byte = input.byte()) >= 0;) block[used++] = <u8>byte;
    dump(changetype<usize>(block), used, offset);
    offset += used;
  }
  print(hex(offset, 8) + '\n');
  return 0;
}
