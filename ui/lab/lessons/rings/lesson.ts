/** A ring: a frontend that forgets to notify, then to ask for notification, and then notifies too often. */
import { GNTTAB_NR_RESERVED_ENTRIES } from '../../../../hypervisor/abi/grant-table.ts';
import { sring } from '../../../../hypervisor/abi/ring.ts';
import { PAGE_BYTES } from '../../../../hypervisor/memory/pages.ts';
import { grantedMfn } from '../../granted.ts';
import type { Note } from '../facts.ts';
import type { LessonHost } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import { noteDomains } from '../predicates.ts';
import { configOf, factOf, hasEnded, isBlocked, mine, MINE, noteEndings } from '../own-kernel.ts';

/** The kernel grants its ring before it grants anything else. */
const RING_REF = GNTTAB_NR_RESERVED_ENTRIES;
/** What nobody has gone on with for so long stands still, in ns. */
const STILL_NS = 60e6;
const SECTOR_BYTES = 512;
const SECTORS = 32;
/** How many sectors are read one after the other, and at once. */
const MANY = 8;
const BURST = 16;
const SCHEDOP_YIELD = 0;
const BUSY = 4;

/** A disk whose sectors say which they are. */
const DISK = Array.from({ length: SECTORS }, (_, n) =>
  `sector ${String(n)}\r\n`.padEnd(SECTOR_BYTES, '\0'),
).join('');

const note: Note = (facts, event, hypervisor) => {
  noteDomains(facts, event, hypervisor);
  noteEndings(facts, event, hypervisor);
  const { detail } = event;
  if (detail.kind !== 'ring' || detail.ring !== 'block') return;
  facts.set(`${String(detail.domain)} moved at`, hypervisor.nowNs());
};

/** The port that the kernel has offered to its backend, and how often it has rung there. */
const noteEnd: Note = (facts, { domain, detail }, hypervisor) => {
  if (detail.kind !== 'hypercall' || domain <= 0) return;
  const id = String(domain);
  if (detail.name === 'sched_op' && detail.words[0] === SCHEDOP_YIELD) facts.add(`${id} yields`);
  if (detail.name !== 'event_channel_op') return;
  const [given, gave] = [detail.given.structures[0], detail.gave[0]];
  if (detail.given.command === 'EVTCHNOP_alloc_unbound') {
    facts.set(`${id} port`, Number(gave?.['port'] ?? 0));
    facts.set(`${id} moved at`, hypervisor.nowNs());
  }
  if (detail.given.command === 'EVTCHNOP_send' && given?.['port'] === facts.get(`${id} port`)) {
    facts.add(`${id} sends`);
    facts.set(`${id} moved at`, hypervisor.nowNs());
  }
};

interface Ring {
  readonly requests: number;
  readonly responses: number;
  /** At which response the frontend wants to be told. */
  readonly wanted: number;
}

const NO_RING: Ring = { requests: 0, responses: 0, wanted: 0 };

/** The indices in the shared page. */
function ringOf(host: LessonHost): Ring {
  const domain = mine(host);
  const mfn = domain === undefined ? 0 : grantedMfn(host.hypervisor, domain, RING_REF);
  if (mfn === 0) return NO_RING;
  const word = (at: number): number => host.hypervisor.machine.words[(mfn * PAGE_BYTES + at) / 4]!;
  const { req_prod, rsp_prod, rsp_event } = sring.offset;
  return { requests: word(req_prod), responses: word(rsp_prod), wanted: word(rsp_event) };
}

const sends = (host: LessonHost): number => factOf(host, 'sends');
/** The kernel sleeps, and nothing has gone through the ring for a while. */
const isStill = (host: LessonHost): boolean =>
  isBlocked(host) && !hasEnded(host) && host.ns - factOf(host, 'moved at') > STILL_NS;

/** Requests are there that the backend was never told of. */
const isUntold = (host: LessonHost): boolean =>
  ringOf(host).requests > 0 && ringOf(host).responses === 0 && sends(host) === 0 && isStill(host);
/** The last response is there, and the frontend has not asked to be told of it. */
const isUnheard = (host: LessonHost): boolean => {
  const { requests, responses, wanted } = ringOf(host);
  return responses > 0 && responses === requests && wanted < responses && isStill(host);
};
const areAnswered = (host: LessonHost, count: number): boolean => {
  const { requests, responses, wanted } = ringOf(host);
  return responses >= count && responses === requests && wanted === responses + 1 && isStill(host);
};

export const RINGS: Lesson = {
  name: 'rings',
  title: 'A ring: mend a frontend that forgets to notify',
  minutes: 20,
  world: {
    memoryMb: 48,
    hostMb: 96,
    files: { mine: configOf(MINE, "disk     = [ 'file:/lab/disk.img,xvda,r' ]\n"), 'disk.img': DISK },
  },
  kernels: [MINE],
  begins: `xm create /lab/${MINE}`,
  note,
  noteEnd,
  steps: [
    {
      id: 'silent',
      done: ({ host }) => isUntold(host),
      prediction: { answer: ({ host }) => (ringOf(host).responses === 0 ? 0 : 1) },
    },
    {
      id: 'told',
      done: ({ host }) => ringOf(host).responses > 0 && sends(host) > 0 && isStill(host),
      mistakes: [
        { id: 'untold', made: ({ host }) => isUntold(host) },
        {
          id: 'unshown',
          made: ({ host }) => sends(host) > 0 && ringOf(host).requests === 0 && isStill(host),
        },
      ],
    },
    {
      id: 'unheard',
      done: ({ host }) => ringOf(host).responses > 1 && isUnheard(host),
      prediction: {
        answer: ({ host }) => (isUnheard(host) ? 2 : ringOf(host).responses < ringOf(host).requests ? 1 : 0),
      },
    },
    {
      id: 'heard',
      done: ({ host }) => areAnswered(host, MANY) && factOf(host, 'yields') < BUSY,
      mistakes: [
        { id: 'behind', made: ({ host }) => isUnheard(host) && factOf(host, 'yields') < BUSY },
        { id: 'polls', made: ({ host }) => factOf(host, 'yields') >= BUSY },
      ],
    },
    {
      id: 'sparing',
      done: ({ host }) => areAnswered(host, BURST) && 2 * sends(host) <= ringOf(host).requests,
      prediction: {
        answer: ({ host }) => (sends(host) >= ringOf(host).requests ? 2 : sends(host) > 1 ? 1 : 0),
      },
      mistakes: [
        {
          id: 'each',
          made: ({ host }) => areAnswered(host, BURST) && 2 * sends(host) > ringOf(host).requests,
        },
        {
          id: 'left',
          made: ({ host }) => ringOf(host).responses < ringOf(host).requests && isStill(host),
        },
      ],
    },
  ],
};
