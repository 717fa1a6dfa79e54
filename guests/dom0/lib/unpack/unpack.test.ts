/** Unpacking in Node: what zlib, xz, lz4 and zstd pack comes out as it was; what is damaged is refused, and harms nothing. */
import { execFileSync } from 'node:child_process';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../../toolchain/compile.ts';
import { readSources } from '../../../toolchain/node.ts';

const MAIN = `
  import { packedAs, unpack } from 'dom0/lib/unpack/packed';
  export function main(from: u64, bytes: u64, to: u64, room: u64): i64 {
    return unpack(packedAs(from, bytes), from, bytes, to, room);
  }`;

/** What reaches beyond linear memory, within it. */
const INTRINSICS = `
  export function load8(va: u64): u64 { return load<u8>(<usize>va); }
  export function load16(va: u64): u64 { return load<u16>(<usize>va); }
  export function load32(va: u64): u64 { return load<u32>(<usize>va); }
  export function load64(va: u64): u64 { return load<u64>(<usize>va); }
  export function store8(va: u64, value: u64): void { store<u8>(<usize>va, <u8>value); }
  export function store32(va: u64, value: u64): void { store<u32>(<usize>va, <u32>value); }
  export function store64(va: u64, value: u64): void { store<u64>(<usize>va, value); }
  export function copy(to: u64, from: u64, bytes: u64): void { memory.copy(<usize>to, <usize>from, <usize>bytes); }`;

const INPUT = 0x10_0000;
const OUTPUT = 0x100_0000;
const MEMORY_PAGES = 0x200;
/** What must not be written. */
const CANARY = 0xa5;
const GUARD_BYTES = 64;

type Unpack = (from: bigint, bytes: bigint, to: bigint, room: bigint) => bigint;

let memory: WebAssembly.Memory;
let run: Unpack;

beforeAll(async () => {
  const added = { 'main.ts': MAIN, 'programs/lib/intrinsics.ts': INTRINSICS };
  const sources = new Map([...readSources(), ...Object.entries(added)]);
  const { wasm } = await compile(sources, 'main.ts', { runtime: 'bare', memoryBase: 0x1000 });
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, {
    env: { abort: () => undefined },
  });
  memory = instance.exports['memory'] as WebAssembly.Memory;
  memory.grow(MEMORY_PAGES);
  (instance.exports['start'] as () => void)();
  run = instance.exports['main'] as Unpack;
});

/** As toEqual, which takes its time with many bytes. */
function expectBytes(out: Uint8Array | null, data: Uint8Array): void {
  expect(out?.length).toBe(data.length);
  expect(Buffer.compare(out!, data)).toBe(0);
}

/** What comes out; null: it is refused. Nothing else is written. */
function unpack(packed: Uint8Array, room: number): Uint8Array | null {
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(CANARY, INPUT, INPUT + packed.length + GUARD_BYTES);
  bytes.set(packed, INPUT);
  bytes.fill(CANARY, OUTPUT - GUARD_BYTES, OUTPUT + room + GUARD_BYTES);
  const size = Number(run(BigInt(INPUT), BigInt(packed.length), BigInt(OUTPUT), BigInt(room)));
  for (let n = 0; n < GUARD_BYTES; n++)
    if (bytes[OUTPUT - 1 - n] !== CANARY || bytes[OUTPUT + room + n] !== CANARY)
      throw new Error('something was written outside');
  expect(size).toBeLessThanOrEqual(room);
  return size < 0 ? null : bytes.slice(OUTPUT, OUTPUT + size);
}

/** The same bytes each time. */
function* bytesFrom(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 69069) + 12345) >>> 0;
    yield state >>> 16;
  }
}

function sample(length: number, next: (n: number, noise: number) => number): Uint8Array {
  const noise = bytesFrom(1);
  return Uint8Array.from({ length }, (_, n) => next(n, noise.next().value as number));
}

/** What the x86 filter looks for: branches, and bytes that their displacements begin with. */
const BRANCHES = [0xe8, 0xe9, 0x00, 0xff, 0x01, 0x40];

const SAMPLES: readonly (readonly [string, Uint8Array])[] = [
  ['a byte', Uint8Array.of(7)],
  ['noise', sample(70_000, (_, noise) => noise)],
  ['zeroes', new Uint8Array(100_000)],
  [
    'text',
    new TextEncoder().encode(Array.from({ length: 4000 }, (_, n) => `line ${String(n * n)}\n`).join('')),
  ],
  ['short periods', sample(50_000, (n) => (n % (1 + ((n >> 10) % 9))) * 31)],
  ['branches', sample(60_000, (_, noise) => BRANCHES[noise % BRANCHES.length]!)],
  [
    'code',
    sample(150_000, (n, noise) => (n % 17 === 0 ? 0xe8 : n % 17 === 4 ? 0 : noise & (n % 5 ? 3 : 255))),
  ],
];

