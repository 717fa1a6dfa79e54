/** What the hypervisor does, told: a sentence for each event, and all there is to know of the one that is chosen. */
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { RefObject } from 'preact';
import type { TraceLine } from '../lab/protocol.ts';
import { Maximise } from './arrangement.tsx';
import { chosenEvent, Explained } from './explained.tsx';
import { isStrings, kept } from './kept.ts';
import type { LabClient } from './lab-client.ts';
import './story.css';

/** Height of a row, as in story.css. */
const ROW_PX = 22;
/** Rows beyond what is seen, above and below. */
const MARGIN_ROWS = 30;

/** What can be shown or hidden, and the kinds of event it stands for. */
const GROUPS: readonly {
  readonly name: string;
  readonly kinds: readonly string[];
  readonly title: string;
}[] = [
  {
    name: 'hypercalls',
    kinds: ['hypercall', 'domctl', 'platform_op', 'refusal', 'console'],
    title: 'Calls from the guest’s kernel into Xen',
  },
  {
    name: 'events',
    kinds: ['upcall', 'port', 'channel', 'virq', 'timer'],
    title: 'Event channels: ports raised, upcalls, timers',
  },
  {
    name: 'traps',
    kinds: ['trap', 'failsafe', 'page_fault', 'math_state_restore'],
    title: 'Exceptions that Xen hands to the guest',
  },
  {
    name: 'emulation',
    kinds: ['emulated', 'cpuid', 'ptwr'],
    title: 'Privileged instructions and page-table writes that Xen does for the guest',
  },
  {
    name: 'memory',
    kinds: [
      ...['page_type', 'validate', 'invalidate', 'pin', 'unpin', 'page', 'tlb'],
      ...['entry', 'mmuext', 'shadow_op', 'page_info', 'paging'],
    ],
    title: 'Frames: types taken, tables validated',
  },
  { name: 'grants', kinds: ['grant'], title: 'Memory that domains share: mapped, given back, copied' },
  {
    name: 'rings',
    kinds: ['ring'],
    title: 'Requests and answers of disks and network cards; what consoles are given',
  },
  { name: 'devices', kinds: ['device'], title: 'What the machine’s disk and network card do' },
  { name: 'xenstore', kinds: ['xenstore'], title: 'Messages between a domain and the store’s server' },
  { name: 'scheduling', kinds: ['schedule', 'vcpu'], title: 'Who runs, who blocks, who wakes' },
];

const hidden = kept<readonly string[]>('hidden', [], isStrings);
const asLines = kept('asLines', false, (value): value is boolean => typeof value === 'boolean');
/** Whose events are told; null: everybody's. */
const whose = signal<number | null>(null);
const without = computed(() =>
  GROUPS.filter(({ name }) => hidden.value.includes(name)).flatMap(({ kinds }) => kinds),
);
/** The first row to be told; null: the end is followed. */
const from = signal<number | null>(null);
/** Rows that the list has room for. */
const rows = signal(20);

/** The row that the next choice is to be, as soon as it is told. */
const wanted = signal<number | null>(null);

export function Story({ client }: { client: LabClient }) {
  const list = useRef<HTMLDivElement>(null);
  const { follows, shown } = client.state.value;
  const said = `what Xen does, newest last${amount(client)}`;
  useEffect(() => {
    whose.value = follows ? null : shown;
  }, [follows, shown]);
  useWindow(client);
  useChoice(client);
  useSize(list);
  return (
    <section class="panel trace story" aria-label="Story" data-pane>
      <h2>
        Story <small title={said}>{said}</small>
        <Maximise pane="story" />
      </h2>
      <Filters client={client} />
      <List client={client} list={list} />
      <Explained client={client} />
    </section>
  );
}

/** How much there is, and how fast it comes. */
function amount(client: LabClient): string {
  const view = client.story.value;
  if (view === null || view.kept === 0) return '';
  const number = (value: number): string => Math.round(value).toLocaleString('en');
  const rate = client.eventRate.value > 0 ? `, ${number(client.eventRate.value)} a second` : '';
  const before = view.isWhole ? '' : '; go back for what came before';
  return ` · ${number(view.kept)} events${rate}${before}`;
}

/** Asks for what is to be seen. */
function useWindow(client: LabClient): void {
  const [first, count] = [from.value, rows.value + 2 * MARGIN_ROWS];
  const [left, domain] = [without.value, whose.value];
  const folds = !asLines.value;
  useEffect(() => {
    const filter = { without: left, domain, folds };
    client.send({ type: 'story', window: { filter, from: first, count } });
  }, [client, first, count, left, domain, folds]);
  useEffect(
    () => () => {
      client.send({ type: 'story', window: null });
    },
    [client],
  );
}

