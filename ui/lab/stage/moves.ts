/** What moves on the stage: events of the trace since a face was last told where the host stands. */
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import { traceWords } from '../../../hypervisor/trace/text.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';
import type { FrameMove, Move, Moves } from './view.ts';

/** Of the last moves, so many are told one by one. */
const LAST = 12;

type Maker<Kind extends TraceDetail['kind']> = (
  detail: Extract<TraceDetail, { kind: Kind }>,
  event: TraceEvent,
) => Move;

/** How an event moves; of a kind that is not here, nothing does. */
const MAKERS: { readonly [Kind in TraceDetail['kind']]?: Maker<Kind> } = {
  hypercall: ({ name }, { domain, vcpu }) => ({ kind: 'hypercall', domain, vcpu, name }),
  trap: trapped,
  page_fault: trapped,
  failsafe: trapped,
  math_state_restore: trapped,
  upcall: (_, { domain, vcpu }) => ({ kind: 'upcall', domain, vcpu }),
  port: ({ domain, port }, event) => ({ kind: 'port', from: event.domain, domain, port }),
  schedule: ({ processor, from, to }) => ({ kind: 'schedule', processor, from, to }),
  xenstore: ({ domain, way, message, path }) => ({ kind: 'store', domain, way, text: `${message} ${path}` }),
};

function trapped(detail: TraceDetail, { domain, vcpu }: TraceEvent): Move {
  const { name, args } = traceWords(detail);
  const called = name === 'trap' ? (args.split(' ')[0] ?? name) : name.replace('_', ' ');
  return { kind: 'trap', domain, vcpu, name: called };
}

/** A frame that an event tells of; null: it tells of none. */
function frameOf(detail: TraceDetail): FrameMove | null {
  if (detail.kind === 'device' && (detail.action === 'send' || detail.action === 'receive'))
    return { domain: -1, device: 0, way: detail.action === 'send' ? 'out' : 'in', text: detail.text };
  if (detail.kind !== 'ring') return null;
  const { ring, way, domain, device, text } = detail;
  if (ring === 'transmit' && way === 'request') return { domain, device, way: 'out', text };
  return ring === 'receive' && way === 'response' ? { domain, device, way: 'in', text } : null;
}

export class MoveSink implements TraceSink {
  private last: Move[] = [];
  /** By `domain kind`, and by `domain port`. */
  private counts = new Map<string, number>();
  private raised = new Map<string, number>();
  /** By `domain device`. */
  private frames = new Map<string, FrameMove>();
  /** Somebody has written to the store. */
  private storeWritten = true;

  event(event: TraceEvent): void {
    const { detail } = event;
    const frame = frameOf(detail);
    if (frame !== null) this.frames.set(`${String(frame.domain)} ${String(frame.device)}`, frame);
    const maker = MAKERS[detail.kind] as Maker<TraceDetail['kind']> | undefined;
    if (maker === undefined) return;
    const move = maker(detail, event);
    this.last.push(move);
    if (this.last.length > 4 * LAST) this.last = this.last.slice(-LAST);
    count(this.counts, `${String(domainOf(move, event))} ${move.kind}`);
    if (move.kind === 'port') count(this.raised, `${String(move.domain)} ${String(move.port)}`);
    if (detail.kind === 'xenstore' && WRITES.has(detail.message)) this.storeWritten = true;
  }

  end(): void {
    // A move is seen as it begins.
  }

  /** What has moved where another sink was, behind what has moved here. */
  add({ last, counts, raised, frames }: Moves, storeWritten: boolean): void {
    this.last = [...this.last, ...last].slice(-LAST);
    for (const each of counts) count(this.counts, `${String(each.domain)} ${each.kind}`, each.count);
    for (const each of raised) count(this.raised, `${String(each.domain)} ${String(each.port)}`, each.count);
    for (const frame of frames) this.frames.set(`${String(frame.domain)} ${String(frame.device)}`, frame);
    this.storeWritten ||= storeWritten;
  }

  /** What has moved since the last time. */
  take(): Moves {
    const moves: Moves = {
      last: this.last.slice(-LAST),
      counts: [...this.counts].map(([key, count]) => {
        const [domain = '', kind = ''] = key.split(' ');
        return { domain: Number(domain), kind: kind as Move['kind'], count };
      }),
      raised: [...this.raised].map(([key, count]) => {
        const [domain = '', port = ''] = key.split(' ');
        return { domain: Number(domain), port: Number(port), count };
      }),
      frames: [...this.frames.values()],
    };
    this.last = [];
    this.counts = new Map();
    this.raised = new Map();
    this.frames = new Map();
    return moves;
  }

  /** Whether the store may be another than when this was asked last. */
  takeStoreWritten(): boolean {
    const written = this.storeWritten;
    this.storeWritten = false;
    return written;
  }
  /** The host is at another instant. */
  forget(): void {
    this.take();
    this.storeWritten = true;
  }
}

/** Messages after which the store may be another. */
const WRITES: ReadonlySet<string> = new Set([
  'WRITE',
  'MKDIR',
  'RM',
  'SET_PERMS',
  'TRANSACTION_END',
  'RELEASE',
  'INTRODUCE',
]);

function domainOf(move: Move, event: TraceEvent): number {
  return 'domain' in move ? move.domain : event.domain;
}

function count(counts: Map<string, number>, key: string, times = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + times);
}
