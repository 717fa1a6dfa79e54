/**
 * A kernel image, taken apart for the domain builder: any container, any compression, down to an ELF64 image with Xen's
 * notes. The checks on what the notes say are Xen's (libelf-dominfo.c, xg_dom_elfloader.c).
 */
import { XEN_ELFNOTE_PHYS32_ENTRY } from '../../abi/elfnote.ts';
import { XENFEAT_dom0 } from '../../abi/version.ts';
import { hexVa, isBelow } from './addresses.ts';
import { isBzImage, parseBzImage } from './bzimage.ts';
import { type Compression, compressionOf, decompress } from './decompress.ts';
import { type Elf, ELF_MAGIC, parseElf } from './elf.ts';
import { ImageError } from './image-error.ts';
import { ImageReader } from './image-reader.ts';
import { findXenNotes, type XenNotes } from './xen-notes.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';

/** A kernel ready to be built a domain for. Virtual addresses are signed numbers. */
export interface KernelImage {
  readonly format: 'bzImage' | 'ELF';
  /** How the ELF image was packed. */
  readonly compression: Compression | 'none';
  /** The version a bzImage tells of itself, or empty. */
  readonly version: string;
  readonly elf: Elf;
  readonly notes: XenNotes;
  readonly addresses: KernelAddresses;
}

/** Where the kernel wants to be. */
export interface KernelAddresses {
  /** The virtual address of pfn 0. */
  readonly virtBase: number;
  /** What a segment's physical address is short of to be a pseudo-physical one. */
  readonly paddrOffset: number;
  /** The lowest physical address of the segments, and the virtual range that they take. */
  readonly paddrStart: number;
  readonly virtStart: number;
  readonly virtEnd: number;
  readonly entry: number;
  /** Where the p2m list is to be mapped; undefined within the initial mapping. */
  readonly p2mBase: number | undefined;
  /** Where Xen writes its hypercall page; undefined where the kernel does without. */
  readonly hypercallPage: number | undefined;
  /** Whether the kernel takes its ramdisk unmapped, by pfn. */
  readonly takesUnmappedRamdisk: boolean;
}

/** Images of other kinds that are worth a better word than "not a kernel". */
const foreignMagics: readonly {
  readonly at: number;
  readonly magic: readonly number[];
  readonly name: string;
}[] = [
  { at: 0x38, magic: [0x41, 0x52, 0x4d, 0x64], name: 'an AArch64 Image' },
  { at: 0x24, magic: [0x18, 0x28, 0x6f, 0x01], name: 'a 32-bit ARM zImage' },
  { at: 0x30, magic: [0x52, 0x49, 0x53, 0x43, 0x56], name: 'a RISC-V Image' },
];

/** A kernel that only says where HVM and PVH domains enter it. */
function isForHvmAlone({ notes, guestOs, xenVersion, loader, virtBase }: XenNotes): boolean {
  const entersHvm = notes.some(({ type }) => type === XEN_ELFNOTE_PHYS32_ENTRY);
  return entersHvm && `${guestOs}${xenVersion}${loader}` === '' && virtBase === undefined;
}

function checkNotes(notes: XenNotes): void {
  if (isForHvmAlone(notes))
    throw new ImageError(
      'unsupported',
      'a kernel for HVM and PVH domains (its one entry is PHYS32_ENTRY); domains here are PV',
    );
  if (!notes.loader.startsWith('generic') && !notes.guestOs.startsWith('linux')) {
    const who = `it is for the loader "${notes.loader}" and the system "${notes.guestOs}"`;
    throw new ImageError('unsupported', `the kernel is for neither the generic loader nor Linux: ${who}`);
  }
  if (!notes.xenVersion.startsWith('xen-3.0'))
    throw new ImageError('unsupported', `the kernel is built for "${notes.xenVersion}", not for xen-3.0`);
  if ((notes.requiredFeatures & (1 << XENFEAT_dom0)) !== 0)
    throw new ImageError('unsupported', 'the kernel runs as dom0 only');
}

function findAddresses(elf: Elf, notes: XenNotes): KernelAddresses {
  if (elf.segments.length === 0) throw new ImageError('not a kernel', 'the ELF image has nothing to load');
  if (notes.paddrOffset !== undefined && notes.virtBase === undefined)
    throw new ImageError('unsupported', 'the kernel gives PADDR_OFFSET but no VIRT_BASE');
  const virtBase = notes.virtBase ?? 0;
  const paddrOffset = notes.paddrOffset ?? (notes.source === 'notes' ? 0 : virtBase);
  const paddrStart = Math.min(...elf.segments.map(({ paddr }) => paddr));
  const paddrEnd = Math.max(...elf.segments.map(({ paddr, memoryBytes }) => paddr + memoryBytes));
  return {
    virtBase,
    paddrOffset,
    paddrStart,
    virtStart: paddrStart + virtBase - paddrOffset,
    virtEnd: paddrEnd + virtBase - paddrOffset,
    entry: notes.entry ?? elf.entry,
    p2mBase: usableP2mBase(notes.initP2m, virtBase),
    hypercallPage: notes.hypercallPage,
    takesUnmappedRamdisk: notes.modStartPfn,
  };
}

