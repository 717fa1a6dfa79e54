/**
 * A world: one to eight hosts, what lies between them, and the log of what came from outside. All that it is, is plain data
 * reachable from here. Hosts take turns in this thread.
 */
import type { Stop as HypervisorStop } from '../../../hypervisor/state/hypervisor.ts';
import type { LanFault } from '../../../devices/lan/lan.ts';
import type { Fault } from '../faults.ts';
import type { SavedWorld } from '../snapshot/format.ts';
import { plainHash, stateHash } from '../state-hash.ts';
import type { Stop } from '../stop.ts';
import { Past } from '../time/past.ts';
import type { Place, Traveller } from '../time/past.ts';
import { Apart } from './apart.ts';
import type { OnTrace } from './apart.ts';
import { checkDescription } from './description.ts';
import type { WorldDescription } from './description.ts';
import { Exchange } from './exchange.ts';
import type { Job, Progress } from './exchange.ts';
import type { HostThread } from './far-host.ts';
import { WorldHost } from './host.ts';
import type { Report } from './host.ts';
import { HostCourse } from './host-course.ts';
import { factsOf } from './host-messages.ts';
import type { HostFacts } from './host-messages.ts';
import type { WorldImages } from './images.ts';
import type { Come, Input, LanInput } from './inputs.ts';
import { runWork } from './stretch.ts';
import { takeTurns } from './turns.ts';
import type { Reports, Round, Work, WorldStop, WorldUntil } from './turns.ts';
import { restoreWorld, saveWorld } from './world-saver.ts';

/** How far a host is that is still to be given what was saved. */
const NOWHERE: Progress = { ticks: 0, periodNs: 1, nowNs: 0, activityNs: Infinity, isOff: false };

/** What a host is to do in a turn, done. */
type Worker = (host: number, work: Work) => Report;

export class World implements Traveller {
  readonly description: WorldDescription;
  /** What it was made from. */
  readonly images: WorldImages;
  /** Where images were, by name: who makes it again looks for them there. */
  paths: Readonly<Record<string, string>> = {};
  readonly hosts: readonly WorldHost[];
  readonly exchange: Exchange;
  /** How it has come here. */
  readonly past: Past;
  /** In which order hosts take their turns: whichever it is, the same happens. */
  order: readonly number[];
  /** Nobody looks at what a run comes by: hosts may do it in threads of their own, where there are any (`useThreads`). */
  isFree = false;
  private apart: Apart | null = null;

  private constructor(
    description: WorldDescription,
    hosts: readonly WorldHost[],
    images: WorldImages,
    progress: readonly Progress[],
  ) {
    this.description = description;
    this.images = images;
    this.hosts = hosts;
    this.order = [...hosts.keys()];
    this.past = new Past(this, hosts.length);
    this.exchange = new Exchange(description, progress, images, this.past.inputs);
    for (const [index, { lab }] of hosts.entries()) lab.course = new HostCourse(this, index);
  }

  /**
   * Boots the hosts of a description, each stopped at its first instruction. `inputs`, `lanInputs`: the log of another run,
   * which this one is to repeat. Throws DescriptionError for what cannot be, which names the field; ImageError, RangeError as Lab.boot.
   */
  static async make(
    core: WebAssembly.Module,
    description: unknown,
    images: WorldImages,
    inputs: readonly Input[] = [],
    lanInputs: readonly LanInput[] = [],
  ): Promise<World> {
    const checked = checkDescription(description);
    const hosts: WorldHost[] = [];
    for (const index of checked.hosts.keys()) hosts.push(await WorldHost.boot(core, checked, index, images));
    const progress = hosts.map((host) => host.progress);
    const world = new World(checked, hosts, images, progress);
    for (const input of inputs) world.past.inputs.add(input);
    for (const input of lanInputs) world.past.inputs.addOfLans(input);
    return world;
  }

