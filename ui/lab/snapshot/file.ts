/** A lab as a file, and back. */
import { coreVersion } from '../../../core/version.ts';
import type { AbsentImage, Image, WorldRequest } from '../host.ts';
import type { DiskSource, HostDisk } from '../host-devices.ts';
import { Lab } from '../lab.ts';
import { SnapshotError } from './errors.ts';
import { readHeader, readSnapshot, writeSnapshot } from './format.ts';
import type { BringImage, Header, ImageName } from './format.ts';
import { sha256 } from './sha256.ts';

/** A request whose images are numbers: those of the header's. */
interface Description extends Omit<WorldRequest, 'kernel' | 'ramdisk' | 'disks' | 'files'> {
  readonly kernel: number;
  readonly ramdisk?: number;
  readonly disks: readonly DiskDescription[];
  /** Paths in the share, and what was put there. */
  readonly files: readonly (readonly [string, number])[];
}

interface DiskDescription {
  readonly name: string;
  readonly readOnly: boolean;
  /** An image; or how many bytes there are elsewhere. */
  readonly image: number | null;
  readonly bytes: number;
}

/** Collects the images of a request. */
class ImageList {
  readonly names: string[] = [];
  readonly contents: Image[] = [];

  add(name: string, image: Image): number {
    const known = this.contents.indexOf(image);
    if (known >= 0) return known;
    this.names.push(name);
    return this.contents.push(image) - 1;
  }

  /** By what files know them. */
  named(): Promise<ImageName[]> {
    return Promise.all(this.contents.map((image, index) => nameOf(image, this.names[index]!)));
  }
}

function describe(request: WorldRequest, images: ImageList): Description {
  const { kernel, ramdisk, disks = [], files = new Map<string, Uint8Array>(), ...plain } = request;
  return {
    ...plain,
    kernel: images.add('kernel', kernel),
    ...(ramdisk === undefined ? {} : { ramdisk: images.add('ramdisk', ramdisk) }),
    disks: disks.map(({ name, bytes, readOnly = false }) => ({
      name,
      readOnly,
      ...(bytes instanceof Uint8Array
        ? { image: images.add(`disk ${name}`, bytes), bytes: bytes.length }
        : { image: null, bytes: bytes.size }),
    })),
    files: [...files].map(([path, bytes]) => [path, images.add(`file ${path}`, bytes)] as const),
  };
}

async function nameOf(image: Image, name: string): Promise<ImageName> {
  if (!(image instanceof Uint8Array)) return image.name;
  return { name, bytes: image.length, sha256: await sha256(image) };
}

/** The world of a lab as it is now, in a file. */
export async function saveLab(lab: Lab, core: WebAssembly.Module): Promise<Uint8Array<ArrayBuffer>> {
  const saved = lab.save();
  const list = new ImageList();
  const description = describe(lab.request, list);
  const header = { core: coreVersion(core), images: await list.named(), description };
  const contents = list.contents.map((image) => (image instanceof Uint8Array ? image : null));
  return writeSnapshot(header, saved, contents);
}

/** Where what is not in a file comes from. Each gives undefined for what it has not. */
export interface Sources {
  image(wanted: ImageName): Promise<Uint8Array | undefined>;
  /** A disk whose bytes are read piece by piece, by its name. */
  disk?(name: string): DiskSource | undefined;
}

async function findImage(wanted: ImageName, sources: Sources): Promise<Uint8Array> {
  const bytes = await sources.image(wanted);
  if (bytes === undefined)
    throw new SnapshotError(`it needs its ${wanted.name} (SHA-256 ${wanted.sha256}), which is not here`);
  if (bytes.length === wanted.bytes && (await sha256(bytes)) === wanted.sha256) return bytes;
  throw new SnapshotError(`its ${wanted.name} is another than the one that is here`);
}

/** The images of a header: brought when they are needed, once. */
class Images {
  private readonly header: Header;
  private readonly sources: Sources;
  private readonly brought = new Map<number, Promise<Uint8Array>>();

  constructor(header: Header, sources: Sources) {
    this.header = header;
    this.sources = sources;
  }

  readonly bring: BringImage = (index) => {
    const known = this.brought.get(index);
    if (known !== undefined) return known;
    const bytes = findImage(this.name(index), this.sources);
    this.brought.set(index, bytes);
    // What could not be had may be there the next time.
    bytes.catch(() => this.brought.delete(index));
    return bytes;
  };

  absent(index: number): AbsentImage {
    return { name: this.name(index), load: () => this.bring(index) };
  }

  private name(index: number): ImageName {
    const name = this.header.images[index];
    if (name === undefined) throw new SnapshotError(`damaged: it has no image ${String(index)}`);
    return name;
  }
}

async function diskOf(
  { name, readOnly, image, bytes }: DiskDescription,
  images: Images,
  sources: Sources,
): Promise<HostDisk> {
  const content = image === null ? sources.disk?.(name) : await images.bring(image);
  if (content === undefined) throw new SnapshotError(`it needs its disk ${name}, which is not here`);
  const size = content instanceof Uint8Array ? content.length : content.size;
  if (size !== bytes)
    throw new SnapshotError(
      `its disk ${name} has ${String(bytes)} bytes, and the one that is here ${String(size)}`,
    );
  return { name, readOnly, bytes: content };
}

async function requestOf(description: Description, images: Images, sources: Sources): Promise<WorldRequest> {
  const { kernel, ramdisk, disks, files, ...plain } = description;
  return {
    ...plain,
    kernel: images.absent(kernel),
    ...(ramdisk === undefined ? {} : { ramdisk: images.absent(ramdisk) }),
    disks: await Promise.all(disks.map((disk) => diskOf(disk, images, sources))),
    files: new Map(
      await Promise.all(files.map(async ([path, image]) => [path, await images.bring(image)] as const)),
    ),
  };
}

/**
 * The lab of a file. Kernel and ramdisk are brought when somebody asks for their symbols (`Lab.bringCode`), everything else
 * before it is there. Throws SnapshotError, in one line, for a file that cannot be restored here; nothing is left of it then.
 */
export async function restoreLab(core: WebAssembly.Module, file: Uint8Array, sources: Sources): Promise<Lab> {
  const header = await readHeader(file);
  if (header.core !== coreVersion(core))
    throw new SnapshotError('it was saved by another version of Xenoscope, whose processor is not this one');
  const images = new Images(header, sources);
  const saved = await readSnapshot(file, images.bring);
  return Lab.restore(core, await requestOf(header.description as Description, images, sources), saved);
}
