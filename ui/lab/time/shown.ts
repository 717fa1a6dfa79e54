/** What a person shows of a run, which goes with its recording: where it was left, and bookmarks. */
import type { Field } from '../world/field.ts';
import { MOST_HOSTS } from '../world/description.ts';

/** How a face looks at a run. */
export interface Look {
  /** The lens of the stage, and the pane that had all the room, by the face's own names; null: whichever. */
  readonly lens: string | null;
  readonly pane: string | null;
  /** How the panes shared the room, where somebody had moved the lines between them. */
  readonly shares?: Shares;
}

/** Of the left column, and of the upper row, in percent of the room; null: as the face has it by itself. */
export interface Shares {
  readonly left: number | null;
  readonly top: number | null;
}

/** An instant of a run, and how a face looked at it. */
export interface Sight extends Look {
  /** The host in front, and its time, in ns. */
  readonly host: number;
  readonly ns: number;
}

export interface Bookmark extends Sight {
  /** A sentence. */
  readonly says: string;
}

export interface Shown {
  /** How far each host has ever been in this run, in ticks: what has not come yet, where it was left, comes on the way there. */
  readonly ends: readonly number[];
  /** Where it was left. */
  readonly at: Sight;
  /** In the order in which one walks through them. */
  readonly bookmarks: readonly Bookmark[];
}

export const MOST_BOOKMARKS = 1000;
const MOST_NS = Number.MAX_SAFE_INTEGER;
const SIGHT = ['host', 'ns', 'lens', 'pane', 'shares'] as const;

/** Throws DescriptionError. */
export function shownIn(field: Field): Shown {
  const { ends, at, bookmarks } = field.object(['ends', 'at', 'bookmarks']);
  return {
    ends: ends.list(MOST_HOSTS).map((each) => each.number(0, MOST_NS)),
    at: sightOf(at.object(SIGHT)),
    bookmarks: bookmarks.list(MOST_BOOKMARKS).map((each) => {
      const { says, ...sight } = each.object([...SIGHT, 'says']);
      return { ...sightOf(sight), says: says.text() };
    }),
  };
}

function sightOf({ host, ns, lens, pane, shares }: Record<(typeof SIGHT)[number], Field>): Sight {
  return {
    host: host.number(0, MOST_HOSTS - 1),
    ns: ns.number(0, MOST_NS, false),
    lens: textOrNull(lens),
    pane: textOrNull(pane),
    ...(shares.given === null ? {} : { shares: sharesIn(shares) }),
  };
}

function sharesIn(field: Field): Shares {
  const { left, top } = field.object(['left', 'top']);
  const share = (each: Field): number | null => (each.value === null ? null : each.number(0, 100, false));
  return { left: share(left), top: share(top) };
}

function textOrNull(field: Field): string | null {
  return field.value === null ? null : field.text();
}
