/** zcat FILE...: unpacks files (gzip, xz, zstd, lz4, lzma) to the standard output. */
import { SYS_write } from 'mote/abi';
import { allocateFar, FarBytes, readFar, unread } from 'dom0/lib/far';
import { nameOf, PACKED_NONE, packedAs, unpack, UNPACKED_HERE } from 'dom0/lib/unpack/packed';
import { complain } from 'programs/lib/io';
import { syscall3 } from 'programs/lib/intrinsics';

/** Room for what is unpacked: pages come when they are touched. */
const MOST_BYTES: u64 = 1 << 30;
const EINTR: i64 = 4;

export function main(args: string[]): i32 {
  if (args.length < 2 || args[1].startsWith('-')) {
    complain('usage: zcat FILE...');
    return 2;
  }
  let status = 0;
  for (let n = 1; n < args.length && status == 0; n++) {
    const problem = show(args[n]);
    if (problem == '') continue;
    complain(args[n] + ': ' + problem);
    status = 1;
  }
  return status;
}

/** Empty, or what is wrong. */
function show(path: string): string {
  const file = readFar(path);
  if (file == null) return unread;
  const packing = packedAs(file.at, file.bytes);
  if (packing == PACKED_NONE) return 'it is packed in no way that is known';
  if (packing > UNPACKED_HERE) return nameOf(packing) + ' cannot be unpacked here';
  const room = allocateFar(MOST_BYTES);
  if (room == null) return 'there is no memory for it';
  const bytes = unpack(packing, file.at, file.bytes, room.at, room.bytes);
  const problem = bytes < 0 ? 'it is damaged' : write(room, bytes);
  room.release();
  file.release();
  return problem;
}

function write(from: FarBytes, bytes: i64): string {
  let done: i64 = 0;
  while (done < bytes) {
    const put = syscall3(SYS_write, 1, from.at + done, bytes - done);
    if (put == -EINTR) continue;
    if (put <= 0) return 'nobody reads it to its end';
    done += put;
  }
  return '';
}
