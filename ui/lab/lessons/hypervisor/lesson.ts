/** What a hypervisor is: the one door, who may pass it, who is refused, and that one who falls does not pull others down. */
import type { Note } from '../facts.ts';
import type { LessonHost } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import { has, isAtPrompt, isCalm, noteDomains } from '../predicates.ts';

const XENVER_EXTRAVERSION = 1;
const XEN_DOMCTL_DESTROYDOMAIN = 2;

/** What it took to make a domain; who asked for Xen's version; who tried to command it; who crashed, and how many. */
const note: Note = (facts, event, hypervisor) => {
  noteDomains(facts, event, hypervisor);
  const { detail, domain } = event;
  const id = String(domain);
  if (detail.kind === 'domctl') {
    if (detail.command === 'XEN_DOMCTL_createdomain') facts.set('began with', facts.get('calls of 0'));
    if (detail.command === 'XEN_DOMCTL_unpausedomain')
      facts.set('making took', facts.get('calls of 0') - facts.get('began with'));
  }
  if (detail.kind === 'crash') {
    facts.set(`${String(detail.domain)} crashed`, 1);
    facts.add('crashes');
  }
  if (detail.kind !== 'hypercall') return;
  const [command] = detail.words;
  if (detail.name === 'xen_version' && command === XENVER_EXTRAVERSION) facts.set(`${id} asked`, 1);
  if (detail.name === 'domctl' && domain > 0) facts.set(`${id} commanded`, 1);
  if (detail.name === 'domctl' && domain === 0 && command === XEN_DOMCTL_DESTROYDOMAIN)
    facts.add('destroyed');
};

const didOf = (host: LessonHost, name: string, what: string): boolean =>
  host.fact(`${String(host.idOf(name))} ${what}`) === 1;
const areThere = (host: LessonHost): boolean => has(host, 'alpha') && has(host, 'beta');

export const HYPERVISOR: Lesson = {
  name: 'hypervisor',
  title: 'What a hypervisor is',
  minutes: 15,
  world: { memoryMb: 64, hostMb: 128 },
  note,
  steps: [
    {
      id: 'made',
      done: ({ host }) => isAtPrompt(host, 'alpha') && isAtPrompt(host, 'beta') && isCalm(host),
      prediction: {
        answer: ({ host }) => [10, 1000, Infinity].findIndex((most) => host.fact('making took') < most),
      },
    },
    {
      id: 'asked',
      done: ({ host }) => areThere(host) && didOf(host, 'alpha', 'asked'),
      prediction: { answer: ({ host }) => (host.hypervisor.counts.syscalls > 0 ? 1 : 0) },
      mistakes: [
        { id: 'outside', made: ({ host }) => host.fact('0 asked') === 1 && !didOf(host, 'alpha', 'asked') },
      ],
    },
    {
      id: 'refused',
      done: ({ host }) => areThere(host) && didOf(host, 'alpha', 'commanded'),
      prediction: { answer: ({ host }) => (has(host, 'beta') ? 1 : 0) },
      mistakes: [
        { id: 'obeyed', made: ({ host }) => !has(host, 'beta') && !didOf(host, 'alpha', 'commanded') },
      ],
    },
    {
      id: 'fallen',
      done: ({ host }) =>
        host.fact('crashes') > 0 && has(host, 'beta') && isAtPrompt(host, 'alpha') && isCalm(host),
      prediction: { answer: ({ host }) => Math.min(host.fact('crashes'), 2) - 1 },
      mistakes: [{ id: 'ended', made: ({ host }) => !has(host, 'alpha') && host.fact('crashes') === 0 }],
    },
  ],
};
