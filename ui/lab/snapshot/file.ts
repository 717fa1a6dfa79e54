/** A lab as a file, and back. */
import { coreVersion } from '../../../core/version.ts';
import type { DomainRequest } from '../host.ts';
import type { DiskSource, HostDisk } from '../host-devices.ts';
import { Lab } from '../lab.ts';
import { SnapshotError } from './errors.ts';
import { readHeader, readSnapshot, writeSnapshot } from './format.ts';
import type { Header, ImageName } from './format.ts';

/** A request whose images are numbers: those of the header's. */
interface Description extends Omit<DomainRequest, 'kernel' | 'ramdisk' | 'disks' | 'files'> {
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
  readonly contents: Uint8Array[] = [];

  add(name: string, bytes: Uint8Array): number {
    const known = this.contents.indexOf(bytes);
    if (known >= 0) return known;
    this.names.push(name);
    return this.contents.push(bytes) - 1;
  }
}

function describe(request: DomainRequest, images: ImageList): Description {
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

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The world of a lab as it is now, in a file. */
export async function saveLab(lab: Lab, core: WebAssembly.Module): Promise<Uint8Array<ArrayBuffer>> {
  const saved = lab.save();
  const list = new ImageList();
  const description = describe(lab.request, list);
  const images = await Promise.all(
    list.contents.map(async (bytes, index): Promise<ImageName> => ({
      name: list.names[index]!,
      bytes: bytes.length,
      sha256: await sha256(bytes),
    })),
  );
  return writeSnapshot({ core: coreVersion(core), images, description }, saved, list.contents);
}

/** Where what is not in a file comes from. Each gives undefined for what it has not. */
export interface Sources {
  image(wanted: ImageName): Promise<Uint8Array | undefined>;
  /** A disk whose bytes are read piece by piece, by its name. */
  disk?(name: string): DiskSource | undefined;
}

async function findImages(header: Header, sources: Sources): Promise<Uint8Array[]> {
  return Promise.all(
    header.images.map(async (wanted) => {
      const bytes = await sources.image(wanted);
      if (bytes === undefined)
        throw new SnapshotError(`it needs its ${wanted.name} (SHA-256 ${wanted.sha256}), which is not here`);
      if (bytes.length === wanted.bytes && (await sha256(bytes)) === wanted.sha256) return bytes;
      throw new SnapshotError(`its ${wanted.name} is another than the one that is here`);
    }),
  );
}

function diskOf(
  { name, readOnly, image, bytes }: DiskDescription,
  images: readonly Uint8Array[],
  sources: Sources,
): HostDisk {
  const content = image === null ? sources.disk?.(name) : images[image];
  if (content === undefined) throw new SnapshotError(`it needs its disk ${name}, which is not here`);
  const size = content instanceof Uint8Array ? content.length : content.size;
  if (size !== bytes)
    throw new SnapshotError(
      `its disk ${name} has ${String(bytes)} bytes, and the one that is here ${String(size)}`,
    );
  return { name, readOnly, bytes: content };
}

function requestOf(description: Description, images: readonly Uint8Array[], sources: Sources): DomainRequest {
  const { kernel, ramdisk, disks, files, ...plain } = description;
  return {
    ...plain,
    kernel: images[kernel]!,
    ...(ramdisk === undefined ? {} : { ramdisk: images[ramdisk]! }),
    disks: disks.map((disk) => diskOf(disk, images, sources)),
    files: new Map(files.map(([path, image]) => [path, images[image]!])),
  };
}

/** The lab of a file. Throws SnapshotError, in one line, for a file that cannot be restored here; nothing is left of it then. */
export async function restoreLab(core: WebAssembly.Module, file: Uint8Array, sources: Sources): Promise<Lab> {
  const header = await readHeader(file);
  if (header.core !== coreVersion(core))
    throw new SnapshotError('it was saved by another version of Xenoscope, whose processor is not this one');
  const images = await findImages(header, sources);
  const saved = await readSnapshot(file, images);
  return Lab.restore(core, requestOf(header.description as Description, images, sources), saved);
}
