/**
 * What a world was made from, as files say it (a snapshot, a recording): plain data, and images by their names, sizes and
 * SHA-256. Their contents are not in it; who reads it brings them.
 */
import type { AbsentImage, Image, WorldRequest } from '../host.ts';
import { isSource } from '../host-devices.ts';
import type { DiskSource, HostDisk } from '../host-devices.ts';
import { SnapshotError } from './errors.ts';
import type { BringImage, ImageName } from './format.ts';
import { sha256 } from './sha256.ts';

/** A request whose images are numbers: those of a list of names beside it. */
export interface Description extends Omit<WorldRequest, 'kernel' | 'ramdisk' | 'disks' | 'files'> {
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

/** What a disk's image, and that of a file in the share, are called (`WorldRequest.paths`, too). */
export const diskName = (name: string): string => `disk ${name}`;
export const fileName = (path: string): string => `file ${path}`;

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

/** What a request says, the names of its images, and their contents; null: it is not here. */
export interface Described {
  readonly description: Description;
  readonly images: readonly ImageName[];
  readonly contents: readonly (Uint8Array | null)[];
}

export async function describe(request: WorldRequest): Promise<Described> {
  const list = new ImageList();
  const description = descriptionOf(request, list);
  const contents = list.contents.map((image) => (image instanceof Uint8Array ? image : null));
  return { description, images: await list.named(), contents };
}

function descriptionOf(request: WorldRequest, images: ImageList): Description {
  const { kernel, ramdisk, disks = [], files = new Map<string, Uint8Array>(), ...plain } = request;
  return {
    ...plain,
    kernel: images.add('kernel', kernel),
    ...(ramdisk === undefined ? {} : { ramdisk: images.add('ramdisk', ramdisk) }),
    disks: disks.map(({ name, bytes, readOnly = false }) => ({
      name,
      readOnly,
      ...(bytes instanceof Uint8Array
        ? { image: images.add(diskName(name), bytes), bytes: bytes.length }
        : { image: null, bytes: bytes.size }),
    })),
    files: [...files].map(([path, bytes]) => [path, images.add(fileName(path), bytes)] as const),
  };
}

export async function nameOf(image: Image, name: string): Promise<ImageName> {
  if (!(image instanceof Uint8Array)) return image.name;
  return { name, bytes: image.length, sha256: await sha256(image) };
}

/** Where what is not in a file comes from. Each gives undefined for what it has not. */
export interface Sources {
  /** `path`: where it was, if that is known. */
  image(wanted: ImageName, path?: string): Promise<Uint8Array | undefined>;
  /** A disk whose bytes are read piece by piece, by its name. */
  disk?(name: string, path?: string): Promise<DiskSource | undefined>;
}

/** What a host was given that was described so, for one that is restored. */
export function sourcesAsGiven({ disks = [] }: WorldRequest, { images, contents }: Described): Sources {
  const given = new Map(images.map(({ sha256: hash }, index) => [hash, contents[index]]));
  return {
    image: ({ sha256: hash }) => {
      const found = given.get(hash);
      // Not a Buffer, which is no state.
      return Promise.resolve(
        found ? new Uint8Array(found.buffer, found.byteOffset, found.length) : undefined,
      );
    },
    disk: (wanted) => {
      const bytes = disks.find(({ name }) => name === wanted)?.bytes;
      return Promise.resolve(bytes !== undefined && isSource(bytes) ? bytes : undefined);
    },
  };
}

async function findImage(wanted: ImageName, path: string | undefined, sources: Sources): Promise<Uint8Array> {
  const bytes = await sources.image(wanted, path);
  if (bytes === undefined)
    throw new SnapshotError(`it needs its ${wanted.name} (SHA-256 ${wanted.sha256}), which is not here`);
  if (bytes.length === wanted.bytes && (await sha256(bytes)) === wanted.sha256) return bytes;
  throw new SnapshotError(`its ${wanted.name} is another than the one that is here`);
}

/** The images of a description: brought when they are needed, once. */
export class Images {
  private readonly names: readonly ImageName[];
  private readonly paths: Readonly<Record<string, string>>;
  private readonly sources: Sources;
  private readonly brought = new Map<number, Promise<Uint8Array>>();

  /** `paths`: where images were, by name. */
  constructor(
    names: readonly ImageName[],
    { paths = {} }: { readonly paths?: Readonly<Record<string, string>> },
    sources: Sources,
  ) {
    this.names = names;
    this.paths = paths;
    this.sources = sources;
  }

  readonly bring: BringImage = (index) => {
    const known = this.brought.get(index);
    if (known !== undefined) return known;
    const name = this.name(index);
    const bytes = findImage(name, this.paths[name.name], this.sources);
    this.brought.set(index, bytes);
    // What could not be had may be there the next time.
    bytes.catch(() => this.brought.delete(index));
    return bytes;
  };

  absent(index: number): AbsentImage {
    return { name: this.name(index), load: () => this.bring(index) };
  }

  /** A disk whose bytes are elsewhere. */
  async disk(name: string, path = this.paths[diskName(name)]): Promise<DiskSource | undefined> {
    return this.sources.disk?.(name, path);
  }

  private name(index: number): ImageName {
    const name = this.names[index];
    if (name === undefined) throw new SnapshotError(`damaged: it has no image ${String(index)}`);
    return name;
  }
}

async function diskOf({ name, readOnly, image, bytes }: DiskDescription, images: Images): Promise<HostDisk> {
  const content = await (image === null ? images.disk(name) : images.bring(image));
  if (content === undefined) throw new SnapshotError(`it needs its disk ${name}, which is not here`);
  const size = content instanceof Uint8Array ? content.length : content.size;
  if (size !== bytes)
    throw new SnapshotError(
      `its disk ${name} has ${String(bytes)} bytes, and the one that is here ${String(size)}`,
    );
  return { name, readOnly, bytes: content };
}

/** The request of a description. Kernel and ramdisk are not brought yet. Rejects with a SnapshotError. */
export async function requestOf(description: Description, images: Images): Promise<WorldRequest> {
  const { kernel, ramdisk, disks, files, ...plain } = description;
  return {
    ...plain,
    kernel: images.absent(kernel),
    ...(ramdisk === undefined ? {} : { ramdisk: images.absent(ramdisk) }),
    disks: await Promise.all(disks.map((disk) => diskOf(disk, images))),
    files: new Map(
      await Promise.all(files.map(async ([path, image]) => [path, await images.bring(image)] as const)),
    ),
  };
}
