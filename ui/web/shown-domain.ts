/** Which domain panes show, in words. */
import type { LabClient } from './lab-client.ts';

/** Whose it is that a pane shows. */
export function shownDomain(client: LabClient): string {
  const { domains, shown: id } = client.state.value;
  const name = domains.find((domain) => domain.id === id)?.name ?? '';
  return `d${String(id)}${name === '' ? '' : ` ${name}`}`;
}
