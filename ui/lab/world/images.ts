/** Images by the names that a description has for them. */
import { isSource } from '../host-devices.ts';
import type { DiskSource, HostDisk } from '../host-devices.ts';
import type { HostDescription } from './description.ts';
import { DescriptionError } from './field.ts';

/** A host's own disks may be elsewhere. */
export type WorldImages = Readonly<Record<string, Uint8Array | DiskSource>>;

/** The images of a host, whose description is at `path`. Throws DescriptionError. */
export function imagesOf(
  { kernel, ramdisk, disks, files }: HostDescription,
  path: string,
  images: WorldImages,
): { kernel: Uint8Array; ramdisk?: Uint8Array; disks: HostDisk[]; files: Map<string, Uint8Array> } {
  const bytes = (name: string, field: string): Uint8Array => imageInMemory(images, name, `${path}.${field}`);
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

/** One that must not be elsewhere. Throws DescriptionError for the field at `path`. */
export function imageInMemory(images: WorldImages, name: string, path: string): Uint8Array {
  const image = imageOf(images, name, path);
  if (!isSource(image)) return image;
  throw new DescriptionError(path, `only a host's own disk can be elsewhere, as the image ${name} is`);
}

function imageOf(images: WorldImages, name: string, path: string): Uint8Array | DiskSource {
  const image = Object.hasOwn(images, name) ? images[name] : undefined;
  if (image === undefined) throw new DescriptionError(path, `there is no image ${name}`);
  return image;
}
