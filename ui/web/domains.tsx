/** The domains of the host, as `xm list` shows them; a click cuts the list of what Xen does down to one. */
import type { LabClient } from './lab-client.ts';
import { onlyDomain } from './trace-list.tsx';

const LETTERS = 'running, blocked, paused, shut down, crashed, dying';

export function Domains({ client }: { client: LabClient }) {
  const { domains } = client.state.value;
  return (
    <div class="scroll">
      <table class="domains" data-testid="domains">
        <thead>
          <tr>
            <th>name</th>
            <th>id</th>
            <th title={LETTERS}>state</th>
            <th>vcpus</th>
            <th>memory</th>
            <th title="How long its vcpus have had a processor">time</th>
          </tr>
        </thead>
        <tbody>
          {domains.map(({ id, name, letters, vcpus, memoryMb, seconds }) => (
            <tr key={id} class={onlyDomain.value === id ? 'chosen' : ''} onClick={() => choose(id)}>
              <td>
                <button
                  aria-pressed={onlyDomain.value === id}
                  title="Show what Xen does for this domain alone; once more: for all"
                >
                  {name === '' ? `domain ${String(id)}` : name}
                </button>
              </td>
              <td>{id}</td>
              <td>
                <code title={LETTERS}>{letters}</code>
              </td>
              <td>{vcpus}</td>
              <td>{memoryMb.toFixed(1)} MiB</td>
              <td>{seconds.toFixed(3)} s</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function choose(id: number): void {
  onlyDomain.value = onlyDomain.value === id ? null : id;
}
