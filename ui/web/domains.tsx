/** The domains of the host, as `xm list` shows them; a click lets all panes show one. */
import type { LabClient } from './lab-client.ts';

const LETTERS = 'running, blocked, paused, shut down, crashed, dying';

export function Domains({ client }: { client: LabClient }) {
  const { domains, shown, follows } = client.state.value;
  const isLookedAt = (id: number): boolean => !follows && shown === id;
  const look = (id: number): void => {
    client.send({ type: 'look', domain: isLookedAt(id) ? null : id });
  };
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Domains of the host">
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
            <tr key={id} class={isLookedAt(id) ? 'chosen' : ''}>
              <td>
                <button
                  class="small"
                  aria-pressed={isLookedAt(id)}
                  title="Look at this domain in all panes; once more: at whoever runs"
                  onClick={() => {
                    look(id);
                  }}
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
