import { render } from 'preact';
import '@xterm/xterm/css/xterm.css';
import './style.css';
import { App } from './app.tsx';
import { bootKept } from './boot-panel.tsx';
import { LabClient } from './lab-client.ts';
import { openUrl } from './saved-worlds.tsx';

const client = new LabClient();
const wanted = new URLSearchParams(location.search).get('open');
if (wanted !== null) void openUrl(client, wanted);
else
  // Whoever is quicker, and boots something else or begins the tour, gets that.
  bootKept(client, () => client.boots.value === 0 && !client.playing.value).catch((error: unknown) => {
    client.error.value = `There is no host: ${String(error)}.`;
  });
render(<App client={client} />, document.getElementById('app')!);
