/** The consoles of the host's domains, each an xterm.js: the first takes keys, the others can be looked at. */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef } from 'preact/hooks';
import type { ConsoleTab } from './consoles.ts';
import type { LabClient } from './lab-client.ts';

/** What the bytes come by. */
const LINE = 'the machine’s serial line, which is domain 0’s; click and type';
const RING = 'the ring that the domain shares with its backend; click and type';

export function Consoles({ client }: { client: LabClient }) {
  const { consoles } = client;
  const tabs = consoles.tabs.value;
  const own = tabs[0];
  const shown = tabs.find(({ id }) => id === consoles.shown.value) ?? own;
  return (
    <section class="panel console">
      <div class="choice" role="tablist" aria-label="Consoles">
        {tabs.map((tab) => (
          <Tab key={tab.id} tab={tab} isShown={tab === shown} client={client} />
        ))}
        <small>{shown === undefined ? '' : hintOf(shown, shown === own)}</small>
      </div>
      {tabs.map(({ id }) => (
        <Screen
          key={`${String(consoles.hosts.value)} ${String(id)}`}
          client={client}
          id={id}
          isOwn={id === own?.id}
          isShown={id === shown?.id}
        />
      ))}
    </section>
  );
}

function hintOf({ id, name, ended }: ConsoleTab, isOwn: boolean): string {
  if (isOwn) return id === 0 ? LINE : RING;
  return ended ? 'this domain has ended' : `to type here: xm console ${name} in domain 0`;
}

function Tab({ tab, isShown, client }: { tab: ConsoleTab; isShown: boolean; client: LabClient }) {
  const { id, name, ended, news } = tab;
  return (
    <span class={ended ? 'ended' : ''}>
      <button
        role="tab"
        aria-selected={isShown}
        title={`Console of domain ${String(id)}${ended ? ', which has ended' : ''}`}
        onClick={() => {
          client.consoles.show(id);
        }}
      >
        {name}
        {news && <i title="It has printed something"> ●</i>}
      </button>
      {ended && id !== client.consoles.tabs.value[0]?.id && (
        <button
          aria-label={`Close the console of ${name}`}
          onClick={() => {
            client.consoles.close(id);
          }}
        >
          ×
        </button>
      )}
    </span>
  );
}

function Screen(props: { client: LabClient; id: number; isOwn: boolean; isShown: boolean }) {
  const { client, id, isOwn, isShown } = props;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current!;
    const terminal = makeTerminal(isOwn);
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(element);
    if (isOwn) {
      const encoder = new TextEncoder();
      terminal.onData((text) => {
        // While a step of the tour goes on, the tour types.
        if (!client.playing.value) client.send({ type: 'keys', bytes: encoder.encode(text) });
      });
      terminal.focus();
    }
    client.consoles.attach(id, (bytes) => {
      terminal.write(bytes);
    });
    // What is not shown has no size.
    const resized = new ResizeObserver(() => {
      if (element.clientHeight > 0) fit.fit();
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      terminal.dispose();
    };
  }, []);
  return (
    <div
      class="terminal"
      ref={place}
      hidden={!isShown}
      data-testid={isOwn ? 'console' : `console-${String(id)}`}
    />
  );
}

function makeTerminal(takesKeys: boolean): Terminal {
  const terminal = new Terminal({
    fontSize: 13,
    scrollback: 10_000,
    convertEol: true,
    disableStdin: !takesKeys,
    cursorInactiveStyle: takesKeys ? 'outline' : 'none',
    theme: { background: '#10151c', foreground: '#d7dde5' },
  });
  // A terminal that answers a guest's questions (where is the cursor, what are you) would be input that nobody typed.
  for (const id of [{ final: 'n' }, { final: 'c' }, { prefix: '?', final: 'n' }, { prefix: '>', final: 'c' }])
    terminal.parser.registerCsiHandler(id, () => true);
  return terminal;
}
