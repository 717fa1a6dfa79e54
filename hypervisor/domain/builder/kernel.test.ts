import fc from 'fast-check';
import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import * as elfnote from '../../abi/elfnote.ts';
import { ImageError } from './image-error.ts';
import { loadKernel } from './kernel.ts';
import { bzImage, elfImage, linuxLike, type TestKernel, VIRT_BASE, withNotes } from './testing.ts';

const elf = elfImage(linuxLike);
const packed = bzImage(gzipSync(elf));

async function complaint(image: Uint8Array): Promise<string> {
  return loadKernel(image).then(
    () => 'none',
    (error: unknown) => {
      expect(error).toBeInstanceOf(ImageError);
      return (error as ImageError).message;
    },
  );
}

function complaintAbout(kernel: TestKernel): Promise<string> {
  return complaint(elfImage(kernel));
}

function patched(image: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = image.slice();
  copy.set(values, at);
  return copy;
}

describe('loadKernel', () => {
  it.each([
    ['an ELF image', elf, { format: 'ELF', compression: 'none', version: '' }],
    ['a gzipped ELF image', gzipSync(elf), { format: 'ELF', compression: 'gzip', version: '' }],
    ['a bzImage', packed, { format: 'bzImage', compression: 'gzip', version: '6.6.6-test (somebody)' }],
    ['a gzipped bzImage', gzipSync(packed), { format: 'bzImage', compression: 'gzip' }],
  ])('reads %s', async (_, image, container) => {
    const kernel = await loadKernel(image);
    expect(kernel).toMatchObject(container);
    expect(kernel.addresses).toEqual({
      virtBase: VIRT_BASE,
      paddrOffset: 0,
      paddrStart: 0x10_0000,
      virtStart: VIRT_BASE + 0x10_0000,
      virtEnd: VIRT_BASE + 0x10_5000,
      entry: VIRT_BASE + 0x10_0040,
      p2mBase: 0x80_0000_0000,
      hypercallPage: undefined,
      takesUnmappedRamdisk: true,
    });
  });

  it('reads features, by name and by number, and which are required', async () => {
    const { notes } = await loadKernel(elf);
    expect(notes.supportedFeatures).toBe(0x8811);
    expect(notes.requiredFeatures).toBe(1);
  });

  it('reads notes from a section where no segment has them', async () => {
    const { notes } = await loadKernel(elfImage({ ...linuxLike, notesIn: 'section' }));
    expect(notes.notes).toHaveLength(linuxLike.notes.length);
  });

  it('reads notes from a segment that takes no memory, as that of GRUB', async () => {
    const { notes } = await loadKernel(elfImage({ ...linuxLike, noteMemoryBytes: 0 }));
    expect(notes.notes).toHaveLength(linuxLike.notes.length);
  });

  it('takes the entry from the ELF header, and no place for the p2m list, where the notes give none', async () => {
    const notes = { [elfnote.XEN_ELFNOTE_ENTRY]: undefined, [elfnote.XEN_ELFNOTE_INIT_P2M]: undefined };
    const image = elfImage(withNotes(linuxLike, notes));
    new DataView(image.buffer).setBigInt64(24, BigInt(VIRT_BASE + 0x10_0123), true);
    const { addresses } = await loadKernel(image);
    expect(addresses.entry).toBe(VIRT_BASE + 0x10_0123);
    expect(addresses.p2mBase).toBeUndefined();
  });

  it('reads the old __xen_guest section', async () => {
    const guestSection =
      'GUEST_OS=linux,XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,ELF_PADDR_OFFSET=0x0,' +
      'VIRT_ENTRY=0xffffffff80100040,HYPERCALL_PAGE=0x102,LOADER=generic,FEATURES=writable_page_tables';
    const { addresses, notes } = await loadKernel(elfImage({ ...linuxLike, notes: [], guestSection }));
    expect(addresses).toMatchObject({
      virtBase: VIRT_BASE,
      entry: VIRT_BASE + 0x10_0040,
      hypercallPage: VIRT_BASE + 0x10_2000,
      takesUnmappedRamdisk: false,
    });
    expect(notes).toMatchObject({ source: '__xen_guest', supportedFeatures: 1, requiredFeatures: 0 });
  });
});

