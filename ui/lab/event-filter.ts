/** Which events of the hypervisor's trace are meant: as scenarios say it, and as a person types it. */
import { hypercallOf, NR_HYPERCALLS } from '../../hypervisor/hypercalls/table.ts';
import type { TraceDetail, TraceEvent } from '../../hypervisor/trace/event.ts';
import { traceWords } from '../../hypervisor/trace/text.ts';
import { EVENT_WORDS, FILTER_HELP } from './event-words.ts';

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
  /** Of a message of the store: its node, or one that is above that: `/local/domain/1/device`. */
  readonly path?: string;
  /** What the event's words are to match, as `--trace` writes them, without its name. */
  readonly words?: RegExp;
}

/** Names of all hypercalls. */
export const HYPERCALLS: readonly string[] = Array.from(
  { length: NR_HYPERCALLS },
  (_, number) => hypercallOf(number)?.name,
).filter((name) => name !== undefined);

/** Throws RangeError for a filter that nothing can pass: a typing error must not become a time-out. */
export function checkFilter(filter: EventFilter): void {
  const isForHypercalls = filter.name !== undefined || filter.arguments !== undefined;
  if (isForHypercalls && filter.kind !== 'hypercall')
    throw new RangeError(`an event of kind ${filter.kind} has no name and no arguments: a hypercall has`);
  if (filter.path !== undefined && filter.kind !== 'xenstore')
    throw new RangeError(`an event of kind ${filter.kind} has no path: one of kind xenstore has`);
  if (filter.name !== undefined) checkHypercall(filter.name);
}

/** Throws RangeError where Xen has no such hypercall here. */
export function checkHypercall(name: string): void {
  if (!HYPERCALLS.includes(name)) throw new RangeError(`there is no hypercall ${name}`);
}

/** The domain that an event is about; where it names none, the one that was running. */
export function eventDomain({ domain, detail }: TraceEvent): number {
  return 'domain' in detail ? detail.domain : domain;
}

export function passes(filter: EventFilter, event: TraceEvent): boolean {
  const { detail } = event;
  if (detail.kind !== filter.kind) return false;
  if (filter.domain !== undefined && eventDomain(event) !== filter.domain) return false;
  if (detail.kind === 'hypercall' && !passesCall(filter, detail)) return false;
  if (detail.kind === 'xenstore' && !isAt(detail.path, filter.path)) return false;
  return filter.words === undefined || traceWords(detail).args.search(filter.words) >= 0;
}

function isAt(path: string, wanted?: string): boolean {
  return wanted === undefined || path === wanted || path.startsWith(wanted.replace(/\/*$/, '/'));
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

const WORD = /^(?:domain +(\d+)|arg([0-5])=(0x[0-9a-f]+|\d+)|\/(.+)\/|(\S+))(?: +|$)/i;

/** `hypercall mmu_update domain 1`, `port /port 5/`, `trap /#GP/`, `event`. Null: it begins with no kind. Throws RangeError. */
export function parseFilter(text: string): EventFilter | null {
  const [first = '', ...rest] = text.trim().split(/ +/);
  if (!EVENT_WORDS.includes(first)) return null;
  const kind = (first === 'event' ? 'upcall' : first) as EventKind;
  let filter: EventFilter = { kind };
  for (let left = rest.join(' '); left !== '';) {
    const match = WORD.exec(left);
    if (match === null) throw new RangeError(`${left}: it is ${FILTER_HELP}`);
    const [all, domain, place, value, words, name] = match;
    left = left.slice(all.length);
    if (domain !== undefined) filter = { ...filter, domain: Number(domain) };
    else if (place !== undefined)
      filter = { ...filter, arguments: { ...filter.arguments, [Number(place)]: BigInt(value!) } };
    else if (words !== undefined) filter = { ...filter, words: expression(words) };
    else if (kind === 'xenstore' && name!.startsWith('/')) filter = { ...filter, path: name! };
    else if (kind === 'hypercall' && filter.name === undefined) filter = { ...filter, name: name! };
    else throw new RangeError(`${name!}: it is ${FILTER_HELP}`);
  }
  checkFilter(filter);
  return filter;
}

/** The same, of what has to be one. Throws RangeError. */
export function wantedFilter(text: string): EventFilter {
  const filter = parseFilter(text);
  if (filter === null) throw new RangeError(`${text}: it is no event: ${FILTER_HELP}`);
  return filter;
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new RangeError(`/${text}/: ${(error as Error).message}`, { cause: error });
  }
}

/** The same in words, as `parseFilter` reads it. */
export function filterText({ kind, name, path, domain, arguments: values = {}, words }: EventFilter): string {
  return [
    kind === 'upcall' ? 'event' : kind,
    ...(name === undefined ? [] : [name]),
    ...(path === undefined ? [] : [path]),
    ...(domain === undefined ? [] : [`domain ${String(domain)}`]),
    ...Object.entries(values).map(([place, value]) => `arg${place}=0x${value.toString(16)}`),
    ...(words === undefined ? [] : [String(words)]),
  ].join(' ');
}
