/** Snapshots and recordings as files: written, read, and the images that they name found. */
import { existsSync } from 'node:fs';
import { coreVersion } from '../../core/version.ts';
import { ImageError } from '../../hypervisor/domain/builder/image-error.ts';
import { allImages } from '../../guests/toolchain/mote-node.ts';
import type { DiskSource } from '../lab/host-devices.ts';
import type { Lab } from '../lab/lab.ts';
import { imagesOf } from '../lab/own-images.ts';
import type { Sources } from '../lab/snapshot/description.ts';
import { SnapshotError } from '../lab/snapshot/errors.ts';
import type { ImageName } from '../lab/snapshot/format.ts';
import { sha256 } from '../lab/snapshot/sha256.ts';
import { Marks } from '../lab/time/marks.ts';
import type { Mark, Recording } from '../lab/time/recording.ts';
import type { Kept } from '../lab/runs.ts';
import { folderImage, isFolder } from './build.ts';
import { openDisks, readImage, writeOutput } from './host-files.ts';
import { UserError } from './user-error.ts';

const MEBIBYTE = 2 ** 20;
const KIBIBYTE = 2 ** 10;

function sizeOf({ length }: Uint8Array): string {
  return length < MEBIBYTE
    ? `${(length / KIBIBYTE).toFixed(1)} KiB`
    : `${(length / MEBIBYTE).toFixed(1)} MiB`;
}

/** Writes a snapshot; says so. */
export async function saveSnapshot(kept: Kept, path: string): Promise<string> {
  const file = await kept.snapshot();
  writeOutput(path, file);
  return `snapshot of ${kept.instant} in ${path}, ${sizeOf(file)}`;
}

/** Writes a snapshot to a name of its own, in the folder where this runs. What goes wrong is said, too: the run goes on. */
export async function saveOnTheWay(kept: Kept): Promise<string> {
  try {
    return await saveSnapshot(kept, `xenoscope-${kept.stem}.snapshot`);
  } catch (error) {
    if (error instanceof UserError || error instanceof SnapshotError) return error.message;
    throw error;
  }
}

/** Records a run that was begun just now, and that somebody else lets go on. */
export class Recorder {
  private readonly kept: Kept;
  private readonly path: string;
  private readonly marks: Marks;
  private readonly withSnapshots: boolean;

  /** Throws UserError for a file that cannot be written, before anything has run. `withSnapshots`: of instants on the way. */
  constructor(kept: Kept, path: string, withSnapshots = false) {
    this.kept = kept;
    this.path = path;
    this.withSnapshots = withSnapshots;
    kept.run.past.isKept = withSnapshots;
    this.marks = new Marks(kept.run);
    writeOutput(path, new Uint8Array(0));
  }

  /** To be called while the run stands. */
  look(): Promise<void> {
    return this.marks.look();
  }

  /** Writes the recording; says so. */
  async end(): Promise<string> {
    await this.marks.end();
    return writeRun(this.kept, this.marks.made, this.path, this.withSnapshots);
  }
}

/** Writes a recording of a run up to now; says so. */
export async function writeRun(
  kept: Kept,
  marks: readonly Mark[],
  path: string,
  withSnapshots = false,
): Promise<string> {
  const file = await kept.recording(marks, { withSnapshots });
  writeOutput(path, file);
  const { inputs, moments } = kept.run.past;
  const come = inputs.come.reduce((sum, count) => sum + count, 0);
  const snapshots = withSnapshots ? `, and ${String(moments.length)} snapshots,` : '';
  return `recording of ${String(come)} inputs and ${String(marks.length)} marks${snapshots} in ${path}, ${sizeOf(file)}`;
}

/** Images that the user has: those given, Mote's, and what is still where it was. */
export class ImageFiles implements Sources {
  private readonly given: Sources['image'];
  private readonly motes: Sources['image'];

  constructor(given: readonly string[]) {
    this.given = imagesOf(given.map((path) => () => Promise.resolve(readImage(path))));
    const all = once(allImages);
    this.motes = imagesOf([
      async () => (await all()).mote.kernel,
      async () => (await all()).mote.ramdisk,
      async () => (await all()).dom0.ramdisk,
    ]);
  }

  async image(wanted: ImageName, path: string | undefined): Promise<Uint8Array | undefined> {
    return (
      (await this.given(wanted, path)) ??
      (path === undefined ? await this.motes(wanted, path) : await imageAt(path, wanted))
    );
  }

  async disk(_name: string, path: string | undefined): Promise<DiskSource | undefined> {
    if (path === undefined) return undefined;
    const [disk] = await openDisks([path]);
    return disk?.bytes as DiskSource | undefined;
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** What is still where it was. */
async function imageAt(path: string, wanted: ImageName): Promise<Uint8Array | undefined> {
  if (!existsSync(path)) return undefined;
  const bytes = isFolder(path) ? await folderImage(path) : readImage(path);
  return (await sha256(bytes)) === wanted.sha256 ? bytes : undefined;
}

/** Does something with a file; what is wrong with it is the user's to know. */
export async function withFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SnapshotError || error instanceof ImageError || error instanceof RangeError)
      throw new UserError(`${path}: ${error.message}`);
    throw error;
  }
}

/** Brings the images that a restored lab's domain runs, for their symbols; says it where they cannot be had. */
export async function bringCode(lab: Lab): Promise<void> {
  try {
    await lab.bringCode();
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    process.stderr.write(`xenoscope: there are no symbols: ${error.message}\n`);
  }
}

/** A recording of another version may be run again, but not be the same. */
export function tellOfOtherCore({ core: wanted }: Recording, core: WebAssembly.Module): void {
  if (wanted !== coreVersion(core))
    process.stderr.write(
      'xenoscope: another version of Xenoscope has recorded this: it may go another way\n',
    );
}
