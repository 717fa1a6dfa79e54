/** Worlds from files and addresses; and the offer to go on with the world of the last visit. */
import { isSnapshot } from '../lab/snapshot/magic.ts';
import { isRecording } from '../lab/time/recording-mark.ts';
import { forget, goOn, trouble, worlds } from './keeper.ts';
import type { LabClient } from './lab-client.ts';

export interface Picked {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function readFiles(files: FileList): Promise<Picked[]> {
  return Promise.all(
    [...files].map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
}

/** A snapshot or a recording among files, if there is one. */
export function worldAmong(files: readonly Picked[]): Picked | undefined {
  return files.find(({ bytes }) => isSnapshot(bytes) || isRecording(bytes));
}

/** Opens a world among files; the others are images that it may need. */
export function openFiles(client: LabClient, files: readonly Picked[]): void {
  const world = worldAmong(files) ?? files[0];
  if (world === undefined) return;
  const images = files.filter((each) => each !== world).map(({ bytes }) => bytes);
  client.open({ file: world.bytes, images }, world.name, false);
}

/** Has somebody pick a world's file. */
export function pickWorld(): void {
  document.querySelector<HTMLInputElement>('[data-testid=open]')?.click();
}

export function OpenButton({ client }: { client: LabClient }) {
  return (
    <>
      <button
        title="Goes on with a world from a file, as it was saved, or through a recording. If it has a kernel of its own, pick that, too"
        onClick={pickWorld}
      >
        Open…
      </button>
      <input
        type="file"
        multiple
        hidden
        data-testid="open"
        onChange={({ currentTarget }) => {
          const { files } = currentTarget;
          if (files === null) return;
          void readFiles(files).then((picked) => {
            openFiles(client, picked);
            // The same file may be picked again.
            currentTarget.value = '';
          });
        }}
      />
    </>
  );
}

/** The world of the last visit, and what stands in the way of keeping this one. */
export function Offer({ client }: { client: LabClient }) {
  const { offered } = worlds.value;
  return (
    <>
      {trouble.value !== null && (
        <p class="message" role="status">
          The browser does not keep this world for the next visit: {trouble.value}. “Share…” puts it into a
          file.
        </p>
      )}
      {offered !== null && (
        <section class="message" aria-label="Your last world" data-testid="offer" data-pane>
          Your last world: {offered.what}, kept on {new Date(offered.keptAt).toLocaleString()}.{' '}
          <button
            class="small"
            onClick={() => {
              void goOn(client, offered);
            }}
          >
            Go on where you were
          </button>{' '}
          <button
            class="small"
            onClick={() => {
              void forget();
            }}
          >
            Forget it
          </button>
        </section>
      )}
    </>
  );
}
