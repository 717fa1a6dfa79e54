/** The kernel's own source at RIP, where its image says what that is, and the functions that have called each other. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { SourcePlace } from '../lab/symbols.ts';
import { booted } from './edits.ts';
import { edit } from './editor.tsx';
import type { LabClient } from './lab-client.ts';

/** The guests' sources by path, each fetched when it is first shown. */
const SOURCES = import.meta.glob<string>(
  ['../../guests/kernel/*.{ts,asm}', '../../guests/mote/**/*.ts', '!../../guests/**/*.test.ts'],
  { query: '?raw', import: 'default' },
);
const PREFIX = '../../guests/';

/** Texts that are here, by path below guests/; null: there is none of that name. */
const texts = signal<ReadonlyMap<string, readonly string[] | null>>(new Map());
/** The frame of the stack that was clicked. */
const chosen = signal(0);

function load(file: string): void {
  if (texts.value.has(file)) return;
  const put = (lines: readonly string[] | null): void => {
    texts.value = new Map([...texts.value, [file, lines]]);
  };
  const fetchText = SOURCES[`${PREFIX}${file}`];
  if (fetchText === undefined) put(null);
  else void fetchText().then((text) => put(text.split('\n')));
}

export function Source({ client }: { client: LabClient }) {
  const { vcpus } = client.state.value;
  const stack = vcpus.find(({ current }) => current)?.stack ?? [];
  const place = stack[chosen.value] ?? stack[0];
  if (place === undefined)
    return (
      <p class="hint">
        Nothing is known of the code at RIP: the kernel carries no symbols, or one of its programs runs.
        Mote’s kernel does; pause it, or step to a hypercall.
      </p>
    );
  return (
    <div class="source" data-testid="source">
      <ol class="stack" title="Who called whom, the innermost first; click to see where">
        {stack.map((frame, n) => (
          <li key={n}>
            <button
              aria-current={frame === place}
              onClick={() => {
                chosen.value = n;
              }}
            >
              {frame.function} <small>{`${frame.file}:${String(frame.line)}`}</small>
            </button>
          </li>
        ))}
      </ol>
      <p class="hint">
        <button
          onClick={() => {
            edit(place.file, place.line);
          }}
        >
          Edit this file
        </button>
      </p>
      <Listing place={place} />
    </div>
  );
}

function Listing({ place }: { place: SourcePlace }) {
  const lines = booted.value.get(place.file)?.split('\n') ?? texts.value.get(place.file);
  const current = useRef<HTMLLIElement>(null);
  useEffect(() => {
    load(place.file);
    current.current?.scrollIntoView({ block: 'center' });
  }, [place.file, place.line, lines]);
  if (lines === undefined) return <p class="hint">{`${place.file} …`}</p>;
  if (lines === null)
    return <p class="hint">{`${place.file}, line ${String(place.line)}: its text is not in the page.`}</p>;
  return (
    <ol class="listing" aria-label={place.file}>
      {lines.map((text, n) => {
        const here = n + 1 === place.line;
        return (
          <li
            key={n}
            class={here ? 'here' : ''}
            {...(here ? { ref: current, 'data-testid': 'source-line' } : {})}
          >
            <span class="number">{n + 1}</span>
            {text === '' ? ' ' : text}
          </li>
        );
      })}
    </ol>
  );
}
