/**
 * The address space of a process: four levels of page tables, and the regions that say what may be where. Pages come when
 * they are touched: zeroes, or a part of the program's file.
 *
 * The kernel has page tables of its own that never change, and Xen switches between them and a process's (the "user root")
 * whenever it enters or leaves the kernel. So the kernel does not see user addresses: it walks the process's tables and uses
 * the window (user-memory.ts), and a page fault in the kernel is always a bug.
 *
 * A fork shares all pages: entries lose the right to write and get the mark PAGE_COW. Whoever writes first gets a copy; who
 * finds himself alone with the page gets the right back.
 */
import { EFAULT, EINVAL, ENOMEM, MMUEXT_INVLPG_LOCAL, MMUEXT_NEW_USER_BASEPTR } from 'xen';
import { MMUEXT_PIN_L4_TABLE, MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_UNPIN_TABLE } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { allocateUserPage, pageCount, PAGE_SHIFT, PAGE_SIZE, putPage } from 'kernel/memory/pages';
import { entryPage, extendedOperation, flush, makeEntry, mfnOf } from 'kernel/memory/pagetable';
import {
  PAGE_ACCESSED,
  PAGE_COW,
  PAGE_DIRTY,
  PAGE_FOREIGN,
  PAGE_NX,
  PAGE_PRESENT,
} from 'kernel/memory/pagetable';
import { PAGE_USER, PAGE_WRITE, protect, TABLE_BITS, tableIndex, updateEntry } from 'kernel/memory/pagetable';
import { updateForeign, walk } from 'kernel/memory/pagetable';
import { PROT_EXEC, PROT_WRITE } from './abi';
import { Region } from './region';
import { freeTables, protectTables, shareTables } from './tables';

export const USER_START: u64 = 0x1000;
/** The last page of the lower half is not used: `syscall` there would return to an address that is none. */
export const USER_END: u64 = 0x7fff_ffff_f000;
/** The last page: the code that handlers of signals return to. Below it is the stack. */
export const TRAMPOLINE: u64 = 0x7fff_ffff_e000;
/** Where mmap looks for room, downwards. */
const MMAP_END: u64 = 0x7fff_0000_0000;
/** The heap ends below the program's tables and text. */
const HEAP_END: u64 = 0x5fe0_0000;
const MAX_REGIONS: i32 = 256;

/** The root that Xen has as the user root now. */
let loaded: usize = 0;

export class AddressSpace {
  /** The L4 table. */
  root: usize = 0;
  /** Xen knows it: from here on tables are changed by asking. */
  pinned: bool = false;
  /** In order of their addresses. */
  first: Region | null = null;
  regions: i32 = 0;
  heapStart: u64 = 0;
  heapEnd: u64 = 0;
  /** Pages that are there, and tables. */
  pages: u32 = 0;
  tables: u32 = 0;

  /** A new one with nothing in it; null: no memory. */
  static create(): AddressSpace | null {
    const root = allocateUserPage();
    if (root == 0) return null;
    memory.fill(root, 0, PAGE_SIZE);
    const space = new AddressSpace();
    space.root = root;
    space.tables = 1;
    return space;
  }

  /** Makes its tables Xen's: it can be run on from now on. */
  pin(): void {
    protectTables(this.root, 4);
    extendedOperation(MMUEXT_PIN_L4_TABLE, mfnOf(this.root));
    flush();
    this.pinned = true;
  }

  /** Makes it what user mode runs on. */
  activate(): void {
    if (loaded == this.root) return;
    loaded = this.root;
    extendedOperation(MMUEXT_NEW_USER_BASEPTR, mfnOf(this.root));
    flush();
  }

  /** Gives everything back. */
  destroy(): void {
    if (loaded == this.root) {
      loaded = 0;
      extendedOperation(MMUEXT_NEW_USER_BASEPTR, 0);
    }
    if (this.pinned) extendedOperation(MMUEXT_UNPIN_TABLE, mfnOf(this.root));
    flush();
    freeTables(this.root, 4, this.pinned);
    if (this.pinned) extendedOperation(MMUEXT_TLB_FLUSH_LOCAL, 0);
    flush();
    let region = this.first;
    while (region != null) {
      const next = region.next;
      region.release();
      dispose(region);
      region = next;
    }
    dispose(this);
  }

  /** A copy that shares all pages until they are written; null: no memory. */
  fork(): AddressSpace | null {
    const child = AddressSpace.create();
    if (child == null) return null;
    let last: Region | null = null;
    let region = this.first;
    while (region != null) {
      const copy = region.copy();
      if (last == null) child.first = copy;
      else last.next = copy;
      last = copy;
      region = region.next;
    }
    child.regions = this.regions;
    child.heapStart = this.heapStart;
    child.heapEnd = this.heapEnd;
    const complete = shareTables(child, this.root, child.root, 4);
    extendedOperation(MMUEXT_TLB_FLUSH_LOCAL, 0);
    flush();
    if (complete) {
      child.pin();
      return child;
    }
    child.destroy();
    return null;
  }

