/** Event channels: two domains make one, a notification is lost behind a mask, and it is mended. */
import { isPortMasked, isPortPending } from '../../../../hypervisor/events/send.ts';
import { ECS_INTERDOMAIN, ECS_UNBOUND } from '../../../../hypervisor/state/event-channels.ts';
import type { EventChannel } from '../../../../hypervisor/state/event-channels.ts';
import type { LessonHost } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import { has } from '../predicates.ts';

/** A domain's end of a channel of this state with another. */
function endOf(host: LessonHost, name: string, other: string, state: number): EventChannel | undefined {
  const remote = host.idOf(other);
  const ports = host.domain(name)?.events.ports ?? [];
  return ports.find((each) => each?.state === state && each.remoteDomain === remote) ?? undefined;
}

const line = (host: LessonHost): EventChannel | undefined => endOf(host, 'alpha', 'beta', ECS_INTERDOMAIN);

function isSo(host: LessonHost, is: typeof isPortPending): boolean {
  const [end, domain] = [line(host), host.domain('alpha')];
  return end !== undefined && domain !== undefined && is(host.hypervisor, domain, end.port);
}
const isPending = (host: LessonHost): boolean => isSo(host, isPortPending);
const isMasked = (host: LessonHost): boolean => isSo(host, isPortMasked);
/** Who is waited for: a domain has a port of domain 0's from its beginning, the one for suspending. */
const isOfferedToDom0 = (host: LessonHost): boolean =>
  (host.domain('alpha')?.events.ports ?? []).filter(
    (each) => each?.state === ECS_UNBOUND && each.remoteDomain === 0,
  ).length > 1;

export const EVENT_CHANNELS: Lesson = {
  name: 'event-channels',
  title: 'Event channels: mend a lost wake-up',
  minutes: 15,
  world: { memoryMb: 64, hostMb: 112 },
  steps: [
    {
      id: 'offer',
      done: ({ host }) => endOf(host, 'alpha', 'beta', ECS_UNBOUND) !== undefined,
      mistakes: [{ id: 'other', made: ({ host }) => isOfferedToDom0(host) }],
    },
    {
      id: 'bind',
      done: ({ host }) =>
        line(host) !== undefined && endOf(host, 'beta', 'alpha', ECS_INTERDOMAIN) !== undefined,
      prediction: { answer: ({ host }) => (line(host) === undefined ? 0 : 1) },
    },
    {
      id: 'lost',
      done: ({ host }) => isPending(host) && isMasked(host),
      prediction: { answer: ({ host }) => (isPending(host) ? 0 : 1) },
    },
    {
      id: 'mend',
      done: ({ host }) => line(host) !== undefined && !isMasked(host) && !isPending(host),
      prediction: { answer: ({ host }) => (isPending(host) ? 0 : 1) },
    },
    {
      id: 'close',
      done: ({ host }) =>
        has(host, 'alpha') &&
        line(host) === undefined &&
        endOf(host, 'beta', 'alpha', ECS_UNBOUND) !== undefined,
      prediction: { answer: ({ host }) => (endOf(host, 'beta', 'alpha', ECS_UNBOUND) === undefined ? 0 : 1) },
      mistakes: [
        {
          id: 'wrong-end',
          made: ({ host }) => endOf(host, 'alpha', 'beta', ECS_UNBOUND) !== undefined,
        },
      ],
    },
  ],
};
