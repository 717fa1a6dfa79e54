import { render } from 'preact';
import '@xterm/xterm/css/xterm.css';
import './style.css';
import { App } from './app.tsx';
import { bootKept } from './boot-panel.tsx';
import { LabClient } from './lab-client.ts';
import { openAddress, watchAddress } from './links.ts';
import { keepPage } from './offline/register.ts';

const client = new LabClient();
if (!openAddress(client))
  // Whoever is quicker, and boots something else or begins the tour, gets that.
  bootKept(client, () => client.boots.value === 0 && !client.playing.value).catch((error: unknown) => {
    client.error.value = `There is no host: ${String(error)}.`;
  });
watchAddress(client);
keepPage(client);
render(<App client={client} />, document.getElementById('app')!);
