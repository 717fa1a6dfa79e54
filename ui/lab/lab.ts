/**
 * A lab: one host with its domain, and the one way to drive it. Faces (command line, page) go through here.
 */
import { fromHalves } from '../../core/machine.ts';
import type { FileTree } from '../../devices/fs/tree.ts';
import { HypervisorBug } from '../../hypervisor/bug.ts';
import { buildDomain } from '../../hypervisor/domain/build-domain.ts';
import { loadKernel } from '../../hypervisor/domain/builder/kernel.ts';
import { loadRamdisk } from '../../hypervisor/domain/builder/ramdisk.ts';
import { typeOnConsole } from '../../hypervisor/domain/console-ring.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Xen } from '../../hypervisor/xen.ts';
import { WAITING } from '../../hypervisor/state/hypervisor.ts';
import type { Stop as HypervisorStop } from '../../hypervisor/state/hypervisor.ts';
import { Breaks } from './breaks.ts';
import { Code } from './code.ts';
import { ConsoleText } from './console-text.ts';
import { suffer } from './faults.ts';
import type { Fault } from './faults.ts';
import { firstDomid, makeHost, planOf } from './host.ts';
import type { DomainRequest, Host, WorldRequest } from './host.ts';
import { fetchDisks } from './host-devices.ts';
import type { FetchedDisk } from './host-devices.ts';
import type { StepKind } from './protocol.ts';
import { describeHostCrash } from './ending.ts';
import { HostCrash } from './host-crash.ts';
import { loadImages, restart, startsAnew } from './restart.ts';
import type { BootImages } from './restart.ts';
import { SnapshotError } from './snapshot/errors.ts';
import type { SavedWorld } from './snapshot/format.ts';
import { HostSaver } from './snapshot/host-saver.ts';
import { Runner } from './runner.ts';
import { beginStep } from './stepping.ts';
import type { Stop, Until } from './stop.ts';
import type { SourcePlace } from './symbols.ts';
import { LoneCourse } from './time/course.ts';
import type { Course } from './time/course.ts';
import type { Moment, Past, Place } from './time/past.ts';
import { Witness } from './witness.ts';
import { RingObserver } from './ring-observer.ts';
import { StoreObserver } from './xenstore/store-observer.ts';
import type { Come } from './world/inputs.ts';

const STARTS_ANEW: HypervisorStop = { kind: 'request', reason: 'it starts anew' };

export class Lab {
  readonly hypervisor: Xen;
  /** What this was made from. */
  readonly request: WorldRequest;
  domain!: Domain;
  /** What the domain runs: nothing is known of it before its images are here (`bringCode`). */
  code: Code;
  /** What domain 0 has at /lab. */
  readonly share: FileTree;
  private readonly fetched: readonly FetchedDisk[];
  private readonly text = new ConsoleText();
  /** What is known of the host from watching it. */
  readonly witness: Witness;
  private readonly storeObserver: StoreObserver;
  private readonly ringObserver: RingObserver;
  /** Saves it: a world of several saves each by this. */
  readonly saver: HostSaver;
  /** What takes it through time; and whether it goes again where it has been. */
  course: Course;
  private isAgain = false;
  /** What it starts anew from; null: that is elsewhere. */
  private images: BootImages | null = null;
  /** What comes from outside before it has started anew, or while a disk waits for its bytes, comes behind that. */
  private readonly held: Come[] = [];
  private readonly listeners: ((bytes: Uint8Array) => void)[] = [];
  /** Xen itself has failed: nothing goes on. */
  crash: HostCrash | null = null;
  /** What stops a run, besides what it is asked to stop at. */
  readonly breaks: Breaks;
  private readonly runner: Runner;

