/**
 * What a PC's firmware says of its memory (ACPI 6.4, section 15: INT 15h, E820h): the first 640 KiB less a KiB of its own, its
 * ROM below 1 MiB, the rest of RAM, and the ROM that the processor starts in, at the end of 4 GiB.
 */

/** A range in bytes: RAM, or not to be used as such. */
export interface MemoryRange {
  readonly address: number;
  readonly size: number;
  readonly isRam: boolean;
}

const KIB = 1024;
/** Where the extended BIOS data area begins, and video memory. */
const EBDA = 639 * KIB;
const VIDEO = 640 * KIB;
/** The ROM with the tables that an operating system looks for. */
export const ROM = 960 * KIB;
export const ROM_BYTES = 64 * KIB;
const EXTENDED = 1024 * KIB;
const RESET_ROM = 2 ** 32 - 256 * KIB;

/** The map of a machine with so many bytes of RAM from address 0 on, in ascending order. */
export function memoryMap(ramBytes: number): readonly MemoryRange[] {
  return [
    { address: 0, size: EBDA, isRam: true },
    { address: EBDA, size: VIDEO - EBDA, isRam: false },
    { address: ROM, size: ROM_BYTES, isRam: false },
    { address: EXTENDED, size: ramBytes - EXTENDED, isRam: true },
    { address: RESET_ROM, size: 2 ** 32 - RESET_ROM, isRam: false },
  ];
}
