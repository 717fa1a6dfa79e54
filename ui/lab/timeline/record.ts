/** The events of a span as they happened, with what only the hypervisor of that moment knows. */
import { isPortMasked, isPortPending } from '../../../hypervisor/events/send.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { Vcpu } from '../../../hypervisor/state/vcpu.ts';
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';

/** An instant, and which one of those of its tick: of beginnings and ends alike, from 0. */
export interface Instant {
  readonly ticks: number;
  readonly place: number;
}

/** An event, when it was and, of a span, when that ended. */
export interface Recorded {
  readonly event: TraceEvent;
  readonly at: Instant;
  /** Null: it has none, or not by the end of the record. */
  end: Instant | null;
  /** Of an upcall: the notifications that it tells of, by their places in the record. */
  readonly causes: readonly number[];
}

/** A vcpu has got into another run state; `runstate` null: it is gone. */
export interface RunstateChange {
  readonly domain: number;
  readonly vcpu: number;
  readonly runstate: number | null;
  /** When it was seen, right behind what had changed it. */
  readonly at: Instant;
  /** Since when it is so, in ns of system time. */
  readonly sinceNs: number;
}

interface Raised {
  readonly index: number;
  readonly port: number;
}

const NONE: readonly number[] = [];

export function nameOfVcpu(domain: number, vcpu: number): string {
  return `d${String(domain)}v${String(vcpu)}`;
}

/** What a lane is made of: all that was seen of a host. */
export interface Record {
  /** Who was on each processor when it began: `d0v0`, or `idle`. */
  readonly processors: readonly string[];
  readonly events: readonly Recorded[];
  /** The first of each vcpu is what it was when the record began, or came to be later. */
  readonly runstates: readonly RunstateChange[];
  /** How many instants a tick has. */
  placesOf(ticks: number): number;
}

/** Room for so many events of all hosts of a world. */
export class Room {
  private left: number;
  private readonly clock: () => number;
  private endNs: number | null = null;

  /** `clock`: how far all hosts are, in ns. */
  constructor(limit: number, clock: () => number) {
    this.left = limit;
    this.clock = clock;
  }

  /** Since when there has been none: what was before is all there. Null: there is some left. */
  get fullNs(): number | null {
    return this.endNs;
  }

  /** Takes a place. */
  take(): void {
    this.left--;
    if (this.left <= 0) this.endNs ??= this.clock();
  }
}

/** Takes the events of one host, as long as there is room. */
export class Recorder implements TraceSink, Record {
  readonly processors: readonly string[];
  readonly events: Recorded[] = [];
  readonly runstates: RunstateChange[] = [];
  private readonly hypervisor: Hypervisor;
  private readonly room: Room;
  private readonly open = new Map<TraceEvent, Recorded>();
  /** Ports raised of which no upcall has told yet, by the vcpu that is to be told. */
  private readonly raised = new Map<string, Raised[]>();
  /** Run states as they were seen last. */
  private readonly seen = new Map<Vcpu, number>();
  private readonly places = new Map<number, number>();

  /** To be made where the span begins; it hears the trace until it leaves. */
  constructor(hypervisor: Hypervisor, room: Room) {
    this.hypervisor = hypervisor;
    this.room = room;
    this.processors = hypervisor.pcpus.map(({ running }) =>
      running === null ? 'idle' : nameOfVcpu(running.domain.id, running.id),
    );
    this.look({ ticks: hypervisor.ticks(), place: 0 });
    hypervisor.trace.add(this);
  }

  get isFull(): boolean {
    return this.room.fullNs !== null;
  }

  placesOf(ticks: number): number {
    return this.places.get(ticks) ?? 1;
  }

  event(event: TraceEvent): void {
    if (this.isFull) return;
    const at = this.instant(event.ticks);
    this.look(at);
    const recorded: Recorded = { event, at, end: null, causes: this.causesOf(event) };
    this.open.set(event, recorded);
    this.events.push(recorded);
    if (event.detail.kind === 'port') this.raise(event.detail);
    this.room.take();
  }

  end(event: TraceEvent): void {
    const recorded = this.open.get(event);
    if (recorded === undefined) return;
    this.open.delete(event);
    recorded.end = this.instant(Math.max(event.ticks, this.hypervisor.trace.ticks));
    this.look(recorded.end);
  }

  /** The span is over, or the record full. */
  leave(): void {
    if (!this.isFull) this.look({ ticks: this.hypervisor.ticks(), place: 0 });
    this.hypervisor.trace.remove(this);
  }

  private instant(ticks: number): Instant {
    const place = this.places.get(ticks) ?? 0;
    this.places.set(ticks, place + 1);
    return { ticks, place };
  }

  /** What has become of the vcpus: not all that changes them is an event. */
  private look(at: Instant): void {
    const { seen, hypervisor } = this;
    let there = 0;
    for (const { vcpus } of hypervisor.domains.values())
      for (const vcpu of vcpus) {
        there++;
        if (seen.get(vcpu) !== vcpu.runstate) this.changed(vcpu, vcpu.runstate, vcpu.runstateSinceNs, at);
      }
    if (there === seen.size) return;
    const nowNs = Math.floor(at.ticks * hypervisor.clock.periodNs);
    for (const vcpu of seen.keys())
      if (hypervisor.domains.get(vcpu.domain.id) !== vcpu.domain) this.changed(vcpu, null, nowNs, at);
  }

  private changed(vcpu: Vcpu, runstate: number | null, sinceNs: number, at: Instant): void {
    if (runstate === null) this.seen.delete(vcpu);
    else this.seen.set(vcpu, runstate);
    this.runstates.push({ domain: vcpu.domain.id, vcpu: vcpu.id, runstate, at, sinceNs });
  }

  /** A port that its domain has masked tells nobody. */
  private raise({ domain: id, port }: Extract<TraceDetail, { kind: 'port' }>): void {
    const domain = this.hypervisor.domains.get(id);
    const channel = domain?.events.at(port) ?? null;
    if (domain === undefined || channel === null || isPortMasked(this.hypervisor, domain, port)) return;
    const vcpu = nameOfVcpu(id, channel.notifyVcpu);
    const raised = this.raised.get(vcpu) ?? [];
    raised.push({ index: this.events.length - 1, port });
    this.raised.set(vcpu, raised);
  }

  /** What the guest has seen by itself meanwhile is not pending any more: no upcall tells it that. */
  private causesOf({ domain: id, vcpu, detail }: TraceEvent): readonly number[] {
    if (detail.kind !== 'upcall') return NONE;
    const name = nameOfVcpu(id, vcpu);
    const raised = this.raised.get(name);
    const domain = this.hypervisor.domains.get(id);
    if (raised === undefined || domain === undefined) return NONE;
    this.raised.delete(name);
    return raised
      .filter(({ port }) => isPortPending(this.hypervisor, domain, port))
      .map(({ index }) => index);
  }
}
