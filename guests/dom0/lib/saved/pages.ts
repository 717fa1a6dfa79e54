/**
 * Writes pages of a domain into a stream: records of pfns with their types, and the contents, in which page tables tell pfns. Of a
 * domain that runs, a page may be none any more, or a table may name what is not the domain's just now: it is put off then, until
 * the domain stands still, when it is an error.
 */
import * as xen from 'xen';
import { xen_domctl_getpageframeinfo3 } from 'xen';
import { describe } from 'programs/lib/errno';
import { copy } from 'programs/lib/intrinsics';
import { hex } from 'programs/lib/text';
import * as hyper from '../hypercalls';
import { PAGE_BYTES } from '../pages';
import * as format from './format';
import { NO_FRAME } from './format';
import { Frames, setBit } from './frames';
import { hasContent, levelOf } from './types';
import { Writer } from './writer';

const PAGE_SHIFT: u64 = 12;

/** Who decides that pages go without what is in them for now (post-copy: later.ts). */
export abstract class PutOff {
  problem: string = '';
  /** Finds what goes with the domain, which stands still, of its ordinary pages: their bits are set. False: `problem`. */
  abstract findNeeded(wanted: StaticArray<u8>): bool;
  /** A bit for each pfn that a page table maps to be read alone: text and constants, which hardly change. */
  constant: StaticArray<u8> = new StaticArray<u8>(0);
  /** From now on those go with what is in them, while the domain runs; their bits are set. */
  abstract sendConstant(wanted: StaticArray<u8>): void;
  /** Whether a page that is sent, of a type, goes without what is in it. `isLive`: the domain runs. */
  abstract putsOff(pfn: u64, type: u32, isLive: bool): bool;
}

export class Pages {
  /** What is wrong; empty: nothing. */
  problem: string = '';
  /** The domain runs. */
  isLive: bool = false;
  /** Pages whose content was written. */
  sent: u64 = 0;
  /** What goes without its content for now (post-copy); null: nothing does. */
  later: PutOff | null = null;
  /** A bit for each pfn: it is to be written again when the domain stands still. */
  deferred: StaticArray<u8>;
  private count: i32 = 0;
  private pfns: StaticArray<u64> = new StaticArray<u64>(format.BATCH);
  private types: StaticArray<u64> = new StaticArray<u64>(format.BATCH);
  private mfns: StaticArray<u64> = new StaticArray<u64>(format.BATCH);
  /** Tables of a batch, one behind the other, as they go out. */
  private tables: StaticArray<u64> = new StaticArray<u64>(0);

  constructor(
    private domid: u32,
    private frames: Frames,
    private writer: Writer,
  ) {
    this.deferred = new StaticArray<u8>(<i32>((frames.pages + 7) / 8));
  }

  get mayGoOn(): bool {
    return this.problem == '' && this.writer.failed == 0;
  }

  private fail(what: string): bool {
    if (this.problem == '') this.problem = what;
    return false;
  }

  /** Adds a page; a record is written when there are enough. */
  add(pfn: u64): void {
    this.pfns[this.count++] = pfn;
    if (this.count == format.BATCH) this.flush();
  }

  /** Writes those that were added. Whether all is well. */
  flush(): bool {
    const count = this.count;
    this.count = 0;
    return count == 0 || !this.mayGoOn ? this.mayGoOn : this.send(count);
  }

  private putOff(index: i32): void {
    setBit(this.deferred, this.pfns[index]);
    this.types[index] = xen.XEN_DOMCTL_PFINFO_XTAB;
  }

  private send(count: i32): bool {
    for (let n = 0; n < count; n++) this.mfns[n] = this.types[n] = this.frames.mfnOf(this.pfns[n]);
    hyper.begin();
    store<u64>(hyper.domctlPart(), count, xen_domctl_getpageframeinfo3.num);
    store<u64>(hyper.domctlPart(), changetype<usize>(this.types), xen_domctl_getpageframeinfo3.array);
    const failed = hyper.domctl(xen.XEN_DOMCTL_getpageframeinfo3, this.domid);
    if (failed < 0) return this.fail('the types of its pages: ' + describe(failed));
    const later = this.later;
    for (let n = 0; n < count && later != null; n++)
      if (later.putsOff(this.pfns[n], <u32>this.types[n], this.isLive))
        this.types[n] = xen.XEN_DOMCTL_PFINFO_XALLOC;
    let pages = 0;
    for (let n = 0; n < count; n++) if (hasContent(<u32>this.types[n])) this.mfns[pages++] = this.mfns[n];
    const mapped = pages == 0 ? 0 : hyper.mapToRead(this.domid, changetype<usize>(this.mfns), pages);
    if (mapped < 0) {
      if (!this.isLive) return this.fail('its pages: ' + describe(mapped));
      for (let n = 0; n < count; n++) this.putOff(n);
      return this.mayGoOn;
    }
    this.write(count, mapped);
    if (pages > 0) hyper.unmap(mapped, pages);
    return this.mayGoOn;
  }

