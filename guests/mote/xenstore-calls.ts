/**
 * The system call of the store's clients: any request, as it is on the wire but for its header. Watches are the kernel's own
 * affair, for who would be told?
 */
import { EINVAL, ENODEV, XENSTORE_PAYLOAD_MAX, XS_UNWATCH, XS_WATCH } from 'xen';
import { alloc, free } from 'kernel/heap';
import { addBytes, begin, done, finish, hasXenstore, reply } from 'kernel/xenbus';
import { SYS_xenstore } from './abi';
import { setSyscall } from './syscalls';
import { copyIn, copyOut } from './user-memory';

export function initXenstoreCalls(): void {
  setSyscall(SYS_xenstore, xenstore);
}

/** Bytes of the answer, of which as many are copied as there is room for. `type`: XS_*, a transaction in the upper half. */
function xenstore(type: u64, from: u64, bytes: u64, to: u64, room: u64, f: u64): i64 {
  if (!hasXenstore()) return -ENODEV;
  const kind = <u32>type;
  if (bytes > <u64>XENSTORE_PAYLOAD_MAX || kind == XS_WATCH || kind == XS_UNWATCH) return -EINVAL;
  const buffer = alloc(XENSTORE_PAYLOAD_MAX);
  let result: i64 = copyIn(buffer, from, <usize>bytes);
  if (result == 0) {
    begin(kind, <u32>(type >> 32));
    addBytes(buffer, <usize>bytes);
    result = finish();
    const part = <usize>min<u64>(<u64>max<i64>(result, 0), room);
    memory.copy(buffer, reply(), part);
    done();
    const failed = copyOut(to, buffer, part);
    if (failed < 0) result = failed;
  }
  free(buffer);
  return result;
}
