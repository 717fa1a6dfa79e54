/**
 * The pages of a domain that is restored: they get frames as they come, and page tables tell these instead of pfns. At the end tables
 * are pinned as they were, and the domain's p2m list says what is true now. Nothing in a stream is believed.
 */
import * as xen from 'xen';
import { mmuext_op } from 'xen';
import { describe } from 'programs/lib/errno';
import { copy, load64, load8, store64, store8 } from 'programs/lib/intrinsics';
import { hex } from 'programs/lib/text';
import { populate, release } from '../domain-memory';
import { allocateFar, FarBytes } from '../far';
import * as hyper from '../hypercalls';
import { PAGE_BYTES } from '../pages';
import * as format from './format';
import { Reader } from './reader';
import { hasContent, levelOf } from './types';

const PAGE_SHIFT: u64 = 12;
/** Pages that are mapped at once, and tables that are pinned at once. */
const CHUNK: i32 = 256;
const PINS: i32 = 128;

export class RestoredPages {
  /** What is wrong; empty: nothing. */
  problem: string = '';
  /** How many it has, those that are in its balloon, too; 0: it has not been told. */
  count: u64 = 0;
  /** Those whose content has come. */
  received: u64 = 0;
  /** By pfn: the frame and 1, 0: none yet; the type's upper four bits. */
  private p2m: FarBytes = new FarBytes(0, 0);
  private types: FarBytes = new FarBytes(0, 0);
  private listPfns: StaticArray<u64> = new StaticArray<u64>(0);
  private page: ArrayBuffer = new ArrayBuffer(<i32>PAGE_BYTES);

  /** `most`: how many the domain may have. */
  constructor(
    private domid: u32,
    private most: u64,
    private reader: Reader,
  ) {}

  dispose(): void {
    this.p2m.release();
    this.types.release();
  }

  private fail(what: string): bool {
    if (this.problem == '') this.problem = what;
    return false;
  }
  private refused(what: string, failed: i64): bool {
    return this.fail(what + ': ' + describe(failed));
  }

  readList(bytes: u32): bool {
    const what = 'the record of its p2m list is not right';
    if (bytes < <u32>format.P2M_HEADER_BYTES || this.count != 0) return this.fail(what);
    const first = this.reader.word32();
    const last = <u64>this.reader.word32();
    const count = last / format.FRAMES_PER_PAGE + 1;
    if (first != 0 || bytes != format.P2M_HEADER_BYTES + count * 8) return this.fail(what);
    if (last >= this.most) return this.fail('it has more pages than its configuration allows');
    this.count = last + 1;
    this.listPfns = new StaticArray<u64>(<i32>count);
    const p2m = allocateFar(this.count * 8);
    const types = allocateFar(this.count);
    if (p2m != null) this.p2m = p2m;
    if (types != null) this.types = types;
    if (p2m == null || types == null) return this.refused('its p2m list', -xen.ENOMEM);
    return this.reader.take(changetype<usize>(this.listPfns), count * 8);
  }

  /** NO_FRAME: it has none. */
  mfnOf(pfn: u64): u64 {
    return pfn < this.count ? load64(this.p2m.at + pfn * 8) - 1 : format.NO_FRAME;
  }

  typeOf(pfn: u64): u32 {
    return (<u32>load8(this.types.at + pfn)) << 28;
  }

  /** Whether a pfn is an ordinary page that is there. */
  isOrdinary(pfn: u64): bool {
    return this.mfnOf(pfn) != format.NO_FRAME && this.typeOf(pfn) == 0;
  }

  readPages(bytes: u32): bool {
    const count = this.reader.word64() & 0xffff_ffff;
    if (count == 0 || count > this.count || bytes < format.PAGES_HEADER_BYTES + count * 8)
      return this.fail('a record of pages is not right');
    const words = new StaticArray<u64>(<i32>count);
    if (!this.reader.take(changetype<usize>(words), count * 8)) return false;
    let contents: u64 = 0;
    for (let n = 0; n < words.length; n++) {
      const pfn = words[n] & format.PFN_MASK;
      const type = <u32>((words[n] & format.TYPE_MASK) >> format.TYPE_SHIFT);
      if (pfn >= this.count) return this.fail('pfn ' + hex(pfn, 1) + ' is beyond its last one');
      if (!isKnown(type)) return this.fail('pfn ' + hex(pfn, 1) + ' has a type that is not known');
      if (hasContent(type)) contents++;
    }
    if (bytes != format.PAGES_HEADER_BYTES + count * 8 + contents * PAGE_BYTES)
      return this.fail('a record of pages has not the length that its pages have');
    for (let n = 0; n < words.length; n += CHUNK)
      if (!this.readChunk(words, n, min(n + CHUNK, words.length))) return false;
    return true;
  }

  private readChunk(words: StaticArray<u64>, from: i32, to: i32): bool {
    const pfns = new StaticArray<u64>(to - from);
    let missing = 0;
    for (let n = from; n < to; n++) {
      const pfn = words[n] & format.PFN_MASK;
      const type = <u32>((words[n] & format.TYPE_MASK) >> format.TYPE_SHIFT);
      store8(this.types.at + pfn, type >> 28);
      const isWanted = hasContent(type) || type == xen.XEN_DOMCTL_PFINFO_XALLOC;
      if (isWanted && this.mfnOf(pfn) == format.NO_FRAME) pfns[missing++] = pfn;
    }
    if (!this.populate(pfns, missing)) return false;
    let count = 0;
    for (let n = from; n < to; n++)
      if (hasContent((<u32>(words[n] >> format.TYPE_SHIFT)) & 0xf000_0000))
        pfns[count++] = words[n] & format.PFN_MASK;
    return count == 0 || this.readContents(pfns, count);
  }

