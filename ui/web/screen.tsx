/** One console: a terminal that takes keys, or one that is only looked at. */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { refused } from './console.tsx';
import type { Consoles, ConsoleTab } from './consoles.ts';
import { isPaneKey } from './keys.ts';
import type { LabClient } from './lab-client.ts';
import { linkWords } from './word-links.ts';

export interface ScreenProps {
  readonly client: LabClient;
  /** Those of its host, and which of the world's that is. */
  readonly consoles: Consoles;
  readonly host: number;
  readonly tab: ConsoleTab;
  readonly isOwn: boolean;
  readonly isShown: boolean;
}

export function Screen({ client, consoles, host, tab, isOwn, isShown }: ScreenProps) {
  const { id, name, printed } = tab;
  const place = useRef<HTMLDivElement>(null);
  const shownTerminal = useRef<Terminal>(null);
  useEffect(() => {
    const element = place.current!;
    const terminal = makeTerminal(isOwn);
    shownTerminal.current = terminal;
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(element);
    linkWords(terminal, host, id);
    terminal.attachCustomKeyEventHandler((event) => takesKey(terminal, event, isOwn));
    if (isOwn) {
      terminal.onData((text) => {
        // While a step of the tour goes on, the tour types.
        if (!client.playing.value) client.type(text);
      });
    }
    consoles.attach(id, (bytes) => {
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
  // Before anything is painted: keys that are typed at once are this console's.
  useLayoutEffect(() => {
    // What had the focus may be gone: the button that led here.
    if (isOwn && isShown && document.activeElement === document.body) shownTerminal.current?.focus();
  }, [isShown]);
  useEffect(() => {
    const input = place.current?.querySelector('textarea');
    input?.setAttribute('aria-label', `Console of ${name}${isOwn ? '. F6 leaves it' : ', read-only'}`);
  }, [name]);
  return (
    <div
      class="screen"
      hidden={!isShown}
      id={panelOf(host, id)}
      role="tabpanel"
      aria-label={`Console of ${name}`}
    >
      <div
        class={isOwn ? 'terminal' : 'terminal looked-at'}
        ref={place}
        data-testid={testIdOf(host, isOwn ? null : id)}
      />
      {!printed && client.state.value.booted && <Silence client={client} name={name} />}
    </div>
  );
}

export function panelOf(host: number, domain: number): string {
  return `console-of-${String(host)}-${String(domain)}`;
}

/** `console`, `console-1` of the first host, `host-1-console` of the next; `domain` is null for the one that takes keys. */
function testIdOf(host: number, domain: number | null): string {
  const own = domain === null ? 'console' : `console-${String(domain)}`;
  return host === 0 ? own : `host-${String(host)}-${own}`;
}

/** Kernels have much to do before they say the first word. */
function Silence({ client, name }: { client: LabClient; name: string }) {
  const { running, instructions } = client.state.value;
  return (
    <p class="silence">
      {running
        ? `${name} is booting and has printed nothing yet: ${(instructions / 1e6).toFixed(0)} million instructions so far. A kernel that unpacks itself takes some hundred million.`
        : `${name} has printed nothing yet: Run lets it go on.`}
    </p>
  );
}

/** Whether the terminal deals with a key; the browser and the page have it otherwise. */
function takesKey(terminal: Terminal, event: KeyboardEvent, isOwn: boolean): boolean {
  const { type, key, ctrlKey, shiftKey, altKey, metaKey } = event;
  if (isPaneKey(event)) return false;
  const letter = ctrlKey && !altKey && !metaKey ? key.toLowerCase() : '';
  const copies = letter === 'c' && (shiftKey || terminal.hasSelection());
  if (copies && shiftKey) {
    // The browser has another use for it.
    event.preventDefault();
    if (type === 'keydown' && terminal.hasSelection())
      void navigator.clipboard.writeText(terminal.getSelection());
  }
  if (copies || letter === 'v') return false;
  if (isOwn) return true;
  // Nobody reads keys here: Tab and the like are the page's, a letter gets a word.
  if (type === 'keydown' && (key.length === 1 || key === 'Enter')) refused.value = true;
  return false;
}

function makeTerminal(takesKeys: boolean): Terminal {
  const terminal = new Terminal({
    fontSize: 13,
    scrollback: 10_000,
    convertEol: true,
    screenReaderMode: true,
    disableStdin: !takesKeys,
    cursorInactiveStyle: takesKeys ? 'outline' : 'none',
    theme: {
      background: '#10151c',
      foreground: '#d7dde5',
      ...(takesKeys ? {} : { cursor: '#00000000', cursorAccent: '#d7dde5' }),
    },
  });
  // A terminal that answers a guest's questions (where is the cursor, what are you) would be input that nobody typed.
  for (const id of [{ final: 'n' }, { final: 'c' }, { prefix: '?', final: 'n' }, { prefix: '>', final: 'c' }])
    terminal.parser.registerCsiHandler(id, () => true);
  return terminal;
}
