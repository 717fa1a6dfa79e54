/** What a face is told of migrations between the hosts of a world: both sides of each together, as plain data. */
import { AROUND_NS, LONGEST_NS, NOT_SENT } from './migration.ts';
import type { Migration, MigrationRound, Migrations, StageTime } from './migration.ts';
import { amountsOf, STEP_NS } from './steps.ts';

/** What a page is, in the map of a domain's pages: one of these, and perhaps the flags. */
export const PAGE_KINDS = [
  'not sent yet',
  'data',
  'L1 table',
  'L2 table',
  'L3 table',
  'L4 table',
  'nothing',
] as const;
export const PAGE_DIRTY = 0x40;
export const PAGE_OF_THIS_ROUND = 0x80;
export const PAGE_KIND_MASK = 0x0f;

/** XEN_DOMCTL_PFINFO_*, without the pin. */
const TABLE_TYPES = 4;
const PIN = 8;
const NO_PAGE = 0xd;

export interface MigrationView {
  readonly domain: number;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Of both sides, in their order; a stage that both tell of once, from when the first did. */
  readonly stages: readonly StageTime[];
  readonly rounds: readonly Omit<MigrationRound, 'dirty'>[];
  /** Of the round under way: pages seen to, of how many; null: none is. */
  readonly progress: Migration['progress'];
  /** Of post-copy: pages that were fetched, that were pushed, and that are to go; null: it is none. */
  readonly later: Migration['later'];
  /** By pfn: a number in PAGE_KINDS, with PAGE_DIRTY (when Xen was asked last) and PAGE_OF_THIS_ROUND. */
  readonly pages: Uint8Array;
  /** From when to when it ran nowhere; null: not yet. */
  readonly suspendedNs: number | null;
  readonly resumedNs: number | null;
  /** What it sends through its cards, here and there; null: nothing. */
  readonly sent: SentView | null;
  readonly isOver: boolean;
  /** Why it stayed where it was, or why nobody knows yet; empty: neither. */
  readonly problem: string;
}

/** Bytes of packets in steps of STEP_NS, from the first step's beginning, a while before the migration's, until now or a while after its end. */
export interface SentView {
  readonly fromNs: number;
  readonly bytes: Uint32Array;
}

/** All that were seen on these hosts up to now, the oldest first. */
export function migrationViews(
  hosts: readonly { readonly name: string; readonly migrations: Migrations }[],
  nowNs: number,
): MigrationView[] {
  const sides = hosts.map(({ name, migrations }) => ({ name, all: migrations.all }));
  const coming = sides.flatMap(({ name, all }) =>
    all.filter(({ way }) => way === 'in').map((migration) => ({ name, migration })),
  );
  return sides.flatMap(({ name, all }) =>
    all
      .filter(({ way }) => way === 'out')
      .map((out) => {
        const begunNs = out.stages[0]?.atNs ?? Infinity;
        const other = coming.find(
          ({ migration }) => migration.uuid === out.uuid && (migration.stages[0]?.atNs ?? 0) >= begunNs,
        );
        return viewOf(out, name, other?.migration ?? null, other?.name ?? out.host, nowNs);
      }),
  );
}

function viewOf(
  out: Migration,
  from: string,
  other: Migration | null,
  to: string,
  nowNs: number,
): MigrationView {
  return {
    domain: out.domain,
    name: out.name,
    from,
    to,
    stages: stagesOf(out, other),
    rounds: out.rounds.map(withoutPages),
    progress: out.isOver ? null : out.progress,
    later: out.later,
    pages: pagesOf(out),
    suspendedNs: out.suspendedNs,
    resumedNs: other?.resumedNs ?? out.resumedNs,
    sent: sentOf(out, other, nowNs),
    isOver: out.isOver && (other === null || other.isOver || out.problem !== ''),
    problem: out.problem === '' ? out.asking : out.problem,
  };
}

/** The pages are told of all rounds together. */
function withoutPages(round: MigrationRound): Omit<MigrationRound, 'dirty'> {
  const { dirty, ...rest } = round;
  return dirty === undefined ? round : rest;
}

function sentOf(out: Migration, other: Migration | null, nowNs: number): SentView | null {
  const all = [out.sent, ...(other === null ? [] : [other.sent])].filter(({ amounts }) => amounts.length > 0);
  if (all.length === 0) return null;
  const begunNs = (out.stages[0]?.atNs ?? 0) - AROUND_NS;
  const toNs = Math.min(nowNs, ((other ?? out).overNs ?? Infinity) + AROUND_NS);
  const fromNs = Math.floor(Math.max(0, begunNs, toNs - LONGEST_NS) / STEP_NS) * STEP_NS;
  return { fromNs, bytes: Uint32Array.from(amountsOf(all, fromNs, toNs)) };
}

function stagesOf(out: Migration, other: Migration | null): StageTime[] {
  const all = [...out.stages, ...(other?.stages ?? [])].sort((one, two) => one.atNs - two.atNs);
  return all.filter(({ stage }, n) => all.findIndex((each) => each.stage === stage) === n);
}

function pagesOf({ types, rounds, sending }: Migration): Uint8Array {
  const pages = Uint8Array.from(types, kindOf);
  const dirty = rounds.findLast((round) => round.dirty !== null)?.dirty;
  const count = Math.min(pages.length, (dirty?.length ?? 0) * 8);
  for (let pfn = 0; pfn < count; pfn++) if ((dirty![pfn >> 3]! >> (pfn & 7)) & 1) pages[pfn]! |= PAGE_DIRTY;
  for (const pfn of sending) pages[pfn]! |= PAGE_OF_THIS_ROUND;
  return pages;
}

function kindOf(type: number): number {
  if (type === NOT_SENT) return 0;
  if (type >= NO_PAGE) return PAGE_KINDS.indexOf('nothing');
  const level = type & ~PIN;
  return level >= 1 && level <= TABLE_TYPES ? 1 + level : 1;
}