/** Chooses the row that was wanted as soon as it is there; who has chosen is told why. */
function useChoice(client: LabClient): void {
  const view = client.story.value;
  const place = wanted.value;
  const line = view === null || place === null ? undefined : view.lines[place - view.from];
  useEffect(() => {
    // Keys may have gone on meanwhile: then another choice is about to be made.
    if (line === undefined || place === null || wanted.value !== place) return;
    chosenEvent.value = { ...line, place };
    wanted.value = null;
  }, [line, place]);
  const sequence = chosenEvent.value?.sequence;
  const now = view?.lines.findIndex((each) => each.sequence === sequence) ?? -1;
  useEffect(() => {
    // Filters change, and what is not kept any more leaves: the same event stands elsewhere.
    const chosen = chosenEvent.value;
    if (chosen === null || chosen.sequence !== sequence || view === null || now < 0) return;
    if (chosen.place !== view.from + now) chosenEvent.value = { ...chosen, place: view.from + now };
  }, [view, now, sequence]);
  useEffect(() => {
    if (sequence !== undefined) client.send({ type: 'explain', sequence });
  }, [client, sequence]);
  useEffect(() => {
    // Another host, or another world: its events are others.
    if (view === null) chosenEvent.value = null;
  }, [view === null]);
}

/** Keeps count of the rows that there is room for; what is chosen, or else the end that is followed, stays in sight when that becomes less. */
function useSize(list: RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const element = list.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      rows.value = Math.ceil(element.clientHeight / ROW_PX);
      // What is about to be chosen, where keys have gone on: scrolled back to what still is, the list would never be told of it.
      const place = wanted.value ?? chosenEvent.value?.place;
      if (place !== undefined) reveal(element, place);
      else if (from.value === null) follow(element);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [list]);
}

function Filters({ client }: { client: LabClient }) {
  const { domains } = client.state.value;
  return (
    <div class="filters">
      {GROUPS.map(({ name, title }) => (
        <label key={name} title={title}>
          <input
            type="checkbox"
            checked={!hidden.value.includes(name)}
            onChange={() => {
              const others = hidden.value.filter((each) => each !== name);
              hidden.value = others.length < hidden.value.length ? others : [...others, name];
              from.value = null;
            }}
          />
          {name}
        </label>
      ))}
      <label title="Whose vcpu it was while that happened">
        of{' '}
        <select
          data-testid="story-of"
          value={whose.value === null ? '' : String(whose.value)}
          onChange={({ currentTarget: { value } }) => {
            whose.value = value === '' ? null : Number(value);
            from.value = null;
          }}
        >
          <option value="">everybody</option>
          <option value="-1">Xen alone</option>
          {domains.map(({ id, name }) => (
            <option key={id} value={String(id)}>
              {name === '' ? `domain ${String(id)}` : name}
            </option>
          ))}
        </select>
      </label>
      <label title="As the trace has them: name, arguments, result">
        <input
          type="checkbox"
          checked={asLines.value}
          onChange={() => {
            asLines.value = !asLines.value;
          }}
        />
        as lines
      </label>
    </div>
  );
}

function List({ client, list }: { client: LabClient; list: RefObject<HTMLDivElement | null> }) {
  const view = client.story.value;
  const passing = view?.passing ?? 0;
  const chosen = chosenEvent.value;
  const several = client.consoles.tabs.value.length > 1;
  useEffect(() => {
    const element = list.current;
    if (element !== null && from.value === null) follow(element);
  }, [passing, view?.seen]);
  return (
    <div
      ref={list}
      class="story-list"
      role="listbox"
      tabIndex={0}
      aria-label="What Xen does"
      aria-activedescendant={isTold(client, chosen?.sequence) ? idOf(chosen!.sequence) : undefined}
      data-testid="trace"
      onScroll={({ currentTarget }) => {
        scrolled(currentTarget, passing);
      }}
      onKeyDown={(event) => {
        if (move(event.key, passing, list.current)) event.preventDefault();
      }}
    >
      <div class="story-rows" role="presentation" style={{ height: `${String(passing * ROW_PX)}px` }}>
        {view?.lines.map((line, n) => (
          <Row
            key={line.sequence}
            line={line}
            place={view.from + n}
            passing={passing}
            several={several}
            isChosen={line.sequence === chosen?.sequence}
          />
        ))}
      </div>
    </div>
  );
}

