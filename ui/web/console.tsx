/** The consoles of the host's domains, each an xterm.js: the first takes keys, the others can be looked at. */
import { Maximise } from './arrangement.tsx';
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ConsoleTab } from './consoles.ts';
import type { LabClient } from './lab-client.ts';
import { panelOf, Screen } from './screen.tsx';
import { moveAmongTabs, Tab } from './tabs.tsx';

/** Who pressed a key where none is taken: the word that says so stands out. */
export const refused = signal(false);

export function Consoles({ client }: { client: LabClient }) {
  const { consoles, hostConsoles } = client;
  const tabs = consoles.tabs.value;
  const own = tabs[0];
  const shown = tabs.find(({ id }) => id === consoles.shown.value) ?? own;
  useEffect(() => {
    refused.value = false;
  }, [shown?.id]);
  return (
    <section class="panel console" aria-label="Consoles" data-pane>
      <Hosts client={client} />
      <div class="choice">
        <div class="tablist" role="tablist" aria-label="Consoles" onKeyDown={moveAmongTabs}>
          {tabs.map((tab) => (
            <Tab
              key={tab.id}
              chosen={tab === shown}
              panel={panelOf(client.state.value.host, tab.id)}
              title={`Console of domain ${String(tab.id)}${tab.ended ? ', which has ended' : ''}`}
              choose={() => {
                consoles.show(tab.id);
              }}
            >
              <span class={tab.ended ? 'ended' : ''}>{tab.name}</span>
              {tab.ended && <small> ended</small>}
              {tab.news && <i title="It has printed something"> ●</i>}
            </Tab>
          ))}
        </div>
        {shown?.ended === true && shown !== own && (
          <button
            class="small"
            onClick={() => {
              consoles.close(shown.id);
            }}
          >
            Close {shown.name}
          </button>
        )}
        <Maximise pane="console" />
      </div>
      {hostConsoles.value.flatMap((each, host) =>
        each.tabs.value.map((tab) => (
          <Screen
            key={`${String(host)} ${String(each.hosts.value)} ${String(tab.id)}`}
            client={client}
            consoles={each}
            host={host}
            tab={tab}
            isOwn={tab.id === each.tabs.value[0]?.id}
            isShown={each === consoles && tab.id === shown?.id}
          />
        )),
      )}
      {shown !== undefined && <Hint client={client} tab={shown} isOwn={shown === own} />}
    </section>
  );
}

/** The hosts of a world: the one that is looked at is on the whole page. */
function Hosts({ client }: { client: LabClient }) {
  const { hosts, host } = client.state.value;
  if (hosts.length < 2) return null;
  return (
    <div class="hosts" role="group" aria-label="Hosts">
      {hosts.map(({ name, ns }, index) => {
        const news = client.hostConsoles.value[index]?.tabs.value.some((tab) => tab.news) === true;
        return (
          <button
            key={name}
            aria-pressed={index === host}
            title={`Host ${name}, at ${(ns / 1e9).toFixed(6)} s: its consoles, processors and trace`}
            onClick={() => {
              client.send({ type: 'lookAtHost', host: index });
            }}
          >
            Host {name}
            {news && index !== host && <i title="It has printed something"> ●</i>}
          </button>
        );
      })}
    </div>
  );
}

/** Who reads what is typed here, what waits to be read, and how the keyboard gets out. */
function Hint({ client, tab, isOwn }: { client: LabClient; tab: ConsoleTab; isOwn: boolean }) {
  if (!isOwn) return <ReadOnly client={client} tab={tab} />;
  const { running } = client.state.value;
  const unread = client.unread.value;
  const line = tab.id === 0 ? 'The machine’s serial line: domain 0 reads it.' : 'The domain’s console.';
  return (
    <p class="console-hint">
      {!running && unread !== '' ? (
        <strong role="status" data-testid="unread">
          Paused: read when it runs: <kbd>{shown(unread)}</kbd>
        </strong>
      ) : (
        <span>{line}</span>
      )}{' '}
      <span>
        <kbd>F6</kbd> leaves it for the next pane.
      </span>
    </p>
  );
}

function ReadOnly({ client, tab: { name, ended } }: { client: LabClient; tab: ConsoleTab }) {
  const command = `xm console ${name}`;
  const own = client.consoles.tabs.value[0];
  const hasDom0 = own?.id === 0;
  return (
    <p class={refused.value ? 'console-hint refused' : 'console-hint'} role="status" data-testid="read-only">
      {ended ? 'This domain has ended.' : `You only look here: keys go to ${own?.name ?? 'nobody'}.`}{' '}
      {!ended && hasDom0 && (
        <button
          class="small"
          title="Types it at domain 0’s prompt; Ctrl-] leads back there"
          onClick={() => {
            client.consoles.show(0);
            client.type(`${command}\r`);
          }}
        >
          <code>{command}</code> in {own.name}
        </button>
      )}
    </p>
  );
}

/** Keys as one reads them. */
function shown(keys: string): string {
  return [...keys]
    .map((key) => (key === '\r' ? '⏎' : key < ' ' ? `^${String.fromCharCode(key.charCodeAt(0) + 64)}` : key))
    .join('');
}
