/** The page: what is booted, its console, what the hypervisor does, and what its processors hold. */
import { BootPanel } from './boot-panel.tsx';
import { Consoles } from './console.tsx';
import { Controls } from './controls.tsx';
import { Details } from './details.tsx';
import { editing, Editor } from './editor.tsx';
import type { LabClient } from './lab-client.ts';
import { Tour, touring } from './tour.tsx';
import { TraceList } from './trace-list.tsx';
import { Vcpus } from './vcpus.tsx';

export function App({ client }: { client: LabClient }) {
  return (
    <div class="page">
      <header>
        <h1>
          Xenoscope <small>a Xen you can see through</small>
        </h1>
        <BootPanel client={client} />
        <button
          aria-pressed={touring.value}
          title="Shows a host step by step, by itself or as you say"
          onClick={() => {
            touring.value = !touring.value;
          }}
        >
          {touring.value ? 'Close the tour' : 'Tour'}
        </button>
        <button
          aria-pressed={editing.value}
          title="Mote’s kernel and programs: change them, build them here, boot them"
          onClick={() => {
            editing.value = !editing.value;
          }}
        >
          {editing.value ? 'Close the editor' : 'Edit Mote'}
        </button>
      </header>
      <Controls client={client} />
      {touring.value && <Tour client={client} />}
      <Message client={client} />
      <main class={editing.value ? 'editing' : ''}>
        <Consoles client={client} />
        <TraceList client={client} />
        {editing.value ? (
          <Editor client={client} />
        ) : (
          <>
            <Vcpus client={client} />
            <Details client={client} />
          </>
        )}
      </main>
    </div>
  );
}

/** What went wrong, or how the domain ended. */
function Message({ client }: { client: LabClient }) {
  const error = client.error.value;
  const ended = client.state.value.ended;
  if (error !== null)
    return (
      <p class="message error" role="alert">
        {error}
      </p>
    );
  if (ended === null) return null;
  const [sentence, ...report] = ended.split('\n');
  return (
    <section class="message" role="status" data-testid="ended">
      <strong>{sentence}</strong>
      {report.length > 0 && <pre>{report.join('\n')}</pre>}
    </section>
  );
}
