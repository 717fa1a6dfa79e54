/** “Share…”: the run as a link, where it is small, or as a file; and this instant alone as a file. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { linkOf } from '../lab/link.ts';
import type { SharedRun } from '../lab/sharing.ts';
import { lookNow } from './bookmarks.tsx';
import { download } from './download.ts';
import type { LabClient } from './lab-client.ts';
import { addressOf } from './links.ts';
import './sharing.css';

/** What chats and mails still take for one word. */
const MOST_LETTERS = 16_000;

const isOpen = signal(false);
/** What was asked for when the dialog was opened; null: there is no answer yet. */
const shared = signal<SharedRun | null>(null);
/** The whole address; null: there is none, or not yet. */
const address = signal<string | null>(null);
const isCopied = signal(false);

async function take(run: SharedRun): Promise<void> {
  address.value = run.file === null ? null : addressOf(await linkOf(run.file));
  shared.value = run;
}

export function Share({ client }: { client: LabClient }) {
  useEffect(() => {
    client.onShared = (run) => void take(run);
    client.onSaved.set('file', ({ file, ns }) => {
      download(file, `${stem(ns)}.snapshot`);
    });
  }, [client]);
  return (
    <button
      disabled={!client.state.value.booted}
      title="Gives this run to others, as a link or a file"
      onClick={() => {
        shared.value = null;
        address.value = null;
        isCopied.value = false;
        isOpen.value = true;
        client.send({
          type: 'share',
          look: lookNow(),
          bookmarks: client.bookmarks.value,
        });
      }}
    >
      Share…
    </button>
  );
}

function stem(ns: number): string {
  return `xenoscope-${(ns / 1e9).toFixed(3)}s`;
}

export function ShareDialog({ client }: { client: LabClient }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = isOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="share"
      onClose={() => {
        isOpen.value = false;
      }}
    >
      <div class="boot sharing">
        <h2 id="share">Share</h2>
        <Run client={client} />
        <section>
          <h3>This instant</h3>
          <p>
            The whole world as it is now, its memory too, in a file. Whoever opens it goes on from here; what
            came before is not in it.
          </p>
          <button
            onClick={() => {
              client.send({ type: 'save', purpose: 'file' });
            }}
          >
            Save this instant
          </button>
        </section>
        <p class="dialog-buttons">
          <button
            onClick={() => {
              isOpen.value = false;
            }}
          >
            Close
          </button>
        </p>
      </div>
    </dialog>
  );
}

/** The run, from its first instruction on. */
function Run({ client }: { client: LabClient }) {
  const run = shared.value;
  const file = run?.file ?? null;
  return (
    <section>
      <h3>The run</h3>
      <p>
        Whoever opens it sees what you see now, can go back in it and on, and finds your bookmarks. It is what
        the world was made from, and what was typed, when: a run is a function of that.
      </p>
      {run === null && <p role="status">…</p>}
      {run !== null && file === null && <p role="status">{run.why}</p>}
      {file !== null && (
        <>
          <Link needs={run!.needs} />
          <button
            onClick={() => {
              download(file, `${stem(client.state.value.ns)}.recording`);
            }}
          >
            Save the run
          </button>
          {run!.needs.length > 0 && (
            <p data-testid="needs">
              Give your {run!.needs.join(', ')} with it: who opens it picks both, or drops both on the page.
            </p>
          )}
        </>
      )}
    </section>
  );
}

function Link({ needs }: { needs: readonly string[] }) {
  const link = address.value!;
  if (needs.length > 0) return <p>There is no link: its {needs.join(', ')} does not come with this page.</p>;
  if (link.length > MOST_LETTERS)
    return (
      <p>
        There is no link: so much was typed that it would have {link.length.toLocaleString('en')} letters.
      </p>
    );
  return (
    <p class="link">
      <input
        type="text"
        readOnly
        aria-label="Link"
        data-testid="link"
        value={link}
        onFocus={({ currentTarget }) => {
          currentTarget.select();
        }}
      />
      <button
        class="primary"
        onClick={() => {
          void navigator.clipboard.writeText(link).then(() => {
            isCopied.value = true;
          });
        }}
      >
        {isCopied.value ? 'Copied' : 'Copy link'}
      </button>
    </p>
  );
}
