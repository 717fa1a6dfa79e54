/** Save and restore: a domain takes itself to pieces, becomes a file, and is another domain afterwards that does not know it. */
import { SHUTDOWN_suspend } from '../../../../hypervisor/abi/sched.ts';
import type { Note } from '../facts.ts';
import type { LessonHost } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import { has, isCalm, isPaused, noteDomains } from '../predicates.ts';

/** A domain that can does what it is asked for within milliseconds; this long, in ns, is waiting. */
const LONG_NS = 1e9;

/** Of each domain: when it was asked to suspend itself, how long it took to, and whether it was let go on where it was. */
const note: Note = (facts, event, hypervisor) => {
  noteDomains(facts, event, hypervisor);
  const { detail, domain } = event;
  const now = hypervisor.nowNs();
  if (detail.kind === 'shutdown' && detail.domain === domain && detail.reason === SHUTDOWN_suspend) {
    facts.set('last suspended', domain);
    facts.set(`${String(domain)} took`, now - facts.get(`${String(domain)} asked at`));
  }
  if (detail.kind !== 'domctl') return;
  if (detail.command === 'XEN_DOMCTL_subscribe') facts.set(`${String(detail.domain)} asked at`, now);
  // A domain that boots begins with what one has at a reset.
  if (detail.command === 'XEN_DOMCTL_set_ext_vcpucontext') facts.set(`${String(detail.domain)} restored`, 1);
  if (detail.command === 'XEN_DOMCTL_resumedomain') facts.set(`${String(detail.domain)} went on`, 1);
};

const factOf = (host: LessonHost, name: string, fact: string): number =>
  host.fact(`${String(host.idOf(name))} ${fact}`);
/** The last that had this name has suspended itself, and is no more. */
const isSaved = (host: LessonHost, name: string): boolean =>
  !has(host, name) && factOf(host, name, 'took') > 0 && isCalm(host);
const says = (host: LessonHost, name: string, word: string): boolean =>
  has(host, name) && host.printed(host.idOf(name)).includes(`\n${word}\n`);
const isRestored = (host: LessonHost, name: string): boolean =>
  has(host, name) && factOf(host, name, 'restored') === 1 && host.idOf(name) > host.fact('last suspended');

export const SAVE_RESTORE: Lesson = {
  name: 'save-restore',
  title: 'Save and restore: why the guest must help',
  minutes: 20,
  world: { memoryMb: 80, hostMb: 144 },
  note,
  steps: [
    {
      id: 'save',
      done: ({ host }) => isSaved(host, 'alpha'),
      prediction: { answer: ({ host }) => (has(host, 'alpha') ? 0 : 1) },
      mistakes: [
        {
          id: 'destroyed',
          made: ({ host }) =>
            host.idOf('alpha') > 0 &&
            !has(host, 'alpha') &&
            factOf(host, 'alpha', 'took') === 0 &&
            isCalm(host),
        },
      ],
    },
    {
      id: 'restore',
      done: ({ host }) => isRestored(host, 'alpha') && says(host, 'alpha', 'kept'),
      prediction: { answer: ({ host }) => (host.idOf('alpha') > host.fact('last suspended') ? 1 : 0) },
      mistakes: [
        {
          id: 'fresh',
          made: ({ host }) => has(host, 'alpha') && factOf(host, 'alpha', 'restored') === 0 && isCalm(host),
        },
      ],
    },
    {
      id: 'deaf',
      done: ({ host }) =>
        isPaused(host, 'alpha') &&
        factOf(host, 'alpha', 'asked at') > 0 &&
        factOf(host, 'alpha', 'took') === 0 &&
        host.ns - factOf(host, 'alpha', 'asked at') > LONG_NS,
      prediction: { answer: ({ host }) => (factOf(host, 'alpha', 'took') === 0 ? 2 : 0) },
    },
    {
      id: 'helped',
      done: ({ host }) => isSaved(host, 'alpha') && factOf(host, 'alpha', 'took') > LONG_NS,
      prediction: { answer: ({ host }) => (factOf(host, 'alpha', 'took') > LONG_NS ? 1 : 0) },
    },
    {
      id: 'checkpoint',
      done: ({ host }) =>
        isRestored(host, 'alpha') &&
        says(host, 'alpha', 'one') &&
        host.fact(`${String(host.fact('last suspended'))} went on`) === 1,
      prediction: { answer: ({ host }) => (says(host, 'alpha', 'two') ? 1 : 0) },
      mistakes: [
        {
          id: 'gone',
          made: ({ host }) =>
            isSaved(host, 'alpha') &&
            factOf(host, 'alpha', 'took') < LONG_NS &&
            factOf(host, 'alpha', 'went on') === 0,
        },
      ],
    },
  ],
};
