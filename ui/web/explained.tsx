/** All there is to know of the event that is chosen: what it means, its values, where Xen does it. */
import { signal } from '@preact/signals';
import type { Explanation, ToldValue } from '../lab/explain/explanation.ts';
import type { TraceLine } from '../lab/protocol.ts';
import type { LabClient } from './lab-client.ts';

/** The event that somebody has chosen, by its number, and its line; and where among those told it stands. */
export const chosenEvent = signal<(TraceLine & { readonly place: number }) | null>(null);

/** The event that is chosen, explained. */
export function Explained({ client }: { client: LabClient }) {
  const chosen = chosenEvent.value;
  const told = client.explained.value;
  if (chosen === null)
    return (
      <p class="hint story-hint">Choose a sentence, by a click or by the arrow keys, to see what it means.</p>
    );
  const explanation = told?.sequence === chosen.sequence ? told.explanation : null;
  return (
    <section
      class="story-explained"
      aria-label="What this is"
      aria-live="polite"
      data-testid="explained"
      tabIndex={0}
    >
      {explanation === null ? <p>{chosen.sentence}</p> : <Told explanation={explanation} line={chosen} />}
      <p class="story-goto">
        <button
          title="The whole page shows the instant at which this happened"
          onClick={() => {
            client.send({ type: 'goTo', ns: chosen.ns });
          }}
        >
          Go to {(chosen.ns / 1e9).toFixed(6)} s
        </button>
        <button
          onClick={() => {
            chosenEvent.value = null;
          }}
        >
          Close
        </button>
      </p>
    </section>
  );
}

const SOURCES = 'the hypervisor’s source here';

function Told({ explanation, line }: { explanation: Explanation; line: TraceLine }) {
  const { title, sentence, why, values, header, source, result, refusal } = explanation;
  return (
    <>
      <h3>{title}</h3>
      <p class="story-sentence">{sentence}</p>
      <p>{why}</p>
      {result !== null && <p class={line.failed ? 'failed' : ''}>{result}</p>}
      {refusal !== null && <p class="failed">The check that said no: {refusal}.</p>}
      <Values values={values} />
      <dl>
        {header !== null && (
          <>
            <dt>Xen’s headers</dt>
            <dd>
              <code>{header.symbol}</code> in <code>xen/include/public/{header.file}</code>
            </dd>
          </>
        )}
        <dt title={SOURCES}>Done here by</dt>
        <dd>
          <code>{source.name}</code> in <code>{source.path}</code>
        </dd>
      </dl>
    </>
  );
}

function Values({ values }: { values: readonly ToldValue[] }) {
  if (values.length === 0) return null;
  return (
    <table class="story-values">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Value</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {values.map(({ name, value, after }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
            <td>{after ?? ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
