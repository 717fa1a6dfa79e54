/** Which code a domain runs is told by its bytes: all of a page's, and no others. */
import { expect, test } from 'vitest';
import { filesOf } from '../../guests/toolchain/cpio.ts';
import { moteImages } from '../../guests/toolchain/mote-node.ts';
import { PAGE_BYTES } from '../../hypervisor/memory/pages.ts';
import { Code } from './code.ts';
import { executableOf, readSymbols } from './symbols.ts';

const { kernel, ramdisk } = await moteImages();
const code = new Code(kernel, ramdisk);
/** What no code here is. */
const FILLING = 0xa5;
const cat = filesOf(ramdisk).get('bin/cat')!;

/** An address space in which code lies, filled up with something else; `turned`: the offset of a byte of it that is not as it was. */
function spaceWith({ address, text }: { address: number; text: Uint8Array }, turned?: number) {
  return (page: number): Uint8Array | null => {
    const offset = page - address;
    if (offset < 0 || offset >= text.length) return null;
    const bytes = new Uint8Array(PAGE_BYTES).fill(FILLING);
    bytes.set(text.subarray(offset, offset + PAGE_BYTES));
    if (turned !== undefined && turned >= offset && turned < offset + PAGE_BYTES)
      bytes[turned - offset]! ^= 1;
    return bytes;
  };
}

const offsetsBelow = (end: number): number[] => Array.from({ length: end }, (_, n) => n);

test.for([
  ['a program', cat, readSymbols(cat)!],
  ['the kernel', kernel, readSymbols(kernel)!],
] as const)('%s is known in each of its pages, by each byte of them', ([, file, symbols]) => {
  const text = executableOf(file)!;
  const last = Math.floor((text.text.length - 1) / PAGE_BYTES) * PAGE_BYTES;
  const at = (offset: number, turned?: number) =>
    code.symbolsIn(spaceWith(text, turned), text.address + offset);
  const known = at(0);
  expect(known).toEqual(symbols);
  for (const page of [0, PAGE_BYTES, last]) {
    const end = Math.min(PAGE_BYTES, text.text.length - page);
    expect(at(page)).toBe(known);
    expect(at(page + end - 1)).toBe(known);
    expect(offsetsBelow(end).filter((n) => at(page, page + n) !== null)).toEqual([]);
  }
  // What lies beyond is not its own, and what is not mapped is nobody's.
  expect(at(last + PAGE_BYTES)).toBe(null);
  expect(code.symbolsIn(spaceWith(text), text.address - 1)).toBe(null);
  expect(code.symbolsIn(() => new Uint8Array(PAGE_BYTES).fill(FILLING), text.address)).toBe(null);
});

test('the program of an address space is the one whose first page is mapped, by each byte of it', () => {
  const text = executableOf(cat)!;
  expect(code.programIn(spaceWith(text))).toBe('bin/cat');
  expect(code.programIn(() => null)).toBe(null);
  expect(offsetsBelow(PAGE_BYTES).filter((n) => code.programIn(spaceWith(text, n)) !== null)).toEqual([]);
});
