/** What a scenario waits for among the events of the hypervisor's trace, and what it is told of one that came. */
import { hypercallOf, NR_HYPERCALLS } from '../../../hypervisor/hypercalls/table.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import { traceWords } from '../../../hypervisor/trace/text.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';

/** A kind of event: `hypercall`, `crash`, `page_fault`, `port`, … in the trace's words. */
export type EventKind = TraceDetail['kind'];

/** Events of one kind; of those, the ones that everything given here is true of. */
export interface EventFilter<Kind extends EventKind = EventKind> {
  readonly kind: Kind;
  /** Of a hypercall: its name as in Xen's public headers, without `__HYPERVISOR_`: `mmu_update`. */
  readonly name?: string;
  /** The domain that it is about; where an event names none, the one that was running. */
  readonly domain?: number;
  /** Of a hypercall: arguments by their place (0 to 5), as unsigned 64-bit numbers. */
  readonly arguments?: Readonly<Record<number, number | bigint>>;
  /** What the event's words are to match, as `--trace` writes them, without its name. */
  readonly words?: RegExp;
}

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

const HYPERCALL_NAMES: ReadonlySet<string> = new Set(
  Array.from({ length: NR_HYPERCALLS }, (_, number) => hypercallOf(number)?.name ?? ''),
);

/** Throws RangeError for a filter that nothing can pass: a typing error must not become a time-out. */
export function checkFilter(filter: EventFilter): void {
  const isForHypercalls = filter.name !== undefined || filter.arguments !== undefined;
  if (isForHypercalls && filter.kind !== 'hypercall')
    throw new RangeError(`an event of kind ${filter.kind} has no name and no arguments: a hypercall has`);
  if (filter.name !== undefined) checkHypercall(filter.name);
}

/** Throws RangeError where Xen has no such hypercall here. */
export function checkHypercall(name: string): void {
  if (!HYPERCALL_NAMES.has(name) || name === '') throw new RangeError(`there is no hypercall ${name}`);
}

function domainOf({ domain, detail }: TraceEvent): number {
  return 'domain' in detail ? detail.domain : domain;
}

function passes(filter: EventFilter, event: TraceEvent): boolean {
  const { detail } = event;
  if (detail.kind !== filter.kind) return false;
  if (filter.domain !== undefined && domainOf(event) !== filter.domain) return false;
  if (detail.kind === 'hypercall' && !passesCall(filter, detail)) return false;
  return filter.words === undefined || traceWords(detail).args.search(filter.words) >= 0;
}

function passesCall(
  filter: EventFilter,
  { name, words }: Extract<TraceDetail, { kind: 'hypercall' }>,
): boolean {
  if (filter.name !== undefined && filter.name !== name) return false;
  return Object.entries(filter.arguments ?? {}).every(([place, value]) => {
    const [low, high] = [words[2 * Number(place)], words[2 * Number(place) + 1]];
    if (low === undefined || high === undefined) return false;
    return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) === BigInt.asUintN(64, BigInt(value));
  });
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
