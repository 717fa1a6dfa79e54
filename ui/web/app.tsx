/** The page: what is booted, its console, what the hypervisor does, and what its processors hold. */
import { useEffect } from 'preact/hooks';
import { maximised, projecting } from './arrangement.tsx';
import { Bookmarks, BookmarksButton } from './bookmarks.tsx';
import { openWorldDialog, useDrop, WorldDialog } from './boot-panel.tsx';
import { Consoles } from './console.tsx';
import { Clock, Controls } from './controls.tsx';
import { Details } from './details.tsx';
import { editing, Editor } from './editor.tsx';
import { listen } from './keys.ts';
import { keepWorlds, wouldBeLost } from './keeper.ts';
import type { LabClient } from './lab-client.ts';
import { Lesson, studying } from './lesson.tsx';
import { Offer, OpenButton } from './saved-worlds.tsx';
import { Share, ShareDialog } from './sharing.tsx';
import { Splits, splitStyle } from './splits.tsx';
import { selected } from './stage/selected.ts';
import { Stage } from './stage/stage.tsx';
import { Status } from './status.tsx';
import { Story } from './story.tsx';
import { Timeline } from './timeline.tsx';
import { Tour, touring } from './tour.tsx';

export function App({ client }: { client: LabClient }) {
  const dragging = useDrop(client);
  const large = maximised.value;
  useEffect(() => listen(client), [client]);
  useEffect(() => warnOfLoss(client), [client]);
  useEffect(() => keepWorlds(client), [client]);
  return (
    <div class={classes('page', projecting.value && 'projector')}>
      <header>
        <h1>Xenoscope</h1>
        <p class="lead">
          New here? Take a lesson, or type <code>xm create mote</code> into the console.
        </p>
        <span class="header-buttons">
          <button onClick={openWorldDialog}>New world…</button>
          <OpenButton client={client} />
          <Share client={client} />
          <BookmarksButton />
          <button
            aria-pressed={projecting.value}
            title="Large and with more contrast, for a projector"
            onClick={() => {
              projecting.value = !projecting.value;
            }}
          >
            Projector
          </button>
          <button
            aria-pressed={touring.value}
            title="Shows a host step by step, by itself or as you say"
            onClick={() => {
              touring.value = !touring.value;
            }}
          >
            {touring.value ? 'Close the tour' : 'Tour'}
          </button>
          <button
            aria-pressed={studying.value}
            title="Learn how Xen works, by doing it: each lesson is a world of its own"
            onClick={() => {
              studying.value = !studying.value;
            }}
          >
            {studying.value ? 'Close the lessons' : 'Lessons'}
          </button>
          <button
            aria-pressed={editing.value}
            title="Mote’s kernel and programs: change them, build them here, boot them"
            onClick={() => {
              editing.value = !editing.value;
            }}
          >
            {editing.value ? 'Close the editor' : 'Edit Mote'}
          </button>
        </span>
      </header>
      <Controls client={client} />
      <Timeline client={client} />
      <Bookmarks client={client} />
      {touring.value && <Tour client={client} />}
      <section class="standing" aria-label="Where it stands">
        <div>
          <Status client={client} />
        </div>
        <Clock client={client} />
      </section>
      <Offer client={client} />
      <main
        style={splitStyle()}
        class={classes(
          editing.value && 'editing',
          studying.value && 'studying',
          large !== null && `only-${large}`,
          selected.value !== null && 'asks',
        )}
      >
        <Stage client={client} />
        {studying.value && <Lesson client={client} />}
        {editing.value ? (
          <Editor client={client} />
        ) : (
          <>
            {!studying.value && <Story client={client} />}
            <Details client={client} />
          </>
        )}
        <Consoles client={client} />
        {large === null && <Splits />}
      </main>
      <WorldDialog client={client} />
      <ShareDialog client={client} />
      {dragging && (
        <p class="drop-cue">
          Drop it: a saved world, a kernel and a ramdisk to boot, or files for domain 0, at /lab.
        </p>
      )}
    </div>
  );
}

function classes(...names: readonly (string | false)[]): string {
  return names.filter((name) => name !== false).join(' ');
}

/** Asks before a reload takes a host away that somebody has used and that is not kept. */
function warnOfLoss(client: LabClient): () => void {
  const leaving = (event: BeforeUnloadEvent): void => {
    if (wouldBeLost(client)) event.preventDefault();
  };
  addEventListener('beforeunload', leaving);
  return () => {
    removeEventListener('beforeunload', leaving);
  };
}
