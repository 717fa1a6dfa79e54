/** Runs, of a host that is alone or of a world of several: files that are made of them, and what files have. */
import type { Lab } from './lab.ts';
import type { Sources } from './snapshot/description.ts';
import { restoreLab, saveLab } from './snapshot/file.ts';
import { openSnapshot } from './snapshot/format.ts';
import { Images } from './snapshot/description.ts';
import { SnapshotError } from './snapshot/errors.ts';
import type { Instant } from './time/past.ts';
import { coreVersion } from '../../core/version.ts';
import { LabRun } from './time/lab-run.ts';
import type { Marked } from './time/marks.ts';
import { bootRecording, writeRecording } from './time/recording.ts';
import type { Besides, Mark, Recording } from './time/recording.ts';
import {
  bootWorldRecording,
  restoreWorldFile,
  saveWorldFile,
  writeWorldRecording,
} from './world/world-file.ts';
import type { World } from './world/world.ts';

/** A run of a lab or of a world, as files are made of it. */
export interface Kept {
  readonly run: Marked;
  /** Where it stands, in words; and what a file is called after. */
  readonly instant: string;
  readonly stem: string;
  snapshot(): Promise<Uint8Array<ArrayBuffer>>;
  /** `marks`: up to now. */
  recording(marks: readonly Mark[], besides?: Besides): Promise<Uint8Array<ArrayBuffer>>;
}

export class KeptLab implements Kept {
  readonly run: LabRun;
  private readonly lab: Lab;
  private readonly core: WebAssembly.Module;

  constructor(lab: Lab, core: WebAssembly.Module) {
    this.run = new LabRun(lab);
    this.lab = lab;
    this.core = core;
  }

  get instant(): string {
    return `instruction ${String(this.lab.instructions)}`;
  }

  get stem(): string {
    return String(this.lab.instructions);
  }

  snapshot(): Promise<Uint8Array<ArrayBuffer>> {
    return saveLab(this.lab, this.core);
  }

  recording(marks: readonly Mark[], besides: Besides = {}): Promise<Uint8Array<ArrayBuffer>> {
    return writeRecording(this.lab, this.core, marks, besides);
  }
}

export class KeptWorld implements Kept {
  readonly run: World;
  private readonly core: WebAssembly.Module;

  constructor(world: World, core: WebAssembly.Module) {
    this.run = world;
    this.core = core;
  }

  get instant(): string {
    return `${String(this.run.ns)} ns`;
  }

  get stem(): string {
    return `${String(this.run.ns)}ns`;
  }

  snapshot(): Promise<Uint8Array<ArrayBuffer>> {
    return saveWorldFile(this.run, this.core);
  }

  recording(marks: readonly Mark[], besides: Besides = {}): Promise<Uint8Array<ArrayBuffer>> {
    return writeWorldRecording(this.run, this.core, marks, besides);
  }
}

/** What a file is of: hosts, and the run that files are made of. */
export interface OpenedRun {
  /** One that is alone, or those of `world`. */
  readonly hosts: readonly { readonly name: string; readonly lab: Lab }[];
  readonly kept: Kept;
  readonly world: World | null;
}

export function openedLab(lab: Lab, core: WebAssembly.Module): OpenedRun {
  return { hosts: [{ name: 'host', lab }], kept: new KeptLab(lab, core), world: null };
}

export function openedWorld(world: World, core: WebAssembly.Module): OpenedRun {
  const hosts = world.hosts.map(({ lab }, host) => ({ name: world.description.hosts[host]!.name, lab }));
  return { hosts, kept: new KeptWorld(world, core), world };
}

/** What a snapshot has. Rejects with a SnapshotError. */
export async function openRun(
  core: WebAssembly.Module,
  bytes: Uint8Array,
  images: Sources,
): Promise<OpenedRun> {
  const file = await openSnapshot(bytes);
  return file.header.kind === 'host'
    ? openedLab(await restoreLab(core, file, images), core)
    : openedWorld(await restoreWorldFile(core, file, images), core);
}

/** What was recorded, before its first instruction; what has snapshots, can be gone to. Rejects with a SnapshotError. */
export async function bootRun(
  core: WebAssembly.Module,
  recording: Recording,
  images: Sources,
): Promise<OpenedRun> {
  const opened =
    recording.kind === 'host'
      ? openedLab(await bootRecording(core, recording, images), core)
      : openedWorld(await bootWorldRecording(core, recording, images), core);
  if (recording.snapshotFile !== null) await adopt(opened, core, recording, images);
  return opened;
}

/** Another build of the core can do nothing with them: it goes all the way. */
async function adopt(
  { kept: { run } }: OpenedRun,
  core: WebAssembly.Module,
  { kind, snapshots, snapshotFile }: Recording,
  sources: Sources,
): Promise<void> {
  const file = await openSnapshot(snapshotFile!);
  const { header } = file;
  if (header.core !== coreVersion(core)) return;
  file.check(kind, core);
  const images = new Images(
    header.images,
    header.description as { readonly paths?: Record<string, string> },
    sources,
  );
  const worlds = await file.readAll(images.bring);
  const fits = ({ places }: Instant): boolean => places.length === run.places.length;
  if (worlds.length !== snapshots.length || !snapshots.every(fits))
    throw new SnapshotError('damaged: its snapshots are not those that it has');
  run.past.adopt(snapshots, worlds);
}
