/** The panel of what one looks at in turn: what is selected, the processor, the source, page tables, event channels, domains, the world's web servers. */
import { signal } from '@preact/signals';
import { Maximise } from './arrangement.tsx';
import { Channels } from './channels.tsx';
import { Domains } from './domains.tsx';
import { GuestWeb } from './guest-web/guest-web.tsx';
import { Inspector } from './inspector/inspector.tsx';
import type { LabClient } from './lab-client.ts';
import { PageTables } from './page-tables.tsx';
import { selected } from './stage/selected.ts';
import { shownDomain } from './shown-domain.ts';
import { Source } from './source.tsx';
import { TranslatedCode } from './translation.tsx';
import { moveAmongTabs, Tab } from './tabs.tsx';
import { Vcpus } from './vcpus.tsx';

const TABS = [
  { name: 'Selected', title: 'what it is that was clicked', View: Inspector },
  { name: 'Processor', title: 'registers, and the code that comes next', View: Vcpus },
  { name: 'Source', title: 'what the guest is doing, in its own words', View: Source },
  { name: 'Wasm', title: 'what the translator makes of the code', View: TranslatedCode },
  { name: 'Page tables', title: 'what is mapped where', View: PageTables },
  { name: 'Ports', title: 'event channels, and what they are bound to', View: Channels },
  { name: 'Domains', title: 'who is on this host', View: Domains },
  { name: 'Web', title: 'what web servers in the world serve', View: GuestWeb },
] as const;

/** Of no one domain. */
const ALL_OF_IT: ReadonlySet<string> = new Set(['Domains', 'Selected', 'Web']);

const shown = signal(0);
const SELECTED = 0;

// Who selects a thing wants to know what it is.
selected.subscribe((thing) => {
  if (thing !== null) shown.value = SELECTED;
});

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
        <small>{ALL_OF_IT.has(chosen) ? title : `of ${shownDomain(client)}: ${title}`}</small>
        <Maximise pane="details" />
      </div>
      <div class="tabpanel" role="tabpanel" id="details" aria-label={chosen}>
        <View client={client} />
      </div>
    </section>
  );
}
