/** What a session's face may want to know of the past. */
import type { Command, Update } from '../protocol.ts';
import { recallBefore } from '../timeline/recalled.ts';
import { timelineOf } from '../timeline/span.ts';
import { wayOf } from '../timeline/way.ts';
import type { Looks } from './looks.ts';
import type { Question } from './past.ts';

/** A span of the run, for the timeline. */
export function timelineQuestion(
  { id, ...request }: Extract<Command, { type: 'timeline' }>,
  post: (update: Update) => void,
): Question {
  return {
    kind: 'timeline',
    look: async ({ lab, hosts }, signal) => {
      const view = await timelineOf(lab, hosts, request, signal);
      if (view === undefined) return undefined;
      return () => {
        post({ type: 'timeline', id, view, why: '' });
      };
    },
    refuse: (why) => {
      post({ type: 'timeline', id, view: null, why });
    },
  };
}

/** How a request goes through its device. */
export function wayQuestion(
  { entry }: Extract<Command, { type: 'way' }>,
  post: (update: Update) => void,
): Question {
  return {
    kind: 'way',
    look: async ({ lab, hosts }, signal) => {
      const labs = hosts.map((host) => host.lab);
      const view = await wayOf(lab, labs, entry, signal);
      if (view === undefined) return undefined;
      return () => {
        post({ type: 'way', entry, view, why: '' });
      };
    },
    refuse: (why) => {
      post({ type: 'way', entry, view: null, why });
    },
  };
}

/** What the story lacks: what had happened before the instant that somebody has gone to. */
export function storyQuestion(looks: Looks): Question {
  return {
    kind: 'story',
    look: async ({ lab, hosts }, signal) => {
      const toTicks = looks.lackedTicks;
      if (toTicks === null) return () => undefined;
      const labs = hosts.map((host) => host.lab);
      const recalled = await recallBefore(lab, labs, toTicks, signal);
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
