/** Grants: a page is shared and taken back; then a frontend breaks a backend that believes what it reads, and that is mended. */
import {
  GNTTAB_NR_RESERVED_ENTRIES,
  GTF_permit_access,
  GTF_readonly,
  GTF_type_mask,
} from '../../../../hypervisor/abi/grant-table.ts';
import { entriesOf, entryAddress } from '../../../../hypervisor/grants/grant-table.ts';
import { PAGE_BYTES } from '../../../../hypervisor/memory/pages.ts';
import type { GrantMapping } from '../../../../hypervisor/state/grant-table.ts';
import type { Note } from '../facts.ts';
import type { LessonHost } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import { has, isCalm, noteDomains } from '../predicates.ts';
import { configOf, factOf, hasEnded, noteEndings } from '../own-kernel.ts';

const FRONTEND = 'frontend';
const BACKEND = 'backend';
/** The reference that the frontend gives out first, which the backend expects. */
const REF = GNTTAB_NR_RESERVED_ENTRIES;
/** The shared page: words and bytes in it, as guests/lessons/grants has them. */
const [STATE, LENGTH, ANSWER, DATA] = [0, 4, 8, 16];
const [ANSWERED, REFUSED] = [2, 4];
/** The longest request that the backend takes. */
const MOST = 64;
/** A frontend that only waits has done what it does by then, in ns. */
const SETTLED_NS = 100e6;

const note: Note = (facts, event, hypervisor) => {
  noteDomains(facts, event, hypervisor);
  noteEndings(facts, event, hypervisor);
  const { detail } = event;
  if (detail.kind !== 'grant' || detail.ref !== REF) return;
  facts.set(`${String(detail.granter)} ${detail.change}`, 1);
  facts.set(`${String(detail.granter)} page`, detail.mfn);
  facts.set(`${String(detail.granter)} changed at`, hypervisor.nowNs());
};

/** Of an entry of the frontend's table: flags, and for whom; null: there is none. */
function entryOf(host: LessonHost, ref: number): { readonly flags: number; readonly domid: number } | null {
  const domain = host.domain(FRONTEND);
  if (domain === undefined || ref >= entriesOf(domain.grants)) return null;
  const word = host.hypervisor.machine.words[entryAddress(domain.grants, ref) / 4]!;
  if ((word & GTF_type_mask) !== GTF_permit_access) return null;
  return { flags: word & 0xffff, domid: word >>> 16 };
}

/** The backend's mapping of the page; undefined: it has none. */
function mappingOf(host: LessonHost): GrantMapping | undefined {
  const granter = host.idOf(FRONTEND);
  const found = host
    .domain(BACKEND)
    ?.grants.mappings.find(
      (each) => each !== null && each.flags !== 0 && each.domid === granter && each.ref === REF,
    );
  return found ?? undefined;
}

const isMapped = (host: LessonHost): boolean => mappingOf(host) !== undefined;
const isReadOnly = (host: LessonHost): boolean => ((entryOf(host, REF)?.flags ?? 0) & GTF_readonly) !== 0;
const isForAnother = (host: LessonHost): boolean => {
  const entry = entryOf(host, REF);
  return entry !== null && entry.domid !== host.idOf(BACKEND);
};
const wasMapped = (host: LessonHost): boolean => factOf(host, 'mapped', FRONTEND) === 1;
const isSettled = (host: LessonHost): boolean =>
  isCalm(host) && host.ns - factOf(host, 'changed at', FRONTEND) > SETTLED_NS;
const bothRun = (host: LessonHost): boolean =>
  has(host, FRONTEND) && has(host, BACKEND) && !hasEnded(host, FRONTEND) && !hasEnded(host, BACKEND);

/** A word of the page that is or was shared. */
const wordOf = (host: LessonHost, at: number): number =>
  host.hypervisor.machine.words[(factOf(host, 'page', FRONTEND) * PAGE_BYTES + at) / 4]!;
const stateOf = (host: LessonHost): number => (wasMapped(host) ? wordOf(host, STATE) : 0);

/** The answer is the sum of as many bytes as the backend takes at most. */
function isRight(host: LessonHost): boolean {
  const { bytes } = host.hypervisor.machine;
  const start = factOf(host, 'page', FRONTEND) * PAGE_BYTES + DATA;
  const wanted = wordOf(host, ANSWER);
  let sum = 0;
  for (let at = start; at < start + MOST; at++) {
    sum += bytes[at]!;
    if (sum === wanted) return true;
  }
  return false;
}

/** The frontend has changed the length behind the backend's check. */
const isAttacked = (host: LessonHost): boolean => wasMapped(host) && wordOf(host, LENGTH) > MOST;

export const GRANTS: Lesson = {
  name: 'grants',
  title: 'Grants: share a page, take it back, what a careless backend risks',
  minutes: 20,
  world: {
    memoryMb: 48,
    hostMb: 112,
    files: { [FRONTEND]: configOf(FRONTEND), [BACKEND]: configOf(BACKEND) },
  },
  kernels: [FRONTEND, BACKEND],
  begins: `xm create /lab/${BACKEND}; xm create /lab/${FRONTEND}`,
  note,
  steps: [
    {
      id: 'shared',
      done: ({ host }) => isMapped(host) && isReadOnly(host) && bothRun(host) && isSettled(host),
      mistakes: [
        { id: 'another', made: ({ host }) => isForAnother(host) },
        { id: 'writable', made: ({ host }) => isMapped(host) && !isReadOnly(host) },
      ],
    },
    {
      id: 'taken',
      done: ({ host }) =>
        wasMapped(host) && !isMapped(host) && entryOf(host, REF) === null && bothRun(host) && isSettled(host),
      prediction: { answer: ({ host }) => (factOf(host, 'unmapped', FRONTEND) === 1 ? 1 : 0) },
      mistakes: [
        { id: 'forced', made: ({ host }) => isMapped(host) && entryOf(host, REF) === null },
        {
          id: 'kept',
          made: ({ host }) => isMapped(host) && entryOf(host, REF) !== null && isSettled(host),
        },
        {
          id: 'left',
          made: ({ host }) =>
            wasMapped(host) && !isMapped(host) && entryOf(host, REF) !== null && isSettled(host),
        },
      ],
    },
    {
      id: 'attacked',
      done: ({ host }) =>
        isAttacked(host) && factOf(host, 'crashed', BACKEND) === 1 && has(host, FRONTEND) && isCalm(host),
      prediction: { answer: ({ host }) => (hasEnded(host, FRONTEND) ? 1 : 0) },
      mistakes: [
        { id: 'refused', made: ({ host }) => stateOf(host) === REFUSED },
        {
          id: 'honest',
          made: ({ host }) => stateOf(host) === ANSWERED && !hasEnded(host, BACKEND),
        },
      ],
    },
    {
      id: 'mended',
      done: ({ host }) => isAttacked(host) && stateOf(host) === ANSWERED && isRight(host) && bothRun(host),
      mistakes: [
        { id: 'fallen', made: ({ host }) => factOf(host, 'crashed', BACKEND) === 1 },
        { id: 'twice', made: ({ host }) => stateOf(host) === REFUSED },
        {
          id: 'harmless',
          made: ({ host }) => wasMapped(host) && stateOf(host) === ANSWERED && !isAttacked(host),
        },
        {
          id: 'wrong',
          made: ({ host }) =>
            isAttacked(host) && stateOf(host) === ANSWERED && !isRight(host) && bothRun(host),
        },
      ],
    },
  ],
};