  /** Writes the record of a batch, whose pages with content are mapped. */
  private write(count: i32, mapped: u64): void {
    if (!this.normaliseAll(count, mapped)) return;
    let pages: u64 = 0;
    let at = mapped;
    // What was put off has been mapped all the same.
    for (let n = 0; n < count; n++) if (hasContent(<u32>this.types[n])) pages++;
    this.writer.beginRecord(
      format.PAGE_DATA,
      format.PAGES_HEADER_BYTES + <u64>count * 8 + pages * PAGE_BYTES,
    );
    this.writer.put64(count);
    for (let n = 0; n < count; n++) this.writer.put64(this.pfns[n] | (this.types[n] << format.TYPE_SHIFT));
    let table: usize = changetype<usize>(this.tables);
    for (let n = 0; n < count; n++) {
      const type = <u32>this.types[n];
      if (hasContent(type)) {
        this.writer.put(levelOf(type) == 0 ? at : table, PAGE_BYTES);
        this.sent++;
      }
      if (this.mfns[n] == WAS_TABLE) table += <usize>PAGE_BYTES;
      if (this.mfns[n] != NO_FRAME) at += PAGE_BYTES;
    }
    this.writer.endRecord();
  }

  /** Makes copies of all tables; marks in `mfns`, which has done its duty, what was mapped, and what of it was a table. */
  private normaliseAll(count: i32, mapped: u64): bool {
    let tables = 0;
    for (let n = 0; n < count; n++) if (levelOf(<u32>this.types[n]) > 0) tables++;
    if (tables * format.ENTRIES > this.tables.length)
      this.tables = new StaticArray<u64>(tables * format.ENTRIES);
    let at = mapped;
    let table = 0;
    for (let n = 0; n < count; n++) {
      const type = <u32>this.types[n];
      this.mfns[n] = hasContent(type) ? 0 : NO_FRAME;
      if (!hasContent(type)) continue;
      const level = levelOf(type);
      if (level > 0) {
        this.mfns[n] = WAS_TABLE;
        const slot = this.normalise(at, table * format.ENTRIES, level);
        if (slot >= 0 && !this.isLive)
          return this.fail(
            'its page table in pfn ' +
              hex(this.pfns[n], 1) +
              ', entry ' +
              slot.toString() +
              ', is one of a large page, or names a frame that is not its own',
          );
        if (slot >= 0) this.putOff(n);
        table++;
      }
      at += PAGE_BYTES;
    }
    return true;
  }

  /** Copies a table as one that names pfns, without what in it is Xen's. -1, or the entry that cannot be. */
  private normalise(at: u64, to: i32, level: u32): i32 {
    copy(changetype<usize>(this.tables) + <usize>to * 8, at, PAGE_BYTES);
    const later = this.later;
    for (let slot = 0; slot < format.ENTRIES; slot++) {
      const entry = unchecked(this.tables[to + slot]);
      if (level == 4 && slot >= format.XEN_FIRST_SLOT && slot <= format.XEN_LAST_SLOT) {
        unchecked((this.tables[to + slot] = 0));
        continue;
      }
      if ((entry & format.PRESENT) == 0) continue;
      if (level > 1 && (entry & format.LARGE) != 0) return slot;
      const named = this.frames.pfnOf((entry & format.FRAME_MASK) >> PAGE_SHIFT);
      if (named == NO_FRAME) return slot;
      if (level == 1 && later != null && (entry & format.WRITABLE) == 0) setBit(later.constant, named);
      unchecked((this.tables[to + slot] = (entry & ~format.FRAME_MASK) | (named << PAGE_SHIFT)));
    }
    return -1;
  }
}

/** Instead of a frame: the page is a table, or was one that is put off. */
const WAS_TABLE: u64 = 1;
