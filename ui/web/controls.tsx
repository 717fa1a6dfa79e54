/** Run control, and where the machine stands in time. */
import { signal } from '@preact/signals';
import type { StepKind } from '../lab/protocol.ts';
import type { LabClient } from './lab-client.ts';

const untilText = signal('');

const STEPS: readonly { readonly kind: StepKind; readonly label: string; readonly title: string }[] = [
  { kind: 'instruction', label: 'Instruction', title: 'Execute one instruction of the running vcpu' },
  { kind: 'line', label: 'Line', title: 'Run up to another line of the kernel’s or program’s own source' },
  { kind: 'over', label: 'Over', title: 'Run up to another line, past what this one calls' },
  { kind: 'out', label: 'Out', title: 'Run until this function has returned to who called it' },
  { kind: 'hypercall', label: 'Hypercall', title: 'Run up to the next hypercall of any vcpu' },
  {
    kind: 'event',
    label: 'Event',
    title: 'Run up to the next event upcall: Xen enters the guest’s event handler',
  },
];

export function Controls({ client }: { client: LabClient }) {
  const { booted, running, ended } = client.state.value;
  const over = !booted || ended !== null;
  const runUntil = (event: Event): void => {
    event.preventDefault();
    const wanted = untilText.value.trim();
    if (/^\d+$/.test(wanted)) client.send({ type: 'runUntil', instructions: Number(wanted) });
    else if (wanted !== '') client.send({ type: 'runUntil', text: wanted });
  };
  return (
    <div class="controls" role="toolbar" aria-label="Run control">
      <button
        class="primary"
        data-testid="run"
        disabled={over}
        onClick={() => {
          client.send({ type: running ? 'pause' : 'run' });
        }}
      >
        {running ? 'Pause' : 'Run'}
      </button>
      <span class="steps">
        Step to next
        {STEPS.map(({ kind, label, title }) => (
          <button
            key={kind}
            title={title}
            disabled={over || running}
            data-testid={`step-${kind}`}
            onClick={() => {
              client.send({ type: 'step', kind });
            }}
          >
            {label}
          </button>
        ))}
      </span>
      <form onSubmit={runUntil}>
        <input
          type="text"
          size={14}
          placeholder="text or count"
          aria-label="Run until"
          value={untilText.value}
          onInput={(event) => (untilText.value = event.currentTarget.value)}
        />
        <button
          type="submit"
          disabled={over || untilText.value === ''}
          title="Run until the console has printed this (a regular expression), or, for a number, until so many instructions are retired"
        >
          Run until
        </button>
      </form>
      <label title="Do not wait for the wall clock while the guest is idle: its time flies then">
        <input
          type="checkbox"
          checked={client.skipsIdle.value}
          onChange={(event) => {
            const skips = event.currentTarget.checked;
            client.skipsIdle.value = skips;
            client.send({ type: 'pace', realTime: !skips });
          }}
        />
        skip idle time
      </label>
      <Clock client={client} />
    </div>
  );
}

/** Guest time, instructions, rate; the hash of the whole state on demand. */
function Clock({ client }: { client: LabClient }) {
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
      {client.hash.value !== null && (
        <code class="hash" data-testid="hash">
          {client.hash.value}
        </code>
      )}
    </span>
  );
}
