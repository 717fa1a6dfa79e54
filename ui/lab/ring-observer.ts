/**
 * What goes through the rings of split devices, as events of the trace: requests, responses, and what consoles are given. Xen
 * sees none of it: whenever a domain calls Xen or is sent an event the rings that it has an end of are looked into, while
 * somebody watches. Nobody can tell the other end of an entry without a call, so that none is missed.
 *
 * Where a ring is the frontend has said in the store (known-rings.ts). How far an end has come with taking entries out it keeps to
 * itself; of the console's ring, where that is in the page, too, it is told.
 */
import type { ReadonlyMachine } from '../../core/machine.ts';
import { xencons_interface, XENCONS_IN_BYTES, XENCONS_OUT_BYTES } from '../../hypervisor/abi/console.ts';
import { GNTTAB_RESERVED_CONSOLE } from '../../hypervisor/abi/grant-table.ts';
import { sring } from '../../hypervisor/abi/ring.ts';
import { inUse } from '../../hypervisor/grants/pin.ts';
import { PAGE_BYTES } from '../../hypervisor/memory/pages.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';
import type { TraceDetail, TraceEvent } from '../../hypervisor/trace/event.ts';
import type { Observer } from '../../hypervisor/trace/tracer.ts';
import { grantedMfn } from './granted.ts';
import type { KnownRing, KnownRings } from './known-rings.ts';
import { RECEIVE, TRANSMIT } from './stage/card-rings.ts';
import { BLOCK } from './stage/rings.ts';
import type { Place, RingKind } from './stage/rings.ts';

type RingDetail = Extract<TraceDetail, { kind: 'ring' }>;

/** By what the frontend calls the references of its pages. */
const KINDS: Readonly<Record<string, { readonly ring: RingDetail['ring']; readonly kind: RingKind }>> = {
  'ring-ref': { ring: 'block', kind: BLOCK },
  'tx-ring-ref': { ring: 'transmit', kind: TRANSMIT },
  'rx-ring-ref': { ring: 'receive', kind: RECEIVE },
};

/** How far one way of a ring is known, and what the entry there is. */
interface Upto {
  readonly index: number;
  readonly place: Place;
}
/** How far a ring is known; null: what is there when it is looked at next is not to be told. */
type Seen = { readonly request: Upto; readonly response: Upto } | null;
const NOTHING: Upto = { index: 0, place: 'start' };

const CONSOLE_WAYS = [
  { ring: 'printed', data: 'out', bytes: XENCONS_OUT_BYTES, producer: 'out_prod', consumer: 'out_cons' },
  { ring: 'typed', data: 'in', bytes: XENCONS_IN_BYTES, producer: 'in_prod', consumer: 'in_cons' },
] as const;

/** How far each of a console's ways is known. */
type ConsoleSeen = readonly { produced: number; consumed: number }[];

export class RingObserver implements Observer {
  private readonly hypervisor: Hypervisor;
  private readonly known: KnownRings;
  /** One that is not here has been told of since somebody watches: all that is in it is to be told. */
  private seen = new WeakMap<KnownRing, Seen>();
  private readonly consoles = new Map<Domain, ConsoleSeen>();

  constructor(hypervisor: Hypervisor, known: KnownRings) {
    this.hypervisor = hypervisor;
    this.known = known;
  }

  begin(): void {
    this.consoles.clear();
    this.seen = new WeakMap();
    for (const ring of this.known.rings.values()) this.seen.set(ring, null);
  }

  event({ domain: running, detail }: TraceEvent): void {
    if (detail.kind === 'xenstore') this.known.hear(detail);
    else if (detail.kind === 'hypercall') this.look(running);
    else if (detail.kind === 'port') this.look(detail.domain);
  }

  /** Into what a domain has an end of. */
  private look(id: number): void {
    for (const ring of this.known.rings.values()) {
      const frontend = this.hypervisor.domains.get(ring.frontend);
      if (frontend !== undefined) this.lookInto(ring, frontend, id);
    }
    for (const domain of this.hypervisor.domains.values())
      if (!domain.isPrivileged && (domain.id === id || id === 0)) this.lookAtConsole(domain);
  }

