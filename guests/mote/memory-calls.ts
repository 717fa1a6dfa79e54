/** System calls about memory: the heap, anonymous mappings, and a look at one's own page tables. */
import { EINVAL, ENOMEM } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { isMemoryLow, PAGE_SIZE } from 'kernel/memory/pages';
import { entryPage, PAGE_PRESENT, tableIndex } from 'kernel/memory/pagetable';
import * as abi from './abi';
import { currentProcess, currentSpace } from './process';
import { Region } from './region';
import { setSyscall } from './syscall-table';
import { copyOut } from './user-memory';

export function initMemoryCalls(): void {
  setSyscall(abi.SYS_brk, (end: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 => {
    const space = currentSpace();
    return end == 0 ? space.heapEnd : space.setBreak(end);
  });
  setSyscall(abi.SYS_mmap, mmap);
  setSyscall(abi.SYS_munmap, munmap);
  setSyscall(abi.SYS_pagetable, pagetable);
}

const MAX_BYTES: u64 = 1 << 46;
const OFFSET: u64 = <u64>PAGE_SIZE - 1;

function mmap(address: u64, bytes: u64, protection: u64, flags: u64, fd: u64, offset: u64): i64 {
  const wanted = <i32>flags;
  if ((wanted & abi.MAP_ANONYMOUS) == 0 || (wanted & abi.MAP_PRIVATE) == 0) return -EINVAL;
  if (bytes == 0 || bytes > MAX_BYTES || (address & OFFSET) != 0) return -EINVAL;
  if (isMemoryLow()) return -ENOMEM;
  const size = (bytes + OFFSET) & ~OFFSET;
  const space = currentSpace();
  let start = address;
  if ((wanted & abi.MAP_FIXED) != 0) {
    const failed = space.unmap(start, start + size);
    if (failed < 0) return failed;
  } else {
    start = space.findRoom(size);
    if (start == 0) return -ENOMEM;
  }
  const region = new Region(start, start + size, <i32>protection);
  const failed = space.addRegion(region);
  if (failed == 0) return start;
  dispose(region);
  return failed;
}

function munmap(address: u64, bytes: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  if ((address & OFFSET) != 0 || bytes == 0 || bytes > MAX_BYTES) return -EINVAL;
  return currentSpace().unmap(address, address + ((bytes + OFFSET) & ~OFFSET));
}

const levels: usize = memory.data(80, 8);

/**
 * For each level from the root on: the entry for an address, and the page number of the table that it is in; behind them 0
 * and the page number of what the last entry points to.
 */
function pagetable(va: u64, to: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  if (va >= (<u64>1) << 47) return -EINVAL;
  let table = currentProcess().space!.root;
  let depth = 0;
  for (let level: u32 = 4; level > 0; level--) {
    const entry = load<u64>(table + tableIndex(va, level) * 8);
    store<u64>(levels + depth * 16, entry);
    store<u64>(levels + depth * 16 + 8, table / PAGE_SIZE);
    depth++;
    if ((entry & PAGE_PRESENT) == 0) break;
    table = entryPage(entry);
  }
  store<u64>(levels + depth * 16, 0);
  store<u64>(levels + depth * 16 + 8, table / PAGE_SIZE);
  const failed = copyOut(to, levels, depth * 16 + 16);
  return failed < 0 ? failed : depth;
}
