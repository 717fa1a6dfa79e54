/** hexdump [FILE]: bytes in hexadecimal and as characters, sixteen a line. */
import { openInput, print } from 'programs/lib/io';
import { hex } from 'programs/lib/text';

const WIDTH = 16;

export function main(args: string[]): i32 {
  const input = openInput(args.length > 1 ? args[1] : '-');
  if (input == null) return 1;
  let offset: u64 = 0;
  let byte = input.byte();
  while (byte >= 0) {
    let bytes = '';
    let characters = '';
    let n = 0;
    for (; n < WIDTH && byte >= 0; n++) {
      bytes += (n == WIDTH / 2 ? '  ' : ' ') + hex(byte, 2);
      characters += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.';
      byte = input.byte();
    }
    print(hex(offset, 8) + ' ' + bytes.padEnd(WIDTH * 3 + 1) + '  |' + characters + '|\n');
    offset += n;
  }
  print(hex(offset, 8) + '\n');
  return 0;
}