  private lookInto(ring: KnownRing, frontend: Domain, id: number): void {
    const grants = ring.refs.map((ref) => frontend.grants.active.get(ref));
    const first = grants[0];
    // A ring that nobody maps is none yet; its entries are of interest to its two ends alone.
    if (first === undefined || !grants.every((grant) => inUse(grant))) return;
    if (id !== ring.frontend && id !== first.domid) return;
    const { machine } = this.hypervisor;
    const mfns = grants.map((grant) => grant!.mfn);
    const at = (mfns[0]! * PAGE_BYTES) / 4;
    const requests = machine.words[at + sring.offset.req_prod / 4]!;
    const responses = machine.words[at + sring.offset.rsp_prod / 4]!;
    const before = this.seen.has(ring) || !ring.wasThere ? this.seen.get(ring) : null;
    const tell = (way: 'request' | 'response', to: number): Upto => {
      const from = before === undefined ? NOTHING : (before?.[way] ?? { index: to, place: 'start' });
      return { index: to, place: this.entries(ring, mfns, first.domid, way, from, to) };
    };
    this.seen.set(ring, { request: tell('request', requests), response: tell('response', responses) });
  }

  /** Entries of one way from one index to another; more than the ring holds are passed over. What the one behind them is. */
  private entries(
    { frontend, device, node }: KnownRing,
    mfns: readonly number[],
    backend: number,
    way: 'request' | 'response',
    from: Upto,
    to: number,
  ): Place {
    const { machine, trace } = this.hypervisor;
    const { ring, kind } = KINDS[node]!;
    const size = 2 ** Math.floor(Math.log2((mfns.length * PAGE_BYTES - sring.size) / kind.entryBytes));
    const count = (to - from.index) >>> 0;
    if (count > size) return 'start';
    let { place } = from;
    for (let n = 0; n < count; n++) {
      const index = (from.index + n) >>> 0;
      const start = sring.size + (index % size) * kind.entryBytes;
      const { next, ...told } = kind[way](
        (offset, bytes) => fieldAt(machine, mfns, start + offset, bytes),
        place,
      );
      place = next;
      trace.emit({ kind: 'ring', ring, domain: frontend, backend, device, way, index, ...told });
    }
    return place;
  }

  private lookAtConsole(domain: Domain): void {
    const mfn = grantedMfn(this.hypervisor, domain, GNTTAB_RESERVED_CONSOLE);
    if (mfn === 0) return;
    const { machine, trace } = this.hypervisor;
    const { offset } = xencons_interface;
    const now = CONSOLE_WAYS.map((way) => ({
      produced: machine.words[(mfn * PAGE_BYTES + offset[way.producer]) / 4]!,
      consumed: machine.words[(mfn * PAGE_BYTES + offset[way.consumer]) / 4]!,
    }));
    const seen = this.consoles.get(domain) ?? now;
    this.consoles.set(domain, now);
    for (const [n, { ring, data, bytes }] of CONSOLE_WAYS.entries()) {
      const common = {
        kind: 'ring',
        ring,
        domain: domain.id,
        backend: 0,
        device: 0,
        id: 0,
        refs: [],
        bytes: 0,
      } as const;
      const [before, after] = [seen[n]!, now[n]!];
      const put = (after.produced - before.produced) >>> 0;
      const taken = (after.consumed - before.consumed) >>> 0;
      if (put > 0 && put <= bytes) {
        const text = textAt(machine, mfn * PAGE_BYTES + offset[data], before.produced, put, bytes);
        trace.emit({ ...common, way: 'produced', index: after.produced, text, bytes: put });
      }
      if (taken > 0 && taken <= bytes)
        trace.emit({ ...common, way: 'consumed', index: after.consumed, text: `${String(taken)} bytes` });
    }
  }
}

function fieldAt({ bytes }: ReadonlyMachine, mfns: readonly number[], at: number, count: number): number {
  let value = 0;
  for (let n = count - 1; n >= 0; n--) {
    const place = at + n;
    value = value * 256 + bytes[mfns[Math.floor(place / PAGE_BYTES)]! * PAGE_BYTES + (place % PAGE_BYTES)]!;
  }
  return value;
}

function textAt({ bytes }: ReadonlyMachine, data: number, from: number, count: number, size: number): string {
  const codes = Array.from({ length: count }, (_, n) => bytes[data + ((from + n) % size)]!);
  return JSON.stringify(String.fromCharCode(...codes));
}