  /**
   * The world that was saved, made from what that was made from. Throws SnapshotError for one that this cannot have been saved
   * from, DescriptionError, RangeError for one that cannot be.
   */
  static restore(
    core: WebAssembly.Module,
    description: unknown,
    images: WorldImages,
    saved: SavedWorld,
  ): World {
    const checked = checkDescription(description);
    const blank = checked.hosts.map((_, index) => WorldHost.blank(core, checked, index, images));
    const world = new World(
      checked,
      blank,
      images,
      blank.map(() => NOWHERE),
    );
    world.goTo(saved);
    return world;
  }

  /** The time that every host has reached, in ns; one that has stopped on its way there may be behind. */
  get ns(): number {
    return this.exchange.horizonNs;
  }

  get places(): readonly Place[] {
    return this.hosts.map(({ lab }) => lab.place);
  }

  /** Types on the console of a host, now. What had come later, where somebody has gone back, belongs to another run. */
  type(host: number, keys: Uint8Array): void {
    this.come(host, { keys: keys.slice() });
  }

  /** Breaks something in a host, now. Throws FaultImpossible where there is nothing to break. */
  inject(host: number, fault: Fault): void {
    this.come(host, { keys: new Uint8Array(0), fault });
  }

  /** Something comes to a host: it is brought to where the others are first. */
  come(host: number, what: Come): void {
    this.gather();
    this.apart?.touch(host);
    const { lab } = this.hosts[host]!;
    this.round(this.exchange.catchUp().map((job, each) => (each === host ? withoutText(job) : undefined)));
    lab.take(what);
    this.past.came({ ...what, host, ticks: lab.place.ticks });
    this.exchange.progress[host] = this.hosts[host]!.progress;
  }

  /** Breaks something of a LAN, from now on. */
  injectLan(lan: number, fault: LanFault): void {
    this.gather();
    const input = { lan, atNs: this.ns, fault };
    this.exchange.suffer(input);
    this.past.cameToLan(input);
  }

  /** From now on, until `endThreads`. `start`: starts a thread; `onTrace`: hears what is traced in them. */
  useThreads(core: WebAssembly.Module, start: () => HostThread, onTrace: OnTrace): void {
    const { description, images } = this;
    this.apart = Apart.of({ core, description, images }, this.hosts, start, onTrace);
  }

  /** Hosts are in threads of their own, or would be if they went on. */
  get isApart(): boolean {
    return this.apart !== null && this.isFree;
  }

  endThreads(): void {
    this.apart?.end();
    this.apart = null;
  }

  /** All hosts are here, as they are: who looks at one, or does something with it, asks for this first. */
  gather(): void {
    try {
      this.apart?.gather();
    } catch (error) {
      // What that thread had is lost.
      this.endThreads();
      const last = this.past.moments.at(-1);
      if (last !== undefined) this.past.returnTo(last);
      throw error;
    }
  }

  /** Lends all hosts but the one in front, if that can be. */
  private lend(host: number): void {
    const { apart, past } = this;
    if (apart?.isApart === true && apart.front !== host) this.gather();
    if (apart === null || !this.isFree || apart.isApart) return;
    const isAgain = past.inputs.hasRest || this.places.some(({ ticks }, each) => ticks < past.ends[each]!);
    // Where it has been before, hosts are silent.
    if (!isAgain) apart.lend(host);
  }

  /** Runs for about `ns`; undefined: it can go on. */
  run(until: WorldUntil, ns = Infinity): WorldStop | undefined {
    this.gather();
    return this.goOn(until, ns, (host, { job, text }) => this.hosts[host]!.run(job, text));
  }

  /** Lets all go on until one of them is at an instant, or stops before: what it has stopped for. */
  go(host: number, untilTicks: number): HypervisorStop {
    this.lend(host);
    const { lab } = this.hosts[host]!;
    const own: HypervisorStop[] = [];
    const alone = (ticks: number): Stop | null => {
      if (lab.isOver) return { kind: 'ended' };
      const stop = lab.advance(lab.place.ticks + ticks);
      if (stop.kind === 'budget' || stop.kind === 'idle') return null;
      own.push(stop);
      // Whatever it is: who has asked for it knows.
      return { kind: 'step' };
    };
    while (!lab.isOver) {
      const stop = this.goOn({ ns: untilTicks * lab.periodNs }, Infinity, (each, { job }) =>
        each === host ? this.hosts[each]!.runBy(job, alone) : this.hosts[each]!.run(job),
      );
      if (own[0] !== undefined) return own[0];
      if (stop?.kind === 'time') return { kind: 'budget' };
      if (stop?.kind === 'idle') return { kind: 'idle' };
      if (stop?.kind === 'host' && stop.stops.some((each) => each.stop.kind === 'waiting'))
        return { kind: 'waiting' };
    }
    return { kind: 'shutdown', domain: lab.domain };
  }

