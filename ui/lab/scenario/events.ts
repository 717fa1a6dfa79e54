/** What a scenario waits for among the events of the hypervisor's trace, and what it is told of one that came. */
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import { traceWords } from '../../../hypervisor/trace/text.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';
import { checkFilter, passes } from '../event-filter.ts';
import type { EventFilter, EventKind } from '../event-filter.ts';

/** An event that came. */
export interface SeenEvent<Kind extends EventKind = EventKind> {
  /** Guest time in ns. */
  readonly ns: number;
  /** Who was running; -1: the hypervisor itself. */
  readonly domain: number;
  readonly vcpu: number;
  /** In a line, as `--trace` writes it. */
  readonly text: string;
  readonly detail: Extract<TraceDetail, { readonly kind: Kind }>;
}

/** Counts the events that pass a filter, from when it is made until `end`. Watching changes nothing of a run. */
export class Watch<Kind extends EventKind = EventKind> {
  /** How many have come. */
  count = 0;
  private newest: TraceEvent | null = null;
  private readonly hypervisor: Hypervisor;
  private readonly periodNs: number;
  private readonly sink: TraceSink;

  /** @internal `onEvent`: what else happens when one comes. */
  constructor(hypervisor: Hypervisor, filter: EventFilter<Kind>, onEvent: () => void = () => undefined) {
    checkFilter(filter);
    this.hypervisor = hypervisor;
    this.periodNs = hypervisor.clock.periodNs;
    this.sink = {
      event: (event) => {
        if (!passes(filter, event)) return;
        this.count++;
        this.newest = event;
        onEvent();
      },
      end: () => undefined,
    };
    hypervisor.trace.add(this.sink);
  }

  /** The last one that came; null: none has. */
  get last(): SeenEvent<Kind> | null {
    if (this.newest === null) return null;
    const { ticks, domain, vcpu, detail } = this.newest;
    const { name, args, result } = traceWords(detail);
    const call = detail.kind === 'hypercall' ? `${name}(${args})` : `${name} ${args}`.trimEnd();
    const text = result === '' ? call : `${call} = ${result}`;
    return { ns: ticks * this.periodNs, domain, vcpu, text, detail: detail as SeenEvent<Kind>['detail'] };
  }

  /** Counts no more. */
  end(): void {
    this.hypervisor.trace.remove(this.sink);
  }
}
