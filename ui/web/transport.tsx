/** Lets the host run, step and go back: by what, of whom, how fast. */
import { useEffect } from 'preact/hooks';
import { BACK_KEY, RUN_KEY, STEP_KEY, STEP_KEYS } from './keys.ts';
import type { LabClient } from './lab-client.ts';
import {
  backBy,
  hasWayBack,
  isUnit,
  skipsIdle,
  SPEEDS,
  speed,
  stepBy,
  stepsPerSecond,
  toggleRun,
  unit,
  UNITS,
  walks,
  WORDS,
} from './steps.ts';
import type { Unit } from './steps.ts';

export function Transport({ client }: { client: LabClient }) {
  const { booted, running, ended, past, breakpoints, eventBreaks } = client.state.value;
  const over = !booted || ended !== null;
  const by = unit.value;
  useWalk(client);
  const isBusy = running || walks.value;
  const lacksBreaks = by === 'breakpoint' && breakpoints.length + eventBreaks.length === 0;
  const words = WORDS.get(by)!;
  return (
    <span class="transport">
      <button
        class="primary"
        data-testid="run"
        aria-keyshortcuts={RUN_KEY}
        title={`Key: ${RUN_KEY}`}
        disabled={over}
        onClick={() => {
          toggleRun(client);
        }}
      >
        {isBusy ? 'Pause' : 'Run'}
      </button>
      <button
        data-testid="back"
        aria-keyshortcuts={BACK_KEY}
        title={hasWayBack(by) ? `Back to the last one. Key: ${BACK_KEY}` : 'There is no way back by this'}
        disabled={past === null || isBusy || !hasWayBack(by) || lacksBreaks}
        onClick={() => {
          backBy(client, by);
        }}
      >
        ◀ Back
      </button>
      <label>
        by{' '}
        <select
          aria-label="Step by"
          data-testid="step-by"
          title={words.title}
          value={by}
          onChange={({ currentTarget: { value } }) => {
            if (isUnit(value)) unit.value = value;
          }}
        >
          {UNITS.map(({ group, units }) => (
            <optgroup key={group} label={group}>
              {units.map(({ unit: each, label }) => (
                <option key={each} value={each}>
                  {label}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <Whose client={client} />
      <button
        data-testid="step"
        aria-keyshortcuts={STEP_KEY}
        title={`${words.title}: on to the next one. Key: ${STEP_KEY}${keyOf(by)}`}
        disabled={over || isBusy}
        onClick={() => {
          stepBy(client, by);
        }}
      >
        Step ▶
      </button>
      <label title="How fast a run goes: as the clock does, without waiting while everybody is idle, or step by step">
        at{' '}
        <select
          aria-label="Speed"
          data-testid="speed"
          value={speed.value}
          onChange={({ currentTarget: { value } }) => {
            const chosen = SPEEDS.find((each) => each === value) ?? 'real time';
            speed.value = chosen;
            client.send({ type: 'pace', realTime: !skipsIdle() });
          }}
        >
          {SPEEDS.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
    </span>
  );
}

/** Whose steps they are, and which domain the panes show. */
function Whose({ client }: { client: LabClient }) {
  const { domains, follows, shown } = client.state.value;
  // It has its place where there is one domain alone, too: nothing is to move when another comes or goes.
  return (
    <label title="Steps to what happens, processors, source, page tables, event channels, and what Xen does: of this domain">
      of{' '}
      <select
        aria-label="Domain to look at"
        data-testid="look"
        disabled={domains.length < 2}
        value={follows ? '' : String(shown)}
        onChange={({ currentTarget: { value } }) => {
          client.send({ type: 'look', domain: value === '' ? null : Number(value) });
        }}
      >
        <option value="">whoever runs</option>
        {domains.map(({ id, name }) => (
          <option key={id} value={id}>
            {id}: {name === '' ? 'no name yet' : name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Some kinds of step have a key of their own. */
function keyOf(by: Unit): string {
  const key = by === 'breakpoint' ? undefined : STEP_KEYS[by];
  return key === undefined ? '' : `; of this kind always: ${key}`;
}

/** While it walks, a step follows when the one before has been there for its time. */
function useWalk(client: LabClient): void {
  const { running, ended, stopped } = client.state.value;
  const { instructions } = client.state.value;
  const isWalking = walks.value;
  useEffect(() => {
    if (!isWalking || running) return undefined;
    if (ended !== null || stepsPerSecond() === 0) {
      walks.value = false;
      return undefined;
    }
    const timer = setTimeout(() => {
      stepBy(client, unit.value);
    }, 1000 / stepsPerSecond());
    return () => {
      clearTimeout(timer);
    };
  }, [client, isWalking, running, ended, stopped, instructions]);
}
