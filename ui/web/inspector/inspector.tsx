/** What the thing that is selected is: in words, by its values, and where one reads on. */
import type { LabClient } from '../lab-client.ts';
import { wordOf } from '../../lab/stage/words-in.ts';
import { shownDomain } from '../shown-domain.ts';
import { selected } from '../stage/selected.ts';
import { describe } from './describe.ts';
import type { Description, Fact } from './description.ts';
import { Way } from './way.tsx';
import './inspector.css';

export function Inspector({ client }: { client: LabClient }) {
  const chosen = selected.value;
  const view = client.stage.value;
  if (chosen === null || view === null)
    return (
      <>
        <p class="hint">
          Click anything on the stage, or go to it by Tab and the arrow keys: what it is, is told here. So is
          a register, or an address in what a console printed.
        </p>
        <AskForWord client={client} />
      </>
    );
  const description = describe(chosen, view);
  if (description === null)
    return <p class="hint">It is not on the stage as it is now: it is gone, or another lens shows it.</p>;
  return <Told client={client} description={description} host={chosen.host} />;
}

/** A word that stands nowhere to be clicked. */
function AskForWord({ client }: { client: LabClient }) {
  const { host, shown } = client.state.value;
  return (
    <form
      class="ask-word"
      onSubmit={(event) => {
        event.preventDefault();
        const value = wordOf(String(new FormData(event.currentTarget).get('word')));
        if (value !== null) selected.value = { host, thing: { kind: 'word', domain: shown, vcpu: 0, value } };
      }}
    >
      <label>
        An address of {shownDomain(client)}:{' '}
        <input
          name="word"
          class="word"
          placeholder="ffffffff80100000"
          pattern="\\s*(0x)?[0-9a-fA-F]{1,16}\\s*"
          required
        />
      </label>{' '}
      <button>What is it?</button>
    </form>
  );
}

interface ToldProps {
  readonly client: LabClient;
  readonly description: Description;
  readonly host: number;
}

function Told({ client, description, host }: ToldProps) {
  const { title, says, facts, header, source, event, way } = description;
  return (
    <article class="inspector scroll" tabIndex={0} aria-label={title} data-testid="inspector">
      <h3>{title}</h3>
      {says.map((each) => (
        <p key={each}>{each}</p>
      ))}
      {way !== undefined && <Way client={client} {...way} isHere={client.state.value.host === host} />}
      <dl class="facts">
        {facts.map((each, n) => (
          <FactRow key={n} fact={each} host={host} />
        ))}
      </dl>
      {event !== null && <Ways client={client} event={event} host={host} />}
      <p class="reading">
        In Xen’s headers: <code>{header}</code>
        <br />
        Here: <code>{source}</code>
      </p>
    </article>
  );
}

function FactRow({ fact: { name, value, thing }, host }: { fact: Fact; host: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {thing === undefined ? (
          value
        ) : (
          <button
            class="link"
            onClick={() => {
              selected.value = { host, thing };
            }}
          >
            {value}
          </button>
        )}
      </dd>
    </div>
  );
}

/** To the last and the next event that concerns it. */
function Ways({ client, event, host }: { client: LabClient; event: string; host: number }) {
  const { running, past, ended } = client.state.value;
  const isHere = client.state.value.host === host;
  return (
    <p class="ways">
      <button
        class="small"
        disabled={running || past === null || !isHere}
        title={`Back to the last event like this: ${event}`}
        onClick={() => {
          client.send({ type: 'seek', event, way: 'back' });
        }}
      >
        ◀ How it came to be so
      </button>{' '}
      <button
        class="small"
        disabled={running || ended !== null || !isHere}
        title={`On to the next event like this: ${event}`}
        onClick={() => {
          client.send({ type: 'seek', event, way: 'forth' });
        }}
      >
        Run to its next event ▶
      </button>
      {!isHere && <small> Look at its host first.</small>}
    </p>
  );
}