/** The first 600 branches, packed by xz with the x86 filter, by lz4 (legacy frame), by zstd, and as LZMA alone. */
const XZ =
  '/Td6WFoAAAFpIt42AgEEACEBAADaM60D4AJXAZZdAHSRWQ/whhLu5zJFVShV5TrrFaiM3XFtxtV9b5Qkkje72GYRJjPDVuKSikv4' +
  'fPrNYvlsTXBiYSk2I4TFPtnMz4PSyqwCaiscF6Gh3LeJP7Lgx1cZI1Aovk+GQfCyTsChju0nxKwQSjvslFDJzWwMVA3d/E8EKyAl' +
  'RVwgJhW/LwAidi1JtirdXNjUYA8YbLhBvSSPicY0ScXgYkNe7lT5oIxjlL+pWcT5Ci83dRqno8d1gK1aeHgJay84umDunchgofV4' +
  'Lg+aqQnQGXoUe5GLDQNYhCO+XdeR4Sdt2Ii7HUkapPkP13kmQ8v4W+woazkVJFAhb9DDiftWHsPhdgAEBRSnITUZY1Ds63G9OXEg' +
  'v9fwfOMR/6dbflUJH/YsuQ0ZGHO3M+9P4LbHJYC9Zl9PQ8SbfIIH1UondTmjXJP77xoNtEQb7uvEAit3Txh4EWKf02kP4qxb+Dzl' +
  'qSSMhX0ikMf8ilDWMO8nP1lshsZ215S13Hfa/BSg7VG/D8v4LuwCD3tFbyvc1Av/g09tSXLtp/Q3/J09HuoAAADhBz1uAAGuA9gE' +
  'AAA55wpDPjANiwIAAAAAAVla';
const LZ4 =
  'AiFMGBcCAADxLelA6P8AAOn//wDo6UDp6UDpAOhA6en/6OkA6ehAAen//0D/Aej/QEDp/+hA6f9A/+np6ADp/+npAekAACEA4AHo' +
  '/+gBAOnp6eno///pPwDxCOgAAOj/6P/p6OhA6ehAAAABQEBAAOgBWQCwAAAA6QFA6OlA/wFFAPAaAOn/AP9AQEDo6EAB/wH/6ED/' +
  '/+lAAEAA6P8B6AAB/+gAAQD//0DpAelJAAB0AMBAQAEA6QABAUD/6AFYABDodwBAAQFAAKcA8AJAAUDpAegA/+kBQAH/6ej/6bEA' +
  'cOjp/wH/AACbAGHpQAABAekBAHAAAED/AP/oPQABQgBg6EBA6QEBiwAQQNkAMOkB6fQAsABA/+n/6ADp6AFAmwAgQP/0ABVACAEQ' +
  '6DMAMAHoABEAAIYAYAH/6Ojo6LIAYEAAAEAAAZkAIOjoYQHQQOj/6QDoAAHp6AABQCoAEgFJAQBNAGDo/wFA6AH6ADAB6OnfABDo' +
  'mgBA/+kBATIAIOgB7wAgAACnADAB6f8JAFDo6EAAQAkBgQH/6UABQAEAwwFg/wABQOkAlwEAVgEADAFw/+jo/0DoAZMAIADooAEi' +
  '6QAKABDobwBw6P/p/0AA6FYBEOhTALAB6UBAAUBAAQFAAXUBAccAAG4AMAEA/3EAAAsAgQD//wABAAHoAAFhQOno6QHoKQLwBQH/' +
  'QP9AQAHpAQHo6ejp6OhA6f8A';
const ZSTD =
  'KLUv/QRo7QYAhmU2CvA5ucv/m92NlAExADEAMwAQvqllUVKHjfwylxnAK0RQA6iVniZACr/pH9GUHQWc39DPrbZOmdtRY+0V9l3YBiYP' +
  'mzIa2hPrzgJWXbIq02dawwT+P4HjByxbcz+9mAdlozJhMr3URDPBiOIM9dkNgRYoU8YXRIXSAXb0ARIcBULyNEwjrrwZmWl16JckM9CB' +
  '8CQmJZMFArpBkpZkcgtlyYJ+blXADNhKayVH5zLWlLXPrSDYcAAoDTmAG7QhMdHoUVpnCO5pRnoBwvoFSIqcNKM2AhxsMGASCQCDHUwa';
