/** A source of the guest's with its line numbers; a click on one makes a breakpoint. */
import { signal } from '@preact/signals';
import names from 'guests:names';
import { useEffect, useRef, useState } from 'preact/hooks';
import { lastLineOf } from '../lab/function-lines.ts';
import type { BreakpointView } from '../lab/protocol.ts';
import { booted } from './edits.ts';
import type { LabClient } from './lab-client.ts';

/** Paths of the code below guests/. */
export const sourceFiles: readonly string[] = names.filter((path) =>
  /^(?!tests|\w+\/root\/).*\.(?:ts|asm)$/.test(path),
);

/** Texts that are here, by path below guests/; null: there is none of that name. */
const texts = signal<ReadonlyMap<string, readonly string[] | null>>(new Map());

function load(file: string): void {
  if (texts.value.has(file)) return;
  void import('./guest-sources.ts').then(({ guestSources }) => {
    texts.value = new Map([...texts.value, [file, guestSources.get(file)?.split('\n') ?? null]]);
  });
}

function isAt({ wanted, line }: BreakpointView, file: string, n: number): boolean {
  const at = line ?? wanted;
  return at.file === file && at.line === n;
}

/** Sets a breakpoint at a line, or takes away the one that stops there. */
function toggle(client: LabClient, file: string, n: number, text: readonly string[]): void {
  const { breakpoints } = client.state.value;
  const others = breakpoints.filter((each) => !isAt(each, file, n));
  const lines = others.map(({ wanted }) => wanted);
  const last = lastLineOf(file, text, n);
  client.send({
    type: 'breakpoints',
    lines: others.length < breakpoints.length ? lines : [...lines, { file, line: n, last }],
  });
}

/** All breakpoints: a click takes one away. */
export function Breakpoints({ client }: { client: LabClient }) {
  const { breakpoints } = client.state.value;
  if (breakpoints.length === 0) return <small>Click a line’s number to stop before it.</small>;
  return (
    <span class="breakpoints" data-testid="breakpoints">
      Stops at{' '}
      {breakpoints.map(({ wanted, line, why }) => {
        const { file, line: n } = line ?? wanted;
        return (
          <button
            key={`${file}:${String(n)}`}
            class={line === null ? 'small dormant' : 'small'}
            title={line === null ? `Not in what runs: ${why ?? 'nothing runs'}` : 'Take this breakpoint away'}
            aria-label={`Take the breakpoint at ${file}:${String(n)} away`}
            onClick={() => {
              const lines = breakpoints.flatMap((each) => (each.wanted === wanted ? [] : each.wanted));
              client.send({ type: 'breakpoints', lines });
            }}
          >
            {`${file}:${String(n)}`} ×
          </button>
        );
      })}
    </span>
  );
}

/** Scrolls the list, and not the page, to an item. */
function show(list: HTMLElement | null, item: HTMLElement | null): void {
  if (list !== null && item !== null) list.scrollTop = item.offsetTop - list.clientHeight / 2;
}

const MOVES: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 };

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
  const { breakpoints } = client.state.value;
  const lines = booted.value.get(file)?.split('\n') ?? texts.value.get(file);
  const current = useRef<HTMLLIElement>(null);
  const list = useRef<HTMLOListElement>(null);
  // One stop of the Tab key, and a cursor in it: a line, from 1.
  const [cursor, setCursor] = useState(line ?? 1);
  useEffect(() => {
    load(file);
    show(list.current, current.current);
    setCursor(line ?? 1);
  }, [file, line, lines]);
  if (lines === undefined) return <p class="hint">{`${file} …`}</p>;
  if (lines === null) return <p class="hint">{`The text of ${file} is not in the page.`}</p>;
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' || event.key === ' ') toggle(client, file, cursor, lines);
    else if (event.key in MOVES) {
      const next = Math.min(lines.length, Math.max(1, cursor + MOVES[event.key]!));
      setCursor(next);
      list.current?.children[next - 1]?.scrollIntoView({ block: 'nearest' });
    } else return;
    event.preventDefault();
  };
  return (
    <ol
      ref={list}
      class="listing"
      role="listbox"
      aria-label={`${file}: arrow keys go from line to line, Enter sets a breakpoint`}
      aria-activedescendant={`line-${String(cursor)}`}
      data-file={file}
      tabIndex={0}
      onKeyDown={pressed}
    >
      {lines.map((text, n) => {
        const here = n + 1 === line;
        const stops = breakpoints.some((each) => isAt(each, file, n + 1));
        const classes = [here ? 'here' : '', n + 1 === cursor ? 'cursor' : ''].join(' ').trim();
        return (
          <li
            key={n}
            id={`line-${String(n + 1)}`}
            role="option"
            aria-selected={stops}
            class={classes}
            {...(here ? { ref: current, 'data-testid': 'source-line' } : {})}
          >
            <span
              class={stops ? 'number stop' : 'number'}
              title="Stop before this line, or no more"
              onClick={() => {
                setCursor(n + 1);
                toggle(client, file, n + 1, lines);
              }}
            >
              {n + 1}
            </span>
            {text === '' ? ' ' : text}
          </li>
        );
      })}
    </ol>
  );
}
