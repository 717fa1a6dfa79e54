/** A host of a world, in whatever thread: its lab, the cables of its cards, and the inputs that are still to come. */
import { sectorsOf } from '../../../devices/disk/disk.ts';
import { StoreLink } from '../../../devices/disk/shared-store.ts';
import { Cable } from '../../../devices/lan/cable.ts';
import { Lab } from '../lab.ts';
import type { Stop } from '../stop.ts';
import { cardsOf, HOST_DEFAULTS, storesOf } from './description.ts';
import type { WorldDescription } from './description.ts';
import { macOf } from './exchange.ts';
import type { Job, Progress, Sent } from './exchange.ts';
import { imageInMemory, imagesOf } from './images.ts';
import type { WorldImages } from './images.ts';
import type { Input } from './inputs.ts';
import { seedOf } from '../../../devices/seed.ts';

export interface Report extends Sent {
  /** Why it has stopped before its job was done; null: it was. */
  readonly stop: Stop | null;
}

export class WorldHost {
  readonly lab: Lab;
  private readonly cables: readonly Cable[];
  private readonly links: readonly StoreLink[];
  /** In the order of their instants. */
  private readonly inputs: Input[] = [];

  private constructor(lab: Lab, cables: readonly Cable[], links: readonly StoreLink[]) {
    this.lab = lab;
    this.cables = cables;
    this.links = links;
  }

  /** Boots a world's host of that number, stopped at its first instruction. Throws DescriptionError, and what Lab.boot throws. */
  static async boot(
    core: WebAssembly.Module,
    description: WorldDescription,
    index: number,
    images: WorldImages,
  ): Promise<WorldHost> {
    const host = description.hosts[index]!;
    const lans = cardsOf(description, host);
    const cables = lans.map(() => new Cable());
    const stores = storesOf(description, host).map((n) => ({ n, ...description.stores![n]! }));
    const links = stores.map(({ n, image }) => {
      const { length } = imageInMemory(images, image, `stores[${String(n)}].image`);
      return new StoreLink(sectorsOf(length));
    });
    const lab = await Lab.boot(core, {
      ...HOST_DEFAULTS,
      ...imagesOf(host, `hosts[${String(index)}]`, images),
      commandLine: `hostname=${host.name} ${host.commandLine ?? ''}`.trimEnd(),
      isDom0: true,
      ...(host.hostMb === undefined ? {} : { hostMb: host.hostMb }),
      ...(host.memoryMb === undefined ? {} : { memoryMb: host.memoryMb }),
      ...(host.cpus === undefined ? {} : { cpus: host.cpus }),
      ...(host.vcpus === undefined ? {} : { vcpus: host.vcpus }),
      ...(host.scheduler === undefined ? {} : { scheduler: host.scheduler }),
      ...(host.xen === undefined ? {} : { xenCommandLine: host.xen }),
      cards: lans.map((lan, card) => ({ port: cables[card]!, mac: macOf(index, lan) })),
      stores: stores.map(({ name }, index) => ({ name, link: links[index]! })),
      ...(description.vary === undefined ? {} : { vary: description.vary, place: host.name }),
      seed: seedOf(description.seed, `host ${host.name}: RDRAND`),
    });
    return new WorldHost(lab, cables, links);
  }

  /** What of it is saved, besides its machine (world-saver.ts). */
  get root(): object {
    const { lab, cables, links, inputs } = this;
    return { ...lab.saver.root, cables, links, inputs };
  }

  private take(input: Input): void {
    const later = this.inputs.findIndex(({ ticks }) => ticks > input.ticks);
    this.inputs.splice(later < 0 ? this.inputs.length : later, 0, input);
  }

  /** Does a job; with `text`, it stops where the console has printed that. */
  run({ untilNs, arrivals, answers, inputs }: Job, text?: RegExp): Report {
    const { lab, cables, links } = this;
    for (const [card, frames] of arrivals.entries()) cables[card]!.coming.push(...frames);
    for (const [index, come] of answers.entries()) links[index]!.coming.push(...come);
    if ([...arrivals, ...answers].some(({ length }) => length > 0)) lab.hypervisor.deviceUsed();
    for (const input of inputs) this.take(input);
    const endTicks = Math.ceil(untilNs / lab.periodNs);
    let stop: Stop | null = null;
    do {
      while (this.dueTicks <= lab.hypervisor.ticks()) this.comes(this.inputs.shift()!);
      stop = this.runTo(Math.min(endTicks, this.dueTicks), text);
    } while (stop === null && lab.hypervisor.ticks() < endTicks);
    const sent = cables.map((cable) => cable.sent.splice(0));
    return { ...this.progress, sent, requests: links.map((link) => link.sent.splice(0)), stop };
  }

  private comes({ keys, fault }: Input): void {
    if (keys.length > 0) this.lab.type(keys);
    if (fault !== undefined) this.lab.inject(fault);
  }

  /** When the next input comes. */
  private get dueTicks(): number {
    return this.inputs[0]?.ticks ?? Infinity;
  }

  /** Null: the clock is there. */
  private runTo(ticks: number, text?: RegExp): Stop | null {
    const { lab } = this;
    for (;;) {
      const stop = lab.run(text === undefined ? {} : { text }, Math.max(0, ticks - lab.hypervisor.ticks()));
      if (stop !== undefined) return stop;
      if (lab.hypervisor.ticks() >= ticks) return null;
    }
  }

  get progress(): Progress {
    const { lab } = this;
    const { hypervisor, periodNs } = lab;
    const ticks = hypervisor.ticks();
    const isOff = lab.domain.shutdown !== null;
    const due = Math.min(hypervisor.idle ? hypervisor.deadlineTicks : ticks, this.dueTicks);
    const activityNs = isOff ? Infinity : Math.floor(Math.max(ticks, due) * periodNs);
    return { ticks, periodNs, nowNs: lab.ns, activityNs, isOff };
  }
}
