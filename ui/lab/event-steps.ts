/** Steps from one event to the next, or to the one before: what each is after. */
import type { TraceDetail, TraceEvent } from '../../hypervisor/trace/event.ts';
import { eventDomain } from './event-filter.ts';

interface EventStepKind {
  readonly kinds: readonly TraceDetail['kind'][];
  /** One of them, in words, with its article apart. */
  readonly article: 'a' | 'an';
  readonly one: string;
  /** Which of them alone; where it is not said, all. */
  readonly fits?: (detail: TraceDetail) => boolean;
}

export const EVENT_STEPS = {
  hypercall: { kinds: ['hypercall'], article: 'a', one: 'hypercall' },
  event: { kinds: ['upcall'], article: 'an', one: 'event upcall' },
  trap: {
    kinds: ['trap', 'page_fault', 'failsafe', 'math_state_restore'],
    article: 'a',
    one: 'trap that Xen hands to a guest',
  },
  notification: { kinds: ['port', 'virq'], article: 'a', one: 'notification' },
  schedule: { kinds: ['schedule'], article: 'a', one: 'scheduling decision' },
  store: { kinds: ['xenstore'], article: 'a', one: 'message of the store' },
  frame: {
    kinds: ['page_type', 'validate', 'invalidate', 'pin', 'unpin', 'entry'],
    article: 'a',
    one: 'change of a frame or of a page table',
  },
  ring: { kinds: ['ring'], article: 'a', one: 'request or answer in a ring' },
  device: { kinds: ['device'], article: 'a', one: 'request of a disk, or frame of a network card' },
  console: {
    kinds: ['console', 'ring'],
    article: 'a',
    one: 'line on a console',
    // A guest's console is a ring, which domain 0 empties.
    fits: (detail) => detail.kind !== 'ring' || (detail.ring === 'printed' && detail.way === 'produced'),
  },
  round: { kinds: ['shadow_op'], article: 'a', one: 'round of a migration' },
} as const satisfies Readonly<Record<string, EventStepKind>>;

export type EventStep = keyof typeof EVENT_STEPS;

export function isEventStep(kind: string): kind is EventStep {
  return Object.hasOwn(EVENT_STEPS, kind);
}

/** Whether an event is what a step is after; `domain`: of that one alone. */
export function fitsStep(step: EventStep, domain?: number): (event: TraceEvent) => boolean {
  const { kinds, fits = () => true }: EventStepKind = EVENT_STEPS[step];
  const wanted: ReadonlySet<string> = new Set(kinds);
  return (event) =>
    wanted.has(event.detail.kind) &&
    fits(event.detail) &&
    (domain === undefined || eventDomain(event) === domain);
}
