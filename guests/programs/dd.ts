/** dd [if=FILE] [of=FILE] [bs=BYTES] [count=BLOCKS] [skip=BLOCKS] [seek=BLOCKS]: copies blocks. */
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, SEEK_SET } from 'mote/abi';
import { open, read, seek, writeAll } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';

const MAX_BLOCK: i64 = 1 << 20;

export function main(args: string[]): i32 {
  let from = 0;
  let to = 1;
  let fromName = '';
  let toName = '';
  let size: i64 = 512;
  let count: i64 = i64.MAX_VALUE;
  let skip: i64 = 0;
  let place: i64 = 0;
  for (let n = 1; n < args.length; n++) {
    const at = args[n].indexOf('=');
    const name = args[n].substring(0, max(at, 0));
    const value = args[n].substring(at + 1);
    if (name == 'if') fromName = value;
    else if (name == 'of') toName = value;
    else if (name == 'bs') size = sized(value);
    else if (name == 'count') count = sized(value);
    else if (name == 'skip') skip = sized(value);
    else if (name == 'seek') place = sized(value);
    else bad_ = true;
  }
  if (bad_ || size <= 0 || size > MAX_BLOCK) {
    complain('usage: dd [if=FILE] [of=FILE] [bs=BYTES] [count=BLOCKS] [skip=BLOCKS] [seek=BLOCKS]');
    return 2;
  }
  if (fromName != '') from = open(fromName, O_RDONLY);
  if (from < 0) return complainOf(fromName, from);
  if (toName != '') to = open(toName, O_WRONLY | O_CREAT | (place == 0 ? O_TRUNC : 0));
  if (to < 0) return complainOf(toName, to);
  if (skip > 0) seek(from, skip * size, SEEK_SET);
  if (place > 0) seek(to, place * size, SEEK_SET);
  return copy(from, to, <i32>size, count);
}

let bad_: bool = false;

/** A number, with k or M behind it. */
function sized(text: string): i64 {
  const last = text.charAt(text.length - 1);
  const scale: i64 = last == 'k' || last == 'K' ? 1024 : last == 'M' ? 1048576 : 1;
  const value = number(scale == 1 ? text : text.substring(0, text.length - 1));
  bad_ = bad_ || bad || value < 0;
  return value * scale;
}

function copy(from: i32, to: i32, size: i32, count: i64): i32 {
  const buffer = new ArrayBuffer(size);
  let whole: u64 = 0;
  let part: u64 = 0;
  let bytes: u64 = 0;
  let result = 0;
  for (; count > 0; count--) {
    const got = read(from, buffer, size);
    if (got < 0) result = complainOf('reading', got);
    if (got <= 0) break;
    const put = writeAll(to, buffer, got);
    if (put < 0) {
      result = complainOf('writing', put);
      break;
    }
    if (got == size) whole++;
    else part++;
    bytes += got;
  }
  complain(whole.toString() + '+' + part.toString() + ' blocks, ' + bytes.toString() + ' bytes');
  return result;
}
