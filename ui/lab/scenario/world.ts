/** A world of several hosts as a scenario drives it. Hosts go on together, whichever of them is waited for. */
import type { Vary } from '../../../devices/chance.ts';
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import type { LanFault } from '../../../devices/lan/lan.ts';
import { checkLanFault } from '../fault-file.ts';
import { loadCore } from '../core-node.ts';
import type { HostDescription, LanDescription } from '../world/description.ts';
import { lansOf } from '../world/description.ts';
import { Marks } from '../time/marks.ts';
import { saveWorldFile, writeWorldRecording } from '../world/world-file.ts';
import { World } from '../world/world.ts';
import { leaveRun } from './artifacts.ts';
import { WorldDrive } from './drive.ts';
import { Host } from './host.ts';
import { Snapshot } from './snapshot.ts';

/** A host of a world; without a kernel, it is Mote's domain 0. */
export type WorldHostOptions = Omit<HostDescription, 'kernel'> & { readonly kernel?: string };

/** One to eight hosts, and the LANs that join them; without LANs, one. */
export interface WorldOptions {
  readonly hosts: readonly WorldHostOptions[];
  readonly lans?: readonly LanDescription[];
  /** Which frames are lost of LANs that lose some is drawn from it. */
  readonly seed?: number;
  /** What else varies, and by which seed; without it, nothing does. */
  readonly vary?: Vary;
  /** Kernels, ramdisks, disks and files by the names that hosts have for them, besides Mote's `mote` and `dom0`. */
  readonly images?: Readonly<Record<string, Uint8Array>>;
}

/**
 * Boots the hosts, each stopped at its first instruction. Rejects with an Error that names the field of what cannot be.
 */
export async function bootWorld({ images = {}, ...options }: WorldOptions): Promise<ScenarioWorld> {
  const { kernel, ramdisk } = await dom0Images();
  const mote = { kernel: 'mote', ramdisk: 'dom0' };
  const hosts = options.hosts.map((host) => (host.kernel === undefined ? { ...mote, ...host } : host));
  const all = { mote: kernel, dom0: ramdisk, ...images };
  return new ScenarioWorld(await World.make(loadCore(), { ...options, hosts }, all));
}

/** One of its hosts: what is left of a failure is the world's. */
class WorldMember extends Host {
  private readonly whole: ScenarioWorld;

  constructor(whole: ScenarioWorld, world: World, index: number) {
    super(world.description.hosts[index]!.name, world.hosts[index]!.lab, new WorldDrive(world, index));
    this.whole = whole;
  }

  override async report(headline: string): Promise<string> {
    const told = await super.report(headline);
    return this.isQuiet ? told : [told, ...(await this.whole.leave(headline))].join('\n');
  }
}

export class ScenarioWorld {
  readonly hosts: readonly Host[];
  private readonly world: World;
  /** @internal Its inputs from its boot on are known: it is no fork, and was not gone back with. */
  isRepeatable = true;

  /** @internal */
  constructor(world: World) {
    this.world = world;
    this.hosts = world.hosts.map((_, index) => new WorldMember(this, world, index));
  }

  /** Throws RangeError where there is none of that name. */
  host(name: string): Host {
    const found = this.hosts.find((host) => host.name === name);
    if (found === undefined) throw new RangeError(`there is no host ${name}`);
    return found;
  }

  /** The time that every host has reached, in ns. */
  get ns(): number {
    return this.world.ns;
  }

  /** What has been otherwise than without `vary`, of each host and of each LAN in its order: names for `vary.only`. */
  get variations(): readonly string[] {
    const lans = this.world.exchange.lans.map(({ chance }) => chance?.taken ?? []);
    return [...this.hosts.map(({ variations }) => variations), ...lans].flat();
  }

  /** Lets so many seconds of guest time pass on all hosts. */
  async runFor(seconds: number): Promise<void> {
    await this.hosts[0]!.runFor(seconds);
  }

  /** A LAN loses so great a share of its frames from now on, drawn from the world's seed: 0 to 1. */
  loseFrames(lan: string, share: number): void {
    this.injectLan(lan, { kind: 'lose frames', share });
  }

  /** A LAN loses so many of the next frames. */
  dropFrames(lan: string, count: number): void {
    this.injectLan(lan, { kind: 'drop frames', count });
  }

  /** Each frame of a LAN takes so many more seconds of guest time from now on; 0: none any more. */
  delayFrames(lan: string, seconds: number): void {
    this.injectLan(lan, { kind: 'delay frames', ns: Math.round(seconds * 1e9) });
  }

  /** Breaks something of a LAN, now. Throws RangeError for what cannot be. */
  injectLan(lan: string, fault: LanFault): void {
    const index = lansOf(this.world.description).findIndex(({ name }) => name === lan);
    if (index < 0) throw new RangeError(`there is no LAN ${lan}`);
    this.world.injectLan(index, checkLanFault(fault));
  }

  /** The world as it is now, in memory: to go back to, as often as wanted. */
  save(): Snapshot {
    const printed = this.hosts.map(({ console }) => console.text);
    return new Snapshot(this.ns, this.world.save(), printed);
  }

  /** Goes back to where the world, or one that was forked from it, was saved. */
  restore(snapshot: Snapshot): void {
    this.world.goTo(snapshot.saved);
    this.became(snapshot);
  }

  /** Another world that is as this one is, and goes on by itself. */
  fork(): ScenarioWorld {
    const snapshot = this.save();
    const { description, images } = this.world;
    const other = new ScenarioWorld(World.restore(loadCore(), description, images, snapshot.saved));
    other.became(snapshot);
    return other;
  }

  /** @internal As a host's. */
  varied(snapshot: Snapshot, vary: Vary): ScenarioWorld {
    const { description, images, past } = this.world;
    const varying = { ...description, vary: { ...vary, afterNs: snapshot.ns + 1 } };
    const world = World.restore(loadCore(), varying, images, snapshot.saved);
    world.past.inputs.hasHad(past.inputs);
    const other = new ScenarioWorld(world);
    other.became(snapshot);
    other.isRepeatable = true;
    return other;
  }

  private became({ printedBefore }: Snapshot): void {
    this.isRepeatable = false;
    for (const [host, { console }] of this.hosts.entries()) console.printedBefore(printedBefore[host]!);
  }

  /** The world as it is now, as a snapshot file's bytes. Images are named by hash in it and not stored. */
  file(): Promise<Uint8Array<ArrayBuffer>> {
    return saveWorldFile(this.world, loadCore());
  }

  /** @internal Leaves what there is to look into of a failure; says where. */
  leave(headline: string): Promise<string[]> {
    return leaveRun(`${headline.slice(0, 40)}-${String(Math.round(this.ns))}ns`, {
      snapshot: () => this.file(),
      recording: this.isRepeatable ? () => this.recording() : null,
    });
  }

  /** @internal Of its run from its boot on, if that is known: a file's bytes. */
  async recording(): Promise<Uint8Array<ArrayBuffer>> {
    const marks = new Marks(this.world);
    await marks.end();
    return writeWorldRecording(this.world, loadCore(), marks.made);
  }

  /** One hash of all hosts and of what lies between them, in hexadecimal. */
  hash(): Promise<string> {
    return this.world.hash();
  }
}
