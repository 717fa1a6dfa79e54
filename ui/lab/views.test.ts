/** Code as it is shown: so many instructions, as far as their pages are mapped. */
import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../hypervisor/memory/pages.ts';
import { bytesAt, codeAt } from './views.ts';

const NOP = 0x90;
/** mov eax, 0x44332211: five bytes. */
const LONG = [0xb8, 0x11, 0x22, 0x33, 0x44];

/** Two pages from 0x1000 on, full of NOPs, and nothing behind them. */
function pages(): { read: (page: number) => Uint8Array | null; bytes: Uint8Array } {
  const bytes = new Uint8Array(2 * PAGE_BYTES).fill(NOP);
  const read = (page: number): Uint8Array | null =>
    page === 0x1000 || page === 0x2000 ? bytes.subarray(page - 0x1000, page - 0x1000 + PAGE_BYTES) : null;
  return { read, bytes };
}

test('as many instructions as are asked for, each with its address', () => {
  const { read } = pages();
  expect(codeAt(read, 0x1ffe, 4)).toEqual(
    [0x1ffe, 0x1fff, 0x2000, 0x2001].map((address) => ({
      address: `0x${address.toString(16).padStart(16, '0')}`,
      text: 'nop',
    })),
  );
  expect(codeAt(read, 0x1000, 0)).toEqual([]);
});

test('none where nothing is mapped, and as many as there are where it ends', () => {
  const { read } = pages();
  expect(codeAt(read, 0x3000, 4)).toEqual([]);
  expect(codeAt(read, 0x2ffd, 9)).toHaveLength(3);
});

test("an instruction over a page's end is read from both", () => {
  const { read, bytes } = pages();
  bytes.set(LONG, PAGE_BYTES - 2);
  expect(codeAt(read, 0x1ffe, 2).map(({ text }) => text)).toEqual(['mov eax, 0x44332211', 'nop']);
  expect([...bytesAt(read, 0x1ffe, 5)]).toEqual(LONG);
  expect([...bytesAt(read, 0x1ffb, 5)]).toEqual([NOP, NOP, NOP, ...LONG.slice(0, 2)]);
  expect(bytesAt(read, 0x2ffe, 5)).toHaveLength(2);
  expect(bytesAt(read, 0x3000, 5)).toHaveLength(0);
});
