/**
 * A world: one to eight hosts, what lies between them, and the log of what came from outside. All that it is, is plain data
 * reachable from here. Hosts take turns in this thread.
 */
import type { LanFault } from '../../../devices/lan/lan.ts';
import type { Fault } from '../faults.ts';
import type { SavedWorld } from '../snapshot/format.ts';
import { restoreWorld, saveWorld } from './world-saver.ts';
import { plainHash, stateHash } from '../state-hash.ts';
import { checkDescription } from './description.ts';
import type { WorldDescription } from './description.ts';
import { Exchange } from './exchange.ts';
import { WorldHost } from './host.ts';
import type { Report } from './host.ts';
import type { WorldImages } from './images.ts';
import { factsOf } from './host-messages.ts';
import type { HostFacts } from './host-messages.ts';
import type { Input, LanInput } from './inputs.ts';
import { takeTurns } from './turns.ts';
import type { Reports, Round, WorldStop, WorldUntil } from './turns.ts';

export class World {
  readonly description: WorldDescription;
  readonly hosts: readonly WorldHost[];
  readonly exchange: Exchange;
  /** What came from outside, in the order in which it came. */
  readonly inputs: Input[] = [];
  readonly lanInputs: LanInput[] = [];
  /** In which order hosts take their turns: whichever it is, the same happens. */
  order: readonly number[];

  private constructor(description: WorldDescription, hosts: readonly WorldHost[], images: WorldImages) {
    this.description = description;
    this.hosts = hosts;
    this.order = [...hosts.keys()];
    this.exchange = new Exchange(
      description,
      hosts.map(({ progress }) => progress),
      images,
    );
  }

  /**
   * Boots the hosts of a description, each stopped at its first instruction. `inputs`, `lanInputs`: the logs of another run,
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
    const world = new World(checked, hosts, images);
    for (const input of inputs) world.input(input);
    for (const input of lanInputs) world.lanInput(input);
    return world;
  }

  /** The time that every host has reached, in ns; one that has stopped on its way there may be behind. */
  get ns(): number {
    return this.exchange.horizonNs;
  }

  /** Types on the console of a host, now. */
  type(host: number, keys: Uint8Array): void {
    this.input({ host, ticks: this.exchange.instantFor(host), keys: keys.slice() });
  }

  /** Breaks something in a host, now. Throws FaultImpossible where there is nothing to break. */
  inject(host: number, fault: Fault): void {
    const input = { host, ticks: this.exchange.instantFor(host), keys: new Uint8Array(0), fault };
    this.exchange.input(input);
    this.round(
      this.exchange.settle(host).map((job) => (job === undefined ? undefined : { job, text: undefined })),
    );
    this.inputs.push(input);
  }

  /** Breaks something of a LAN, from now on. */
  injectLan(lan: number, fault: LanFault): void {
    this.lanInput({ lan, atNs: this.ns, fault });
  }

  private lanInput(input: LanInput): void {
    this.lanInputs.push(input);
    this.exchange.lanInput(input);
  }

  private input(input: Input): void {
    this.inputs.push(input);
    this.exchange.input(input);
  }

  /** Runs for about `ns`; undefined: it can go on. */
  run(until: WorldUntil, ns = Infinity): WorldStop | undefined {
    const turns = takeTurns(this.exchange, until, ns);
    for (let turn = turns.next(); ; turn = turns.next(this.round(turn.value)))
      if (turn.done === true) return turn.value;
  }

  private round(round: Round): Reports {
    const reports: (Report | undefined)[] = round.map(() => undefined);
    for (const host of this.order) {
      const work = round[host];
      if (work !== undefined) reports[host] = this.hosts[host]!.run(work.job, work.text);
    }
    this.exchange.end(reports);
    return reports;
  }

  /** Hears what a host's console prints, as Lab.onConsole. */
  onConsole(host: number, listener: (bytes: Uint8Array) => void): void {
    this.hosts[host]!.lab.onConsole(listener);
  }

  /** Brings what disks wait for. Rejects with DiskUnavailable. */
  async fetch({ stops }: Extract<WorldStop, { kind: 'host' }>): Promise<void> {
    for (const { host, stop } of stops) if (stop.kind === 'waiting') await this.hosts[host]!.lab.fetch();
  }

  /** The world as it is now, to go back to (`goTo`), or on from in another that is made alike. Throws SnapshotError. */
  save(): SavedWorld {
    return saveWorld(this);
  }

  /** Goes to where a world of the same description was saved. Throws SnapshotError. */
  goTo(saved: SavedWorld): void {
    restoreWorld(this, saved);
  }

  /** One hash of all that goes on depends on. */
  async hash(): Promise<string> {
    const hosts: string[] = [];
    for (const { lab } of this.hosts) hosts.push(await stateHash(lab.hypervisor));
    return plainHash({ hosts, lans: this.exchange.lans, stores: this.exchange.stores });
  }

  facts(host: number): Promise<HostFacts> {
    return Promise.resolve(factsOf(this.hosts[host]!));
  }
}
