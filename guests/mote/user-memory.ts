/**
 * Copies between the kernel and the memory of the current process, page by page through the window. An address that the
 * process may not use itself gives -EFAULT, and what lies before it has been copied.
 */
import { EFAULT, ENAMETOOLONG } from 'xen';
import { PAGE_SIZE } from 'kernel/memory/pages';
import { currentSpace } from './process';

/** Bytes from `va` to the end of its page, at most `bytes`. */
// @ts-ignore: decorator
@inline
function inPage(va: u64, bytes: usize): usize {
  return min(bytes, PAGE_SIZE - ((<usize>va) & (PAGE_SIZE - 1)));
}

/** Copies from the process. 0, or -EFAULT. */
export function copyIn(to: usize, from: u64, bytes: usize): i32 {
  const space = currentSpace();
  while (bytes > 0) {
    const part = inPage(from, bytes);
    const at = space.resolve(from, false);
    if (at == 0) return -EFAULT;
    memory.copy(to, at, part);
    to += part;
    from += part;
    bytes -= part;
  }
  return 0;
}

/** Copies to the process. 0, or -EFAULT. */
export function copyOut(to: u64, from: usize, bytes: usize): i32 {
  const space = currentSpace();
  while (bytes > 0) {
    const part = inPage(to, bytes);
    const at = space.resolve(to, true);
    if (at == 0) return -EFAULT;
    memory.copy(at, from, part);
    to += part;
    from += part;
    bytes -= part;
  }
  return 0;
}

/** Copies a NUL-terminated string of at most `room` bytes with its NUL: its length, or -EFAULT, -ENAMETOOLONG. */
export function copyInString(to: usize, from: u64, room: usize): i32 {
  const space = currentSpace();
  let length: usize = 0;
  while (length < room) {
    const part = inPage(from, room - length);
    const at = space.resolve(from, false);
    if (at == 0) return -EFAULT;
    for (let index: usize = 0; index < part; index++) {
      const byte = load<u8>(at + index);
      store<u8>(to + length, byte);
      if (byte == 0) return <i32>length;
      length++;
    }
    from += part;
  }
  return -ENAMETOOLONG;
}

/**
 * Where the byte at a user address is in linear memory, for up to the end of its page; 0: not allowed. It holds until the
 * process runs or sleeps.
 */
export function userAddress(va: u64, write: bool): usize {
  return currentSpace().resolve(va, write);
}