  private constructor({ hypervisor, share, fetched }: Host, request: WorldRequest) {
    this.hypervisor = hypervisor;
    this.request = request;
    this.storeObserver = new StoreObserver(hypervisor);
    this.code = Code.ofImages(request) ?? Code.UNKNOWN;
    this.share = share;
    this.fetched = fetched;
    this.witness = new Witness(hypervisor, firstDomid(request));
    this.ringObserver = new RingObserver(hypervisor, this.witness.rings);
    this.saver = new HostSaver(hypervisor, this.text, this.witness, this.held);
    this.breaks = new Breaks(this);
    this.runner = new Runner(this, this.text);
    this.course = new LoneCourse(this);
    hypervisor.trace.observe(this.storeObserver);
    hypervisor.trace.observe(this.ringObserver);
    hypervisor.console.onOutput = (bytes) => {
      if (this.domain.isPrivileged) this.printed(bytes);
    };
    hypervisor.onConsole = (from, bytes) => {
      if (from === this.domain) this.printed(bytes);
    };
  }

  /**
   * Makes a host just large enough and boots a domain on it, stopped at its first instruction. Throws ImageError for what
   * is not a kernel or does not fit, RangeError for a host that cannot be.
   */
  static async boot(core: WebAssembly.Module, request: DomainRequest): Promise<Lab> {
    const kernel = await loadKernel(request.kernel);
    const ramdisk = request.ramdisk === undefined ? undefined : await loadRamdisk(request.ramdisk);
    const lab = new Lab(makeHost(core, request), request);
    lab.domain = buildDomain(lab.hypervisor, {
      ...planOf(request, lab.hypervisor.frames.freeFrames),
      kernel,
      ramdisk,
    });
    // Ways back go over a start without waiting for anything.
    if (lab.domain.isPrivileged) lab.images = { kernel, ramdisk };
    if (lab.domain.isPrivileged)
      lab.hypervisor.console.replay((bytes) => {
        lab.witness.printed(lab.domain.id, bytes);
      });
    return lab;
  }

  /**
   * The host of a world that was saved, made from what that was made from. Throws SnapshotError for one that this cannot
   * have been saved from, RangeError for a host that cannot be.
   */
  static restore(core: WebAssembly.Module, request: WorldRequest, saved: SavedWorld): Lab {
    const lab = Lab.blank(core, request);
    lab.goTo(saved);
    return lab;
  }

  /** A host without a domain, which is to be given what was saved of one that was made alike. */
  static blank(core: WebAssembly.Module, request: WorldRequest): Lab {
    return new Lab(makeHost(core, request), request);
  }

  /** Whether the images that the domain runs are elsewhere. */
  get lacksCode(): boolean {
    return this.code === Code.UNKNOWN;
  }

  /**
   * Brings the images that the domain runs, for their symbols, and to start domain 0 from them anew. Rejects with a SnapshotError where
   * they cannot be had.
   */
  async bringCode(): Promise<void> {
    if (!this.lacksCode) return;
    this.code = await Code.bring(this.request);
    if (this.domain.isPrivileged) this.images ??= await loadImages(this.request);
  }

  /** The world as it is now, to go back to (`goTo`) or to be put into a file. */
  save(): SavedWorld {
    return this.course.save();
  }

  /** Goes to where a world was saved: this one, or one that was made alike. Throws SnapshotError. */
  goTo(saved: SavedWorld): void {
    this.course.restore(saved);
    this.past.forget();
  }

  /** The host is another one's, by its saver. Throws SnapshotError for one without the lab's domain. */
  restored(): void {
    const id = firstDomid(this.request);
    const domain = this.hypervisor.domains.get(id) ?? this.hypervisor.dying.get(id);
    if (domain === undefined) throw new SnapshotError(`it has no domain ${String(id)}`);
    this.domain = domain;
    this.crash = null;
    this.storeObserver.begin();
    this.ringObserver.begin();
  }

  /** System time in ns; instructions retired; ns per instruction. */
  get ns(): number {
    return this.hypervisor.nowNs();
  }
  get instructions(): number {
    return this.hypervisor.processor.retired;
  }
  get periodNs(): number {
    return this.hypervisor.clock.periodNs;
  }
  get place(): Place {
    return { ticks: this.hypervisor.ticks(), instructions: this.instructions };
  }

  /** How it has come here. */
  get past(): Past {
    return this.course.past;
  }
  /** How far it has ever been in this run, in ticks. */
  get endTicks(): number {
    return this.past.ends[this.course.host]!;
  }
  /** Where it was at a moment. */
  placeIn({ places }: Moment): Place {
    return places[this.course.host]!;
  }

