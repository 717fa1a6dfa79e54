import { render } from 'preact';
import '@xterm/xterm/css/xterm.css';
import './style.css';
import { App } from './app.tsx';
import { LabClient } from './lab-client.ts';
import { moteFiles } from './mote.ts';

const client = new LabClient();
render(<App client={client} />, document.getElementById('app')!);
void moteFiles().then((files) => {
  // Whoever was quicker has chosen something else.
  if (!client.asked) client.boot({ ...files, commandLine: '', memoryMb: 64, vcpus: 1 });
});
