/** A source of the guest's with its line numbers; a click on one makes a breakpoint. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { booted } from './edits.ts';
import type { LabClient } from './lab-client.ts';

/** The guests' sources by path, each fetched when it is first shown. */
const SOURCES = import.meta.glob<string>(
  [
    '../../guests/kernel/**/*.{ts,asm}',
    '../../guests/mote/**/*.ts',
    '../../guests/programs/**/*.{ts,asm}',
    '!../../guests/**/*.test.ts',
  ],
  { query: '?raw', import: 'default' },
);
const PREFIX = '../../guests/';

/** Paths of all sources below guests/. */
export const sourceFiles: readonly string[] = Object.keys(SOURCES)
  .map((path) => path.slice(PREFIX.length))
  .sort();

/** Texts that are here, by path below guests/; null: there is none of that name. */
const texts = signal<ReadonlyMap<string, readonly string[] | null>>(new Map());

function load(file: string): void {
  if (texts.value.has(file)) return;
  const put = (lines: readonly string[] | null): void => {
    texts.value = new Map([...texts.value, [file, lines]]);
  };
  const fetchText = SOURCES[`${PREFIX}${file}`];
  if (fetchText === undefined) put(null);
  else void fetchText().then((text) => put(text.split('\n')));
}

/** Sets a breakpoint at a line, or takes it away. */
function toggle(client: LabClient, file: string, line: number): void {
  const { breakpoints } = client.state.value;
  const others = breakpoints.filter((each) => each.file !== file || each.line !== line);
  const lines = others.length < breakpoints.length ? others : [...breakpoints, { file, line }];
  client.send({ type: 'breakpoints', lines });
}

/** All breakpoints: a click takes one away. */
export function Breakpoints({ client }: { client: LabClient }) {
  const { breakpoints } = client.state.value;
  if (breakpoints.length === 0) return <small>Click a line’s number to stop before it.</small>;
  return (
    <span class="breakpoints" data-testid="breakpoints">
      Stops at{' '}
      {breakpoints.map(({ file, line }) => (
        <button
          key={`${file}:${String(line)}`}
          title="Take this breakpoint away"
          onClick={() => {
            toggle(client, file, line);
          }}
        >
          {`${file}:${String(line)}`} ×
        </button>
      ))}
    </span>
  );
}

/** A file; `line` is the one that comes next, where that is in this file. */
export function Listing({
  client,
  file,
  line,
}: {
  readonly client: LabClient;
  readonly file: string;
  readonly line: number | undefined;
}) {
  const stops = new Set(
    client.state.value.breakpoints.filter((each) => each.file === file).map((each) => each.line),
  );
  const lines = booted.value.get(file)?.split('\n') ?? texts.value.get(file);
  const current = useRef<HTMLLIElement>(null);
  useEffect(() => {
    load(file);
    current.current?.scrollIntoView({ block: 'center' });
  }, [file, line, lines]);
  if (lines === undefined) return <p class="hint">{`${file} …`}</p>;
  if (lines === null) return <p class="hint">{`The text of ${file} is not in the page.`}</p>;
  return (
    <ol class="listing" aria-label={file}>
      {lines.map((text, n) => {
        const here = n + 1 === line;
        return (
          <li
            key={n}
            class={here ? 'here' : ''}
            {...(here ? { ref: current, 'data-testid': 'source-line' } : {})}
          >
            <button
              class={stops.has(n + 1) ? 'number stop' : 'number'}
              title="Stop before this line, or no more"
              onClick={() => {
                toggle(client, file, n + 1);
              }}
            >
              {n + 1}
            </button>
            {text === '' ? ' ' : text}
          </li>
        );
      })}
    </ol>
  );
}