  /** The region that an address is in. */
  regionAt(va: u64): Region | null {
    let region = this.first;
    while (region != null && region.end <= va) region = region.next;
    if (region == null || region.start > va) return null;
    return region;
  }

  /** Adds a region. 0, or -EINVAL: something is there already, or it is outside; -ENOMEM: too many. */
  addRegion(added: Region): i32 {
    if (added.start < USER_START || added.end > USER_END || added.start >= added.end) return -EINVAL;
    if (this.regions >= MAX_REGIONS) return -ENOMEM;
    let before: Region | null = null;
    let after = this.first;
    while (after != null && after.end <= added.start) {
      before = after;
      after = after.next;
    }
    if (after != null && after.start < added.end) return -EINVAL;
    added.next = after;
    if (before == null) this.first = added;
    else before.next = added;
    this.regions++;
    return 0;
  }

  /**
   * Deals with an access to an address that its entry does not allow: gives the page, a copy of it, or the right to write.
   * 0: try again; -EFAULT: it is not allowed; -ENOMEM: there is no page to give.
   */
  fault(va: u64, write: bool, execute: bool): i32 {
    const region = this.regionAt(va);
    if (region == null) return -EFAULT;
    if (write && (region.protection & PROT_WRITE) == 0) return -EFAULT;
    if (execute && (region.protection & PROT_EXEC) == 0) return -EFAULT;
    const at = walk(this.root, va);
    const entry = at == 0 ? 0 : load<u64>(at);
    if ((entry & PAGE_PRESENT) == 0) return region.isForeign ? -EFAULT : this.provide(va, region);
    if (!write || (entry & PAGE_WRITE) != 0) return 0;
    assert((entry & PAGE_COW) != 0, 'a page of a writable region is not writable');
    return this.unshare(va, at, entry);
  }

  /**
   * Where the byte at a user address is in linear memory, for reading or writing by the kernel; 0: it is not to be read or
   * written, or there is no memory.
   */
  resolve(va: u64, write: bool): usize {
    if (va >= USER_END) return 0;
    let at = walk(this.root, va);
    if (at == 0 || !allows(load<u64>(at), write)) {
      if (this.fault(va, write, false) < 0) return 0;
      at = walk(this.root, va);
    }
    // The kernel itself has no mapping of other domains' pages.
    if ((load<u64>(at) & PAGE_FOREIGN) != 0) return 0;
    return entryPage(load<u64>(at)) + ((<usize>va) & (PAGE_SIZE - 1));
  }

  /** Puts a fresh page at an address of a region. */
  private provide(va: u64, region: Region): i32 {
    const page = allocateUserPage();
    if (page == 0) return -ENOMEM;
    const start = va & ~(<u64>PAGE_SIZE - 1);
    memory.fill(page, 0, PAGE_SIZE);
    const failed = region.load(start, page);
    const at = failed < 0 ? 0 : this.makeWalk(va);
    if (at == 0) {
      putPage(page);
      return failed < 0 ? failed : -ENOMEM;
    }
    // Reading the file may have taken a while: somebody else can have been faster only in a space of many threads.
    let bits = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED;
    if ((region.protection & PROT_WRITE) != 0) bits |= PAGE_WRITE | PAGE_DIRTY;
    if ((region.protection & PROT_EXEC) == 0) bits |= PAGE_NX;
    this.setEntry(at, makeEntry(page, bits));
    flush();
    this.pages++;
    return 0;
  }

  /** Maps a machine frame of another domain's, to be read and written. 0, or Xen's negative errno, or -ENOMEM. */
  mapForeign(va: u64, mfn: u64, domid: u32, isWritable: bool): i32 {
    const at = this.makeWalk(va);
    if (at == 0) return -ENOMEM;
    const bits = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED | PAGE_NX | PAGE_FOREIGN;
    const written = isWritable ? PAGE_WRITE | PAGE_DIRTY : 0;
    return updateForeign(at, (mfn << PAGE_SHIFT) | bits | written, domid);
  }

