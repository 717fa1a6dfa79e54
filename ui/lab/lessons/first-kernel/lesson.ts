/** A kernel of ten lines: it asks Xen something, gives the processor away, and ends itself. */
import { SHUTDOWN_poweroff } from '../../../../hypervisor/abi/sched.ts';
import { EXTRA } from '../../../../hypervisor/hypercalls/xen-version.ts';
import type { Note } from '../facts.ts';
import type { LessonHost } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import { callsOf, has, hasPoweredOff, isCalm, noteDomains } from '../predicates.ts';
import { isBlocked, hasEnded, MINE, MINE_CONFIG, noteEndings, factOf } from '../own-kernel.ts';

const XENVER_EXTRAVERSION = 1;
const SCHEDOP_YIELD = 0;
const SCHEDOP_SHUTDOWN = 2;
const EFAULT = -14;
const ENOSYS = -38;
/** Who yields so often waits for something by it. */
const MANY = 1000;

const note: Note = (facts, event, hypervisor) => {
  noteDomains(facts, event, hypervisor);
  noteEndings(facts, event, hypervisor);
};

/** What Xen has answered to domains: errors of any call, the question for its version, and how often one has yielded. */
const noteEnd: Note = (facts, { domain, detail }) => {
  if (detail.kind !== 'hypercall' || domain <= 0) return;
  const [command] = detail.words;
  const id = String(domain);
  if (detail.result === ENOSYS) facts.set(`${id} nosys`, 1);
  if (detail.name === 'xen_version' && command === XENVER_EXTRAVERSION)
    facts.set(`${id} ${detail.result === EFAULT ? 'astray' : 'answered'}`, 1);
  if (detail.name !== 'sched_op') return;
  if (command === SCHEDOP_YIELD) facts.add(`${id} yields`);
  if (command === SCHEDOP_SHUTDOWN && detail.result === EFAULT) facts.set(`${id} no reason`, 1);
};

const isUp = (host: LessonHost): boolean => has(host, MINE) && callsOf(host, MINE) > 0 && isCalm(host);
const wasAnswered = (host: LessonHost): boolean => factOf(host, 'answered') === 1;
const hasPrinted = (host: LessonHost): boolean => host.printed(host.idOf(MINE)).includes(EXTRA);
const isAstray = (host: LessonHost): boolean => factOf(host, 'astray') === 1 && !wasAnswered(host);
const isNoCall = (host: LessonHost): boolean => factOf(host, 'nosys') === 1;

export const FIRST_KERNEL: Lesson = {
  name: 'first-kernel',
  title: 'A kernel of ten lines makes a hypercall',
  minutes: 15,
  world: { memoryMb: 48, hostMb: 96, files: { mine: MINE_CONFIG } },
  kernels: [MINE],
  begins: `xm create /lab/${MINE}`,
  note,
  noteEnd,
  steps: [
    {
      id: 'up',
      done: ({ host }) => isUp(host) && !hasEnded(host),
      prediction: { answer: ({ host }) => (isBlocked(host) ? 0 : 1) },
      mistakes: [{ id: 'fallen', made: ({ host }) => hasEnded(host) }],
    },
    {
      id: 'asked',
      done: ({ host }) => wasAnswered(host) && hasPrinted(host),
      mistakes: [
        { id: 'astray', made: ({ host }) => isAstray(host) },
        { id: 'no-call', made: ({ host }) => isNoCall(host) },
        { id: 'silent', made: ({ host }) => wasAnswered(host) && isCalm(host) && !hasPrinted(host) },
      ],
    },
    {
      id: 'blocked',
      done: ({ host }) => isUp(host) && isBlocked(host) && !hasEnded(host),
      mistakes: [
        { id: 'yields', made: ({ host }) => factOf(host, 'yields') > MANY },
        { id: 'once', made: ({ host }) => hasEnded(host) },
      ],
    },
    {
      id: 'ends',
      done: ({ host }) => hasPoweredOff(host, MINE) && !has(host, MINE),
      prediction: { answer: ({ host }) => (has(host, MINE) ? 1 : 0) },
      mistakes: [
        { id: 'returned', made: ({ host }) => factOf(host, 'crashed') === 1 },
        { id: 'no-pointer', made: ({ host }) => factOf(host, 'no reason') === 1 },
        {
          id: 'other-reason',
          made: ({ host }) =>
            factOf(host, 'ended') === 1 &&
            factOf(host, 'crashed') === 0 &&
            factOf(host, 'reason') !== SHUTDOWN_poweroff,
        },
      ],
    },
  ],
};
