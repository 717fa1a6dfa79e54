/**
 * The frames of a domain: which machine frame each of its pages is (its own p2m list, which it keeps in its memory and tells of in
 * its shared info page), and which page a machine frame is (the M2P, which Xen lets domain 0 map). A pair counts where both say so.
 */
import * as xen from 'xen';
import { shared_info, xen_domctl_getdomaininfo, xen_machphys_mfn_list } from 'xen';
import { describe } from 'programs/lib/errno';
import { load64 } from 'programs/lib/intrinsics';
import * as hyper from '../hypercalls';
import { PAGE_BYTES } from '../pages';
import { ENTRIES, FRAME_MASK, FRAMES_PER_PAGE, NO_FRAME, PRESENT } from './format';

const LEVELS: u64 = 4;
/** Pages of the M2P that Xen tells of by their first. */
const EXTENT_PAGES: u64 = 512;
const PAGE_SHIFT: u64 = 12;

export class Frames {
  /** Why they are not found; empty: they are. */
  problem: string = '';
  /** How many pages the domain's list is of, and the pfns of the pages that it lies in. */
  pages: u64 = 0;
  listPfns: StaticArray<u64> = new StaticArray<u64>(0);
  /** Its shared info page, mapped. */
  sharedInfo: u64 = 0;
  private list: u64 = 0;
  private listPages: u64 = 0;
  private machineFrames: u64 = 0;
  private m2p: u64 = 0;
  private m2pPages: u64 = 0;

  constructor(private domid: u32) {}

  /** Maps the page that it shares with Xen, and its list. False: `problem`. */
  map(): bool {
    if (!this.mapM2p()) return false;
    hyper.begin();
    const failed = hyper.domctl(xen.XEN_DOMCTL_getdomaininfo, this.domid);
    if (failed < 0) return this.fail(describe(failed));
    const frame = new StaticArray<u64>(1);
    frame[0] = load<u64>(hyper.domctlPart(), xen_domctl_getdomaininfo.shared_info_frame);
    const mapped = hyper.mapToRead(this.domid, changetype<usize>(frame), 1);
    if (mapped < 0) return this.fail('its shared info page: ' + describe(mapped));
    this.sharedInfo = mapped;
    this.pages = load64(mapped + shared_info.arch_max_pfn);
    const mfns = this.findList();
    return mfns != null && this.mapList(mfns);
  }

  release(): void {
    if (this.sharedInfo != 0) hyper.unmap(this.sharedInfo, 1);
    if (this.list != 0) hyper.unmap(this.list, this.listPages);
    if (this.m2p != 0) hyper.unmap(this.m2p, this.m2pPages);
    this.sharedInfo = 0;
    this.list = 0;
    this.m2p = 0;
  }

  /** Xen names the first frame of each 2 MiB of the table. */
  private mapM2p(): bool {
    this.machineFrames = hyper.memoryOp(xen.XENMEM_maximum_ram_page, 0);
    const pages = (this.machineFrames + FRAMES_PER_PAGE - 1) / FRAMES_PER_PAGE;
    const extents = new StaticArray<u64>(<i32>((pages + EXTENT_PAGES - 1) / EXTENT_PAGES));
    const request = new ArrayBuffer(<i32>xen_machphys_mfn_list.SIZE);
    const at = changetype<usize>(request);
    store<u32>(at, extents.length, xen_machphys_mfn_list.max_extents);
    store<u64>(at, changetype<usize>(extents), xen_machphys_mfn_list.extent_start);
    const failed = hyper.memoryOp(xen.XENMEM_machphys_mfn_list, at);
    if (failed < 0) return this.fail("the host's M2P: " + describe(failed));
    const mfns = new StaticArray<u64>(<i32>pages);
    for (let n = 0; n < mfns.length; n++) mfns[n] = extents[n / <i32>EXTENT_PAGES] + (n % <i32>EXTENT_PAGES);
    const mapped = hyper.mapToRead(xen.DOMID_XEN, changetype<usize>(mfns), pages);
    if (mapped < 0) return this.fail("the host's M2P: " + describe(mapped));
    this.m2p = mapped;
    this.m2pPages = pages;
    return true;
  }

  private fail(problem: string): bool {
    this.problem = problem;
    return false;
  }

