import { render } from 'preact';
import '@xterm/xterm/css/xterm.css';
import './style.css';
import { App } from './app.tsx';
import { LabClient } from './lab-client.ts';

const client = new LabClient();
render(<App client={client} />, document.getElementById('app')!);
client.boot({ commandLine: '', memoryMb: 32, vcpus: 1 });