  /** Gives the right to write to a page that may be shared. */
  private unshare(va: u64, at: usize, entry: u64): i32 {
    const shared = entryPage(entry);
    const bits = (entry & (PAGE_NX | 0xfff) & ~PAGE_COW) | PAGE_WRITE | PAGE_DIRTY;
    const alone = pageCount(shared) == 1;
    let page = shared;
    if (!alone) {
      page = allocateUserPage();
      if (page == 0) return -ENOMEM;
      memory.copy(page, shared, PAGE_SIZE);
    }
    this.setEntry(at, makeEntry(page, bits));
    extendedOperation(MMUEXT_INVLPG_LOCAL, va);
    flush();
    if (!alone) putPage(shared);
    return 0;
  }

  private setEntry(at: usize, value: u64): void {
    if (this.pinned) updateEntry(at, value);
    else store<u64>(at, value);
  }

  /** As `walk`, but makes the tables that are missing. 0: no memory. */
  private makeWalk(va: u64): usize {
    let table = this.root;
    for (let level: u32 = 4; level > 1; level--) {
      const at = table + tableIndex(va, level) * 8;
      const entry = load<u64>(at);
      if ((entry & PAGE_PRESENT) != 0) {
        table = entryPage(entry);
        continue;
      }
      table = allocateUserPage();
      if (table == 0) {
        flush();
        return 0;
      }
      memory.fill(table, 0, PAGE_SIZE);
      this.tables++;
      if (this.pinned) protect(table);
      this.setEntry(at, makeEntry(table, TABLE_BITS));
    }
    return table + tableIndex(va, 1) * 8;
  }

  /** Takes away the pages of a range. */
  private unmapPages(start: u64, end: u64): void {
    for (let va = start; va < end; va += PAGE_SIZE) {
      const at = walk(this.root, va);
      if (at == 0) {
        // No table: on to what the next one would map.
        va = (va | 0x1f_ffff) + 1 - PAGE_SIZE;
        continue;
      }
      const entry = load<u64>(at);
      if ((entry & PAGE_PRESENT) == 0) continue;
      this.setEntry(at, 0);
      if ((entry & PAGE_FOREIGN) != 0) continue;
      putPage(entryPage(entry));
      this.pages--;
    }
    extendedOperation(MMUEXT_TLB_FLUSH_LOCAL, 0);
    flush();
  }

  /** Takes away everything between two page boundaries. 0, or -EINVAL, -ENOMEM. */
  unmap(start: u64, end: u64): i32 {
    if (start < USER_START || end > USER_END || start >= end) return -EINVAL;
    let before: Region | null = null;
    let region = this.first;
    while (region != null && region.start < end) {
      const next = region.next;
      if (region.end > start) {
        if (region.start < start && region.end > end && this.regions >= MAX_REGIONS) return -ENOMEM;
        const rest = region.cut(start, end);
        if (rest != null) {
          rest.next = next;
          region.next = rest;
          this.regions++;
        }
        if (region.start >= region.end) {
          if (before == null) this.first = region.next;
          else before.next = region.next;
          this.regions--;
          region.release();
          dispose(region);
          region = next;
          continue;
        }
      }
      before = region;
      region = next;
    }
    this.unmapPages(start, end);
    return 0;
  }

  /** Finds room for `bytes` (whole pages) for mmap; 0: there is none. */
  findRoom(bytes: u64): u64 {
    let room: u64 = 0;
    let free = this.heapStart;
    let region = this.first;
    // The highest gap below MMAP_END that is large enough.
    while (region != null) {
      const end = min(region.start, MMAP_END);
      if (end > free && end - free >= bytes) room = end - bytes;
      if (region.end > free) free = region.end;
      region = region.next;
    }
    if (MMAP_END > free && MMAP_END - free >= bytes) room = MMAP_END - bytes;
    return room;
  }

  /** Moves the end of the heap. The end as it is then. */
  setBreak(wanted: u64): u64 {
    const old = pageUp(this.heapEnd);
    const end = pageUp(wanted);
    if (wanted < this.heapStart || end > HEAP_END) return this.heapEnd;
    if (end < old && this.unmap(end, old) < 0) return this.heapEnd;
    if (end > old && !this.growHeap(old, end)) return this.heapEnd;
    this.heapEnd = wanted;
    return wanted;
  }

  private growHeap(old: u64, end: u64): bool {
    const heap = this.regionAt(old - 1);
    if (heap != null && heap.isHeap) {
      const next = heap.next;
      if (next != null && next.start < end) return false;
      heap.end = end;
      return true;
    }
    const region = new Region(old, end, PROT_WRITE);
    region.isHeap = true;
    if (this.addRegion(region) == 0) return true;
    dispose(region);
    return false;
  }
}

function pageUp(va: u64): u64 {
  return (va + PAGE_SIZE - 1) & ~(<u64>PAGE_SIZE - 1);
}

function allows(entry: u64, write: bool): bool {
  return (entry & PAGE_PRESENT) != 0 && (!write || (entry & PAGE_WRITE) != 0);
}
