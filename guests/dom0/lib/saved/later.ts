/**
 * Post-copy: a domain is sent without the contents of its ordinary pages, which the other side asks for when the domain, which runs
 * there by then, reaches for them, and which are pushed meanwhile. What is sent with it is what it cannot be put together without: page
 * tables, its p2m list, start_info, the rings of store and console, descriptor tables. Which pages there are, and the tables, go while it
 * runs (rounds.ts, a first round), and so do pages that these map to be read alone (a second one): its kernel's text and constants, of
 * which it needs hundreds, one after the other, before anything else, and which hardly change. What it stands still for is what has
 * changed of all that, and its vcpus.
 *
 * **Once it runs there, it is in two halves**: when either host, or what is between them, is lost before the last page has gone, the
 * domain is lost. The real Xen has nothing of this for PV domains; its mem_paging is the model (hypervisor/memory/paged-frames.ts).
 */
import * as xen from 'xen';
import { start_info, vcpu_guest_context, xen_domctl_getdomaininfo } from 'xen';
import { CLOCK_MONOTONIC } from 'mote/abi';
import { clock } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { load64 } from 'programs/lib/intrinsics';
import { waitToRead } from 'programs/lib/sockets';
import * as hyper from '../hypercalls';
import { Course } from '../migration/progress';
import { gdtFramesOf, getVcpuContext } from '../vcpu-context';
import { Frames, hasBit, setBit } from './frames';
import { Pages, PutOff } from './pages';
import { Reader } from './reader';
import { Writer } from './writer';

/** Instead of a pfn that is asked for: all has come. */
export const ALL_HERE: u64 = ~0;
/**
 * Pages of a record, and that are pushed before it is looked whether one is asked for: what is asked for waits for them at most. Of so many
 * in a row the others go with one that is asked for: a domain reaches for what lies together (Hines and Gopalan 2009, adaptive prepaging).
 */
export const PUSHED: i32 = 8;
const TELL_PAGES: u64 = 256;
/** So long after a page was asked for none of the others is pushed: the next that is asked for does not wait for what is in the way then. */
const QUIET_NS: u64 = 2_000_000;
const QUIET_MS: i32 = 1;

export class Later extends PutOff {
  /** Pages that were asked for, and that went without. */
  fetched: u64 = 0;
  pushed: u64 = 0;
  /** Those that have not gone. */
  left: u64 = 0;
  /** A bit for each pfn: it has not gone; it goes with the domain. */
  private waits: StaticArray<u8>;
  private needed: StaticArray<u8>;
  /** Those that it wrote to just before it stood still: it will reach for them first. */
  private hot: StaticArray<u8>;
  private hotCursor: u64 = 0;
  private sendsConstant: bool = false;
  private cursor: u64 = 0;
  private askedNs: u64 = 0;

  constructor(
    private domid: u32,
    private frames: Frames,
  ) {
    super();
    const bytes = <i32>((frames.pages + 7) / 8);
    this.waits = new StaticArray<u8>(bytes);
    this.needed = new StaticArray<u8>(bytes);
    this.hot = new StaticArray<u8>(bytes);
    this.constant = new StaticArray<u8>(bytes);
  }

  private fail(what: string): bool {
    if (this.problem == '') this.problem = what;
    return false;
  }

  findNeeded(wanted: StaticArray<u8>): bool {
    const list = this.frames.listPfns;
    for (let n = 0; n < list.length; n++) setBit(this.needed, list[n]);
    hyper.begin();
    const failed = hyper.domctl(xen.XEN_DOMCTL_getdomaininfo, this.domid);
    if (failed < 0) return this.fail('its vcpus: ' + describe(failed));
    const last = load<i32>(hyper.domctlPart(), xen_domctl_getdomaininfo.max_vcpu_id);
    for (let vcpu = 0; vcpu <= last && this.problem == ''; vcpu++) this.needVcpu(vcpu);
    for (let n = 0; n < wanted.length; n++) unchecked((wanted[n] = wanted[n] | this.needed[n]));
    return this.problem == '';
  }

  private needVcpu(vcpu: u32): bool {
    const context = new ArrayBuffer(<i32>vcpu_guest_context.SIZE);
    const at = changetype<usize>(context);
    const failed = getVcpuContext(this.domid, vcpu, at);
    // One that was never up has none.
    if (failed < 0) return vcpu != 0 || this.fail('the context of vcpu 0: ' + describe(failed));
    if (load<u64>(at, vcpu_guest_context.ldt_ents) != 0)
      return this.fail('vcpu ' + vcpu.toString() + ' has an LDT, and where that lies is not known');
    for (let n: u64 = 0; n < gdtFramesOf(at); n++)
      if (!this.needFrame(load<u64>(at + vcpu_guest_context.gdt_frames + <usize>n * 8))) return false;
    return vcpu != 0 || this.needStart(load<u64>(at, vcpu_guest_context.user_regs_rdx));
  }

  private needFrame(mfn: u64): bool {
    return this.needPage(this.frames.pfnOf(mfn));
  }
  private needPage(pfn: u64): bool {
    if (pfn >= this.frames.pages) return this.fail('a page that it names to Xen is not its own');
    setBit(this.needed, pfn);
    return true;
  }