describe('what is not a kernel for a PV domain', () => {
  it.each([
    ['an empty file', new Uint8Array(), 'not a kernel: the file is empty'],
    [
      'some text',
      Buffer.from('#!/bin/sh\n'),
      'not a kernel: neither a bzImage nor an ELF image (it begins with 23 21 2f 62)',
    ],
    [
      'an AArch64 Image',
      patched(new Uint8Array(100), 0x38, 0x41, 0x52, 0x4d, 0x64),
      'wrong architecture: an AArch64 Image; a PV domain runs x86-64',
    ],
    [
      'a 32-bit ARM zImage',
      patched(new Uint8Array(100), 0x24, 0x18, 0x28, 0x6f, 0x01),
      'wrong architecture: a 32-bit ARM zImage; a PV domain runs x86-64',
    ],
    [
      'a 32-bit kernel',
      elfImage({ ...linuxLike, machine: 3, elfClass: 1 }),
      'wrong architecture: an ELF image for 32-bit x86, as kernels of HVM, PVH and 32-bit PV domains are; domains here are 64-bit PV',
    ],
    [
      'a 32-bit kernel in a bzImage',
      bzImage(gzipSync(elfImage({ ...linuxLike, machine: 3, elfClass: 1 }))),
      'wrong architecture: an ELF image for 32-bit x86, as kernels of HVM, PVH and 32-bit PV domains are; domains here are 64-bit PV',
    ],
    [
      'for HVM and PVH alone',
      elfImage({ ...linuxLike, notes: [[elfnote.XEN_ELFNOTE_PHYS32_ENTRY, 0x10_0000]] }),
      'unsupported: a kernel for HVM and PVH domains (its one entry is PHYS32_ENTRY); domains here are PV',
    ],
    [
      'an x32 image',
      elfImage({ ...linuxLike, elfClass: 1 }),
      'wrong architecture: an ELF image that is not 64-bit little-endian',
    ],
    [
      'an ELF image without notes',
      elfImage({ ...linuxLike, notes: [] }),
      'no Xen notes: the ELF image has neither "Xen" notes nor a __xen_guest section',
    ],
    [
      'an old bzImage',
      bzImage(gzipSync(elf), 0x0207),
      'unsupported: a bzImage of boot protocol 0x207; Xen wants 0x208 or later',
    ],
    [
      'a bzImage with an odd payload',
      bzImage(Buffer.from('payload!')),
      "corrupt: the payload of the bzImage begins with no known compression's mark",
    ],
  ])('%s', async (_, image, message) => {
    expect(await complaint(image)).toBe(message);
  });

  it.each([
    [
      'for another system',
      { [elfnote.XEN_ELFNOTE_LOADER]: 'special', [elfnote.XEN_ELFNOTE_GUEST_OS]: 'other' },
      'unsupported: the kernel is for neither the generic loader nor Linux: ' +
        'it is for the loader "special" and the system "other"',
    ],
    [
      'for another Xen',
      { [elfnote.XEN_ELFNOTE_XEN_VERSION]: 'xen-2.0' },
      'unsupported: the kernel is built for "xen-2.0", not for xen-3.0',
    ],
    [
      'for dom0 alone',
      { [elfnote.XEN_ELFNOTE_FEATURES]: '!dom0' },
      'unsupported: the kernel runs as dom0 only',
    ],
    [
      'that requires an unknown feature',
      { [elfnote.XEN_ELFNOTE_FEATURES]: '!teleport' },
      'unsupported: the kernel requires the unknown Xen feature "teleport"',
    ],
    [
      'with an offset but no base',
      { [elfnote.XEN_ELFNOTE_VIRT_BASE]: undefined },
      'unsupported: the kernel gives PADDR_OFFSET but no VIRT_BASE',
    ],
    [
      'that starts outside of itself',
      { [elfnote.XEN_ELFNOTE_ENTRY]: VIRT_BASE + 0x20_0000 },
      'corrupt: the entry point, 0xffffffff80200000, is out of bounds',
    ],
    [
      'at a base that is no address',
      { [elfnote.XEN_ELFNOTE_VIRT_BASE]: 0x1000_0000_0000_0000 },
      'corrupt: the virtual base, 0x1000000000000000, is out of bounds',
    ],
  ])('a kernel %s', async (_, notes, message) => {
    expect(await complaintAbout(withNotes(linuxLike, notes))).toBe(message);
  });
});

describe('a truncated kernel', () => {
  it('is refused with where it ends', async () => {
    expect(await complaint(packed.slice(0, 1200))).toMatch(
      /^truncated: the payload of the bzImage is at byte 0x440, 0x[0-9a-f]+ long; the image ends at byte 0x4b0$/,
    );
    expect(await complaint(elf.slice(0, 5000))).toMatch(/^truncated: an ELF segment is at byte 0x/);
    expect(await complaint(elf.slice(0, 40))).toBe(
      'truncated: the ELF header is at byte 0x0, 0x40 long; the image ends at byte 0x28',
    );
  });
});

describe('whatever is done to an image', () => {
  /** The parts of the images that are read as structure. */
  const headers = [
    {
      image: elf,
      ranges: [
        [0, 64 + 3 * 56],
        [elf.length - 4 * 64, elf.length],
        [6300, elf.length],
      ],
    },
    {
      image: packed,
      ranges: [
        [0x1f1, 0x250],
        [0x440, 0x460],
        [packed.length - 16, packed.length],
      ],
    },
  ] as const;

  const damage = fc.record({
    which: fc.nat(1),
    range: fc.nat(2),
    bytes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), {
      maxLength: 8,
    }),
    keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  });

  it('it loads, or is refused with an ImageError of one line', async () => {
    await fc.assert(
      fc.asyncProperty(damage, async ({ which, range, bytes, keep }) => {
        const { image, ranges } = headers[which]!;
        const [from, to] = ranges[range]!;
        const damaged = image.slice(0, Math.ceil(image.length * keep));
        for (const [place, value] of bytes) damaged[Math.floor(from + place * (to - from))] = value;
        expect(await complaint(damaged)).not.toContain('\n');
      }),
      { numRuns: 1000, seed: 4017 },
    );
  });
});
