/** A host of a world, in whatever thread: its lab, the cables of its cards, and the inputs that are still to come. */
import { sectorsOf } from '../../../devices/disk/disk.ts';
import { StoreLink } from '../../../devices/disk/shared-store.ts';
import { Cable } from '../../../devices/lan/cable.ts';
import { withImages } from '../host.ts';
import type { WorldRequest } from '../host.ts';
import { Lab } from '../lab.ts';
import { readGraph } from '../snapshot/graph-reader.ts';
import { writeGraph } from '../snapshot/graph-writer.ts';
import { CLASSES } from '../snapshot/host-saver.ts';
import type { Stop } from '../stop.ts';
import { cardsOf, HOST_DEFAULTS, storesOf } from './description.ts';
import type { WorldDescription } from './description.ts';
import type { SavedHost } from './host-wire.ts';
import { macOf } from './exchange.ts';
import type { Job, Progress, Sent } from './exchange.ts';
import { imageInMemory, imagesOf } from './images.ts';
import type { WorldImages } from './images.ts';
import { seedOf } from '../../../devices/seed.ts';

export interface Report extends Sent {
  /** Why it has stopped before its job was done; null: it was. */
  readonly stop: Stop | null;
}

export class WorldHost {
  readonly lab: Lab;
  private readonly cables: readonly Cable[];
  private readonly links: readonly StoreLink[];

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
    const { cables, links, request } = planOf(description, index, images);
    return new WorldHost(await Lab.boot(core, await withImages(request)), cables, links);
  }

  /** One that is to be given what was saved of such a host. Throws DescriptionError, RangeError as Lab.restore. */
  static blank(
    core: WebAssembly.Module,
    description: WorldDescription,
    index: number,
    images: WorldImages,
  ): WorldHost {
    const { cables, links, request } = planOf(description, index, images);
    return new WorldHost(Lab.blank(core, request), cables, links);
  }

  /** What of it is saved, besides its machine (world-saver.ts). */
  get root(): object {
    const { lab, cables, links } = this;
    return { ...lab.saver.root, cables, links };
  }

  /** As it is now, for another one that is made alike: who has all hosts saves them in one (world-saver.ts). Throws SnapshotError. */
  save(): SavedHost {
    return { machine: this.lab.saver.machine.save(), graph: writeGraph(this.root, CLASSES) };
  }

  /** Becomes what was saved of one that was made alike. Throws SnapshotError; it is of no use then. */
  restore({ machine, graph }: SavedHost): void {
    readGraph(graph, this.root, CLASSES);
    this.lab.saver.machine.restore(machine);
    this.lab.restored();
  }

  /** Does a job; with `text`, it stops where the console has printed that. */
  run(job: Job, text?: RegExp): Report {
    const until = text === undefined ? {} : { text };
    return this.runBy(job, (ticks) => this.lab.runAlone(until, ticks) ?? null);
  }

  /** Does a job, as `go` goes on, for so many ticks at most; null: it can go on. */
  runBy({ untilNs, arrivals, answers, inputs }: Job, go: (ticks: number) => Stop | null): Report {
    const { lab, cables, links } = this;
    for (const [card, frames] of arrivals.entries()) cables[card]!.coming.push(...frames);
    for (const [index, come] of answers.entries()) links[index]!.coming.push(...come);
    if ([...arrivals, ...answers].some(({ length }) => length > 0)) lab.hypervisor.deviceUsed();
    const endTicks = Math.ceil(untilNs / lab.periodNs);
    const due = (): number => inputs[taken]?.ticks ?? Infinity;
    let taken = 0;
    let stop: Stop | null = null;
    do {
      while (due() <= lab.place.ticks) lab.take(inputs[taken++]!);
      stop = go(Math.max(0, Math.min(endTicks, due()) - lab.place.ticks));
    } while (stop === null && lab.place.ticks < endTicks);
    return {
      ...this.progress,
      sent: cables.map((cable) => cable.sent.splice(0)),
      requests: links.map((link) => link.sent.splice(0)),
      taken,
      stop,
    };
  }

  get progress(): Progress {
    const { lab } = this;
    const { hypervisor, periodNs } = lab;
    const ticks = hypervisor.ticks();
    const isOff = lab.isOver;
    const due = hypervisor.idle && !lab.waits ? hypervisor.deadlineTicks : ticks;
    const activityNs = isOff ? Infinity : Math.floor(Math.max(ticks, due) * periodNs);
    return { ticks, periodNs, nowNs: lab.ns, activityNs, isOff };
  }
}

interface Plan {
  readonly cables: readonly Cable[];
  readonly links: readonly StoreLink[];
  readonly request: WorldRequest;
}

/** What a host is made from. Throws DescriptionError. */
function planOf(description: WorldDescription, index: number, images: WorldImages): Plan {
  const host = description.hosts[index]!;
  const lans = cardsOf(description, host);
  const cables = lans.map(() => new Cable());
  const stores = storesOf(description, host).map((n) => ({ n, ...description.stores![n]! }));
  const links = stores.map(({ n, image }) => {
    const { length } = imageInMemory(images, image, `stores[${String(n)}].image`);
    return new StoreLink(sectorsOf(length));
  });
  const request = {
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
    stores: stores.map(({ name }, store) => ({ name, link: links[store]! })),
    ...(description.vary === undefined ? {} : { vary: description.vary, place: host.name }),
    seed: seedOf(description.seed, `host ${host.name}: RDRAND`),
  };
  return { cables, links, request };
}
