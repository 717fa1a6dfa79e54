/** The domains of the host. */
import type { LabClient } from './lab-client.ts';

export function Domains({ client }: { client: LabClient }) {
  const { domains } = client.state.value;
  return (
    <div class="scroll">
      <table data-testid="domains">
        <thead>
          <tr>
            <th>domain</th>
            <th>state</th>
            <th>vcpus</th>
            <th>memory</th>
            <th title="How long its vcpus have had a processor">time</th>
          </tr>
        </thead>
        <tbody>
          {domains.map(({ id, state, vcpus, memoryMb, seconds }) => (
            <tr key={id}>
              <td>{id}</td>
              <td>{state}</td>
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
