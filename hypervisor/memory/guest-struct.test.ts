import { describe, expect, it } from 'vitest';
import { array, handle, i16, i32, i8, struct, u16, u32, u64, u8, union } from '../abi/layout.ts';
import { GuestStruct } from './guest-struct.ts';

const inner = struct({ half: u16, wide: u64 });
const layout = struct({
  byte: u8,
  signedByte: i8,
  signedHalf: i16,
  word: u32,
  signedWord: i32,
  at: handle,
  inner,
  u: union({ name: u32, other: u16 }),
  pad: array(u8, 16),
});

describe('GuestStruct', () => {
  it('reads members by the sizes and signs of their types', () => {
    const bytes = new Uint8Array(layout.size).fill(0xfe);
    const one = new GuestStruct(layout, 0, bytes);
    expect(one.get('byte')).toBe(0xfe);
    expect(one.get('signedByte')).toBe(-2);
    expect(one.get('signedHalf')).toBe(-0x102);
    expect(one.get('word')).toBe(0xfefefefe);
    expect(one.get('signedWord')).toBe(0xfefefefe - 2 ** 32);
    expect(one.get('inner.half')).toBe(0xfefe);
    expect(one.getBig('inner.wide')).toBe(0xfefefefefefefefen);
  });

  it('reads 8 bytes as a signed number, and keeps what is beyond 2^53 beyond it', () => {
    const one = new GuestStruct(layout, 0);
    const view = new DataView(one.bytes.buffer);
    const put = (value: bigint): number => {
      view.setBigInt64(layout.offset.at, value, true);
      return one.get('at');
    };
    expect(put(0x1234_5678_9abcn)).toBe(0x1234_5678_9abc);
    expect(put(-0x8000_0000_0000n)).toBe(-0x8000_0000_0000);
    expect(put(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(put(2n ** 53n + 1n)).toBeGreaterThanOrEqual(2 ** 53);
    expect(put(2n ** 63n - 1n)).toBe(2 ** 63);
  });

  it('writes a member and nothing beside it', () => {
    const paths = ['byte', 'signedHalf', 'word', 'signedWord', 'at', 'inner.wide', 'u.other'] as const;
    for (const path of paths)
      for (const value of [0x12, -3, 0x1234_5678_9abc]) {
        const one = new GuestStruct(layout, 0, new Uint8Array(layout.size).fill(0x5a));
        const expected = one.bytes.slice();
        const { size } = layout.type[path];
        let rest = BigInt.asUintN(64, BigInt(value));
        for (let byte = 0; byte < size; byte++, rest >>= 8n)
          expected[layout.offset[path] + byte] = Number(rest & 0xffn);
        one.set(path, value);
        expect(one.bytes, `${path} = ${String(value)}`).toEqual(expected);
      }
  });

  it('has parts over the same bytes, at their own addresses', () => {
    const one = new GuestStruct(layout, 0x1000);
    const part = one.part('inner', inner);
    part.set('wide', 7);
    expect(one.get('inner.wide')).toBe(7);
    expect(part.address).toBe(0x1000 + layout.offset.inner);
    expect(part.bytes).toHaveLength(inner.size);
    const open = one.part('pad', struct({ first: u32, second: u32 }));
    open.set('second', 0x0403_0201);
    expect([...one.bytesOf('pad').subarray(4, 8)]).toEqual([1, 2, 3, 4]);
    expect(() => one.part('pad', layout)).toThrow();
  });
});
