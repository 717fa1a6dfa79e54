/** `xm create`: a domain is described, built, started, spoken to and ended. */
import type { LessonWorld } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import {
  callsOf,
  has,
  hasPoweredOff,
  isAtPrompt,
  isCalm,
  isPaused,
  mbOf,
  noteDomains,
  wasDestroyed,
} from '../predicates.ts';

const MB = 24;

const said = ({ host }: LessonWorld, id: number): string | null =>
  host.store(`/local/domain/${String(id)}/data/hello`);

export const XM_CREATE: Lesson = {
  name: 'xm-create',
  title: 'xm create: from a file to a prompt',
  minutes: 15,
  world: { memoryMb: 64, hostMb: 192 },
  note: noteDomains,
  steps: [
    {
      id: 'paused',
      done: ({ host }) =>
        isPaused(host, 'first') && mbOf(host, 'first') === MB && callsOf(host, 'first') === 0 && isCalm(host),
      prediction: { answer: ({ host }) => Math.min(callsOf(host, 'first'), 2) },
      mistakes: [
        { id: 'running', made: ({ host }) => has(host, 'first') && callsOf(host, 'first') > 0 },
        {
          id: 'size',
          made: ({ host }) => isPaused(host, 'first') && mbOf(host, 'first') !== MB && isCalm(host),
        },
      ],
    },
    {
      id: 'prompt',
      done: ({ host }) => isAtPrompt(host, 'first'),
      prediction: {
        answer: ({ host }) => [...'rbp'].findIndex((letter) => host.letters('first').includes(letter)),
      },
    },
    {
      id: 'store',
      done: (world) => has(world.host, 'first') && said(world, world.host.idOf('first')) === 'there',
      mistakes: [{ id: 'elsewhere', made: (world) => said(world, 0) !== null }],
    },
    {
      id: 'second',
      done: ({ host }) => has(host, 'first') && isAtPrompt(host, 'second'),
      prediction: { answer: ({ host }) => Math.min(host.idOf('second') - host.idOf('first'), 2) },
    },
    {
      id: 'ends',
      done: ({ host }) =>
        !has(host, 'first') &&
        !has(host, 'second') &&
        hasPoweredOff(host, 'first') &&
        wasDestroyed(host, 'second') &&
        !hasPoweredOff(host, 'second'),
      prediction: {
        answer: ({ host }) => (hasPoweredOff(host, 'first') && !hasPoweredOff(host, 'second') ? 0 : 1),
      },
      mistakes: [
        { id: 'plug', made: ({ host }) => !has(host, 'first') && !hasPoweredOff(host, 'first') },
        { id: 'asked', made: ({ host }) => hasPoweredOff(host, 'second') },
      ],
    },
  ],
};
