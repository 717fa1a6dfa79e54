/** A world of several hosts in files: a snapshot, a recording; what it was made from, and its images by name. */
import { coreVersion } from '../../../core/version.ts';
import type { AbsentImage } from '../host.ts';
import { diskName, Images, nameOf } from '../snapshot/description.ts';
import type { Sources } from '../snapshot/description.ts';
import { SnapshotError } from '../snapshot/errors.ts';
import { writeSnapshot } from '../snapshot/format.ts';
import type { ImageName, SavedWorld, SnapshotFile } from '../snapshot/format.ts';
import { recordingFile } from '../time/recording.ts';
import type { Besides, Mark, Recording } from '../time/recording.ts';
import { checkDescription, lansOf } from './description.ts';
import type { WorldDescription } from './description.ts';
import { DescriptionError, Field } from './field.ts';
import { isAbsent } from './images.ts';
import type { WorldImage, WorldImages } from './images.ts';
import { World } from './world.ts';

const MOST_BYTES = Number.MAX_SAFE_INTEGER;

/** What a world was made from, beside its images. */
interface Made {
  readonly world: WorldDescription;
  /** Disks whose bytes are elsewhere, by name: how many they are. */
  readonly elsewhere: Readonly<Record<string, number>>;
  /** Where images were, by name. */
  readonly paths: Readonly<Record<string, string>>;
}

/** Names of images that a description has, and whether they are what a domain runs. */
function namesIn({ hosts, stores = [] }: WorldDescription): Map<string, { isCodeAlone: boolean }> {
  const names = new Map<string, { isCodeAlone: boolean }>();
  const add = (name: string | undefined, isCode: boolean): void => {
    if (name !== undefined)
      names.set(name, { isCodeAlone: isCode && (names.get(name)?.isCodeAlone ?? true) });
  };
  for (const { image } of stores) add(image, false);
  for (const { kernel, ramdisk, disks = [], files = {} } of hosts) {
    add(kernel, true);
    add(ramdisk, true);
    for (const { image } of disks) add(image, false);
    for (const image of Object.values(files)) add(image, false);
  }
  return names;
}

async function describe({ description: world, images, paths }: World): Promise<{
  readonly description: Made;
  readonly images: readonly ImageName[];
  readonly contents: readonly (Uint8Array | null)[];
}> {
  const named: ImageName[] = [];
  const contents: (Uint8Array | null)[] = [];
  const elsewhere: Record<string, number> = {};
  for (const name of namesIn(world).keys()) {
    const image = images[name]!;
    if (image instanceof Uint8Array || isAbsent(image)) {
      named.push({ ...(await nameOf(image, name)), name });
      contents.push(image instanceof Uint8Array ? image : null);
    } else elsewhere[name] = image.size;
  }
  return { description: { world, elsewhere, paths }, images: named, contents };
}

/** The world as it is now, or as it was, in a file. */
export async function saveWorldFile(
  world: World,
  core: WebAssembly.Module,
  saved: readonly SavedWorld[] = [world.save()],
): Promise<Uint8Array<ArrayBuffer>> {
  const { description, images, contents } = await describe(world);
  return writeSnapshot({ core: coreVersion(core), kind: 'world', images, description }, saved, contents);
}

/** The world of a file, as restoreLab has a host. Throws SnapshotError, in one line; nothing is left of it then. */
export async function restoreWorldFile(
  core: WebAssembly.Module,
  file: SnapshotFile,
  sources: Sources,
): Promise<World> {
  const { header } = file;
  file.check('world', core);
  const made = madeOf(header.description);
  const images = new Images(header.images, made, sources);
  const saved = await file.read(images.bring);
  return restored(async () => {
    const world = World.restore(core, made.world, await imagesOf(made, header.images, images), saved);
    world.paths = made.paths;
    return world;
  });
}

/** As writeRecording, of a world's run. */
export async function writeWorldRecording(
  world: World,
  core: WebAssembly.Module,
  marks: readonly Mark[],
  { withSnapshots = false, shown }: Besides = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const pack = withSnapshots ? await saveWorldFile(world, core, world.past.saved) : null;
  return recordingFile(core, 'world', await describe(world), world.past, marks, { pack, shown });
}

/** The world of a recording, before its first instruction; its inputs will come by themselves. As bootRecording. */
export async function bootWorldRecording(
  core: WebAssembly.Module,
  { kind, description, images: names, inputs, lanInputs }: Recording,
  sources: Sources,
): Promise<World> {
  if (kind !== 'world') throw new SnapshotError('it is of a host that is alone');
  const made = madeOf(description);
  if (inputs.some(({ host }) => host >= made.world.hosts.length))
    throw new SnapshotError('damaged: it has an input of a host that is not there');
  if (lanInputs.some(({ lan }) => lan >= lansOf(made.world).length))
    throw new SnapshotError('damaged: it has an input of a LAN that is not there');
  return restored(async () => {
    const images = await imagesOf(made, names, new Images(names, made, sources));
    const world = await World.make(core, made.world, images, inputs, lanInputs);
    world.paths = made.paths;
    return world;
  });
}

async function restored(make: () => Promise<World>): Promise<World> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof DescriptionError)) throw error;
    throw new SnapshotError(`damaged: ${error.message}`, { cause: error });
  }
}

function madeOf(value: unknown): Made {
  try {
    const { world, elsewhere, paths } = new Field('', value).object(['world', 'elsewhere', 'paths']);
    return {
      world: checkDescription(world.value),
      elsewhere: Object.fromEntries(
        [...elsewhere.entries()].map(([name, size]) => [name, size.number(0, MOST_BYTES)]),
      ),
      paths: Object.fromEntries([...paths.entries()].map(([name, path]) => [name, path.text()])),
    };
  } catch (error) {
    if (!(error instanceof DescriptionError)) throw error;
    throw new SnapshotError(`damaged: ${error.message}`, { cause: error });
  }
}

/** What a world is made from: what domains run is brought when somebody needs it, everything else now. */
async function imagesOf(
  { world, elsewhere, paths }: Made,
  names: readonly ImageName[],
  images: Images,
): Promise<WorldImages> {
  const found: Record<string, WorldImage> = {};
  for (const [name, { isCodeAlone }] of namesIn(world)) {
    const index = names.findIndex((each) => each.name === name);
    const size = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined;
    if (index >= 0) found[name] = isCodeAlone ? images.absent(index) : await images.bring(index);
    else if (size !== undefined) found[name] = await diskOf(name, size, paths[name], images);
    else throw new SnapshotError(`damaged: it has no image ${name}`);
  }
  return found;
}

async function diskOf(
  name: string,
  size: number,
  path: string | undefined,
  images: Images,
): Promise<Exclude<WorldImage, Uint8Array | AbsentImage>> {
  const disk = await images.disk(name, path);
  if (disk === undefined) throw new SnapshotError(`it needs its ${diskName(name)}, which is not here`);
  if (disk.size === size) return disk;
  throw new SnapshotError(
    `its ${diskName(name)} has ${String(size)} bytes, and the one that is here ${String(disk.size)}`,
  );
}
