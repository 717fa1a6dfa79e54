/** The panel of what one looks at in turn: the source, the page tables, the event channels, the domains, their migrations. */
import { signal } from '@preact/signals';
import { Channels } from './channels.tsx';
import { Domains } from './domains.tsx';
import type { LabClient } from './lab-client.ts';
import { Migrations } from './migrations.tsx';
import { PageTables } from './page-tables.tsx';
import { Source } from './source.tsx';
import { moveAmongTabs, Tab } from './tabs.tsx';

const TABS = [
  { name: 'Source', title: 'what the guest is doing, in its own words', View: Source },
  { name: 'Page tables', title: 'what is mapped where', View: PageTables },
  { name: 'Event channels', title: 'ports, and what they are bound to', View: Channels },
  { name: 'Domains', title: 'who is on this host', View: Domains },
  { name: 'Migrations', title: 'how domains go from host to host', View: Migrations },
] as const;

const shown = signal(0);

/** Whose it is that a pane shows. */
export function shownDomain(client: LabClient): string {
  const { domains, shown: id } = client.state.value;
  const name = domains.find((domain) => domain.id === id)?.name ?? '';
  return `d${String(id)}${name === '' ? '' : ` ${name}`}`;
}

export function Details({ client }: { client: LabClient }) {
  const { name: chosen, title, View } = TABS[shown.value] ?? TABS[0];
  return (
    <section class="panel details" aria-label="Details" data-pane>
      <div class="choice">
        <div class="tablist" role="tablist" aria-label="Details" onKeyDown={moveAmongTabs}>
          {TABS.map(({ name }, n) => (
            <Tab
              key={name}
              chosen={name === chosen}
              panel="details"
              choose={() => {
                shown.value = n;
              }}
            >
              {name}
            </Tab>
          ))}
        </div>
        <small>
          {chosen === 'Domains' || chosen === 'Migrations' ? title : `of ${shownDomain(client)}: ${title}`}
        </small>
      </div>
      <div class="tabpanel" role="tabpanel" id="details" aria-label={chosen}>
        <View client={client} />
      </div>
    </section>
  );
}