  /** Nothing can happen any more but by a new input: every vcpu waits, no timer is set, and nothing comes from elsewhere. */
  get waitsForEver(): boolean {
    return this.hypervisor.idle && this.course.nextTicks === Infinity;
  }

  /** Hears what the console prints from now on; of domain 0's, before it runs, what Xen has said as it booted. */
  onConsole(listener: (bytes: Uint8Array) => void): void {
    this.listeners.push(listener);
    if (this.domain.isPrivileged && this.instructions === 0) this.hypervisor.console.replay(listener);
  }

  /**
   * Types on the console. What of it the guest shows again does not count for `until.text`. What had been typed later, where
   * somebody has gone back, belongs to another run from now on.
   */
  type(bytes: Uint8Array): void {
    this.course.come({ keys: bytes.slice() });
  }

  /** Breaks something, now. Throws FaultImpossible where there is nothing to break. */
  inject(fault: Fault): void {
    this.course.come({ keys: new Uint8Array(0), fault });
  }

  /** Whether it has ended for good: a host whose domain 0 asks for that starts anew instead. */
  get isOver(): boolean {
    return this.domain.shutdown !== null && !this.startsAnew;
  }

  /** Domain 0 has ended, and the host starts anew before anything else happens. */
  private get startsAnew(): boolean {
    return startsAnew(this.hypervisor, this.domain);
  }

  /** Whether it is to be given something before it can go on: a disk's bytes, or what it starts anew from. */
  get waits(): boolean {
    return this.hypervisor.platform.waiting || this.startsAnew;
  }

  /** Starts anew where that is due. False: what it starts from is to be brought first. */
  private startAnew(): boolean {
    const { images, hypervisor } = this;
    if (!this.startsAnew) return true;
    if (images === null) return false;
    restart(this.saver, this.request, images);
    this.witness.startedAnew();
    this.restored();
    hypervisor.console.replay((bytes) => {
      this.printed(bytes);
    });
    for (const come of this.held.splice(0)) this.take(come);
    return true;
  }

  /** Takes what comes from outside, now: for its course. Throws FaultImpossible. */
  take(come: Come): void {
    if (this.waits) {
      this.held.push(come);
      return;
    }
    const { keys, fault } = come;
    if (keys.length > 0) this.text.typed(keys);
    this.guard(() => {
      if (fault !== undefined) suffer(this.hypervisor, fault);
      else if (this.domain.isPrivileged) this.hypervisor.platform.uart.receive(keys);
      else typeOnConsole(this.hypervisor, this.domain, keys);
    });
  }

  /** Brings what disks wait for (`waiting`). Rejects where it cannot be had. */
  fetch(): Promise<void> {
    return this.course.fetch();
  }

  /** Brings what its own disks wait for: for its course. */
  async fill(): Promise<void> {
    if (this.startsAnew) this.images ??= await loadImages(this.request);
    await fetchDisks(this.fetched);
    this.guard(() => {
      this.hypervisor.deviceFilled();
    });
  }

  /** Lets Xen run, and nothing else happen: for its course. What it has done before nobody hears again. */
  advance(untilTicks: number, staysWhenIdle = false): HypervisorStop {
    const { hypervisor } = this;
    for (;;) {
      this.isAgain = hypervisor.ticks() < this.endTicks;
      const end = this.isAgain ? Math.min(untilTicks, this.endTicks) : untilTicks;
      const stop = this.guard(() => (this.startAnew() ? this.goOn(end, staysWhenIdle) : WAITING));
      const ticks = hypervisor.ticks();
      this.past.isAt(this.course.host, ticks);
      // At that instant domain 0 has ended: who looks for it sees it so, and what goes on starts anew.
      if (stop.kind === 'shutdown' && stop.domain === this.domain && this.startsAnew) return STARTS_ANEW;
      const goesOn = stop.kind === 'budget' || (stop.kind === 'idle' && !staysWhenIdle);
      if (ticks >= untilTicks || !this.isAgain || !goesOn) return stop;
    }
  }