const LZMA =
  'XQAAgAD//////////wB0kBkP8IYS7ucyRVUo04TCZ8wunazU3h6M7Eryzc0IEhAQWxM8pbmXOpzi345W8uECg7T+dWkOLgjMYzjgACRo' +
  '4vm9PLjofMeCjRQ5vPIt8jVSTH6QI4ZQETq6JnTBnDYjG5S737r4Lo5cr0UhFBAP5eWtT779CafL/ufmbUHaVEyTftA+p7mLsbdiCPcV' +
  'qhNjS+3uPfiVafdQ5E5PncsMTwD5HQZe50Qwl4/xNgTig3moHSmXyRUTcb7vufvWj1/AB/Vn+C5vzvvVy2MqVm/Z3et5q55KV/wzTceM' +
  'lCORHniCO3VttgEJnabUWNUsfqqJC8j9q0LXA0bsZugqA1r8UBQOeQmVNKU3Zlg4BQypIPfHGhdR8ZIwGyu29PcGl1w7a3jt69lBMiD0' +
  'GV4lp80NyPua55atTmfBWxr0sZLq3bqf1wZ5ZwA834iMsmOMGtoE5GdCc/83j3IA';

describe.each(SAMPLES)('%s', (_name, data) => {
  test.each([
    ['stored', { level: 0 }],
    ['fast', { level: 1 }],
    ['best', { level: 9 }],
    ['with fixed codes', { level: 9, strategy: constants.Z_FIXED }],
    ['with literals alone', { level: 9, strategy: constants.Z_HUFFMAN_ONLY }],
  ])('gzip, %s', (_how, options) => {
    expectBytes(unpack(gzipSync(data, options), data.length), data);
  });

  test.each([
    ['xz', ['-c', '--check=crc32']],
    ['xz', ['-c', '--check=crc32', '--x86', '--lzma2=preset=9,lc=4,lp=0,pb=0']],
    ['xz', ['-c', '--check=crc64', '--lzma2=preset=1,lc=0,lp=2,pb=1,dict=4KiB']],
    ['xz', ['-c', '--check=crc32', '--block-size=20000']],
    ['lz4', ['-l', '-c', '-1']],
    ['lz4', ['-l', '-c', '-9']],
    ['xz', ['-c', '--format=lzma']],
    ['xz', ['-c', '--format=lzma', '--lzma1=preset=1,dict=64KiB']],
    ['zstd', ['-c', '-q', '-1']],
    ['zstd', ['-c', '-q', '-16', '--no-check']],
  ])('%s %s', (command, options) => {
    const packed = packWith(command, options, data);
    if (packed !== null) expectBytes(unpack(packed, data.length), data);
  });
});

/** Null: there is no such command here. */
function packWith(command: string, options: readonly string[], data: Uint8Array): Uint8Array | null {
  try {
    return new Uint8Array(execFileSync(command, options, { input: data, stdio: ['pipe', 'pipe', 'pipe'] }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const small = sample(600, (_, noise) => BRANCHES[noise % BRANCHES.length]!);

describe.each([
  ['gzip', new Uint8Array(gzipSync(small))],
  ['xz', new Uint8Array(Buffer.from(XZ, 'base64'))],
  ['lz4', new Uint8Array(Buffer.from(LZ4, 'base64'))],
  ['zstd', new Uint8Array(Buffer.from(ZSTD, 'base64'))],
  ['lzma', new Uint8Array(Buffer.from(LZMA, 'base64'))],
] as const)('%s', (kind, packed) => {
  test('what is whole comes out, what is cut short or does not fit is refused', () => {
    expectBytes(unpack(packed, small.length), small);
    expect(unpack(packed, small.length - 1)).toBeNull();
    for (let length = 0; length < packed.length; length++) {
      const out = unpack(packed.subarray(0, length), small.length);
      // The index of xz is not needed; lz4 has no end of its own; LZMA's coder is flushed by more than is needed.
      if (out !== null && (kind === 'gzip' || kind === 'zstd')) expect(length).toBe(packed.length);
    }
  });

  test('a wrong byte harms nothing', () => {
    for (let at = 0; at < packed.length; at++)
      for (const flip of [1, 0x80, 0xff]) {
        const wrong = packed.slice();
        wrong[at]! ^= flip;
        const out = unpack(wrong, small.length + 100);
        // lz4 and LZMA alone have no checksum.
        if (out !== null && kind !== 'lz4' && kind !== 'lzma') expectBytes(out, small);
      }
  });
});

test('a gzip header has all its parts', () => {
  const plain = gzipSync(small);
  const extra = Buffer.from([3, 0, 1, 2, 3]);
  const names = Buffer.from('name\0comment\0');
  const header = Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3]);
  const body = deflateRawSync(small);
  const packed = Buffer.concat([header, extra, names, Buffer.from([0, 0]), body, plain.subarray(-8)]);
  expectBytes(unpack(packed, small.length), small);
});

test('another filter of xz is refused', () => {
  const packed = packWith('xz', ['-c', '--check=crc32', '--arm', '--lzma2'], small);
  if (packed !== null) expect(unpack(packed, small.length)).toBeNull();
});
