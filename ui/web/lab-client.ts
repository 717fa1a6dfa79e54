/** The page's side of the lab: sends commands to the worker, keeps what it tells as signals. */
import { signal } from '@preact/signals';
import type { PageTablesView } from '../lab/page-tables.ts';
import type { BootRequest, Command, LabState, TraceLine, Update } from '../lab/protocol.ts';
import { Consoles } from './consoles.ts';
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
  readonly consoles = new Consoles();
  readonly trace = signal<readonly TraceLine[]>([]);
  readonly dropped = signal(0);
  /** What was asked for with the command `pageTables`. */
  readonly pageTables = signal<PageTablesView | null>(null);
  readonly error = signal<string | null>(null);
  readonly hash = signal<string | null>(null);
  /** Million instructions per second of wall time, lately. */
  readonly rate = signal(0);
  /** How often something was booted. */
  readonly boots = signal(0);
  /** A step of the tour is under way. */
  readonly playing = signal(false);
  /** Nobody waits for the wall clock while the guest is idle. */
  readonly skipsIdle = signal(false);
  /** What the last command `play` has come to; null: it has not ended. */
  readonly played = signal<{ readonly step: number; readonly done: boolean } | null>(null);
  private readonly worker = new LabWorker();
  private measured = { at: performance.now(), instructions: 0 };

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Update>) => {
      this.receive(data);
    };
  }

  send(command: Command): void {
    this.worker.postMessage(command);
  }

  /** Boots a domain, and lets it run unless it is to stand at its first instruction. */
  boot(request: BootRequest, runs = true): void {
    this.boots.value++;
    this.error.value = null;
    this.hash.value = null;
    this.trace.value = [];
    this.dropped.value = 0;
    this.pageTables.value = null;
    this.played.value = null;
    this.playing.value = false;
    this.send({ type: 'boot', ...request });
    if (runs) this.send({ type: 'run' });
  }

  /** Does a step of the tour: `played` says when it has ended. */
  play(step: number): void {
    this.played.value = null;
    this.playing.value = true;
    this.send({ type: 'play', step });
  }

  private receive(update: Update): void {
    switch (update.type) {
      case 'booted':
        this.consoles.clear();
        break;
      case 'console':
        this.consoles.print(update.domain, update.bytes);
        break;
      case 'played':
        this.playing.value = false;
        this.played.value = { step: update.step, done: update.done };
        break;
      case 'state':
        this.measure(update.state);
        this.previous.value = this.state.value;
        this.state.value = update.state;
        this.consoles.look(update.state.domains);
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
