/**
 * The other side of post-copy (later.ts): a domain's pages whose contents have not come are made known to Xen, which lets whoever reaches
 * for one stand still and tells of it by an event (XEN_DOMCTL_pv_paging_op); they are asked for, and handed to Xen as they come.
 */
import * as xen from 'xen';
import { DOMID_SELF, xen_domctl_pv_paging_op } from 'xen';
import { POLLIN } from 'mote/abi';
import { close } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { load32, store32 } from 'programs/lib/intrinsics';
import { PollSet } from 'programs/lib/poll';
import { EventChannels } from '../event-channels';
import { allocateFar, FarBytes } from '../far';
import * as hyper from '../hypercalls';
import { PAGE_BYTES } from '../pages';
import * as format from './format';
import { ALL_HERE, PUSHED } from './later';
import { Reader } from './reader';
import { RestoredPages } from './restored-pages';
import { hasContent } from './types';
import { Writer } from './writer';

/** Frames of one operation. */
const FRAMES: i32 = 512;
/** Pages of a record at most: those that are pushed at once. */
const PAGES: u64 = <u64>PUSHED;
/** How long nothing may come. */
const PATIENCE_MS: i32 = 30_000;

export class Awaited {
  /** Why not all of it has come; empty: it has. */
  problem: string = '';
  /** Pages that are not here. */
  left: u64 = 0;
  private channels: EventChannels = new EventChannels();
  private polled: PollSet = new PollSet();
  private frames: StaticArray<u64> = new StaticArray<u64>(FRAMES);
  private contents: ArrayBuffer = new ArrayBuffer(PUSHED * <i32>PAGE_BYTES);
  /** By machine frame: the pfn and 1, 0: none of the domain's that is awaited. */
  private pfns: FarBytes = new FarBytes(0, 0);
  private isOver: bool = false;

  constructor(
    private domid: u32,
    private pages: RestoredPages,
    private reader: Reader,
    private writer: Writer,
    private connection: i32,
  ) {}

  private fail(what: string): bool {
    if (this.problem == '') this.problem = what;
    return false;
  }
  private refused(what: string, failed: i64): bool {
    return this.fail(what + ': ' + describe(failed));
  }

