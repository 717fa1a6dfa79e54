import { effect } from '@preact/signals';
import { render } from 'preact';
import '@xterm/xterm/css/xterm.css';
import './style.css';
import { App } from './app.tsx';
import { bootKept } from './boot-panel.tsx';
import { LabClient } from './lab-client.ts';
import { openAddress, watchAddress } from './links.ts';
import { keepPage } from './offline/register.ts';

const client = new LabClient();

/** Whoever is quicker, and boots something else or begins the tour, gets that. */
function isFree(): boolean {
  const { state, booting, opening, playing } = client;
  return !state.value.booted && booting.value === null && opening.value === null && !playing.value;
}

async function bootUsual(): Promise<void> {
  try {
    await bootKept(client, isFree);
  } catch (error) {
    client.error.value = `There is no host: ${String(error)}.`;
  }
}

/** Where the address has nothing that opens, the usual host is there all the same, below what went wrong. */
function bootUsualWhereThatFails(): void {
  let isOver = false;
  effect(() => {
    const wrong = client.error.value;
    isOver ||= client.state.value.booted;
    if (isOver || wrong === null || !isFree()) return;
    isOver = true;
    void bootUsual().then(() => (client.error.value ??= wrong));
  });
}

if (openAddress(client)) bootUsualWhereThatFails();
else void bootUsual();
watchAddress(client);
keepPage(client);
render(<App client={client} />, document.getElementById('app')!);
