/**
 * Ways back: an instant before the present is a snapshot before it, and forwards again. What is looked for backwards (a
 * breakpoint, an event, a text, a line) is looked for forwards, from one snapshot to the next, from the latest on: the last
 * one found is it.
 */
import type { Machine } from '../../../core/machine.ts';
import { takeWritten, watchWrites } from '../../../core/write-watch.ts';
import type { Line } from '../code.ts';
import type { Lab } from '../lab.ts';
import type { Stop } from '../stop.ts';
import type { TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';
import type { Moment, Place } from './past.ts';

/** Further than this from a snapshot, another one is made on the way, so near before the instant: in ticks, or in instructions. */
const FAR = 3_000_000;
const NEAR = 1_000_000;
/** What lies further back is looked through in pieces of so many instructions. */
const PIECE = 4_000_000;
/** How many instructions are looked at at once for the line before this. */
const FIRST_LOOK = 256;
const LONGEST_LOOK = 1 << 20;

/** Goes to an instant between the first snapshot and the end of all that has been run. False: it is not there. */
export function goToTicks(lab: Lab, ticks: number): boolean {
  const { past, hypervisor } = lab;
  const moment = past.before(lab.course.host, ticks);
  if (moment === undefined || ticks > lab.endTicks) return false;
  const now = hypervisor.ticks();
  if (now > ticks || now < lab.placeIn(moment).ticks) lab.past.returnTo(moment);
  if (ticks - hypervisor.ticks() > FAR) {
    lab.runTo(ticks - NEAR);
    lab.past.keep();
  }
  return lab.runTo(ticks);
}

/**
 * Goes to what was found. A snapshot is made so many instructions before it, whatever time these take: in an idle host what is looked
 * for next may be seconds before, and nothing was done in between.
 */
function goToPlace(lab: Lab, { ticks, instructions }: Place): boolean {
  const moment = lab.past.before(lab.course.host, ticks);
  if (moment === undefined) return false;
  lab.past.returnTo(moment);
  const near = instructions - NEAR;
  if (instructions - lab.instructions > FAR && lab.runToInstruction(near)) lab.past.keep();
  return lab.runTo(ticks);
}

/** Goes back to where so many instructions had been retired, just so. False: that is before the first snapshot. */
export function goToInstruction(lab: Lab, instructions: number): boolean {
  const moment = lab.past.moments.findLast((each) => lab.placeIn(each).instructions <= instructions);
  if (moment === undefined) return false;
  lab.past.returnTo(moment);
  const near = instructions - NEAR;
  if (instructions - lab.placeIn(moment).instructions > FAR && lab.runToInstruction(near)) lab.past.keep();
  return lab.runToInstruction(instructions);
}

/** To before the instruction that was executed last. */
export function backInstruction(lab: Lab): boolean {
  return goToInstruction(lab, lab.instructions - 1);
}

/** A way to look for something in a stretch of time. */
export interface Search {
  /** Sets up what is looked for; `end` takes it back. */
  begin(lab: Lab): void;
  /** Whether what has stopped the lab is it. */
  isThere(lab: Lab): boolean;
  end(lab: Lab): void;
}

/** Goes back to the last instant before the present at which `search` finds what it is for. False: there is none. */
export function backTo(lab: Lab, search: Search): boolean {
  return backwards(lab, (moment, endTicks) => lastIn(lab, search, moment, endTicks));
}

/**
 * Looks from one snapshot to the next, from the latest on, and goes to the first instant found. False: none, and it stays. Most of what
 * is looked for was only just: what lies shortly before the present is looked at first.
 */
function backwards(lab: Lab, find: (moment: Moment, endTicks: number) => Place | null): boolean {
  const present = lab.hypervisor.ticks();
  keepBefore(lab, lab.place);
  let endTicks = present;
  let moment = before(lab, present);
  for (; moment !== undefined; moment = before(lab, endTicks)) {
    const found = find(moment, endTicks);
    if (found !== null) return goToPlace(lab, found);
    endTicks = lab.placeIn(moment).ticks;
  }
  goToTicks(lab, present);
  return false;
}

/**
 * Makes a snapshot shortly before a place, and some on the way there, where the one before it is far: what is looked for is looked
 * for piece by piece, and whoever goes back once does it again.
 */
function keepBefore(lab: Lab, { ticks, instructions }: Place): void {
  const moment = before(lab, ticks);
  if (moment === undefined || instructions - lab.placeIn(moment).instructions <= FAR) return;
  lab.past.returnTo(moment);
  const near = instructions - NEAR;
  while (lab.instructions < near) {
    const left = near - lab.instructions;
    if (!lab.runToInstruction(left < PIECE + NEAR ? near : lab.instructions + PIECE)) return;
    lab.past.keep();
  }
}

function before(lab: Lab, ticks: number): Moment | undefined {
  return lab.past.before(lab.course.host, ticks - 1);
}

/** Where it is found last from a moment on, and before `endTicks`; null: nowhere. */
function lastIn(lab: Lab, search: Search, moment: Moment, endTicks: number): Place | null {
  let last: Place | null = null;
  lab.past.returnTo(moment);
  search.begin(lab);
  try {
    lab.lookThrough(endTicks, () => {
      // It is asked at the end, too: what is seen there is not for the next stop.
      const isThere = search.isThere(lab);
      const { place } = lab;
      if (isThere && place.ticks < endTicks) last = place;
    });
  } finally {
    search.end(lab);
  }
  return last;
}

/** Breakpoints, the lab's own. */
export const BREAKPOINT: Search = {
  begin: (lab) => {
    lab.hypervisor.processor.setBreakpoints(lab.breaks.addresses);
  },
  isThere: (lab) => lab.breaks.isHere,
  end: () => undefined,
};

/** Events of the trace that fit. */
export function eventSearch(fits: (event: TraceEvent) => boolean): Search {
  let seen = false;
  let sink: TraceSink | null = null;
  return {
    begin: (lab) => {
      sink = {
        event: (event) => {
          if (!fits(event)) return;
          seen = true;
          lab.hypervisor.requestStop('search');
        },
        end: () => undefined,
      };
      lab.hypervisor.trace.add(sink);
    },
    isThere: () => {
      const was = seen;
      seen = false;
      return was;
    },
    end: (lab) => {
      if (sink !== null) lab.hypervisor.trace.remove(sink);
    },
  };
}

/** Whichever of them comes last. */
export function anyOf(searches: readonly Search[]): Search {
  return {
    begin: (lab) => {
      for (const each of searches) each.begin(lab);
    },
    // All are asked: an event that was seen is taken back by that.
    isThere: (lab) => searches.map((each) => each.isThere(lab)).includes(true),
    end: (lab) => {
      for (const each of searches) each.end(lab);
    },
  };
}

/** To the beginning of the line that was executed before this one. False: there is none. Throws RangeError where none is known. */
export function backLine(lab: Lab): boolean {
  lab.checkLines();
  const { instructions } = lab;
  const [first] = lab.past.moments;
  const beginning = first === undefined ? 0 : lab.placeIn(first).instructions;
  for (let look = FIRST_LOOK; look <= LONGEST_LOOK; look *= 4) {
    const from = Math.max(instructions - look, beginning);
    if (!goToInstruction(lab, from)) return false;
    const found = lastLineStart(lab, instructions);
    if (found !== null) return goToInstruction(lab, found);
    if (from === beginning) break;
  }
  goToInstruction(lab, instructions);
  return false;
}

/** The count of instructions at which the last line before `end` began; null: none begins from here on. */
function lastLineStart(lab: Lab, end: number): number | null {
  let line: Line | null = lab.here();
  let start: number | null = null;
  while (lab.instructions < end) {
    const stop: Stop | undefined = lab.stepInstruction();
    if (stop?.kind !== 'step') return start;
    const place = lab.here();
    const isOther = place !== null && (place.line !== line?.line || place.file !== line.file);
    if (isOther && lab.instructions < end) start = lab.instructions;
    if (place !== null) line = place;
  }
  return start;
}

/** So closely a stretch is looked at for writes, before it is gone through instruction by instruction. */
const CLOSELY_TICKS = 50_000;

/**
 * Goes back to before the instruction that was the last to write to some bytes of machine memory (the guest's, or one on which
 * the hypervisor changed them). False: nothing has written to them since the first snapshot.
 */
export function backToWrite(lab: Lab, address: number, bytes: number): boolean {
  return backwards(lab, (moment, endTicks) => {
    const stretch = lastWrittenStretch(lab, moment, endTicks, address, bytes);
    return stretch === null ? null : lastWriter(lab, stretch, address, bytes);
  });
}

/**
 * Goes on to behind the next instruction that writes to some bytes of machine memory (the guest's, or one on which the hypervisor
 * changed them), up to an instant. False: nothing has by then, or the domain has ended. Snapshots are made on the way.
 */
export function onToWrite(lab: Lab, address: number, bytes: number, endTicks: number): boolean {
  for (let from = lab.place.ticks; from < endTicks; from = lab.place.ticks) {
    if (lab.past.untilNext === 0) lab.past.keep();
    const calm = lab.hypervisor.idle ? lab.course.nextTicks : 0;
    const to = Math.min(Math.max(from + CLOSELY_TICKS, calm), endTicks);
    const found = watched(lab, address, bytes, (wasWritten) => ({
      hasCome: lab.runTo(to),
      is: wasWritten(),
    }));
    if (found.is) return goToTicks(lab, from) && toWriter(lab, address, bytes);
    if (!found.hasCome) return false;
  }
  return false;
}

function toWriter(lab: Lab, address: number, bytes: number): boolean {
  return watched(lab, address, bytes, (wasWritten) => {
    while (lab.stepInstruction()?.kind === 'step') if (wasWritten()) return true;
    return false;
  });
}

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Looks for writes with a watch, which drops translations cached for writes: no snapshot is made meanwhile, and the lab is to be
 * sent elsewhere afterwards.
 */
function watched<T>(lab: Lab, address: number, bytes: number, work: (wasWritten: () => boolean) => T): T {
  const machine = lab.hypervisor.machine as Machine;
  const content = (): string => machine.bytes.subarray(address, address + bytes).join();
  let before = content();
  const { past } = lab;
  const { isKept } = past;
  past.isKept = false;
  watchWrites(machine, address, bytes);
  try {
    return work(() => {
      const hit = takeWritten(machine);
      const now = content();
      const isChanged = now !== before;
      before = now;
      return hit === 'guest' || isChanged;
    });
  } finally {
    past.isKept = isKept;
    watchWrites(machine, 0, 0);
  }
}

function lastWrittenStretch(
  lab: Lab,
  moment: Moment,
  endTicks: number,
  address: number,
  bytes: number,
): Stretch | null {
  lab.past.returnTo(moment);
  return watched(lab, address, bytes, (wasWritten) => {
    let last: Stretch | null = null;
    for (let from = lab.placeIn(moment).ticks; from < endTicks; from = lab.hypervisor.ticks()) {
      const to = Math.min(from + CLOSELY_TICKS, endTicks);
      if (!lab.runTo(to)) break;
      if (wasWritten()) last = { from, to };
    }
    return last;
  });
}

/** Before the last instruction of a stretch that wrote. */
function lastWriter(lab: Lab, { from, to }: Stretch, address: number, bytes: number): Place | null {
  goToTicks(lab, from);
  return watched(lab, address, bytes, (wasWritten) => {
    let last: Place | null = null;
    while (lab.hypervisor.ticks() < to) {
      const { place } = lab;
      if (lab.stepInstruction()?.kind !== 'step') break;
      if (wasWritten()) last = place;
    }
    return last;
  });
}
