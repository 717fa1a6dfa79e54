/** The domain's event channels. */
import { bindingWords } from '../lab/stage/words.ts';
import type { LabClient } from './lab-client.ts';

export function Channels({ client }: { client: LabClient }) {
  const { channels } = client.state.value;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Event channels">
      <table data-testid="channels">
        <thead>
          <tr>
            <th>port</th>
            <th>binding</th>
            <th>vcpu</th>
            <th title="An event waits to be handled">pending</th>
            <th title="The guest does not want to hear of it now">masked</th>
          </tr>
        </thead>
        <tbody>
          {channels.map(({ port, binding, vcpu, pending, masked }) => (
            <tr key={port} class={pending ? 'pending' : ''}>
              <td>{port}</td>
              <td>{bindingWords(binding, (id) => `domain ${String(id)}`)}</td>
              <td>{vcpu}</td>
              <td>{pending ? '●' : ''}</td>
              <td>{masked ? '●' : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
