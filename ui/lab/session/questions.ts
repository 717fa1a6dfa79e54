/** What a session's face may want to know of the past. */
import type { Lab } from '../lab.ts';
import type { Command, Update } from '../protocol.ts';
import { recallBefore } from '../timeline/recalled.ts';
import { timelineOf } from '../timeline/span.ts';
import { wayOf } from '../timeline/way.ts';
import type { Looks } from './looks.ts';
import type { Asked, Question } from './past.ts';

/** One whose answer is a view. `look`: undefined, where it was aborted; `tell`: the view, or null and why there is none. */
function viewQuestion<View>(
  kind: Question['kind'],
  look: (asked: Asked, signal: AbortSignal) => Promise<View | undefined>,
  tell: (view: View | null, why: string) => void,
): Question {
  return {
    kind,
    look: async (asked, signal) => {
      const view = await look(asked, signal);
      if (view === undefined) return undefined;
      return () => {
        tell(view, '');
      };
    },
    refuse: (why) => {
      tell(null, why);
    },
  };
}

/** A span of the run, for the timeline. */
export function timelineQuestion(
  { id, ...request }: Extract<Command, { type: 'timeline' }>,
  post: (update: Update) => void,
): Question {
  return viewQuestion(
    'timeline',
    ({ lab, hosts }, signal) => timelineOf(lab, hosts, request, signal),
    (view, why) => {
      post({ type: 'timeline', id, view, why });
    },
  );
}

/** How a request goes through its device. */
export function wayQuestion(
  { entry }: Extract<Command, { type: 'way' }>,
  post: (update: Update) => void,
): Question {
  return viewQuestion(
    'way',
    ({ lab, hosts }, signal) => wayOf(lab, labsOf(hosts), entry, signal),
    (view, why) => {
      post({ type: 'way', entry, view, why });
    },
  );
}

/** What the story lacks: what had happened before the instant that somebody has gone to. */
export function storyQuestion(looks: Looks): Question {
  return {
    kind: 'story',
    look: async ({ lab, hosts }, signal) => {
      const toTicks = looks.lackedTicks;
      if (toTicks === null) return () => undefined;
      const recalled = await recallBefore(lab, labsOf(hosts), toTicks, signal);
      if (recalled === undefined) return undefined;
      return () => {
        looks.recall(recalled, toTicks);
      };
    },
    refuse: () => {
      looks.recall({ events: [], isAll: false }, looks.lackedTicks);
    },
  };
}

function labsOf(hosts: Asked['hosts']): readonly Lab[] {
  return hosts.map(({ lab }) => lab);
}
