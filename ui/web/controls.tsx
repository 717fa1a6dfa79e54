/** Run control, whose state the panes show, and where the machine stands in time. */
import { signal } from '@preact/signals';
import * as abi from '../../hypervisor/abi/xen.ts';
import { EVENT_WORDS, FILTER_HELP } from '../lab/event-words.ts';
import type { LabClient } from './lab-client.ts';
import { Transport } from './transport.tsx';

const untilText = signal('');
const wantedEvent = signal('');

/** What may be typed where it is asked for an event. */
const PREFIX = 'HYPERVISOR_';
const HYPERCALLS = Object.keys(abi).flatMap((name) =>
  name.startsWith(PREFIX) ? [`hypercall ${name.slice(PREFIX.length)}`] : [],
);
const SUGGESTIONS = [...HYPERCALLS, ...EVENT_WORDS];

export function Controls({ client }: { client: LabClient }) {
  const { booted, ended } = client.state.value;
  const over = !booted || ended !== null;
  return (
    <section class="controls" aria-label="Run control" data-pane>
      <Transport client={client} />
      <Branches client={client} />
      <RunUntil client={client} disabled={over} />
      <EventBreaks client={client} />
    </section>
  );
}

function RunUntil({ client, disabled }: { client: LabClient; disabled: boolean }) {
  const runUntil = (event: Event): void => {
    event.preventDefault();
    const wanted = untilText.value.trim();
    if (/^\d+$/.test(wanted)) client.send({ type: 'runUntil', instructions: Number(wanted) });
    else if (wanted !== '') client.send({ type: 'runUntil', text: wanted });
  };
  return (
    <form onSubmit={runUntil}>
      <input
        type="text"
        size={11}
        placeholder="text or count"
        aria-label="Run until"
        value={untilText.value}
        onInput={(event) => (untilText.value = event.currentTarget.value)}
      />
      <button
        type="submit"
        disabled={disabled || untilText.value === ''}
        title="Run until the console has printed this (a regular expression), or, for a number, until so many instructions are retired"
      >
        Run until
      </button>
    </form>
  );
}

/** Events that a run stops at: a hypercall by name, a port, a trap, a node of the store, … */
function EventBreaks({ client }: { client: LabClient }) {
  const { eventBreaks: events } = client.state.value;
  const set = (wanted: readonly string[]): void => {
    client.send({ type: 'eventBreaks', events: wanted });
  };
  const add = (event: Event): void => {
    event.preventDefault();
    const text = wantedEvent.value.trim();
    if (text !== '' && !events.includes(text)) set([...events, text]);
    wantedEvent.value = '';
  };
  return (
    <form class="event-breaks" onSubmit={add}>
      <input
        type="text"
        size={20}
        list="events"
        placeholder="stop at an event…"
        aria-label="Stop at an event"
        title={`A run stops at every event like this, whose ever it is: ${FILTER_HELP}; for instance: port domain 1, xenstore /local/domain/1/device, trap /#GP/`}
        value={wantedEvent.value}
        onInput={(input) => (wantedEvent.value = input.currentTarget.value)}
      />
      <datalist id="events">
        {SUGGESTIONS.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      {events.map((each) => (
        <button
          type="button"
          key={each}
          class="small"
          title="Stop at it no more"
          onClick={() => {
            set(events.filter((other) => other !== each));
          }}
        >
          {each} ×
        </button>
      ))}
    </form>
  );
}

/** Runs that were left, because something else was typed in their past: they are kept, and can be taken up. */
function Branches({ client }: { client: LabClient }) {
  const { branches, running } = client.state.value;
  if (branches.length === 0) return null;
  return (
    <details class="branches">
      <summary title="Runs that were left because something else was typed in their past">
        {branches.length === 1 ? '1 other run' : `${String(branches.length)} other runs`}
      </summary>
      <ul>
        {branches.map(({ fromNs, toNs, came }, branch) => (
          <li key={branch}>
            left at {inSeconds(fromNs)}, had come to {inSeconds(toNs)}
            {came.length === 0 ? '' : `; came: ${came.join(', ')}`}{' '}
            <button
              class="small"
              disabled={running}
              onClick={() => {
                client.send({ type: 'takeUp', branch });
              }}
            >
              Take it up
            </button>{' '}
            <button
              class="small"
              onClick={() => {
                client.send({ type: 'dropBranch', branch });
              }}
            >
              Forget it
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function inSeconds(ns: number): string {
  return `${(ns / 1e9).toFixed(3)} s`;
}

/** Guest time, instructions, rate; the hash of the whole state on demand. */
export function Clock({ client }: { client: LabClient }) {
  const { ns, instructions, running, booted } = client.state.value;
  return (
    <span class="clock">
      <span title="Guest time: one instruction is one nanosecond, and idle time is skipped or waited for">
        <b data-testid="time">{(ns / 1e9).toFixed(6)}</b> s
      </span>
      <span title="Instructions retired since power-on">
        <b data-testid="instructions">{instructions.toLocaleString('en')}</b> instructions
      </span>
      <span title="Rate of execution, wall time">
        <b>{running ? client.rate.value.toFixed(0) : '–'}</b> M/s
      </span>
      <button
        disabled={!booted || running}
        title="SHA-256 of memory, processor and hypervisor: the same inputs give the same hash, in Node and in every browser"
        onClick={() => {
          client.send({ type: 'hash' });
        }}
        data-testid="hash-button"
      >
        State hash
      </button>
      {client.hash.value !== null && <Hash text={client.hash.value} />}
    </span>
  );
}

const copied = signal('');

function Hash({ text }: { text: string }) {
  return (
    <span class="hash">
      <code data-testid="hash" tabIndex={0}>
        {text}
      </code>
      <button
        class="small"
        onClick={() => {
          void navigator.clipboard.writeText(text).then(() => {
            copied.value = text;
          });
        }}
      >
        {copied.value === text ? 'Copied' : 'Copy'}
      </button>
    </span>
  );
}
