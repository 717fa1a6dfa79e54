/** The memory of a domain that is being built: given to it, and filled through foreign mappings. */
import * as xen from 'xen';
import { xen_foreign_memory_map, xen_memory_map, xen_memory_reservation } from 'xen';
import { copy } from 'programs/lib/intrinsics';
import * as hyper from './hypercalls';
import { PAGE_BYTES } from './pages';

export class DomainMemory {
  /** Machine frames by pfn. */
  p2m: StaticArray<u64>;
  domid: u32 = 0;

  constructor(public pages: u64) {
    this.p2m = new StaticArray<u64>(<i32>pages);
  }

  /** Gives it all its pages. 0, or a negative errno. */
  populate(): i32 {
    for (let pfn = 0; pfn < <i32>this.pages; pfn++) this.p2m[pfn] = pfn;
    return populate(this.domid, changetype<usize>(this.p2m), this.pages);
  }

  mfn(pfn: u64): u64 {
    return this.p2m[<i32>pfn];
  }

  /** Maps pages of it: their address, or a negative errno. */
  map(pfn: u64, count: u64): i64 {
    if (pfn > this.pages || count > this.pages - pfn) return -xen.ENOMEM;
    return hyper.mapForeign(this.domid, changetype<usize>(this.p2m) + <usize>pfn * 8, count);
  }

  /** Copies bytes to a place of it. 0, or a negative errno. */
  write(offset: u64, from: u64, bytes: u64): i32 {
    if (bytes == 0) return 0;
    const first = offset / PAGE_BYTES;
    const count = (offset + bytes - 1) / PAGE_BYTES - first + 1;
    const mapped = this.map(first, count);
    if (mapped < 0) return <i32>mapped;
    copy(<u64>mapped + (offset % PAGE_BYTES), from, bytes);
    hyper.unmap(mapped, count);
    return 0;
  }
}

/** Copies bytes to the beginning of a frame that a domain shares with Xen. 0, or a negative errno. */
export function writeFrame(domid: u32, mfn: u64, from: usize, bytes: u64): i32 {
  const list = new StaticArray<u64>(1);
  list[0] = mfn;
  const mapped = hyper.mapForeign(domid, changetype<usize>(list), 1);
  if (mapped < 0) return <i32>mapped;
  copy(mapped, from, bytes);
  hyper.unmap(mapped, 1);
  return 0;
}

/** Says what memory map a domain sees: one range of memory. 0, or a negative errno. */
export function setMemoryMap(domid: u32, bytes: u64): i32 {
  const entry = new ArrayBuffer(xen.E820_ENTRY_BYTES);
  store<u64>(changetype<usize>(entry), bytes, 8);
  store<u32>(changetype<usize>(entry), xen.E820_RAM, 16);
  const request = new ArrayBuffer(<i32>xen_foreign_memory_map.SIZE);
  const at = changetype<usize>(request);
  store<u16>(at, <u16>domid, xen_foreign_memory_map.domid);
  store<u32>(at + xen_foreign_memory_map.map, 1, xen_memory_map.nr_entries);
  store<u64>(at + xen_foreign_memory_map.map, changetype<usize>(entry), xen_memory_map.buffer);
  return <i32>hyper.memoryOp(xen.XENMEM_set_memory_map, at);
}

/** Gives a domain pages: a list of pfns becomes one of their frames. 0, or a negative errno. */
export function populate(domid: u32, list: usize, count: u64): i32 {
  return reserve(xen.XENMEM_populate_physmap, domid, list, count);
}

/** Takes frames from a domain. 0, or a negative errno. */
export function release(domid: u32, list: usize, count: u64): i32 {
  return reserve(xen.XENMEM_decrease_reservation, domid, list, count);
}

/** Sets memory aside for a domain, so many pages with those that it has; 0: no more than it has. 0, or a negative errno. */
export function claim(domid: u32, pages: u64): i32 {
  const request = new ArrayBuffer(<i32>xen_memory_reservation.SIZE);
  const at = changetype<usize>(request);
  store<u64>(at, pages, xen_memory_reservation.nr_extents);
  store<u16>(at, <u16>domid, xen_memory_reservation.domid);
  return <i32>hyper.memoryOp(xen.XENMEM_claim_pages, at);
}

function reserve(command: u32, domid: u32, list: usize, count: u64): i32 {
  const request = new ArrayBuffer(<i32>xen_memory_reservation.SIZE);
  const at = changetype<usize>(request);
  store<u64>(at, list, xen_memory_reservation.extent_start);
  store<u64>(at, count, xen_memory_reservation.nr_extents);
  store<u16>(at, <u16>domid, xen_memory_reservation.domid);
  const done = hyper.memoryOp(command, at);
  return done == count ? 0 : -xen.ENOMEM;
}
