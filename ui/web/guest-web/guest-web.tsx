/**
 * What web servers of hosts and domains serve, in a frame: such a page has no rights here (it is of another origin than any), and reaches
 * the world alone.
 */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { LabClient } from '../lab-client.ts';
import { fetchFromWorld } from './bridge.ts';
import { SignIn } from './sign-in.tsx';
import { withShim } from './shim.ts';
import type { FrameAnswer, FrameMessage } from './shim.ts';
import './guest-web.css';

/** Domain 0's own page, where xensv has been started. */
const FIRST = 'http://10.0.0.100:8080/';

const address = signal(FIRST);
/** The page that is shown, and where it is from; null: none. */
const shown = signal<{ readonly url: URL; readonly html: string } | null>(null);
/** A server that wants to know who asks; null: none. */
const asks = signal<{ readonly url: URL; readonly realm: string } | null>(null);
const trouble = signal('');
const isOnItsWay = signal(false);

async function go(client: LabClient, to: string): Promise<void> {
  trouble.value = '';
  isOnItsWay.value = true;
  try {
    const url = new URL(to.includes('://') ? to : `http://${to}`);
    if (url.protocol !== 'http:') throw new Error(`${url.protocol} is not spoken here: http: is`);
    address.value = url.href;
    const { type, body, status, realm } = await fetchFromWorld(client, url);
    if (realm !== null) {
      if (asks.value?.url.host === url.host) trouble.value = 'It does not let in whoever this is.';
      asks.value = { url, realm };
      return;
    }
    asks.value = null;
    const text = new TextDecoder().decode(body);
    shown.value = { url, html: type.startsWith('text/html') ? text : `<pre>${escaped(text)}</pre>` };
    if (status >= 400) trouble.value = `It answers ${String(status)}.`;
  } catch (error) {
    trouble.value = `${to}: ${(error as Error).message}.`;
  } finally {
    isOnItsWay.value = false;
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

export function GuestWeb({ client }: { client: LabClient }) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const hear = (event: MessageEvent<FrameMessage>): void => {
      const { contentWindow } = frame.current ?? {};
      const base = shown.value?.url;
      if (base === undefined || contentWindow === undefined || event.source !== contentWindow) return;
      const { data } = event;
      if (data.xenoscope === 'go') void go(client, new URL(data.url, base).href);
      else
        void answer(client, base, data).then((answered) => {
          contentWindow?.postMessage(answered, '*');
        });
    };
    addEventListener('message', hear);
    return () => {
      removeEventListener('message', hear);
    };
  }, [client]);
  return (
    <div class="guest-web" data-testid="guest-web">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void go(client, address.value);
        }}
      >
        <label>
          Address{' '}
          <input
            value={address.value}
            spellcheck={false}
            onInput={(event) => {
              address.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" class="small" disabled={isOnItsWay.value}>
          Go
        </button>
        <output aria-live="polite">{isOnItsWay.value ? 'on its way …' : trouble.value}</output>
      </form>
      {asks.value !== null ? (
        <SignIn
          {...asks.value}
          done={(url) => {
            void go(client, url.href);
          }}
        />
      ) : shown.value === null ? (
        <p class="hint">
          Pages of the world’s own web servers: type <code>xensv start</code> in domain 0 for one that manages
          its domains, or <code>httpd /etc &amp;</code> and go to <code>10.0.0.100</code>. Domains have
          addresses, too.
        </p>
      ) : (
        <iframe
          ref={frame}
          sandbox="allow-scripts allow-forms"
          title={`what ${shown.value.url.host} serves`}
          srcDoc={withShim(shown.value.html)}
        />
      )}
    </div>
  );
}

/** The frame may ask for what is on the server that it is from. */
async function answer(
  client: LabClient,
  base: URL,
  { id, url: wanted, method, body }: Extract<FrameMessage, { xenoscope: 'fetch' }>,
): Promise<FrameAnswer> {
  try {
    const url = new URL(wanted, base);
    const response = await fetchFromWorld(client, url, method, body);
    // It has another password than it had.
    if (response.realm !== null) asks.value = { url: base, realm: response.realm };
    return { id, response, problem: '' };
  } catch (error) {
    return { id, response: null, problem: (error as Error).message };
  }
}
