/** FXSAVE and FXRSTOR: the image's layout, its order of registers, its faults. */
import { describe, expect, test } from 'vitest';
import { DATA } from '../../testing.ts';
import * as layout from '../../wasm/layout.ts';
import { execute } from './execute.ts';

const ONE = '3fff8000000000000000';
const TWO = '40008000000000000000';
const MXCSR_AT = 24;

test('ST(0) comes first, tags are of physical registers, XMM registers follow', () => {
  const after = execute('fxsave [rdi]', { stack: [ONE, TWO] }, ({ processor }) => {
    for (let n = 0; n < 16; n++) processor.rawBytes(layout.XMM + n * 16, 16).fill(n + 1);
  });
  const view = after.view();
  expect(view.getUint16(0, true)).toBe(0x37f);
  expect(view.getUint16(2, true)).toBe(6 << 11);
  expect(view.getUint8(4)).toBe(0xc0);
  expect(view.getUint32(MXCSR_AT, true)).toBe(0x1f80);
  expect(view.getUint16(32 + 8, true)).toBe(0x3fff);
  expect(view.getUint16(48 + 8, true)).toBe(0x4000);
  expect([...after.memory(160 + 15 * 16, 16)]).toEqual(new Array(16).fill(16));
});

test('what was saved across a page comes back', () => {
  const rdi = DATA + 0x1000 - 0x60;
  const source = 'fxsave64 [rdi]\nfninit\npxor xmm3, xmm3\nfld1\nfxrstor64 [rdi]';
  const after = execute(source, { stack: [TWO, ONE], rdi }, ({ processor }) => {
    processor.rawBytes(layout.XMM + 48, 16).fill(0xaa);
    processor.setField(layout.FDP, 0x1234_5678_9abc);
  });
  expect([after.st(0), after.st(1), after.st(2)]).toEqual([TWO, ONE, 'empty']);
  expect(after.view(0x1000 - 0x60 + 16).getBigUint64(0, true)).toBe(0x1234_5678_9abcn);
});

describe('faults', () => {
  test('an address that is not a multiple of 16: #GP', () => {
    expect(execute('fxsave [rdi]', { rdi: DATA + 8 }).exception).toBe(layout.VECTOR_GP);
    expect(execute('fxrstor [rdi]', { rdi: DATA + 8 }).exception).toBe(layout.VECTOR_GP);
  });

  test('bits of MXCSR that do not exist: #GP, and nothing is loaded', () => {
    const memory = new Uint8Array(512);
    new DataView(memory.buffer).setUint32(MXCSR_AT, 0x1_0000, true);
    const after = execute('fxrstor [rdi]', { stack: [ONE], memory });
    expect([after.exception, after.st(0), after.fcw]).toEqual([layout.VECTOR_GP, ONE, 0x37f]);
  });

  test('an unmasked exception of the image is pending', () => {
    const memory = new Uint8Array(512);
    new DataView(memory.buffer).setUint16(0, 0x37b, true);
    new DataView(memory.buffer).setUint16(2, 4, true);
    expect(execute('fxrstor [rdi]\nfwait', { memory }).exception).toBe(layout.VECTOR_MF);
  });
});
