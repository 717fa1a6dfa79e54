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
import { PAGE_BYTES } from '../pages';
import { Limits } from '../migration/limits';
import { Course, Round } from '../migration/progress';
import { Frames, hasBit } from './frames';
import { Pages } from './pages';
import { Writer } from './writer';

/** Pages between two looks at what is dirty already, and so need not be sent in this round; and between two words of how far it is. */
const LOOK_PAGES: u64 = 64;
const TELL_PAGES: u64 = 1024;
const BITS: u64 = 8;
const SECOND: u64 = 1_000_000_000;
const BYTES_PER_MEGABIT: u64 = 125_000;
/** By so much a round may be faster than the domain wrote in the last one (Clark et al. 2005, 5.3). */
const MORE_MEGABITS: u64 = 50;

export class Rounds {
  problem: string = '';
  all: Round[] = [];
  /** Pages to be sent in this round, and those that are dirty by now: a bit each. */
  private wanted: StaticArray<u8>;
  private dirty: StaticArray<u8>;

  constructor(
    private domid: u32,
    private frames: Frames,
    private pages: Pages,
    private writer: Writer,
    private limits: Limits,
    private course: Course,
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

  private get mayGoOn(): bool {
    return this.problem == '' && this.pages.mayGoOn;
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
    while (this.mayGoOn) {
      this.writer.setPace(this.nextPace());
      // What is dirty by the end of the first one is most of what will be: it has to go all the same.
      const round = this.copyRound(this.all.length > 0);
      const dirtied = this.clean();
      if (dirtied < 0) return this.fail('log-dirty: ' + describe(dirtied));
      round.dirtied = dirtied;
      this.course.ended(round);
      // What was passed over in this round, for it was dirty again, is in there.
      memory.copy(changetype<usize>(this.wanted), changetype<usize>(this.dirty), this.wanted.length);
      if (this.isEnough(round)) break;
      const later = this.pages.later;
      if (later != null) later.sendConstant(this.wanted);
      if (this.limits.converges) this.converge();
    }
    this.pages.isLive = false;
    // It stands still from now on: there is nothing that this could slow down.
    this.writer.setPace(this.ceiling);
    return this.mayGoOn;
  }

  private isEnough(round: Round): bool {
    // Of post-copy: the page tables, and then what they say is constant.
    if (this.pages.later != null) return this.all.length == 2;
    return (
      round.dirtied <= <u64>this.limits.pages ||
      this.all.length >= <i32>this.limits.rounds ||
      this.pages.sent >= this.frames.pages * <u64>this.limits.times
    );
  }

  private get ceiling(): u64 {
    return <u64>this.limits.ceiling * BYTES_PER_MEGABIT;
  }

  /** Bytes a second of the next round: the floor first, then what was written in the last one and some more, up to the ceiling. */
  private nextPace(): u64 {
    const floor = <u64>this.limits.floor * BYTES_PER_MEGABIT;
    // Without a floor there is nothing to begin with but all that there is.
    if (floor == 0) return this.ceiling;
    if (this.all.length == 0) return floor;
    const last = this.all[this.all.length - 1];
    const dirtying = (last.dirtied * PAGE_BYTES * SECOND) / max<u64>(last.ns, 1);
    const pace = max(floor, dirtying + MORE_MEGABITS * BYTES_PER_MEGABIT);
    return this.ceiling == 0 ? pace : min(pace, this.ceiling);
  }

  /** Rounds that do not become shorter are the domain's doing: it is made to stand still for more of the time. */
  private converge(): void {
    const count = this.all.length;
    if (count < 2 || this.all[count - 1].dirtied * 10 < this.all[count - 2].dirtied * 7) return;
    this.course.slowDown();
  }

  /** The domain suspends itself, and what it has written to the last is sent, with what was put off and what is no page any more. */
  private copyRest(): bool {
    const problem = this.course.suspend();
    if (problem != '') return this.fail(problem);
    const dirtied = this.clean();
    if (dirtied < 0) return this.fail('log-dirty: ' + describe(dirtied));
    const deferred = this.pages.deferred;
    const later = this.pages.later;
    if (later != null && !later.findNeeded(deferred)) return this.fail(later.problem);
    for (let n = 0; n < this.wanted.length; n++)
      unchecked((this.wanted[n] = this.wanted[n] | this.dirty[n] | deferred[n]));
    this.frames.addHoles(this.wanted);
    const round = this.copyRound(false);
    round.isLast = true;
    this.course.ended(round);
    return this.mayGoOn;
  }

  /** Sends what is wanted, less what is dirty again if that may be. */
  private copyRound(skips: bool): Round {
    const round = new Round();
    const start = clock(CLOCK_MONOTONIC);
    const before = this.pages.sent;
    const bytes = this.writer.bytes;
    round.pace = this.writer.pace;
    round.held = this.course.heldPercent;
    const pages = this.frames.pages;
    let seen: u64 = 0;
    let lookAt: u64 = 0;
    let tellAt: u64 = 0;
    // By bytes: most rounds have few pages, and in the last one the domain stands still meanwhile.
    for (let first: u64 = 0; first < pages && this.mayGoOn; first += BITS) {
      const bits = <u32>unchecked(this.wanted[<i32>(first / BITS)]);
      if (bits == 0) continue;
      if (seen >= tellAt) {
        const problem = this.course.told(first, pages);
        if (problem != '') this.fail(problem);
        tellAt += TELL_PAGES;
      }
      if (skips && seen >= lookAt) {
        const failed = this.shadow(XEN_DOMCTL_SHADOW_OP_PEEK, true);
        if (failed < 0) this.fail('log-dirty: ' + describe(failed));
        lookAt += LOOK_PAGES;
      }
      for (let pfn = first; pfn < min(first + BITS, pages); pfn++) {
        if (((bits >> (<u32>(pfn - first))) & 1) == 0) continue;
        seen++;
        if (skips && hasBit(this.dirty, pfn)) round.skipped++;
        else this.pages.add(pfn);
      }
    }
    this.pages.flush();
    this.course.told(this.frames.pages, this.frames.pages);
    round.sent = this.pages.sent - before;
    round.bytes = this.writer.bytes - bytes;
    round.ns = clock(CLOCK_MONOTONIC) - start;
    this.all.push(round);
    return round;
  }
}
