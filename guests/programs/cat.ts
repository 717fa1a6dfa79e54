/** cat [FILE...]: prints files, or the standard input. */
import { read } from 'programs/lib/calls';
import { complainOf, flush, openInput, printBytes } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';

const BYTES = 8192;

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'cat [FILE...]') == null) return 2;
  if (args.length == 1) args.push('-');
  const buffer = new ArrayBuffer(BYTES);
  let status = 0;
  for (let n = 1; n < args.length; n++) {
    const input = openInput(args[n]);
    if (input == null) {
      status = 1;
      continue;
    }
    let got = 0;
    while ((got = read(input.fd, buffer, BYTES)) > 0) {
      printBytes(changetype<usize>(buffer), got);
      if (flush() < 0) return 1;
    }
    if (got < 0) status = complainOf(args[n], got);
    input.close();
  }
  return status;
}
