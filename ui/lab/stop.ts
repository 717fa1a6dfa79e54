/** What a run is to stop at, and why it has stopped. */
import type { Vcpu } from '../../hypervisor/state/vcpu.ts';
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import { traceWords } from '../../hypervisor/trace/text.ts';
import type { SourcePlace } from './symbols.ts';

/** When to stop; several conditions: whichever comes first. */
export interface Until {
  /** The console has printed this. */
  readonly text?: RegExp;
  /** The clock has reached so many ns. */
  readonly ns?: number;
  /** So many instructions are retired. */
  readonly instructions?: number;
  /** Nothing can happen any more but by input: the clock stays where that has come to be. Of a host that is alone. */
  readonly idle?: boolean;
}

/** Why a run stopped. */
export type Stop =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'time' }
  | { readonly kind: 'instructions' }
  /** A step has got where it was to; `event`: what it has come to, where that is no line. */
  | { readonly kind: 'step'; readonly event?: EventPlace }
  /** An event has come that a run stops at (`Breaks.setEvents`). */
  | { readonly kind: 'event'; readonly event: EventPlace }
  /** The next instruction is the first of a line with a breakpoint. */
  | { readonly kind: 'breakpoint'; readonly place: SourcePlace }
  /** The domain has shut down: `domain.shutdown`. */
  | { readonly kind: 'ended' }
  /** Nothing can happen any more but by input. */
  | { readonly kind: 'idle' }
  /** A disk lacks bytes that are elsewhere: `fetch` brings them. */
  | { readonly kind: 'waiting' };

/** What happened, and whose it was. */
export interface EventPlace {
  readonly domain: number;
  readonly vcpu: number;
  /** In a line, as the trace has it. */
  readonly text: string;
}

/** `current`: whose the processor is, where the event is the hypervisor's. */
export function eventOf({ domain, vcpu, detail }: TraceEvent, current: Vcpu | null): EventPlace {
  const { name, args } = traceWords(detail);
  const text = detail.kind === 'hypercall' ? `${name}(${args})` : `${name} ${args}`.trimEnd();
  if (domain >= 0 || current === null) return { domain, vcpu, text };
  return { domain: current.domain.id, vcpu: current.id, text };
}
