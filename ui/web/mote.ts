/** The guest that boots when no other is given: Mote, built by `npm run build:mote`; and a host that has booted it. */
import type { MoteImages } from '../../guests/toolchain/mote.ts';
import hostUrl from '../../dist/host.snapshot?url';
import kernelUrl from '../../guests/build/mote.elf?url';
import ramdiskUrl from '../../guests/build/mote.cpio?url';
import dom0RamdiskUrl from '../../guests/build/dom0.cpio?url';

/** What came with the page. */
const own = new Set<Uint8Array>();

/** Whether an image came with the page: it need not be kept. */
export function isOwn(image: Uint8Array): boolean {
  return own.has(image);
}

async function load(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`${url} cannot be had: ${String(response.status)} ${response.statusText}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  own.add(bytes);
  return bytes;
}

/** The host that the page opens with (lab/usual-host.ts), at its prompt. */
export function usualHost(): Promise<Uint8Array> {
  return load(hostUrl);
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
