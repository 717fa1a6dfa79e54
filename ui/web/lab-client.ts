/** The page's side of the lab: sends commands to the worker, keeps what it tells as signals. */
import { signal } from '@preact/signals';
import type { PageTablesView } from '../lab/page-tables.ts';
import type { BootRequest, Command, LabState, TraceLine, Update } from '../lab/protocol.ts';
import LabWorker from '../lab/worker.ts?worker';

/** Trace lines kept in the page. */
const KEPT_LINES = 3000;

const NOTHING: LabState = {
  booted: false,
  running: false,
  ns: 0,
  instructions: 0,
  vcpus: [],
  domains: [],
  channels: [],
  counts: {},
  breakpoints: [],
  ended: null,
};

export class LabClient {
  readonly state = signal<LabState>(NOTHING);
  /** The state before the last: what changed is highlighted. */
  readonly previous = signal<LabState>(NOTHING);
  readonly trace = signal<readonly TraceLine[]>([]);
  readonly dropped = signal(0);
  /** What was asked for with the command `pageTables`. */
  readonly pageTables = signal<PageTablesView | null>(null);
  readonly error = signal<string | null>(null);
  readonly hash = signal<string | null>(null);
  /** Million instructions per second of wall time, lately. */
  readonly rate = signal(0);
  /** Something was booted. */
  asked = false;
  private readonly worker = new LabWorker();
  private print: (bytes: Uint8Array) => void = () => undefined;
  private clear: () => void = () => undefined;
  private measured = { at: performance.now(), instructions: 0 };

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Update>) => {
      this.receive(data);
    };
  }

  send(command: Command): void {
    this.worker.postMessage(command);
  }

  /** Boots a domain and lets it run. */
  boot(request: BootRequest): void {
    this.asked = true;
    this.error.value = null;
    this.hash.value = null;
    this.trace.value = [];
    this.dropped.value = 0;
    this.pageTables.value = null;
    this.clear();
    this.send({ type: 'boot', ...request });
    this.send({ type: 'run' });
  }

  /** Where the console's bytes go, and how it is cleared for the next domain. */
  attachConsole(print: (bytes: Uint8Array) => void, clear: () => void): void {
    this.print = print;
    this.clear = clear;
  }

  private receive(update: Update): void {
    switch (update.type) {
      case 'console':
        this.print(update.bytes);
        break;
      case 'state':
        this.measure(update.state);
        this.previous.value = this.state.value;
        this.state.value = update.state;
        break;
      case 'trace':
        this.trace.value = [...this.trace.value, ...update.lines].slice(-KEPT_LINES);
        this.dropped.value += update.dropped;
        break;
      case 'pageTables':
        this.pageTables.value = update;
        break;
      case 'hash':
        this.hash.value = `${update.hash} at instruction ${update.instructions.toLocaleString('en')}`;
        break;
      case 'error':
        this.error.value = update.message;
    }
  }

  private measure({ instructions, running }: LabState): void {
    const now = performance.now();
    const elapsed = now - this.measured.at;
    if (elapsed < 100 && running) return;
    const done = instructions - this.measured.instructions;
    this.rate.value = running && done > 0 ? done / elapsed / 1000 : 0;
    this.measured = { at: now, instructions };
  }
}