  /** Where the list is: by the tables that map it, or by a tree of lists; null: `problem`. */
  private findList(): StaticArray<u64> | null {
    const cr3 = load64(this.sharedInfo + shared_info.arch_p2m_cr3);
    const top = load64(this.sharedInfo + shared_info.arch_pfn_to_mfn_frame_list_list);
    this.problem = '';
    if (this.pages == 0 || this.pages > this.mostPages)
      this.problem = 'it does not say how many pages it has';
    else if (cr3 == 0 && top == 0) this.problem = 'it does not say where its p2m list is';
    if (this.problem != '') return null;
    this.listPages = (this.pages + FRAMES_PER_PAGE - 1) / FRAMES_PER_PAGE;
    const mfns = cr3 != 0 ? this.byTables((cr3 & FRAME_MASK) >> PAGE_SHIFT) : this.byTree(top);
    if (mfns == null) this.problem = 'its p2m list is not where it says';
    return mfns;
  }

  /** A domain has holes, but not many times as many pages as the machine. */
  private get mostPages(): u64 {
    return max<u64>(this.machineFrames * 16, 1 << 20);
  }

  /** The leaves of the tables below a root that map addresses, as frames. */
  private byTables(root: u64): StaticArray<u64> | null {
    const first = load64(this.sharedInfo + shared_info.arch_p2m_vaddr);
    const end = first + this.listPages * PAGE_BYTES - 1;
    if (first % PAGE_BYTES != 0 || end < first) return null;
    let mfns = new StaticArray<u64>(1);
    mfns[0] = root;
    for (let level = LEVELS; level > 0; level--) {
      const shift = 3 + 9 * level;
      const from = first >> shift;
      const count = (end >> shift) - from + 1;
      const found = this.entries(mfns, <i32>(from % FRAMES_PER_PAGE), <i32>count);
      if (found == null) return null;
      for (let n = 0; n < found.length; n++) {
        if ((found[n] & PRESENT) == 0) return null;
        found[n] = (found[n] & FRAME_MASK) >> PAGE_SHIFT;
      }
      mfns = found;
    }
    return mfns;
  }

  /** A list of lists of frames. */
  private byTree(top: u64): StaticArray<u64> | null {
    const tops = new StaticArray<u64>(1);
    tops[0] = top;
    const middle = this.entries(tops, 0, <i32>((this.listPages + FRAMES_PER_PAGE - 1) / FRAMES_PER_PAGE));
    return middle == null ? null : this.entries(middle, 0, <i32>this.listPages);
  }

  /** Words of pages one behind the other; null: they cannot be mapped, or are not so many. */
  private entries(mfns: StaticArray<u64>, first: i32, count: i32): StaticArray<u64> | null {
    if (first + count > mfns.length * ENTRIES) return null;
    const mapped = hyper.mapToRead(this.domid, changetype<usize>(mfns), mfns.length);
    if (mapped < 0) return null;
    const words = new StaticArray<u64>(count);
    for (let n = 0; n < count; n++) words[n] = load64(mapped + <u64>(first + n) * 8);
    hyper.unmap(mapped, mfns.length);
    return words;
  }

  private mapList(mfns: StaticArray<u64>): bool {
    const mapped = hyper.mapToRead(this.domid, changetype<usize>(mfns), mfns.length);
    if (mapped < 0) return this.fail('its p2m list: ' + describe(mapped));
    this.list = mapped;
    this.listPfns = new StaticArray<u64>(mfns.length);
    for (let n = 0; n < mfns.length; n++) {
      const pfn = this.pfnOf(mfns[n]);
      if (pfn == NO_FRAME) return this.fail('its p2m list lies in a frame that is not its own');
      this.listPfns[n] = pfn;
    }
    return true;
  }

  /** NO_FRAME: there is none, for it is in the balloon. */
  mfnOf(pfn: u64): u64 {
    return load64(this.list + pfn * 8);
  }

  /** Sets the bits of pfns that have none. */
  addHoles(bits: StaticArray<u8>): void {
    for (let pfn: u64 = 0; pfn < this.pages; pfn++)
      if (load64(this.list + pfn * 8) == NO_FRAME) setBit(bits, pfn);
  }

  /** NO_FRAME: the frame is none of the domain's. */
  pfnOf(mfn: u64): u64 {
    if (mfn >= this.machineFrames) return NO_FRAME;
    const pfn = load64(this.m2p + mfn * 8);
    return pfn < this.pages && this.mfnOf(pfn) == mfn ? pfn : NO_FRAME;
  }
}

/** Of a bit for each pfn. */
export function setBit(bits: StaticArray<u8>, pfn: u64): void {
  const at = <i32>(pfn >> 3);
  const bit = <u32>(pfn & 7);
  bits[at] = <u8>((<u32>bits[at]) | ((<u32>1) << bit));
}

export function hasBit(bits: StaticArray<u8>, pfn: u64): bool {
  const bit = <u32>(pfn & 7);
  return (((<u32>bits[<i32>(pfn >> 3)]) >> bit) & 1) != 0;
}
