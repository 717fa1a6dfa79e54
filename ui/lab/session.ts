/**
 * A lab behind messages: takes `Command`s, drives a lab in slices, posts `Update`s. It knows nothing of how they travel:
 * a Web Worker in the page, a plain call in a test.
 */
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import { traceWords } from '../../hypervisor/trace/text.ts';
import { hypercallOf, NR_HYPERCALLS } from '../../hypervisor/hypercalls/table.ts';
import type { Line } from './code.ts';
import { DomainConsoles } from './domain-consoles.ts';
import { DomainNames } from './domain-names.ts';
import { describeEnd } from './ending.ts';
import { Lab, type Stop, type Until } from './lab.ts';
import { drive } from './pacing.ts';
import { pageTablesView } from './page-tables.ts';
import type { TablePath } from './page-tables.ts';
import type { BootRequest, Command, LabState, StepKind, TraceLine, Update } from './protocol.ts';
import { stateHash } from './state-hash.ts';
import { begin, TOUR } from './tour.ts';
import { channelViews, domainViews, vcpuView } from './views.ts';

/** Lines posted at once; more are dropped, oldest first, and counted. */
const BATCH_LINES = 400;
/** Between two states, and two batches of trace lines, while it runs, in ms. */
const STATE_MS = 200;
/** How far a step to a hypercall or event goes before it gives up, in ticks (10 s of guest time). */
const STEP_TICKS = 10_000_000_000;
const SECOND_NS = 1e9;

export class Session {
  private readonly core: WebAssembly.Module;
  private readonly post: (update: Update) => void;
  private lab: Lab | null = null;
  private names: ReadonlyMap<number, string> = new Map();
  /** Breakpoints stay when another domain is booted. */
  private wanted: readonly Line[] = [];
  /** Tables that the face looks at; null: it does not. */
  private openTables: readonly TablePath[] | null = null;
  private run: AbortController | null = null;
  /** The step of the tour that has begun and not ended. */
  private begun: { readonly step: number; readonly until: Until } | null = null;
  /** Guest time never runs ahead of the wall clock; a busy guest is slower anyway. */
  private realTime = true;
  private tracing = true;
  private batch: TraceEvent[] = [];
  private dropped = 0;
  private sequence = 0;
  private lastState = 0;
  /** Ends when the domain that was asked for last is there: what comes behind it waits. */
  private ready: Promise<void> = Promise.resolve();

  constructor(core: WebAssembly.Module, post: (update: Update) => void) {
    this.core = core;
    this.post = post;
  }

  /** Does what a face asks for. What goes wrong is posted as an error, never thrown. */
  async command(command: Command): Promise<void> {
    try {
      await this.obey(command);
    } catch (error) {
      this.post({ type: 'error', message: error instanceof Error ? error.message : String(error) });
      this.postState();
    }
  }

  private async obey(command: Command): Promise<void> {
    if (command.type !== 'boot') await this.ready.catch(() => undefined);
    switch (command.type) {
      case 'boot':
        this.ready = this.ready.catch(() => undefined).then(() => this.boot(command));
        return this.ready;
      case 'run':
        await this.go({});
        return;
      case 'pause':
        this.run?.abort();
        return;
      case 'step':
        this.step(command.kind);
        return;
      case 'breakpoints':
        this.wanted = command.lines;
        this.lab?.setBreakpoints(command.lines);
        this.postState();
        return;
      case 'runUntil':
        await this.go(this.untilOf(command));
        return;
      case 'pace':
        this.realTime = command.realTime;
        return;
      case 'play':
        return this.play(command.step);
      case 'keys':
        this.lab?.type(command.bytes);
        return;
      case 'trace':
        this.tracing = command.on;
        return;
      case 'pageTables':
        this.openTables = command.open;
        this.postPageTables();
        return;
      case 'hash':
        return this.hash();
    }
  }

  private async boot(request: BootRequest): Promise<void> {
    this.run?.abort();
    this.lab = null;
    const lab = await Lab.boot(this.core, request);
    this.lab = lab;
    lab.setBreakpoints(this.wanted);
    this.batch = [];
    this.dropped = 0;
    this.begun = null;
    this.post({ type: 'booted' });
    lab.onConsole((bytes) => {
      this.post({ type: 'console', domain: lab.domain.id, bytes });
    });
    this.observe(lab);
    lab.hypervisor.trace.add({
      event: (event) => {
        this.trace(event);
      },
      end: () => undefined,
    });
    this.postState();
  }

  /** Looks at the other domains of a host. */
  private observe({ hypervisor, domain }: Lab): void {
    const names = new DomainNames(hypervisor);
    const consoles = new DomainConsoles(hypervisor, domain, (id, bytes) => {
      this.post({ type: 'console', domain: id, bytes });
    });
    this.names = names.names;
    hypervisor.trace.add(names);
    hypervisor.trace.add(consoles);
  }