function idOf(sequence: number): string {
  return `event-${String(sequence)}`;
}

function isTold(client: LabClient, sequence: number | undefined): boolean {
  return client.story.value?.lines.some((line) => line.sequence === sequence) ?? false;
}

/** Where the list was put, to be followed, and its height when it was scrolled last; in px. */
const followed = { top: 0, height: 0 };

function follow(list: HTMLDivElement): void {
  list.scrollTop = list.scrollHeight;
  followed.top = list.scrollTop;
}

/** Only what the reader does decides whether the list follows: scrolling away from the end, or back to it. */
function scrolled(list: HTMLDivElement, passing: number): void {
  const { scrollTop, scrollHeight, clientHeight } = list;
  // A list that is given another height is scrolled by the browser; and where it was put it may have grown since.
  const isReader = clientHeight === followed.height && scrollTop !== followed.top;
  followed.height = clientHeight;
  if (!isReader && from.value === null) {
    follow(list);
    return;
  }
  if (scrollHeight - scrollTop - clientHeight < ROW_PX) {
    from.value = null;
    return;
  }
  const first = Math.floor(scrollTop / ROW_PX);
  const told = from.value ?? Math.max(0, passing - rows.value - 2 * MARGIN_ROWS);
  // Another window only where this one is about to end.
  if (
    from.value !== null &&
    first >= told + 5 &&
    first + rows.value <= told + rows.value + 2 * MARGIN_ROWS - 5
  )
    return;
  from.value = Math.max(0, first - MARGIN_ROWS);
}

const STEPS: Readonly<Record<string, (place: number, passing: number) => number>> = {
  ArrowUp: (place) => place - 1,
  ArrowDown: (place) => place + 1,
  PageUp: (place) => place - rows.value,
  PageDown: (place) => place + rows.value,
  Home: () => 0,
  End: (_, passing) => passing - 1,
  Enter: (place) => place,
};

/** Moves the choice by a key; false: it is no key for that. */
function move(key: string, passing: number, list: HTMLDivElement | null): boolean {
  const step = STEPS[key];
  if (step === undefined || passing === 0 || list === null) return false;
  const now = wanted.value ?? chosenEvent.value?.place ?? passing;
  const place = Math.min(Math.max(step(now, passing), 0), passing - 1);
  wanted.value = place;
  reveal(list, place);
  return true;
}

/** Scrolls as little as brings a row into sight. */
function reveal(list: HTMLDivElement, place: number): void {
  const top = place * ROW_PX;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + ROW_PX > list.scrollTop + list.clientHeight)
    list.scrollTop = top + ROW_PX - list.clientHeight;
}

function Row({
  line,
  place,
  passing,
  several,
  isChosen,
}: {
  line: TraceLine;
  place: number;
  passing: number;
  several: boolean;
  isChosen: boolean;
}) {
  return (
    <div
      id={idOf(line.sequence)}
      class={line.failed ? 'story-row refused' : 'story-row'}
      data-kind={line.kind}
      role="option"
      aria-selected={isChosen}
      aria-setsize={passing}
      aria-posinset={place + 1}
      style={{ top: `${String(place * ROW_PX)}px`, paddingLeft: `${String(0.6 + line.depth)}em` }}
      onClick={() => {
        wanted.value = place;
      }}
    >
      <time>{(line.ns / 1e9).toFixed(6)}</time> {line.times > 1 && <Times line={line} />}
      {asLines.value ? <Raw line={line} several={several} /> : <span>{line.sentence}</span>}
    </div>
  );
}

function Times({ line: { times, lastNs } }: { line: TraceLine }) {
  const until = `${String(times)} times, the last at ${(lastNs / 1e9).toFixed(6)} s; “as lines” has each`;
  return (
    <b class="story-times" title={until}>
      {times}×
    </b>
  );
}

/** As the trace has it. */
function Raw({ line, several }: { line: TraceLine; several: boolean }) {
  const failed = line.result.startsWith('-');
  return (
    <span class="raw">
      {several && <i>{line.domain < 0 ? 'xen' : `d${String(line.domain)}v${String(line.vcpu)}`} </i>}
      <b>{line.name}</b>
      <span class="args">{line.kind === 'hypercall' ? `(${line.args})` : ` ${line.args}`}</span>
      {line.result !== '' && <span class={failed ? 'result failed' : 'result'}> = {line.result}</span>}
    </span>
  );
}
