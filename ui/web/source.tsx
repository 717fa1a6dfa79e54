/** The source of the domain that is looked at, at RIP, or any file of it, and the functions that have called each other. */
import { signal } from '@preact/signals';
import type { SourcePlace } from '../lab/symbols.ts';
import { edit } from './editor.tsx';
import type { LabClient } from './lab-client.ts';
import { Breakpoints, Listing, sourceFiles } from './listing.tsx';

/** The frame of the stack that was clicked. */
const chosen = signal(0);
/** A file that is shown instead, until the guest stops elsewhere: which, and at how many instructions it was chosen. */
const browsed = signal<{ readonly file: string; readonly at: number } | null>(null);

const AT_RIP = '';

export function Source({ client }: { client: LabClient }) {
  const { vcpus, instructions, running } = client.state.value;
  const stack = (vcpus.find(({ current }) => current) ?? vcpus[0])?.stack ?? [];
  const place = stack[chosen.value] ?? stack[0];
  const stays = browsed.value !== null && (running || browsed.value.at === instructions);
  const other = stays ? browsed.value?.file : undefined;
  const file = other ?? place?.file;
  const line = file === place?.file ? place?.line : undefined;
  return (
    <div class="source" data-testid="source">
      <Stack stack={stack} place={place} />
      <div class="source-bar">
        <select
          aria-label="File"
          value={other ?? AT_RIP}
          onChange={({ currentTarget: { value } }) => {
            browsed.value = value === AT_RIP ? null : { file: value, at: instructions };
          }}
        >
          <option value={AT_RIP}>where it is</option>
          {sourceFiles.map((path) => (
            <option key={path}>{path}</option>
          ))}
        </select>
        <button
          class="small"
          disabled={file === undefined}
          onClick={() => {
            if (file !== undefined) edit(file, line ?? 1);
          }}
        >
          Edit
        </button>
        <Breakpoints client={client} />
      </div>
      {file === undefined ? (
        <p class="hint">
          Nothing is known of the code at RIP: its symbols have not been fetched yet, the kernel carries none,
          or no vcpu has run. Mote and its programs carry them: pause it, or step to a hypercall.
        </p>
      ) : (
        <Listing client={client} file={file} line={line} />
      )}
    </div>
  );
}

function Stack({ stack, place }: { stack: readonly SourcePlace[]; place: SourcePlace | undefined }) {
  if (stack.length === 0) return null;
  return (
    <ol class="stack" title="Who called whom, the innermost first; click to see where">
      {stack.map((frame, n) => (
        <li key={n}>
          <button
            aria-current={frame === place}
            onClick={() => {
              chosen.value = n;
              browsed.value = null;
            }}
          >
            {frame.function} <small>{`${frame.file}:${String(frame.line)}`}</small>
          </button>
        </li>
      ))}
    </ol>
  );
}
