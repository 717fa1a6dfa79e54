/** A page fault on its way: to Xen, bounced to the kernel, and mended there: memory on demand, and copied when it is written. */
import type { Hypervisor } from '../../../../hypervisor/state/hypervisor.ts';
import { PAGE_BYTES } from '../../../../hypervisor/memory/pages.ts';
import { frameAt } from '../../page-tables.ts';
import type { Facts, Note } from '../facts.ts';
import type { LessonHost } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import { isCalm, noteDomains } from '../predicates.ts';
import { factOf, hasEnded, mine, MINE, MINE_CONFIG, noteEndings } from '../own-kernel.ts';

/** Bits of a page fault's error code (Intel SDM volume 3, 4.7). */
const PRESENT_AND_WRITE = 3;
/** The pages of addresses that the kernel has for this. */
const PAGES = 8;
/** Who faults so often has mended nothing. */
const MANY = 100;

const note: Note = (facts, event, hypervisor) => {
  noteDomains(facts, event, hypervisor);
  noteEndings(facts, event, hypervisor);
  const { detail, domain } = event;
  const id = String(domain);
  if (detail.kind === 'crash') facts.set(`${String(detail.domain)} killed`, 1);
  if (detail.kind !== 'page_fault' || domain <= 0) return;
  const address = detail.address;
  const page = address - (address % PAGE_BYTES) - (address % PAGE_BYTES < 0 ? PAGE_BYTES : 0);
  if (facts.get(`${id} faults`) === 0) facts.set(`${id} first`, page);
  facts.add(`${id} faults`);
  if (facts.get(`${id} fault at ${String(page)}`) === 0) facts.add(`${id} pages`);
  facts.add(`${id} fault at ${String(page)}`);
  if ((detail.error & PRESENT_AND_WRITE) === PRESENT_AND_WRITE && facts.get(`${id} guarded`) === 0)
    noteGuarded(facts, id, hypervisor, address, page);
};

/** A write to a page that may only be read: which frame that was, and what stood there. */
function noteGuarded(facts: Facts, id: string, hypervisor: Hypervisor, address: number, page: number): void {
  const mfn = frameAt(hypervisor.frames, hypervisor.current?.kernelRoot ?? 0, address);
  facts.set(`${id} guarded`, 1);
  facts.set(`${id} guarded page`, page);
  facts.set(`${id} guarded frame`, mfn);
  facts.set(`${id} guarded offset`, address - page);
  facts.set(`${id} guarded word`, wordOf(hypervisor, mfn, address - page));
}

const wordOf = ({ machine: { words } }: Hypervisor, mfn: number, offset: number): number =>
  mfn < 0 ? -1 : words[(mfn * PAGE_BYTES + offset) >>> 2]!;

/** The frame at an address of the kernel's; -1: none. */
function frameOf(host: LessonHost, address: number): number {
  const root = mine(host)?.vcpus[0]?.kernelRoot;
  return root === undefined ? -1 : frameAt(host.hypervisor.frames, root, address);
}

/** The frames at the kernel's eight pages of addresses. */
const framesOf = (host: LessonHost): readonly number[] =>
  Array.from({ length: PAGES }, (_, n) => frameOf(host, factOf(host, 'first') + n * PAGE_BYTES));

const faults = (host: LessonHost): number => factOf(host, 'faults');
const isMended = (host: LessonHost): boolean => faults(host) > 0 && frameOf(host, factOf(host, 'first')) >= 0;
const areAllThere = (host: LessonHost): boolean =>
  factOf(host, 'pages') === PAGES && framesOf(host).every((mfn) => mfn >= 0);
const areDistinct = (host: LessonHost): boolean => new Set(framesOf(host)).size === PAGES;

/** What has become of the page that was written though it may only be read. */
function guarded(host: LessonHost): {
  readonly isCopied: boolean;
  readonly isWritten: boolean;
  readonly isLike: boolean;
} {
  const [before, offset] = [factOf(host, 'guarded frame'), factOf(host, 'guarded offset')];
  const now = frameOf(host, factOf(host, 'guarded page'));
  const word = (mfn: number, at: number): number => wordOf(host.hypervisor, mfn, at);
  return {
    isCopied: factOf(host, 'guarded') === 1 && now >= 0 && now !== before,
    isWritten: factOf(host, 'guarded') === 1 && word(before, offset) !== factOf(host, 'guarded word'),
    isLike: now >= 0 && word(now, 0) === word(before, 0) && word(before, 0) !== 0,
  };
}

export const PAGE_FAULTS: Lesson = {
  name: 'page-faults',
  title: 'A page fault, bounced',
  minutes: 20,
  world: { memoryMb: 48, hostMb: 96, files: { mine: MINE_CONFIG } },
  kernels: [MINE],
  begins: `xm create /lab/${MINE}`,
  note,
  steps: [
    {
      id: 'unhandled',
      done: ({ host }) => faults(host) > 0 && hasEnded(host) && isCalm(host),
      prediction: { answer: ({ host }) => (factOf(host, 'killed') === 1 ? 0 : 1) },
    },
    {
      id: 'mended',
      done: ({ host }) => isMended(host) && !hasEnded(host) && isCalm(host),
      prediction: {
        answer: ({ host }) => Math.min(factOf(host, `fault at ${String(factOf(host, 'first'))}`), 3) - 1,
      },
      mistakes: [
        { id: 'unregistered', made: ({ host }) => hasEnded(host) && faults(host) === 1 },
        { id: 'returns', made: ({ host }) => faults(host) > MANY && !isMended(host) && !hasEnded(host) },
        { id: 'nested', made: ({ host }) => hasEnded(host) && faults(host) > 1 },
      ],
    },
    {
      id: 'demand',
      done: ({ host }) => areAllThere(host) && areDistinct(host) && !hasEnded(host) && isCalm(host),
      prediction: { answer: ({ host }) => (faults(host) <= 1 ? 0 : faults(host) <= PAGES ? 1 : 2) },
      mistakes: [
        { id: 'one-frame', made: ({ host }) => areAllThere(host) && !areDistinct(host) },
        { id: 'few', made: ({ host }) => isMended(host) && isCalm(host) && factOf(host, 'pages') < PAGES },
      ],
    },
    {
      id: 'copied',
      done: ({ host }) => {
        const { isCopied, isWritten, isLike } = guarded(host);
        return isCopied && !isWritten && isLike && !hasEnded(host) && isCalm(host);
      },
      mistakes: [
        { id: 'unguarded', made: ({ host }) => guarded(host).isWritten },
        { id: 'empty', made: ({ host }) => guarded(host).isCopied && !guarded(host).isLike && isCalm(host) },
        { id: 'once-more', made: ({ host }) => faults(host) > MANY },
      ],
    },
  ],
};
