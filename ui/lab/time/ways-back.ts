/** The ways back that a face offers: what each goes to, in words, and how. */
import { passes, wantedFilter } from '../event-filter.ts';
import { EVENT_STEPS, fitsStep, isEventStep } from '../event-steps.ts';
import type { EventStep } from '../event-steps.ts';
import type { Lab } from '../lab.ts';
import type { BackKind } from '../protocol.ts';
import { anyOf, backInstruction, backLine, backTo, BREAKPOINT, eventSearch, goToTicks } from './travel.ts';

interface WayBack {
  /** What it goes back to. */
  readonly to: string;
  readonly go: (lab: Lab) => boolean;
}

const WAYS: Readonly<Record<Exclude<BackKind, EventStep>, WayBack>> = {
  instruction: { to: 'before the last instruction', go: backInstruction },
  line: { to: 'the line before', go: backLine },
  breakpoint: {
    to: 'the last time it was at a breakpoint, or at an event that it stops at',
    go: (lab) => {
      const events = eventSearch((event) => lab.breaks.fits(event));
      return backTo(lab, anyOf([BREAKPOINT, events]));
    },
  },
};

const NS_PER_SECOND = 1e9;

/** Goes back; says where it stands, in a sentence. `domain`: to an event of that one. Throws RangeError where there is no such way. */
export function goBack(lab: Lab, kind: BackKind, domain?: number): string {
  if (!isEventStep(kind)) return go(lab, WAYS[kind]);
  const search = eventSearch(fitsStep(kind, domain));
  return go(lab, { to: `the ${EVENT_STEPS[kind].one} before`, go: () => backTo(lab, search) });
}

/** Goes back to the last event like this (event-filter.ts); says where it stands. Throws RangeError. */
export function seekBack(lab: Lab, event: string): string {
  const filter = wantedFilter(event);
  const search = eventSearch((each) => passes(filter, each));
  return go(lab, { to: `the last ${event}`, go: () => backTo(lab, search) });
}

function go(lab: Lab, { to, go: goes }: WayBack): string {
  const before = { ns: lab.ns, instructions: lab.instructions };
  if (!goes(lab)) return `It stays where it is: ${to} is not to be found in what is remembered.`;
  const instructions = (before.instructions - lab.instructions).toLocaleString('en');
  const seconds = ((before.ns - lab.ns) / NS_PER_SECOND).toFixed(6);
  return `It went back to ${to}: by ${instructions} instructions, ${seconds} s.`;
}

/** Goes to an instant that it has been at, in ns; says where it stands, in a sentence. */
export function goToTime(lab: Lab, ns: number): string {
  const [first] = lab.past.moments;
  const begin = first === undefined ? Infinity : lab.placeIn(first).ticks;
  const ticks = Math.min(Math.round(ns / lab.periodNs), lab.endTicks);
  const went = goToTicks(lab, Math.max(ticks, begin));
  return went
    ? `It went to ${(lab.ns / NS_PER_SECOND).toFixed(6)} s.`
    : 'It stays where it is: that is not remembered.';
}
