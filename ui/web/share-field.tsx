/** Files for domain 0, which finds them at /lab: picked, or dropped anywhere while a host with domain 0 is to boot. */
import { signal } from '@preact/signals';

/** By name. */
export const shared = signal<ReadonlyMap<string, Uint8Array>>(new Map());

export interface SharedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function share(files: readonly SharedFile[]): void {
  shared.value = new Map([...shared.value, ...files.map(({ name, bytes }) => [name, bytes] as const)]);
}

async function shareAll(files: FileList): Promise<void> {
  const all = [...files].map(async (file) => ({
    name: file.name,
    bytes: new Uint8Array(await file.arrayBuffer()),
  }));
  share(await Promise.all(all));
}

/** `read`: who boots waits for it. */
export function ShareField({ read }: { read: (work: () => Promise<void>) => void }) {
  const names = [...shared.value.keys()];
  return (
    <label title="Domain 0 has them at /lab: pick files, or drop them anywhere on the page">
      Files
      <span class="file">
        <span class="file-name">{names.length === 0 ? 'none' : names.join(', ')}</span>
        <input
          type="file"
          multiple
          data-testid="files"
          onChange={({ currentTarget: { files } }) => {
            if (files !== null) read(() => shareAll(files));
          }}
        />
      </span>
    </label>
  );
}
