/**
 * Migrations of a host's domains, seen from outside, as they go: their stages and rounds, as domain 0's xend keeps them in the store
 * (guests/dom0/lib/migration/record.ts), and what Xen itself sees of them: which pages are dirty, what the pages are that are sent, when
 * the domain stands still and goes on. Plain data, made of the trace; a host that is left has one side of it, the other host the other.
 */
import { SHUTDOWN_suspend } from '../../hypervisor/abi/sched.ts';
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../hypervisor/trace/tracer.ts';
import { addTo, forgetBefore } from './steps.ts';
import type { Steps } from './steps.ts';

/** The stages of the paper (Clark et al. 2005, 3.2), in their order. */
export const STAGES = [
  'pre-migration',
  'reservation',
  'iterative pre-copy',
  'stop-and-copy',
  'commitment',
  'activation',
] as const;
/** Beyond them, of a migration that does not send before: it runs there, and its pages follow. */
export const POST_COPY = 'post-copy';
export type Stage = (typeof STAGES)[number] | typeof POST_COPY;

/** What the receiving side writes of an attempt, and the stage that this means. */
const RECEIVED: Readonly<Record<string, Stage>> = {
  coming: 'reservation',
  ready: 'stop-and-copy',
  ours: 'commitment',
  runs: 'activation',
};

export interface StageTime {
  readonly stage: Stage;
  /** When it began, in the host's time. */
  readonly atNs: number;
}

/** A round of pre-copy that is over, or (`isLast`) what was sent while the domain stood still. */
export interface MigrationRound {
  readonly number: number;
  /** Pages whose content went out; that were dirty again before their turn; that were written meanwhile. */
  readonly sent: number;
  readonly skipped: number;
  readonly dirtied: number;
  readonly bytes: number;
  readonly ns: number;
  readonly bytesPerSecond: number;
  /** What it was held to; 0: nothing. */
  readonly paceBytesPerSecond: number;
  readonly isLast: boolean;
  /** Which pages were dirty at its end: a bit for each pfn, as far as any is; null: Xen was not seen to tell. */
  readonly dirty: Uint8Array | null;
}

export interface Migration {
  /** Of the domain on this host; 0: not known yet. */
  domain: number;
  uuid: string;
  name: string;
  readonly way: 'out' | 'in';
  /** The other host, as it was named, or by its address. */
  host: string;
  readonly stages: StageTime[];
  readonly rounds: MigrationRound[];
  /** Of the round under way: pages seen to, of how many. */
  progress: { readonly round: number; readonly done: number; readonly of: number } | null;
  /** Post-copy: pages that were fetched, that were pushed, and that are to go. */
  later: { readonly fetched: number; readonly pushed: number; readonly left: number } | null;
  /** Of each page that was sent, by pfn, its type when it was last: XEN_DOMCTL_PFINFO_*, the upper four bits; NOT_SENT. */
  types: Uint8Array;
  /** Pages that were sent, one after the other, in this round: their pfns. */
  sending: number[];
  suspendedNs: number | null;
  /** It goes on, or runs for the first time here. */
  resumedNs: number | null;
  /** Bytes that the domain sends through its cards here, from AROUND_NS before it begins until as long after it is over. */
  sent: Steps;
  /** It was given away, and this is why it is not known whether it came; empty: it is known. */
  asking: string;
  isOver: boolean;
  /** When it was; null: it is not, or nobody saw it. */
  overNs: number | null;
  /** Why it is where it was; empty: it is not. */
  problem: string;
}

/** For how long around a migration it is seen what its domain sends, and of one that takes long, how much of it. */
export const AROUND_NS = 300e6;
export const LONGEST_NS = 120e9;

/** Of a page that was never sent. */
export const NOT_SENT = 0xff;
const NODE = /^\/tool\/xend\/(sending|receiving)\/([^/]+)(?:\/(.+))?$/;
const ROUND = /^rounds\/(\d+)$/;

