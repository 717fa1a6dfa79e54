/** Brings GRUB for Xen's paravirtualized domains, of Debian's package grub-xen-host: kept as the kernels are (fetch.ts). */
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { PackagesUnavailable, orUnavailable, unpack } from './packages.ts';

const PACKAGE = 'grub-xen-host';
const IMAGE = 'grub-x86_64-xen.bin';

async function make(made: string, work: string): Promise<void> {
  const tree = await unpack(PACKAGE, [`*/${IMAGE}`], work);
  try {
    await copyFile(join(tree, 'usr/lib/grub-xen', IMAGE), join(made, IMAGE));
  } catch {
    throw new PackagesUnavailable(`${PACKAGE} brought no ${IMAGE}`);
  }
}

/** For tests: the image, or undefined, the reason said on stderr, where there is no way to have it. */
export async function grubImage(): Promise<Uint8Array | undefined> {
  return orUnavailable("GRUB's image", async () =>
    readFile(join(await cached('grub', `${PACKAGE} ${IMAGE}`, make), IMAGE)),
  );
}