  private paging(op: u32, count: u64): i32 {
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, op, xen_domctl_pv_paging_op.op);
    store<u64>(at, count, xen_domctl_pv_paging_op.num);
    store<u64>(at, changetype<usize>(this.frames), xen_domctl_pv_paging_op.frames);
    store<u64>(at, changetype<usize>(this.contents), xen_domctl_pv_paging_op.buffer);
    const failed = hyper.domctl(xen.XEN_DOMCTL_pv_paging_op, this.domid);
    if (failed == 0) this.left = load<u64>(at, xen_domctl_pv_paging_op.left);
    return failed;
  }

  /** Before the domain runs: lets Xen know what is not here. False: `problem`. */
  begin(): bool {
    const machineFrames = <u64>hyper.memoryOp(xen.XENMEM_maximum_ram_page, 0);
    const pfns = allocateFar((machineFrames + 1) * 4);
    if (pfns == null) return this.refused('where its pages are', -xen.ENOMEM);
    this.pfns = pfns;
    const port = this.channels.fd < 0 ? this.channels.fd : this.channels.bindUnbound(DOMID_SELF);
    if (port < 0) return this.refused('an event channel', port);
    hyper.begin();
    store<u32>(hyper.domctlPart(), xen.XEN_DOMCTL_PV_PAGING_ENABLE, xen_domctl_pv_paging_op.op);
    store<u32>(hyper.domctlPart(), port, xen_domctl_pv_paging_op.port);
    const failed = hyper.domctl(xen.XEN_DOMCTL_pv_paging_op, this.domid);
    return failed < 0 ? this.refused('pages that come later', failed) : this.evictAll();
  }

  private evictAll(): bool {
    let count = 0;
    for (let pfn: u64 = 0; pfn < this.pages.count; pfn++) {
      if (this.pages.typeOf(pfn) != xen.XEN_DOMCTL_PFINFO_XALLOC) continue;
      const mfn = this.pages.mfnOf(pfn);
      store32(this.pfns.at + mfn * 4, <u32>pfn + 1);
      this.frames[count++] = mfn;
      if (count < FRAMES) continue;
      if (!this.evict(count)) return false;
      count = 0;
    }
    return this.evict(count);
  }

  private evict(count: i32): bool {
    const failed = this.paging(xen.XEN_DOMCTL_PV_PAGING_EVICT, count);
    return failed == 0 || this.refused('pages that come later', failed);
  }

  /** While the domain runs: until all has come. False: it never will, and why is `problem`. */
  run(): bool {
    this.reader.patienceMs = PATIENCE_MS;
    while (!this.isOver) {
      this.polled.clear();
      const events = this.polled.add(this.channels.fd, POLLIN);
      const stream = this.polled.add(this.connection, POLLIN);
      const came = this.polled.wait(this.reader.isBuffered ? 0 : PATIENCE_MS);
      if (came == 0 && !this.reader.isBuffered) return this.fail('nothing has come for half a minute');
      if ((this.polled.events(events) & POLLIN) != 0 && !this.ask()) return false;
      const isNews = this.reader.isBuffered || this.polled.events(stream) != 0;
      if (isNews && !this.readRecord()) return this.fail(this.shortness());
    }
    if (this.left > 0) return this.fail('it was said to be all, and was not');
    this.paging(xen.XEN_DOMCTL_PV_PAGING_DISABLE, 0);
    this.writer.put64(ALL_HERE);
    this.writer.flush();
    return true;
  }

  private shortness(): string {
    if (this.reader.failed < 0) return describe(this.reader.failed);
    return this.reader.isShort ? 'the other side has hung up' : 'what comes is not what was asked for';
  }

  /** Somebody waits for pages: they are asked for. */
  private ask(): bool {
    this.channels.take();
    this.channels.unmask();
    let count: u64 = 0;
    do {
      const failed = this.paging(xen.XEN_DOMCTL_PV_PAGING_POPULATE, FRAMES);
      if (failed < 0) return this.refused('what is needed', failed);
      count = load<u64>(hyper.domctlPart(), xen_domctl_pv_paging_op.num);
      for (let n = 0; n < <i32>count; n++) {
        const pfn = load32(this.pfns.at + this.frames[n] * 4);
        if (pfn != 0) this.writer.put64(<u64>pfn - 1);
      }
      this.writer.flush();
      if (this.writer.failed < 0) return this.refused('what is needed', this.writer.failed);
    } while (count == <u64>FRAMES);
    return true;
  }

  /** A record of pages, or the end. False: it is neither, or there is none. */
  private readRecord(): bool {
    const reader = this.reader;
    const type = reader.word32();
    const bytes = <u64>reader.word32();
    if (reader.isShort) return false;
    this.isOver = type == format.END;
    if (this.isOver) return bytes == 0;
    const count = reader.word64();
    const length = <u64>format.PAGES_HEADER_BYTES + count * (8 + PAGE_BYTES);
    if (type != format.PAGE_DATA || count == 0 || count > PAGES || bytes != length) return false;
    return this.readPages(<i32>count);
  }

  private readPages(count: i32): bool {
    for (let n = 0; n < count; n++) {
      const word = this.reader.word64();
      const mfn = this.pages.mfnOf(word & format.PFN_MASK);
      if (hasContent((<u32>(word >> format.TYPE_SHIFT)) & 0xf000_0000) && mfn != format.NO_FRAME)
        this.frames[n] = mfn;
      else return false;
    }
    if (!this.reader.take(changetype<usize>(this.contents), <u64>count * PAGE_BYTES)) return false;
    const failed = this.paging(xen.XEN_DOMCTL_PV_PAGING_PREP, count);
    return failed == 0 || this.refused('what has come', failed);
  }

  release(): void {
    close(this.channels.fd);
    this.pfns.release();
    this.pages.dispose();
  }
}
