import { render } from 'preact';
import '@xterm/xterm/css/xterm.css';
import './style.css';
import { App } from './app.tsx';
import { bootChosen } from './boot-panel.tsx';
import { LabClient } from './lab-client.ts';
import { dom0Files } from './mote.ts';

const client = new LabClient();
render(<App client={client} />, document.getElementById('app')!);
void dom0Files().then(() => {
  // Whoever was quicker has chosen something else.
  if (client.boots.value === 0) return bootChosen(client);
});