  private untilOf(command: { text?: string; instructions?: number; seconds?: number }): Until {
    return {
      ...(command.text === undefined ? {} : { text: new RegExp(command.text) }),
      ...(command.instructions === undefined ? {} : { instructions: command.instructions }),
      ...(command.seconds === undefined ? {} : { ns: command.seconds * SECOND_NS }),
    };
  }

  /** A step that was stopped half-way goes on where it was. */
  private async play(step: number): Promise<void> {
    const { lab } = this;
    const wanted = TOUR[step];
    if (lab === null || wanted === undefined) return;
    if (this.begun?.step !== step) this.begun = { step, until: begin(lab, wanted) };
    const stop = await this.go(this.begun.until);
    if (this.lab !== lab) return;
    if (stop?.kind === 'text' || stop?.kind === 'time') this.begun = null;
    this.post({ type: 'played', step, done: stop?.kind === 'text' });
  }

  /** Runs until something stops it, which is returned; undefined: a pause, or another run that takes its place. */
  private async go(until: Until): Promise<Stop | undefined> {
    const { lab } = this;
    if (lab === null) return undefined;
    this.run?.abort();
    const run = new AbortController();
    this.run = run;
    this.postState();
    const isRealTime = (): boolean => this.realTime;
    const stop = await drive(lab, until, {
      get realTime() {
        return isRealTime();
      },
      signal: run.signal,
      onSlice: () => {
        this.afterSlice();
      },
    });
    if (this.run !== run) return undefined;
    this.run = null;
    this.postTrace();
    this.postState();
    return stop;
  }

  private step(kind: StepKind): void {
    const { lab } = this;
    if (lab === null) return;
    this.run?.abort();
    this.run = null;
    if (lab.step(kind, STEP_TICKS)?.kind === 'waiting') {
      void lab.fetch().then(() => {
        this.step(kind);
      });
      return;
    }
    this.postTrace();
    this.postState();
  }

  private async hash(): Promise<void> {
    if (this.lab === null) return;
    const instructions = this.lab.instructions;
    this.post({ type: 'hash', hash: await stateHash(this.lab.hypervisor), instructions });
  }

  private afterSlice(): void {
    if (performance.now() - this.lastState < STATE_MS) return;
    this.postTrace();
    this.postState();
  }

  private trace(event: TraceEvent): void {
    if (!this.tracing) return;
    this.batch.push(event);
    if (this.batch.length < 2 * BATCH_LINES) return;
    this.dropped += this.batch.length - BATCH_LINES;
    this.sequence += this.batch.length - BATCH_LINES;
    this.batch = this.batch.slice(-BATCH_LINES);
  }

  private postTrace(): void {
    if (this.batch.length === 0 || this.lab === null) return;
    const { periodNs } = this.lab;
    const lines = this.batch.slice(-BATCH_LINES);
    const dropped = this.dropped + this.batch.length - lines.length;
    this.sequence += this.batch.length - lines.length;
    this.batch = [];
    this.dropped = 0;
    this.post({ type: 'trace', lines: lines.map((event) => this.line(event, periodNs)), dropped });
  }

  private line(event: TraceEvent, periodNs: number): TraceLine {
    const { ticks, domain, vcpu, depth, detail } = event;
    return {
      sequence: this.sequence++,
      ns: ticks * periodNs,
      domain,
      vcpu,
      depth,
      kind: detail.kind,
      ...traceWords(detail),
    };
  }

  private postState(): void {
    this.lastState = performance.now();
    this.post({ type: 'state', state: this.state() });
    this.postPageTables();
  }

  private postPageTables(): void {
    const { lab, openTables } = this;
    if (lab === null || openTables === null) return;
    this.post({
      type: 'pageTables',
      ...pageTablesView(lab.hypervisor, lab.domain, lab.code, openTables),
    });
  }

  private state(): LabState {
    const { lab } = this;
    if (lab === null)
      return {
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
    const { hypervisor, domain } = lab;
    const counts: Record<string, number> = {};
    for (let number = 0; number < NR_HYPERCALLS; number++) {
      const count = hypervisor.counts.hypercalls[number]!;
      if (count > 0) counts[hypercallOf(number)?.name ?? 'unknown'] = count;
    }
    return {
      booted: true,
      running: this.run !== null,
      ns: lab.ns,
      instructions: lab.instructions,
      vcpus: domain.vcpus.map((vcpu) =>
        vcpuView(hypervisor, vcpu, lab.code.symbolsAt(hypervisor.machine, hypervisor.processor.rip)),
      ),
      domains: domainViews(hypervisor, this.names),
      channels: channelViews(hypervisor, domain),
      counts,
      breakpoints: lab.breakpoints,
      ended: domain.shutdown === null ? null : describeEnd(domain, lab.code.kernel),
    };
  }
}
