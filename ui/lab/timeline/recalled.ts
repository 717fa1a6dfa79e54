/** What has happened before an instant, told afterwards: a stretch of the past that ends there is run again. */
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';
import type { Lab } from '../lab.ts';
import { again } from './again.ts';
import type { Watching } from './again.ts';

/** A snapshot nearer than this, in ticks, has too little between. */
const NEAR_TICKS = 1_000_000;

export interface Recalled {
  /** The oldest first. */
  readonly events: readonly TraceEvent[];
  /** Nothing that is remembered came before them. */
  readonly isAll: boolean;
}

/** Takes every event of a stretch. */
class Taker implements TraceSink, Watching {
  readonly events: TraceEvent[] = [];
  readonly isFull = false;
  private readonly hypervisor: Hypervisor;

  /** To be made where the stretch begins. */
  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
    hypervisor.trace.add(this);
  }

  event(event: TraceEvent): void {
    this.events.push(event);
  }

  end(): void {
    // The event has its result now.
  }

  leave(): void {
    this.hypervisor.trace.remove(this);
  }
}

/**
 * From the last snapshot that lies well before an instant of `lab`, in ticks, up to it. `labs`: all hosts of the world. Undefined:
 * it was aborted. Rejects as `again` does.
 */
export async function recallBefore(
  lab: Lab,
  labs: readonly Lab[],
  toTicks: number,
  signal: AbortSignal,
): Promise<Recalled | undefined> {
  const { past, hypervisor } = lab;
  const places = past.moments.map((moment) => lab.placeIn(moment).ticks);
  const fromTicks = places.findLast((ticks) => ticks <= toTicks - NEAR_TICKS) ?? places[0] ?? toTicks;
  if (fromTicks >= toTicks) return { events: [], isAll: true };
  const seen = await again(lab, labs, { fromTicks, toTicks }, () => new Taker(hypervisor), signal);
  return seen === undefined ? undefined : { events: seen.watching.events, isAll: fromTicks === places[0] };
}
