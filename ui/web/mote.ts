/** The guest that boots when no other is given: Mote, built by `npm run build:mote`. */
import type { MoteImages } from '../../guests/toolchain/mote.ts';
import kernelUrl from '../../guests/build/mote.elf?url';
import ramdiskUrl from '../../guests/build/mote.cpio?url';
import dom0RamdiskUrl from '../../guests/build/dom0.cpio?url';

async function load(url: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}

let files: Promise<MoteImages> | undefined;

/** Mote's files, fetched once. */
export function moteFiles(): Promise<MoteImages> {
  files ??= Promise.all([load(kernelUrl), load(ramdiskUrl)]).then(([kernel, ramdisk]) => ({
    kernel,
    ramdisk,
  }));
  return files;
}

let dom0: Promise<MoteImages> | undefined;

/** Mote's files as domain 0, fetched once, when they are wanted first. */
export function dom0Files(): Promise<MoteImages> {
  dom0 ??= Promise.all([load(kernelUrl), load(dom0RamdiskUrl)]).then(([kernel, ramdisk]) => ({
    kernel,
    ramdisk,
  }));
  return dom0;
}