/** A p2m list has a place of its own only below the kernel and on a page boundary. */
function usableP2mBase(initP2m: number | undefined, virtBase: number): number | undefined {
  if (initP2m === undefined || !isCanonical(initP2m) || initP2m % PAGE_BYTES !== 0) return undefined;
  return isBelow(initP2m, virtBase) ? initP2m : undefined;
}

function isCanonical(va: number): boolean {
  return va >= -(2 ** 47) && va < 2 ** 47;
}

function checkAddresses({ virtBase, virtStart, virtEnd, entry, hypercallPage }: KernelAddresses): void {
  const complain = (what: string, va: number) => {
    throw new ImageError('corrupt', `${what}, ${hexVa(va)}, is out of bounds`);
  };
  if (!isCanonical(virtBase) || virtBase % PAGE_BYTES !== 0) complain('the virtual base', virtBase);
  // from here on everything is in the same half of the address space as virtBase
  const isInside = (va: number) => isCanonical(va) && va < 0 === virtBase < 0 && va >= virtBase;
  if (!isInside(virtStart) || virtStart % PAGE_BYTES !== 0) complain('the start of the kernel', virtStart);
  if (!isInside(virtEnd - 1) || virtEnd <= virtStart) complain('the end of the kernel', virtEnd);
  if (!isCanonical(entry) || entry < virtStart || entry > virtEnd) complain('the entry point', entry);
  if (hypercallPage === undefined) return;
  const isPage = hypercallPage % PAGE_BYTES === 0;
  if (!isPage || hypercallPage < virtStart || hypercallPage >= virtEnd)
    complain('the hypercall page', hypercallPage);
}

/** What the bytes are, where they are neither a bzImage nor an ELF image. */
function refuse(image: ImageReader): never {
  if (image.bytes.length === 0) throw new ImageError('not a kernel', 'the file is empty');
  const foreign = foreignMagics.find(({ at, magic }) => image.has(magic, at));
  if (foreign !== undefined)
    throw new ImageError('wrong architecture', `${foreign.name}; a PV domain runs x86-64`);
  const start = [...image.bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new ImageError('not a kernel', `neither a bzImage nor an ELF image (it begins with ${start})`);
}

function dissect(
  bytes: Uint8Array,
  container: Pick<KernelImage, 'format' | 'compression' | 'version'>,
): KernelImage {
  const image = new ImageReader(bytes);
  if (!image.has(ELF_MAGIC, 0)) refuse(image);
  const elf = parseElf(bytes);
  const notes = findXenNotes(elf);
  checkNotes(notes);
  const addresses = findAddresses(elf, notes);
  checkAddresses(addresses);
  return { ...container, elf, notes, addresses };
}

/**
 * Reads a kernel: a bzImage (payload packed with gzip, xz, lz4, zstd or lzma), an ELF64 image, or either of them gzipped.
 * Rejects with ImageError where it is none of these, damaged, for another machine, or not made for Xen.
 */
export async function loadKernel(file: Uint8Array): Promise<KernelImage> {
  const outer = compressionOf(file) ?? 'none';
  if (outer !== 'gzip' && outer !== 'none')
    throw new ImageError(
      'unsupported',
      `the file itself is packed with ${outer}: unpack it first (gzip is known)`,
    );
  const bytes = outer === 'gzip' ? await decompress(file, 'gzip', 'the kernel') : file;
  if (!isBzImage(bytes)) return dissect(bytes, { format: 'ELF', compression: outer, version: '' });
  const { payload, version } = parseBzImage(bytes);
  if (new ImageReader(payload).has(ELF_MAGIC, 0))
    throw new ImageError(
      'unsupported',
      "the payload of the bzImage is not packed, which Xen's builder wants",
    );
  const compression = compressionOf(payload);
  if (compression === undefined)
    throw new ImageError('corrupt', `the payload of the bzImage begins with no known compression's mark`);
  const elf = await decompress(payload, compression, 'the payload of the bzImage');
  return dissect(elf, { format: 'bzImage', compression, version });
}
