/** The panel of what one looks at in turn: the source, the page tables, the event channels, the domains. */
import { signal } from '@preact/signals';
import { Channels } from './channels.tsx';
import { Domains } from './domains.tsx';
import type { LabClient } from './lab-client.ts';
import { PageTables } from './page-tables.tsx';
import { Source } from './source.tsx';

const TABS = [
  { name: 'Source', title: 'what the guest is doing, in its own words', View: Source },
  {
    name: 'Page tables',
    title: 'what is mapped where',
    View: PageTables,
  },
  { name: 'Event channels', title: 'ports, and what they are bound to', View: Channels },
  { name: 'Domains', title: 'who is on this host', View: Domains },
] as const;

const shown = signal(0);

export function Details({ client }: { client: LabClient }) {
  const { title, View } = TABS[shown.value] ?? TABS[0];
  return (
    <section class="panel details">
      <div class="choice" role="tablist">
        {TABS.map(({ name }, n) => (
          <button
            key={name}
            role="tab"
            aria-selected={n === shown.value}
            onClick={() => {
              shown.value = n;
            }}
          >
            {name}
          </button>
        ))}
        <small>{title}</small>
      </div>
      <View client={client} />
    </section>
  );
}
