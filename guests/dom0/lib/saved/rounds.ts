/**
 * Pre-copy: pages of a domain are sent while it runs, first all, then round by round those that it has written meanwhile, until few
 * are left or it has been tried often enough; then it is asked to suspend itself, and the rest is sent while it stands still.
 */
import { XEN_DOMCTL_shadow_op, xen_domctl_shadow_op } from 'xen';
import {
  XEN_DOMCTL_SHADOW_OP_CLEAN,
  XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY,
  XEN_DOMCTL_SHADOW_OP_OFF,
} from 'xen';
import { XEN_DOMCTL_SHADOW_OP_PEEK } from 'xen';
import { CLOCK_MONOTONIC } from 'mote/abi';
import { clock } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import * as hyper from '../hypercalls';
import { NO_FRAME } from './format';
import { Frames } from './frames';
import { Pages } from './pages';
import { suspendDomain } from './suspend';
import { Writer } from './writer';

/** When it is enough: as libxc has it (xg_sr_save.c: max_iterations, dirty_threshold). */
const MAX_ROUNDS: i32 = 5;
const FEW_PAGES: u64 = 50;
/** Pages between two looks at what is dirty already, and so need not be sent in this round. */
const LOOK_PAGES: u64 = 256;

/** What happened in a round. */
export class Round {
  sent: u64 = 0;
  skipped: u64 = 0;
  /** Pages that were written meanwhile. */
  dirtied: u64 = 0;
  bytes: u64 = 0;
  ns: u64 = 0;
  /** The domain stood still. */
  isLast: bool = false;
}

export class Rounds {
  problem: string = '';
  all: Round[] = [];
  isSuspended: bool = false;
  /** Pages to be sent in this round, and those that are dirty by now: a bit each. */
  private wanted: StaticArray<u8>;
  private dirty: StaticArray<u8>;

  constructor(
    private domid: u32,
    private frames: Frames,
    private pages: Pages,
    private writer: Writer,
  ) {
    const bytes = <i32>((frames.pages + 7) / 8);
    this.wanted = new StaticArray<u8>(bytes);
    this.dirty = new StaticArray<u8>(bytes);
  }

  /** Sends all of it. False: `problem`, or the pages' own. */
  run(): bool {
    const failed = this.shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, false);
    if (failed < 0) return this.fail('log-dirty: ' + describe(failed));
    const isDone = this.copyLive() && this.copyRest();
    this.shadow(XEN_DOMCTL_SHADOW_OP_OFF, false);
    return isDone;
  }

  private fail(what: string): bool {
    if (this.problem == '') this.problem = what;
    return false;
  }

  private shadow(op: u32, wantsBits: bool): i32 {
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, op, xen_domctl_shadow_op.op);
    if (wantsBits) {
      store<u64>(at, changetype<usize>(this.dirty), xen_domctl_shadow_op.dirty_bitmap);
      store<u64>(at, this.frames.pages, xen_domctl_shadow_op.pages);
    }
    return hyper.domctl(XEN_DOMCTL_shadow_op, this.domid);
  }

  /** Takes what is dirty now, and lets it be clean. Pages, or a negative errno. */
  private clean(): i64 {
    const failed = this.shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, true);
    return failed < 0 ? failed : load<u32>(hyper.domctlPart(), xen_domctl_shadow_op.stats_dirty_count);
  }

  private copyLive(): bool {
    this.pages.isLive = true;
    for (let n = 0; n < this.wanted.length; n++) this.wanted[n] = 255;
    for (let n = 0; n < MAX_ROUNDS && this.pages.mayGoOn; n++) {
      const round = this.copyRound(true);
      const dirtied = this.clean();
      if (dirtied < 0) return this.fail('log-dirty: ' + describe(dirtied));
      round.dirtied = dirtied;
      // What was passed over in this round, for it was dirty again, is in there.
      memory.copy(changetype<usize>(this.wanted), changetype<usize>(this.dirty), this.wanted.length);
      if (round.dirtied <= FEW_PAGES) break;
    }
    this.pages.isLive = false;
    return this.pages.mayGoOn;
  }

  /** The domain suspends itself, and what it has written to the last is sent, with what was put off and what is no page any more. */
  private copyRest(): bool {
    const problem = suspendDomain(this.domid);
    if (problem != '') return this.fail(problem);
    this.isSuspended = true;
    const dirtied = this.clean();
    if (dirtied < 0) return this.fail('log-dirty: ' + describe(dirtied));
    for (let n = 0; n < this.wanted.length; n++) this.wanted[n] = this.wanted[n] | this.dirty[n];
    for (let pfn: u64 = 0; pfn < this.frames.pages; pfn++) {
      const isHole = this.frames.mfnOf(pfn) == NO_FRAME;
      if (isHole || this.pages.deferred[<i32>pfn] != 0) setBit(this.wanted, pfn);
    }
    this.copyRound(false).isLast = true;
    return this.pages.mayGoOn;
  }

  /** Sends what is wanted, less what is dirty again if that may be. */
  private copyRound(skips: bool): Round {
    const round = new Round();
    const start = clock(CLOCK_MONOTONIC);
    const before = this.pages.sent;
    const bytes = this.writer.bytes;
    for (let pfn: u64 = 0; pfn < this.frames.pages && this.pages.mayGoOn; pfn++) {
      if (skips && pfn % LOOK_PAGES == 0 && this.shadow(XEN_DOMCTL_SHADOW_OP_PEEK, true) < 0) break;
      if (!hasBit(this.wanted, pfn)) continue;
      if (skips && this.all.length > 0 && hasBit(this.dirty, pfn)) round.skipped++;
      else this.pages.add(pfn);
    }
    this.pages.flush();
    round.sent = this.pages.sent - before;
    round.bytes = this.writer.bytes - bytes;
    round.ns = clock(CLOCK_MONOTONIC) - start;
    this.all.push(round);
    return round;
  }
}

function hasBit(bits: StaticArray<u8>, pfn: u64): bool {
  const bit = <u32>(pfn & 7);
  return (((<u32>bits[<i32>(pfn >> 3)]) >> bit) & 1) != 0;
}

function setBit(bits: StaticArray<u8>, pfn: u64): void {
  const at = <i32>(pfn >> 3);
  const bit = <u32>(pfn & 7);
  bits[at] = <u8>((<u32>bits[at]) | ((<u32>1) << bit));
}
