/** A host of a world, in whatever thread: its lab, the cables of its cards, and the inputs that are still to come. */
import { Cable } from '../../../devices/lan/cable.ts';
import { isSource } from '../host-devices.ts';
import type { DiskSource, HostDisk } from '../host-devices.ts';
import { Lab } from '../lab.ts';
import type { Stop } from '../stop.ts';
import { cardsOf, HOST_DEFAULTS } from './description.ts';
import type { HostDescription, WorldDescription } from './description.ts';
import { DescriptionError } from './field.ts';
import { macOf } from './exchange.ts';
import type { Job, Progress, Sent } from './exchange.ts';
import type { Input } from './inputs.ts';
import { seedOf } from './seed.ts';

/** Images by the names that a description has for them. Disks may be elsewhere. */
export type WorldImages = Readonly<Record<string, Uint8Array | DiskSource>>;

export interface Report extends Sent {
  /** Why it has stopped before its job was done; null: it was. */
  readonly stop: Stop | null;
}

export class WorldHost {
  readonly lab: Lab;
  private readonly cables: readonly Cable[];
  /** In the order of their instants. */
  private readonly inputs: Input[] = [];

  private constructor(lab: Lab, cables: readonly Cable[]) {
    this.lab = lab;
    this.cables = cables;
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
      seed: seedOf(description.seed, `host ${host.name}: RDRAND`),
    });
    return new WorldHost(lab, cables);
  }

  private take(input: Input): void {
    const later = this.inputs.findIndex(({ ticks }) => ticks > input.ticks);
    this.inputs.splice(later < 0 ? this.inputs.length : later, 0, input);
  }

  /** Does a job; with `text`, it stops where the console has printed that. */
  run({ untilNs, arrivals, inputs }: Job, text?: RegExp): Report {
    const { lab, cables } = this;
    for (const [card, frames] of arrivals.entries()) cables[card]!.coming.push(...frames);
    if (arrivals.some(({ length }) => length > 0)) lab.hypervisor.deviceUsed();
    for (const input of inputs) this.take(input);
    const endTicks = Math.ceil(untilNs / lab.periodNs);
    let stop: Stop | null = null;
    do {
      while (this.dueTicks <= lab.hypervisor.ticks()) lab.type(this.inputs.shift()!.keys);
      stop = this.runTo(Math.min(endTicks, this.dueTicks), text);
    } while (stop === null && lab.hypervisor.ticks() < endTicks);
    return { ...this.progress, sent: cables.map(({ sent }) => sent.splice(0)), stop };
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

function imagesOf(
  { kernel, ramdisk, disks, files }: HostDescription,
  path: string,
  images: WorldImages,
): { kernel: Uint8Array; ramdisk?: Uint8Array; disks: HostDisk[]; files: Map<string, Uint8Array> } {
  const bytes = (name: string, field: string): Uint8Array => {
    const image = imageOf(images, name, `${path}.${field}`);
    if (!isSource(image)) return image;
    throw new DescriptionError(`${path}.${field}`, `only a disk can be elsewhere, as the image ${name} is`);
  };
  return {
    kernel: bytes(kernel, 'kernel'),
    ...(ramdisk === undefined ? {} : { ramdisk: bytes(ramdisk, 'ramdisk') }),
    disks: (disks ?? []).map(({ image, readOnly }, index) => ({
      name: image,
      bytes: imageOf(images, image, `${path}.disks[${String(index)}].image`),
      ...(readOnly === undefined ? {} : { readOnly }),
    })),
    files: new Map(
      Object.entries(files ?? {}).map(([file, image]) => [file, bytes(image, `files.${file}`)] as const),
    ),
  };
}

function imageOf(images: WorldImages, name: string, path: string): Uint8Array | DiskSource {
  const image = Object.hasOwn(images, name) ? images[name] : undefined;
  if (image === undefined) throw new DescriptionError(path, `there is no image ${name}`);
  return image;
}
