/** How panes are arranged: one of them may have all the room; for a projector everything is larger, and there are fewer. */
import { signal } from '@preact/signals';
import { kept } from './kept.ts';

const PANES = ['stage', 'story', 'console', 'details'] as const;
export type Pane = (typeof PANES)[number];

export function isPane(value: unknown): value is Pane {
  return PANES.some((pane) => pane === value);
}

/** The pane that has all the room; null: they share it. */
export const maximised = signal<Pane | null>(null);

/** For who sits in the last row. */
export const projecting = kept('projector', false, (value): value is boolean => typeof value === 'boolean');

const NAMES: Readonly<Record<Pane, string>> = {
  stage: 'the stage',
  story: 'the story',
  console: 'the consoles',
  details: 'the details',
};

/** Gives a pane all the room, or the others theirs again. */
export function Maximise({ pane }: { pane: Pane }) {
  const isLarge = maximised.value === pane;
  return (
    <button
      class="small maximise"
      aria-pressed={isLarge}
      title={isLarge ? 'All panes again' : `Only ${NAMES[pane]}`}
      aria-label={`Only ${NAMES[pane]}`}
      data-testid={`maximise-${pane}`}
      onClick={() => {
        maximised.value = isLarge ? null : pane;
      }}
    >
      {isLarge ? '⤡' : '⤢'}
    </button>
  );
}
