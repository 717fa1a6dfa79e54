/**
 * Bookmarks: instants of the run, each with a sentence and the way one looked at it, walked by the arrow keys (or a
 * presenter's, which are Page Up and Page Down). They go with the run, in a link and in a file.
 */
import { effect, signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Bookmark, Look, Sight } from '../lab/time/shown.ts';
import { isPane, maximised } from './arrangement.tsx';
import type { LabClient } from './lab-client.ts';
import { lendShares, sharesToKeep } from './splits.tsx';
import { isLens, lens } from './stage/stage.tsx';
import './bookmarks.css';

/** Whether the bar is there. */
const isOpen = signal(false);
/** The one that was gone to last; below 0: none. */
const at = signal(-1);
/** Its sentence is being written. */
const isWriting = signal(false);

const STEPS: ReadonlyMap<string, 1 | -1> = new Map([
  ['ArrowRight', 1],
  ['PageDown', 1],
  ['ArrowLeft', -1],
  ['PageUp', -1],
]);

/** How one looks at the run. */
export function lookNow(): Look {
  const shares = sharesToKeep();
  return { lens: lens.value, pane: maximised.value, ...(shares === undefined ? {} : { shares }) };
}

/** Looks at the run as a sight says. */
function look({ lens: wanted, pane, shares }: Sight): void {
  if (isLens(wanted)) lens.value = wanted;
  maximised.value = isPane(pane) ? pane : null;
  lendShares(shares);
}

function goTo(client: LabClient, index: number): void {
  const mark = client.bookmarks.value[index];
  if (mark === undefined) return;
  at.value = index;
  isWriting.value = false;
  look(mark);
  inFront(client, mark);
  client.send({ type: 'goTo', ns: mark.ns });
}

/** Runs to the next one, which is later. */
function runTo(client: LabClient, index: number): void {
  const mark = client.bookmarks.value[index]!;
  at.value = index;
  look(mark);
  inFront(client, mark);
  client.send({ type: 'runUntil', seconds: mark.ns / 1e9 });
}

function inFront(client: LabClient, { host }: Sight): void {
  if (host !== client.state.value.host) client.send({ type: 'lookAtHost', host });
}

function add(client: LabClient): void {
  const { host, ns } = client.state.value;
  const mark: Bookmark = { host, ns, ...lookNow(), says: '' };
  client.bookmarks.value = client.bookmarks.value.toSpliced(at.value + 1, 0, mark);
  at.value++;
  isWriting.value = true;
}

function say(client: LabClient, says: string): void {
  const { value } = client.bookmarks;
  client.bookmarks.value = value.with(at.value, { ...value[at.value]!, says });
}

function remove(client: LabClient): void {
  client.bookmarks.value = client.bookmarks.value.toSpliced(at.value, 1);
  at.value = Math.min(at.value, client.bookmarks.value.length - 1);
  isWriting.value = false;
}

export function BookmarksButton() {
  return (
    <button
      aria-pressed={isOpen.value}
      title="Instants of this run, each with a sentence, to show to others"
      onClick={() => {
        isOpen.value = !isOpen.value;
      }}
    >
      Bookmarks
    </button>
  );
}

/** A run that was shared is looked at as it was left; where it has bookmarks, they are what to begin with. */
function useShared(client: LabClient, toNext: { readonly current: HTMLButtonElement | null }): void {
  useEffect(
    () =>
      effect(() => {
        const { value: left } = client.left;
        at.value = -1;
        isWriting.value = false;
        if (left === null) return;
        look(left);
        if (client.bookmarks.peek().length > 0) isOpen.value = true;
      }),
    [client],
  );
  const hasSome = client.left.value !== null && client.bookmarks.value.length > 0;
  useLayoutEffect(() => {
    if (hasSome) toNext.current?.focus();
  }, [hasSome, toNext]);
}

/** The arrow keys are of whatever takes them; elsewhere they walk. */
function isFree(): boolean {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return true;
  return focused.matches('button:not([role=tab])');
}

function useKeys(client: LabClient): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const step = STEPS.get(event.key);
      const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
      if (step === undefined || !isPlain || event.defaultPrevented || !isOpen.value) return;
      if (client.bookmarks.value.length === 0 || !isFree()) return;
      if (document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      goTo(client, at.value + step);
    };
    addEventListener('keydown', pressed);
    return () => {
      removeEventListener('keydown', pressed);
    };
  }, [client]);
}

export function Bookmarks({ client }: { client: LabClient }) {
  const toNext = useRef<HTMLButtonElement>(null);
  useShared(client, toNext);
  useKeys(client);
  if (!isOpen.value) return null;
  const { value: all } = client.bookmarks;
  const { booted, past } = client.state.value;
  const n = at.value;
  const next = all[n + 1];
  return (
    <section class="message bookmarks" aria-label="Bookmarks" data-pane>
      <span class="walk">
        <button
          aria-label="To the bookmark before"
          title="Key: ←"
          disabled={n < 1}
          onClick={() => {
            goTo(client, n - 1);
          }}
        >
          ◀
        </button>
        <small>
          {n < 0 ? '–' : n + 1} of {all.length}
        </small>
        <button
          ref={toNext}
          aria-label="To the next bookmark"
          title="Key: →"
          disabled={next === undefined}
          onClick={() => {
            goTo(client, n + 1);
          }}
        >
          ▶
        </button>
        <button
          title="Lets it run to the next bookmark, to be watched on the way"
          disabled={next === undefined || next.ns <= client.state.value.ns}
          onClick={() => {
            runTo(client, n + 1);
          }}
        >
          Run to it
        </button>
      </span>
      <Sentence client={client} />
      <span class="edit">
        <button
          disabled={!booted || past === null}
          onClick={() => {
            add(client);
          }}
        >
          Bookmark this instant
        </button>
        <button
          disabled={n < 0 || isWriting.value}
          onClick={() => {
            isWriting.value = true;
          }}
        >
          Edit
        </button>
        <button
          disabled={n < 0}
          onClick={() => {
            remove(client);
          }}
        >
          Remove
        </button>
      </span>
    </section>
  );
}

function Sentence({ client }: { client: LabClient }) {
  const input = useRef<HTMLInputElement>(null);
  const { value: all } = client.bookmarks;
  const mark = all[at.value];
  const writes = isWriting.value && mark !== undefined;
  // Before it is painted: what is typed behind a click is its sentence.
  useLayoutEffect(() => {
    if (writes) input.current?.focus();
  }, [writes, mark?.ns]);
  if (!writes)
    return (
      <p class="says" role="status" data-testid="says">
        {mark?.says ?? hintFor(all.length)}
      </p>
    );
  return (
    <form
      class="says"
      onSubmit={(event) => {
        event.preventDefault();
        isWriting.value = false;
      }}
    >
      <input
        ref={input}
        type="text"
        aria-label="What the bookmark says"
        placeholder="a sentence: what is to be seen here?"
        value={mark.says}
        onInput={({ currentTarget: { value } }) => {
          say(client, value);
        }}
      />
      <button type="submit">Done</button>
    </form>
  );
}

function hintFor(count: number): string {
  return count === 0
    ? 'A bookmark keeps this instant, the lens and the arrangement, with a sentence. “Share…” gives them with the run.'
    : 'The arrow keys walk through them.';
}