  private goOn(until: WorldUntil, ns: number, work: Worker): WorldStop | undefined {
    const turns = takeTurns(this.exchange, until, ns, this.apart?.isApart);
    for (let reports: Reports = []; ;) {
      if (this.past.untilNext === 0) this.keep();
      const turn = turns.next(reports);
      if (turn.done === true) return turn.value;
      reports = this.round(turn.value, work);
    }
  }

  private keep(): void {
    const front = this.apart?.front ?? null;
    this.gather();
    this.past.keep();
    if (front !== null) this.apart?.lend(front);
  }

  private round(round: Round, work: Worker = (host, { job }) => this.hosts[host]!.run(job)): Reports {
    const reports: (Report | undefined)[] = round.map(() => undefined);
    const { apart } = this;
    apart?.begin(round);
    try {
      for (const host of this.order) {
        const wanted = round[host];
        if (wanted !== undefined && apart?.isAway(host) !== true)
          reports[host] = this.workHere(host, wanted, work);
      }
    } finally {
      for (const [host, report] of apart?.finish() ?? []) {
        reports[host] = report;
        this.past.isAt(host, report.ticks);
      }
    }
    this.exchange.end(reports);
    return reports;
  }

  private workHere(host: number, wanted: Work, work: Worker): Report {
    const { apart } = this;
    if (apart === null) return work(host, wanted);
    apart.touch(host);
    const run = (job: Job): Report => work(host, { ...wanted, job });
    return runWork(this.hosts[host]!, host, wanted, apart.board, run);
  }

  /** Hears what a host's console prints, as Lab.onConsole. */
  onConsole(host: number, listener: (bytes: Uint8Array) => void): void {
    this.hosts[host]!.lab.onConsole(listener);
  }

  /** Brings what disks wait for. Rejects with DiskUnavailable. */
  async fetch(): Promise<void> {
    this.gather();
    for (const [host, { lab }] of this.hosts.entries()) {
      if (!lab.waits) continue;
      this.apart?.touch(host);
      await lab.fill();
    }
  }

  /** The world as it is now, to go back to (`goTo`), or on from in another that is made alike. Throws SnapshotError. */
  save(): SavedWorld {
    this.gather();
    return saveWorld(this);
  }

  /** Goes to where a world of the same description was saved. Throws SnapshotError. */
  goTo(saved: SavedWorld): void {
    this.restore(saved);
    this.past.forget();
  }

  /** As `goTo`, in the same run: for its past. */
  restore(saved: SavedWorld): void {
    this.gather();
    for (const host of this.hosts.keys()) this.apart?.touch(host);
    restoreWorld(this, saved);
  }

  /** Brings all hosts to one time, past whatever else they would stop at. Rejects with DiskUnavailable. */
  async settle(): Promise<void> {
    for (const { lab } of this.hosts) lab.breaks.disarm();
    try {
      for (let stop = this.run({ ns: this.ns }); stop?.kind === 'host'; stop = this.run({ ns: this.ns }))
        await this.fetch();
    } finally {
      for (const { lab } of this.hosts) lab.breaks.arm();
    }
  }

  /** One hash of all that goes on depends on. */
  async hash(): Promise<string> {
    this.gather();
    const hosts: string[] = [];
    for (const { lab } of this.hosts) hosts.push(await stateHash(lab.hypervisor));
    return plainHash({ hosts, lans: this.exchange.lans, stores: this.exchange.stores });
  }

  facts(host: number): Promise<HostFacts> {
    this.gather();
    return Promise.resolve(factsOf(this.hosts[host]!));
  }
}

function withoutText(job: Job | undefined): Work | undefined {
  return job === undefined ? undefined : { job, text: undefined };
}
