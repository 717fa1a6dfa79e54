/** Ballooning: memory is given back by the domain that has it, if it listens; and taken again, if there is any. */
import type { Note } from '../facts.ts';
import type { LessonHost } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import { has, isCalm, isPaused, mbOf, noteDomains, PAGES_PER_MB } from '../predicates.ts';

const KIB_PER_MB = 1024;
const ALPHA_MB = 32;
const SMALL_MB = 16;
const BIG_MB = 52;
/** How far a balloon may be from its target: a kernel counts its memory a little otherwise. */
const SLACK_MB = 1;

/** Domains that were given up before they were ever let run; and which domain asked for its memory to change. */
const note: Note = (facts, event, hypervisor) => {
  noteDomains(facts, event, hypervisor);
  const { detail, domain } = event;
  if (detail.kind === 'hypercall' && detail.name === 'memory_op') facts.add(`memory_op of ${String(domain)}`);
  if (detail.kind !== 'domctl') return;
  const id = String(detail.domain);
  if (detail.command === 'XEN_DOMCTL_unpausedomain') facts.set(`${id} began`, 1);
  if (detail.command === 'XEN_DOMCTL_destroydomain' && facts.get(`${id} began`) === 0) facts.add('given up');
};

const isAt = (host: LessonHost, name: string, mb: number): boolean =>
  Math.abs(mbOf(host, name) - mb) <= SLACK_MB;

/** What the toolstack has asked of its balloon, in MiB. */
const targetOf = (host: LessonHost, name: string): number =>
  Number(host.store(`/local/domain/${String(host.idOf(name))}/memory/target`)) / KIB_PER_MB;

const maxMbOf = (host: LessonHost, name: string): number =>
  (host.domain(name)?.maxPages ?? Infinity) / PAGES_PER_MB;

const memoryCallsOf = (host: LessonHost, name: string): number =>
  host.fact(`memory_op of ${String(host.idOf(name))}`);

export const BALLOONING: Lesson = {
  name: 'ballooning',
  title: 'Ballooning: memory that is given back',
  minutes: 15,
  world: { memoryMb: 64, hostMb: 144 },
  note,
  steps: [
    {
      id: 'full',
      done: ({ host }) =>
        isAt(host, 'alpha', ALPHA_MB) && isCalm(host) && !has(host, 'big') && host.fact('given up') > 0,
      prediction: { answer: ({ host }) => (isAt(host, 'alpha', ALPHA_MB) ? 2 : 0) },
      mistakes: [
        { id: 'fits', made: ({ host }) => has(host, 'big') && mbOf(host, 'big') < BIG_MB && isCalm(host) },
      ],
    },
    {
      id: 'shrink',
      done: ({ host }) => isAt(host, 'alpha', SMALL_MB) && isCalm(host),
      prediction: { answer: ({ host }) => (memoryCallsOf(host, 'alpha') > 0 ? 2 : 0) },
      mistakes: [
        {
          id: 'limit',
          made: ({ host }) => maxMbOf(host, 'alpha') < ALPHA_MB && isAt(host, 'alpha', ALPHA_MB),
        },
      ],
    },
    {
      id: 'room',
      done: ({ host }) => isAt(host, 'big', BIG_MB) && isAt(host, 'alpha', SMALL_MB) && isCalm(host),
    },
    {
      id: 'short',
      done: ({ host }) =>
        has(host, 'big') &&
        isCalm(host) &&
        mbOf(host, 'alpha') > SMALL_MB + SLACK_MB &&
        mbOf(host, 'alpha') < ALPHA_MB - SLACK_MB &&
        host.hypervisor.frames.freeFrames < PAGES_PER_MB &&
        targetOf(host, 'alpha') === ALPHA_MB,
      prediction: {
        answer: ({ host }) =>
          mbOf(host, 'big') < BIG_MB - SLACK_MB ? 2 : mbOf(host, 'alpha') > SMALL_MB + SLACK_MB ? 1 : 0,
      },
      mistakes: [
        {
          id: 'less',
          made: ({ host }) =>
            mbOf(host, 'alpha') > SMALL_MB + SLACK_MB &&
            host.hypervisor.frames.freeFrames > PAGES_PER_MB &&
            isCalm(host) &&
            targetOf(host, 'alpha') < ALPHA_MB,
        },
      ],
    },
    {
      id: 'deaf',
      done: ({ host }) =>
        isPaused(host, 'alpha') &&
        targetOf(host, 'alpha') <= SMALL_MB &&
        mbOf(host, 'alpha') > SMALL_MB + SLACK_MB &&
        isCalm(host),
      prediction: { answer: ({ host }) => (mbOf(host, 'alpha') > SMALL_MB + SLACK_MB ? 1 : 0) },
    },
    {
      id: 'back',
      done: ({ host }) => !isPaused(host, 'alpha') && isAt(host, 'alpha', SMALL_MB) && isCalm(host),
    },
  ],
};
