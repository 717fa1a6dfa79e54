/** Page tables: frames by their machine numbers, a table that cannot be mapped writable, and how a page becomes one. */
import { MMUEXT_PIN_L1_TABLE } from '../../../../hypervisor/abi/xen.ts';
import { entryFrame, PAGE_PRESENT } from '../../../../hypervisor/memory/entries.ts';
import {
  PGT_L1_PAGE_TABLE,
  PGT_L4_PAGE_TABLE,
  PGT_PINNED,
  PGT_WRITABLE_PAGE,
} from '../../../../hypervisor/memory/frame-table.ts';
import type { FrameTable } from '../../../../hypervisor/memory/frame-table.ts';
import type { Facts, Note } from '../facts.ts';
import type { LessonHost } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import { isCalm, noteDomains } from '../predicates.ts';
import { factOf, hasEnded, mine, MINE, MINE_CONFIG, noteEndings } from '../own-kernel.ts';

const note: Note = (facts, event, hypervisor) => {
  noteDomains(facts, event, hypervisor);
  noteEndings(facts, event, hypervisor);
};

/** What Xen has said to mappings that a domain asked for one by one, and to tables that it wanted pinned. */
const noteEnd: Note = (facts, { domain, detail }, { frames }) => {
  if (detail.kind !== 'hypercall' || domain <= 0) return;
  if (detail.name === 'update_va_mapping')
    noteMapping(facts, domain, frames, detail.words, detail.result === 0);
  const [operation] = detail.given.structures;
  if (detail.name !== 'mmuext_op' || operation?.['cmd'] !== MMUEXT_PIN_L1_TABLE || detail.result === 0)
    return;
  const isWritable = frames.usedAs(Number(operation['arg1.mfn'])) === PGT_WRITABLE_PAGE;
  facts.set(`${String(domain)} ${isWritable ? 'pins writable' : 'pins another'}`, 1);
};

function noteMapping(
  facts: Facts,
  domain: number,
  frames: FrameTable,
  [, , low = 0, high = 0]: readonly number[],
  isDone: boolean,
): void {
  if ((low & PAGE_PRESENT) === 0) return;
  const mfn = entryFrame(low, high);
  const is = (what: string): void => {
    facts.set(`${String(domain)} ${what}`, 1);
  };
  if (frames.owner[mfn] !== domain) is('foreign');
  else if (isTable(frames, mfn)) is(isDone ? 'table mapped' : 'table refused');
  else if (isDone) is('mapped');
}

function isTable(frames: FrameTable, mfn: number): boolean {
  const type = frames.usedAs(mfn);
  return type >= PGT_L1_PAGE_TABLE && type <= PGT_L4_PAGE_TABLE;
}

const has = (host: LessonHost, what: string): boolean => factOf(host, what) === 1;

/** A table of the lowest level that Xen holds because the domain has asked for that. */
function hasPinned(host: LessonHost): boolean {
  const { frames } = host.hypervisor;
  const id = mine(host)?.id;
  if (id === undefined) return false;
  for (let mfn = 0; mfn < frames.frames; mfn++)
    if (
      frames.owner[mfn] === id &&
      frames.usedAs(mfn) === PGT_L1_PAGE_TABLE &&
      frames.flags[mfn]! & PGT_PINNED
    )
      return true;
  return false;
}

export const PAGE_TABLES: Lesson = {
  name: 'page-tables',
  title: 'Page tables are Xen’s: a mapping refused, and the right way',
  minutes: 20,
  world: { memoryMb: 48, hostMb: 96, files: { mine: MINE_CONFIG } },
  kernels: [MINE],
  begins: `xm create /lab/${MINE}`,
  note,
  noteEnd,
  steps: [
    {
      id: 'foreign',
      done: ({ host }) => has(host, 'foreign') && isCalm(host),
      prediction: { answer: ({ host }) => (hasEnded(host) ? 2 : has(host, 'mapped') ? 0 : 1) },
    },
    {
      id: 'own',
      done: ({ host }) => has(host, 'mapped') && !hasEnded(host),
      mistakes: [
        { id: 'still', made: ({ host }) => has(host, 'foreign') && !has(host, 'mapped') },
        { id: 'fallen', made: ({ host }) => hasEnded(host) },
      ],
    },
    {
      id: 'table',
      done: ({ host }) => has(host, 'table refused') && isCalm(host),
      prediction: {
        answer: ({ host }) => (hasEnded(host) ? 2 : has(host, 'table refused') ? 1 : 0),
      },
      mistakes: [
        { id: 'only-read', made: ({ host }) => has(host, 'table mapped') && !has(host, 'table refused') },
      ],
    },
    {
      id: 'read',
      done: ({ host }) => has(host, 'table mapped') && !hasEnded(host) && isCalm(host),
      mistakes: [{ id: 'written', made: ({ host }) => has(host, 'table mapped') && hasEnded(host) }],
    },
    {
      id: 'pinned',
      done: ({ host }) => hasPinned(host) && !hasEnded(host),
      mistakes: [
        { id: 'writable', made: ({ host }) => has(host, 'pins writable') && !hasPinned(host) },
        { id: 'rubbish', made: ({ host }) => has(host, 'pins another') && !hasPinned(host) },
      ],
    },
  ],
};
