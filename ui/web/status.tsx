/** What the host is doing, why it stands, what went wrong: in words, which a screen reader hears as they change. */
import { editing } from './editor.tsx';
import { note } from './boot-panel.tsx';
import type { LabClient } from './lab-client.ts';

/** What it does takes one line, whatever that is: nothing below is to move when it changes. */
export function Status({ client }: { client: LabClient }) {
  const error = client.error.value;
  const said = sentence(client);
  return (
    <>
      <div class="status-line">
        <p class="status" role="status" data-testid="status" title={said}>
          {said}
        </p>
        {client.state.value.stepping !== null && <Cancel client={client} />}
      </div>
      {note.value !== null && (
        <p class="message" data-testid="note">
          {note.value} <Dismiss of={() => (note.value = null)} />
        </p>
      )}
      {error !== null && (
        <p class="message error" role="alert">
          {error} <Dismiss of={() => (client.error.value = null)} />
        </p>
      )}
      <Ended client={client} />
    </>
  );
}

function Cancel({ client }: { client: LabClient }) {
  return (
    <span class="status-going">
      {(client.state.value.instructions / 1e6).toFixed(1)} million instructions{' '}
      <button
        class="small"
        onClick={() => {
          client.send({ type: 'pause' });
        }}
      >
        Cancel the step (Esc)
      </button>
    </span>
  );
}

function Dismiss({ of: dismiss }: { of: () => void }) {
  return (
    <button class="small" aria-label="Dismiss this message" onClick={dismiss}>
      ×
    </button>
  );
}

function sentence(client: LabClient): string {
  const { booted, running, stepping, stopped } = client.state.value;
  const booting = client.booting.value;
  if (booting !== null) return `Booting ${booting} …`;
  if (client.opening.value !== null) return `Opening ${client.opening.value} …`;
  if (!booted) return 'Nothing is booted: “New world…” boots a host.';
  if (stepping !== null) return `Stepping to ${stepping} …`;
  if (running)
    return client.playing.value
      ? 'The tour plays.'
      : editing.value
        ? 'Running.'
        : 'Running. Pause it (F8) to look closer.';
  return stopped ?? 'It stands at its first instruction.';
}

/** How the lab's domain ended. */
function Ended({ client }: { client: LabClient }) {
  const { ended } = client.state.value;
  if (ended === null) return null;
  const [first, ...report] = ended.split('\n');
  return (
    <section class="message" role="status" data-testid="ended">
      <strong>{first}</strong>
      {report.length > 0 && <pre tabIndex={0}>{report.join('\n')}</pre>}
    </section>
  );
}
