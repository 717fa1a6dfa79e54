import { expect, test } from 'vitest';
import { read16, read32 } from '../little-endian.ts';
import { acpiTables } from './acpi.ts';
import { ROM, ROM_BYTES } from './memory-map.ts';

const RAM = 0x2000_0000;

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
}

/** The table at an address. */
function tableAt(rom: Uint8Array, address: number): { signature: string; bytes: Uint8Array } {
  const start = address - ROM;
  const bytes = rom.subarray(start, start + read32(rom, start + 4));
  return { signature: new TextDecoder().decode(bytes.subarray(0, 4)), bytes };
}

/** All tables by the way that an operating system takes. */
function follow(rom: Uint8Array): Map<string, Uint8Array> {
  const root = tableAt(rom, read32(rom, 24));
  const found = new Map([[root.signature, root.bytes]]);
  for (let at = 36; at < root.bytes.length; at += 8) {
    const { signature, bytes } = tableAt(rom, read32(root.bytes, at));
    found.set(signature, bytes);
  }
  const fadt = found.get('FACP')!;
  for (const at of [36, 40]) {
    const { signature, bytes } = tableAt(rom, read32(fadt, at));
    found.set(signature, bytes);
  }
  return found;
}

test('tables are found from the root pointer on, with sums of 0, in the ROM', () => {
  const rom = acpiTables(2, RAM);
  expect(rom.length).toBeLessThan(ROM_BYTES);
  expect(new TextDecoder().decode(rom.subarray(0, 8))).toBe('RSD PTR ');
  expect([sum(rom.subarray(0, 20)), sum(rom.subarray(0, 36))]).toEqual([0, 0]);
  const tables = follow(rom);
  expect([...tables.keys()].sort()).toEqual(['APIC', 'DSDT', 'FACP', 'FACS', 'XSDT']);
  for (const [signature, bytes] of tables) if (signature !== 'FACS') expect(sum(bytes)).toBe(0);
});

test('the fixed registers are told of', () => {
  const fadt = follow(acpiTables(1, RAM)).get('FACP')!;
  expect([56, 64, 76].map((at) => read32(fadt, at))).toEqual([0x600, 0x604, 0x608]);
  expect([88, 89, 91].map((at) => fadt[at])).toEqual([4, 2, 4]);
  expect(read16(fadt, 46)).toBe(9);
  // No keyboard controller, no VGA.
  expect(read16(fadt, 109)).toBe(0b101);
});

test('processors, the I/O APIC, and the lines that are not as ISA has them, as on the reference', () => {
  const madt = follow(acpiTables(2, RAM)).get('APIC')!;
  const entries: number[][] = [];
  for (let at = 44; at < madt.length; at += madt[at + 1]!)
    entries.push([...madt.subarray(at, at + madt[at + 1]!)]);
  expect(entries.map(([type]) => type)).toEqual([0, 0, 1, 2, 2, 2, 2, 2]);
  expect(read32(entries[2]!, 4)).toBe(0xfec0_0000);
  expect(entries.slice(3).map((entry) => [entry[3], read32(entry, 4), entry[8]])).toEqual([
    [0, 2, 0],
    [5, 5, 13],
    [9, 9, 13],
    [10, 10, 13],
    [11, 11, 13],
  ]);
});
