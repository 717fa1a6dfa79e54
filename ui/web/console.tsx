/** The domain's console: xterm.js on the other end of the ring. */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef } from 'preact/hooks';
import type { LabClient } from './lab-client.ts';

/** What the bytes come by. */
const RING = 'the ring that the domain shares with its backend';
const LINE = 'the machine’s serial line, which is domain 0’s';

export function Console({ client }: { client: LabClient }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const terminal = new Terminal({
      fontSize: 13,
      scrollback: 10_000,
      convertEol: true,
      theme: { background: '#10151c', foreground: '#d7dde5' },
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(place.current!);
    fit.fit();
    // A terminal that answers a guest's questions (where is the cursor, what are you) would be input that nobody typed.
    for (const id of [
      { final: 'n' },
      { final: 'c' },
      { prefix: '?', final: 'n' },
      { prefix: '>', final: 'c' },
    ])
      terminal.parser.registerCsiHandler(id, () => true);
    const encoder = new TextEncoder();
    terminal.onData((text) => {
      client.send({ type: 'keys', bytes: encoder.encode(text) });
    });
    client.attachConsole(
      (bytes) => {
        terminal.write(bytes);
      },
      () => {
        terminal.reset();
        terminal.focus();
      },
    );
    const resized = new ResizeObserver(() => {
      fit.fit();
    });
    resized.observe(place.current!);
    terminal.focus();
    return () => {
      resized.disconnect();
      terminal.dispose();
    };
  }, []);
  const isDom0 = client.state.value.domains[0]?.id === 0;
  return (
    <section class="panel console">
      <h2>
        Console <small>{isDom0 ? LINE : RING}; click and type</small>
      </h2>
      <div class="terminal" ref={place} data-testid="console" />
    </section>
  );
}