  /** Its start_info, where it has left the pfns of its rings. */
  private needStart(mfn: u64): bool {
    if (!this.needFrame(mfn)) return false;
    const frame = new StaticArray<u64>(1);
    frame[0] = mfn;
    const mapped = hyper.mapToRead(this.domid, changetype<usize>(frame), 1);
    if (mapped < 0) return this.fail('its start_info: ' + describe(mapped));
    const store = load64(mapped + start_info.store_mfn);
    const console = load64(mapped + start_info.console_domU_mfn);
    hyper.unmap(mapped, 1);
    return this.needPage(store) && this.needPage(console);
  }

  sendConstant(wanted: StaticArray<u8>): void {
    this.sendsConstant = true;
    for (let n = 0; n < wanted.length; n++) unchecked((wanted[n] = wanted[n] | this.constant[n]));
  }

  /**
   * Whether a page that is sent, of a type, goes without what is in it: then that waits. What it was before does not count. When the
   * domain stands still (not `isLive`), the pages are those that it has written to meanwhile.
   */
  putsOff(pfn: u64, type: u32, isLive: bool): bool {
    const isConstant = isLive && this.sendsConstant && hasBit(this.constant, pfn);
    const waits = type == 0 && !isConstant && !hasBit(this.needed, pfn);
    if (waits && !isLive) setBit(this.hot, pfn);
    if (waits && !hasBit(this.waits, pfn)) {
      setBit(this.waits, pfn);
      this.left++;
    } else if (!waits) this.take(pfn);
    return waits;
  }

  /**
   * Sends what waits: what the other side asks for first. False: not all of it could be sent.
   * `connection` is what `reader` reads from.
   */
  serve(pages: Pages, reader: Reader, writer: Writer, connection: i32, course: Course): bool {
    let tellAt: u64 = 0;
    this.askedNs = clock(CLOCK_MONOTONIC);
    while (this.left > 0 && pages.mayGoOn) {
      if (!this.serveAsked(pages, reader, writer, connection)) return false;
      if (!this.hasHot() && clock(CLOCK_MONOTONIC) < this.askedNs + QUIET_NS) {
        waitToRead(connection, QUIET_MS);
        continue;
      }
      this.push(pages);
      if (!pages.flush()) break;
      writer.flush();
      if (this.fetched + this.pushed < tellAt) continue;
      tellAt = this.fetched + this.pushed + TELL_PAGES;
      course.toldLater(this.fetched, this.pushed, this.left);
    }
    course.toldLater(this.fetched, this.pushed, this.left);
    return pages.mayGoOn;
  }

  /** False: nothing comes from there any more. */
  private serveAsked(pages: Pages, reader: Reader, writer: Writer, connection: i32): bool {
    let asked = 0;
    let last: u64 = 0;
    while (reader.isBuffered || waitToRead(connection, 0) != 0) {
      const pfn = reader.word64();
      if (reader.isShort) return false;
      // It may have gone while it was asked for.
      if (pfn >= this.frames.pages || !this.take(pfn)) continue;
      pages.add(pfn);
      this.fetched++;
      last = pfn;
      if (++asked % PUSHED == 0) pages.flush();
    }
    pages.flush();
    if (asked == 0) return true;
    writer.flush();
    this.pushAround(last, pages);
    writer.flush();
    this.askedNs = clock(CLOCK_MONOTONIC);
    return true;
  }

  /** Pushes what lies beside a page that was asked for; what lies behind that is likely to be needed next. */
  private pushAround(asked: u64, pages: Pages): void {
    const first = asked - (asked % PUSHED);
    for (let pfn = first; pfn < first + PUSHED; pfn++) {
      if (!this.take(pfn)) continue;
      pages.add(pfn);
      this.pushed++;
    }
    pages.flush();
    this.cursor = (first + PUSHED) % this.frames.pages;
  }

  private push(pages: Pages): void {
    for (let n = 0; n < PUSHED && this.left > 0; n++) {
      pages.add(this.next());
      this.pushed++;
    }
  }

  /** Takes the page that is pushed next. */
  private next(): u64 {
    if (this.hasHot()) {
      this.take(this.hotCursor);
      return this.hotCursor;
    }
    while (!this.take(this.cursor)) this.cursor = (this.cursor + 1) % this.frames.pages;
    return this.cursor;
  }

  /** Whether one of those waits that it will reach for first: `hotCursor`. */
  private hasHot(): bool {
    const pages = this.frames.pages;
    while (
      this.hotCursor < pages &&
      !(hasBit(this.hot, this.hotCursor) && hasBit(this.waits, this.hotCursor))
    )
      this.hotCursor++;
    return this.hotCursor < pages;
  }

  /** Whether a page waits: then no more. */
  private take(pfn: u64): bool {
    if (pfn >= this.frames.pages || !hasBit(this.waits, pfn)) return false;
    const at = <i32>(pfn >> 3);
    unchecked((this.waits[at] = <u8>((<u32>this.waits[at]) & ~((<u32>1) << ((<u32>pfn) & 7)))));
    this.left--;
    return true;
  }
}