  /** Lets Xen do something. Throws HostCrash where it fails, and from then on. */
  private guard<T>(work: () => T): T {
    if (this.crash !== null) throw this.crash;
    this.hypervisor.placeTrace(null);
    try {
      return work();
    } catch (error) {
      if (!(error instanceof HypervisorBug)) throw error;
      this.crash = new HostCrash(describeHostCrash(this.hypervisor, error), error);
      throw this.crash;
    }
  }

  /** What was held comes when all else of that instant has been done, as where nothing had to be waited for. */
  private goOn(untilTicks: number, staysWhenIdle: boolean): HypervisorStop {
    const { hypervisor, held } = this;
    if (held.length > 0) {
      const stop = hypervisor.run(hypervisor.ticks());
      if (stop.kind !== 'budget' && stop.kind !== 'idle') return stop;
      for (const come of held.splice(0)) this.take(come);
    }
    return hypervisor.run(untilTicks, staysWhenIdle);
  }

  /** Goes on to an instant, whatever happens on the way; false: the domain ends before. */
  runTo(ticks: number): boolean {
    return this.runner.runTo(ticks);
  }
  /** Goes on to where so many instructions are retired; false: nothing retires that many. */
  runToInstruction(instructions: number): boolean {
    return this.runner.runToInstruction(instructions);
  }
  /** Goes on to an instant, and calls `look` at every stop on the way and there; false: the domain ends before. */
  lookThrough(ticks: number, look: () => void): boolean {
    return this.runner.lookThrough(ticks, look);
  }

  /** Runs for at most `ticks` of the clock; undefined: it can go on. */
  run(until: Until, ticks: number): Stop | undefined {
    return this.runner.run((end) => this.course.go(end, until.idle), until, ticks);
  }
  /** As `run`, and nothing else happens: for its course. */
  runAlone(until: Until, ticks: number): Stop | undefined {
    return this.runner.run((end) => this.advance(end), until, ticks);
  }

  /** Throws a RangeError where no way leads to another line, because no lines are known. */
  checkLines(): void {
    if (!this.code.hasLines)
      throw new RangeError('no source lines are known of what runs here: go by instructions, or to events');
  }

  /** Where in the sources the next instruction is. */
  here(): SourcePlace | null {
    const { machine, processor } = this.hypervisor;
    return this.code.placeAt(machine, processor.rip);
  }

  /** The 64 bits at a virtual address; null: nothing is mapped there. */
  word(address: number): number | null {
    const { machine } = this.hypervisor;
    const at = machine.peek(address);
    return at < 0 ? null : fromHalves(machine.words[at >>> 2]!, machine.words[(at >>> 2) + 1]!);
  }

  /** Makes a step of at most `ticks`; undefined: it has not got where it was to by then. */
  step(kind: StepKind, ticks: number): Stop | undefined {
    const end = this.hypervisor.ticks() + ticks;
    const stepping = beginStep(this, kind);
    try {
      for (;;) {
        const left = end - this.hypervisor.ticks();
        if (left <= 0) return undefined;
        const stop = stepping.go(left);
        if (stop !== undefined) return stop;
      }
    } finally {
      stepping.end();
    }
  }

  /**
   * Runs for at most `ticks` of a step, up to a breakpoint, or to where `there` says that it has come, which is asked at every
   * address that is watched and whenever somebody asks for a stop; undefined: nothing of that has come.
   */
  runBetween(ticks: number, there: () => Stop | null): Stop | undefined {
    return this.runner.runBetween(ticks, there);
  }
  /** An instruction is retired, or faults; while all vcpus are idle the clock goes to the next timer first. */
  stepInstruction(): Stop | undefined {
    return this.runner.stepInstruction();
  }

  private printed(bytes: Uint8Array): void {
    this.text.add(bytes);
    this.witness.printed(this.domain.id, bytes);
    // Of the past everybody has been told.
    if (!this.isAgain) for (const listener of this.listeners) listener(bytes);
    this.runner.printed();
  }
}