/** All that were seen, the oldest first. */
export class Migrations implements TraceSink {
  readonly all: Migration[] = [];
  /** By their record's place in the store: the one that is under way there. */
  private readonly current = new Map<string, Migration>();
  private readonly periodNs: number;
  /** What each domain has sent of late, by its id. */
  private readonly sent = new Map<number, Steps>();
  private lastDirty: { readonly domain: number; readonly bits: Uint8Array } | null = null;

  constructor(periodNs: number) {
    this.periodNs = periodNs;
  }

  /** Of a domain that is on its way, or was last. */
  of(domain: number): Migration | undefined {
    return this.all.findLast((each) => each.domain === domain);
  }

  /** The host has started anew: what was under way is over, and ids of domains are given again. */
  forget(): void {
    for (const migration of this.current.values())
      Object.assign(migration, { isOver: true, problem: 'its host has started anew' });
    for (const migration of this.all) migration.domain = 0;
    this.current.clear();
    this.sent.clear();
    this.lastDirty = null;
  }

  /** A node of the store is written, or (null) taken away with all below it. */
  private node(path: string, value: string | null, atNs: number): void {
    const match = NODE.exec(path);
    if (match === null) return;
    const [, side, key, field] = match;
    const place = `${side!}/${key!}`;
    if (value === null) {
      this.current.delete(place);
      return;
    }
    const migration = this.current.get(place) ?? this.begin(place, side === 'sending' ? 'out' : 'in', key!);
    this.take(migration, field ?? '', value, atNs);
  }

  private begin(place: string, way: 'out' | 'in', key: string): Migration {
    const migration: Migration = {
      domain: 0,
      uuid: way === 'out' ? key : '',
      name: '',
      way,
      host: '',
      stages: [],
      rounds: [],
      progress: null,
      later: null,
      types: new Uint8Array(0),
      sending: [],
      suspendedNs: null,
      resumedNs: null,
      sent: { first: 0, amounts: [] },
      asking: '',
      isOver: false,
      overNs: null,
      problem: '',
    };
    this.current.set(place, migration);
    this.all.push(migration);
    return migration;
  }

  private take(migration: Migration, field: string, value: string, atNs: number): void {
    if (field === 'domid') this.isOf(migration, Number(value), atNs);
    else if (field === 'uuid') migration.uuid = value;
    else if (field === 'name') migration.name = value;
    else if (field === 'host' || field === 'from') migration.host = value;
    else if (field === 'asking') migration.asking = value;
    else if (field === 'problem') migration.problem = value;
    else if (field === 'state') enter(migration, value, atNs);
    else if (field === 'progress') {
      const { round = 0, done = 0, of = 0 } = numbersIn(value);
      migration.progress = { round, done, of };
    } else if (field === 'later') {
      const { fetched = 0, pushed = 0, left = 0 } = numbersIn(value);
      migration.later = { fetched, pushed, left };
    } else if (ROUND.test(field)) this.endRound(migration, Number(ROUND.exec(field)![1]), numbersIn(value));
  }

  private isOf(migration: Migration, domain: number, atNs: number): void {
    if (migration.domain === domain) return;
    migration.domain = domain;
    const { first, amounts } = this.sent.get(domain) ?? migration.sent;
    migration.sent = { first, amounts: [...amounts] };
    forgetBefore(migration.sent, atNs - AROUND_NS);
  }

  private sends(domain: number, bytes: number, atNs: number): void {
    const keep = (steps: Steps, ns: number): void => {
      forgetBefore(steps, atNs - ns);
      addTo(steps, atNs, bytes);
    };
    const recent = this.sent.get(domain) ?? { first: 0, amounts: [] };
    this.sent.set(domain, recent);
    keep(recent, AROUND_NS);
    const migration = this.of(domain);
    if (migration !== undefined && atNs < (migration.overNs ?? Infinity) + AROUND_NS)
      keep(migration.sent, LONGEST_NS);
  }