  /** Gets frames for pages that have none. A page named twice gets one. */
  private populate(pfns: StaticArray<u64>, count: i32): bool {
    if (count == 0) return true;
    const mfns = new StaticArray<u64>(count);
    let wanted = 0;
    for (let n = 0; n < count; n++) {
      if (this.mfnOf(pfns[n]) != format.NO_FRAME) continue;
      // Its place is taken until its frame is known.
      store64(this.p2m.at + pfns[n] * 8, 1);
      mfns[wanted] = pfns[n];
      pfns[wanted++] = pfns[n];
    }
    const failed = populate(this.domid, changetype<usize>(mfns), wanted);
    if (failed < 0) return this.refused('its memory', failed);
    for (let n = 0; n < wanted; n++) store64(this.p2m.at + pfns[n] * 8, mfns[n] + 1);
    return true;
  }

  private readContents(pfns: StaticArray<u64>, count: i32): bool {
    const mfns = new StaticArray<u64>(count);
    for (let n = 0; n < count; n++) mfns[n] = this.mfnOf(pfns[n]);
    const mapped = hyper.mapForeign(this.domid, changetype<usize>(mfns), count);
    if (mapped < 0) return this.refused('its pages', mapped);
    const at = changetype<usize>(this.page);
    let isDone = true;
    for (let n = 0; n < count && isDone; n++) {
      isDone = this.reader.take(at, PAGE_BYTES);
      const level = levelOf(this.typeOf(pfns[n]));
      if (isDone && level > 0) isDone = this.localise(at, pfns[n]);
      if (isDone) copy(mapped + n * PAGE_BYTES, at, PAGE_BYTES);
    }
    hyper.unmap(mapped, count);
    this.received += count;
    return isDone;
  }

  /** Makes of a table one that names frames; pages that have not come yet get theirs. */
  private localise(at: usize, pfn: u64): bool {
    const missing = new StaticArray<u64>(format.ENTRIES);
    let count = 0;
    for (let slot: usize = 0; slot < <usize>format.ENTRIES; slot++) {
      const entry = load<u64>(at + slot * 8);
      if ((entry & format.PRESENT) == 0) continue;
      const named = (entry & format.FRAME_MASK) >> PAGE_SHIFT;
      if (named >= this.count)
        return this.fail('its page table in pfn ' + hex(pfn, 1) + ' names a page beyond its last one');
      if (this.mfnOf(named) == format.NO_FRAME) missing[count++] = named;
    }
    if (!this.populate(missing, count)) return false;
    for (let slot: usize = 0; slot < <usize>format.ENTRIES; slot++) {
      const entry = load<u64>(at + slot * 8);
      if ((entry & format.PRESENT) == 0) continue;
      const mfn = this.mfnOf((entry & format.FRAME_MASK) >> PAGE_SHIFT);
      store<u64>(at + slot * 8, (entry & ~format.FRAME_MASK) | (mfn << PAGE_SHIFT));
    }
    return true;
  }

  /** Pages that had come, and are none any more: the domain gave them away while it was sent. */
  releaseHoles(): bool {
    const mfn = new StaticArray<u64>(1);
    for (let pfn: u64 = 0; pfn < this.count; pfn++) {
      if (this.typeOf(pfn) != xen.XEN_DOMCTL_PFINFO_XTAB || this.mfnOf(pfn) == format.NO_FRAME) continue;
      mfn[0] = this.mfnOf(pfn);
      const failed = release(this.domid, changetype<usize>(mfn), 1);
      if (failed < 0) return this.refused('its balloon', failed);
      store64(this.p2m.at + pfn * 8, 0);
    }
    return true;
  }

  pinAll(): bool {
    const operations = new ArrayBuffer(PINS * <i32>mmuext_op.SIZE);
    let count = 0;
    for (let pfn: u64 = 0; pfn < this.count; pfn++) {
      const type = this.typeOf(pfn);
      const level = levelOf(type);
      if (level == 0 || (type & xen.XEN_DOMCTL_PFINFO_LPINTAB) == 0) continue;
      const at = changetype<usize>(operations) + count++ * mmuext_op.SIZE;
      store<u32>(at, xen.MMUEXT_PIN_L1_TABLE + level - 1, mmuext_op.cmd);
      store<u64>(at, this.mfnOf(pfn), mmuext_op.arg1_mfn);
      if (count < PINS) continue;
      if (!this.pin(changetype<usize>(operations), count)) return false;
      count = 0;
    }
    return count == 0 || this.pin(changetype<usize>(operations), count);
  }

  private pin(operations: usize, count: u32): bool {
    const failed = hyper.mmuextOps(operations, count, this.domid);
    return failed == 0 || this.refused('its page tables', failed);
  }

  /** Its own p2m list says what is true now. */
  writeList(): bool {
    const mfns = new StaticArray<u64>(this.listPfns.length);
    for (let n = 0; n < mfns.length; n++) {
      if (!this.isOrdinary(this.listPfns[n])) return this.fail('its p2m list lies in no ordinary page');
      mfns[n] = this.mfnOf(this.listPfns[n]);
    }
    const mapped = hyper.mapForeign(this.domid, changetype<usize>(mfns), mfns.length);
    if (mapped < 0) return this.refused('its p2m list', mapped);
    for (let pfn: u64 = 0; pfn < this.count; pfn++) store64(mapped + pfn * 8, this.mfnOf(pfn));
    hyper.unmap(mapped, mfns.length);
    return true;
  }
}

/** Whether there are pages of a type. */
function isKnown(type: u32): bool {
  if (!hasContent(type)) return true;
  // What is pinned is a table.
  return levelOf(type) <= 4 && type != xen.XEN_DOMCTL_PFINFO_LPINTAB;
}
