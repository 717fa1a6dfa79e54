/** Images by the names that a description has for them. */
import type { AbsentImage, Image } from '../host.ts';
import type { DiskSource, HostDisk } from '../host-devices.ts';
import type { HostDescription } from './description.ts';
import { DescriptionError } from './field.ts';

/** A host's own disks may be elsewhere; kernels and ramdisks may be brought when somebody needs them. */
export type WorldImage = Uint8Array | DiskSource | AbsentImage;
export type WorldImages = Readonly<Record<string, WorldImage>>;

/** The images of a host, whose description is at `path`. Throws DescriptionError. */
export function imagesOf(
  { name: host, kernel, ramdisk, disks, files }: HostDescription,
  path: string,
  images: WorldImages,
): { kernel: Image; ramdisk?: Image; disks: HostDisk[]; files: Map<string, Uint8Array> } {
  const bytes = (name: string, field: string): Uint8Array => imageInMemory(images, name, `${path}.${field}`);
  return {
    kernel: codeOf(images, kernel, `${path}.kernel`),
    ...(ramdisk === undefined ? {} : { ramdisk: codeOf(images, ramdisk, `${path}.ramdisk`) }),
    disks: (disks ?? []).map(({ image, readOnly }, index) => ({
      name: image,
      // No two hosts' own disks are one, whatever they are made from.
      serial: `${host}:${image}`,
      bytes: diskOf(images, image, `${path}.disks[${String(index)}].image`),
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
  if (image instanceof Uint8Array) return image;
  throw new DescriptionError(path, `only a host's own disk can be elsewhere, as the image ${name} is`);
}

function diskOf(images: WorldImages, name: string, path: string): Uint8Array | DiskSource {
  const image = imageOf(images, name, path);
  return isAbsent(image) ? imageInMemory(images, name, path) : image;
}

function codeOf(images: WorldImages, name: string, path: string): Image {
  const image = imageOf(images, name, path);
  return isAbsent(image) ? image : imageInMemory(images, name, path);
}

export function isAbsent(image: WorldImage): image is AbsentImage {
  return 'load' in image;
}

function imageOf(images: WorldImages, name: string, path: string): WorldImage {
  const image = Object.hasOwn(images, name) ? images[name] : undefined;
  if (image === undefined) throw new DescriptionError(path, `there is no image ${name}`);
  return image;
}