  private endRound(migration: Migration, number: number, values: Partial<Record<string, number>>): void {
    const { sent = 0, skipped = 0, dirtied = 0, bytes = 0, ns = 0, pace = 0, last = 0 } = values;
    const dirty = this.lastDirty?.domain === migration.domain && last === 0 ? this.lastDirty.bits : null;
    migration.rounds.push({
      number,
      sent,
      skipped,
      dirtied,
      bytes,
      ns,
      bytesPerSecond: ns === 0 ? 0 : Math.round((bytes * 1e9) / ns),
      paceBytesPerSecond: pace,
      isLast: last === 1,
      dirty,
    });
    migration.sending = [];
  }

  event({ detail, ticks }: TraceEvent): void {
    const atNs = ticks * this.periodNs;
    switch (detail.kind) {
      case 'xenstore':
        if (detail.domain !== 0 || detail.way !== 'request') return;
        if (detail.message === 'WRITE') this.node(detail.path, detail.text, atNs);
        else if (detail.message === 'RM') this.node(detail.path, null, atNs);
        return;
      case 'shadow_op':
        if (detail.command === 'XEN_DOMCTL_SHADOW_OP_CLEAN')
          this.lastDirty = { domain: detail.domain, bits: detail.bits };
        return;
      case 'page_info':
        this.under(detail.domain, (migration) => {
          sendPages(migration, detail.pfns, detail.types);
        });
        return;
      case 'shutdown':
        if (detail.reason === SHUTDOWN_suspend)
          this.under(detail.domain, (migration) => (migration.suspendedNs = atNs));
        return;
      case 'ring':
        if (detail.ring === 'transmit' && detail.bytes > 0) this.sends(detail.domain, detail.bytes, atNs);
        return;
      case 'domctl':
        if (detail.command === 'XEN_DOMCTL_destroydomain') this.sent.delete(detail.domain);
        if (detail.command === 'XEN_DOMCTL_resumedomain' || detail.command === 'XEN_DOMCTL_unpausedomain')
          this.under(detail.domain, (migration) => (migration.resumedNs = atNs));
    }
  }

  end(): void {
    // What matters is there when it begins.
  }

  /** Of a domain whose migration is under way. */
  private under(domain: number, change: (migration: Migration) => void): void {
    for (const migration of this.current.values()) if (migration.domain === domain) change(migration);
  }
}

function enter(migration: Migration, state: string, atNs: number): void {
  const isOver = state === 'ended' || state === 'refused' || (migration.way === 'in' && state === 'runs');
  if (isOver) Object.assign(migration, { isOver, overNs: migration.overNs ?? atNs });
  const stage = [...STAGES, POST_COPY].find((each): each is Stage => each === state) ?? RECEIVED[state];
  // What was asked of its pages before was what they are; from now on they go.
  if (stage === POST_COPY) migration.sending = [];
  // A transaction that others were in the way of is made again.
  if (stage !== undefined && migration.stages.at(-1)?.stage !== stage) migration.stages.push({ stage, atNs });
}

function sendPages(migration: Migration, pfns: Uint32Array, types: Uint8Array): void {
  const most = pfns.reduce((highest, pfn) => Math.max(highest, pfn), -1);
  if (most >= migration.types.length) {
    const grown = new Uint8Array(Math.max(most + 1, 2 * migration.types.length)).fill(NOT_SENT);
    grown.set(migration.types);
    migration.types = grown;
  }
  for (const [index, pfn] of pfns.entries()) migration.types[pfn] = types[index]!;
  migration.sending.push(...pfns);
}

/** `NAME=NUMBER` with spaces between. */
function numbersIn(text: string): Partial<Record<string, number>> {
  return Object.fromEntries(
    text.split(' ').map((word): [string, number] => {
      const [name, value] = word.split('=');
      return [name!, Number(value)];
    }),
  );
}
