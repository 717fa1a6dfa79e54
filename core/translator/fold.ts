/** Numeric instructions on constants (WebAssembly core specification, 4.3.2): i32 as signed numbers, i64 as signed bigints. */
import * as op from './opcodes.ts';

export type Constant = number | bigint;

const i64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Population count, and zeros in front, of 32 bits. */
function population(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}

type Unary = (a: Constant) => Constant;
const narrow = (f: (a: number) => number): Unary => f as Unary;
const wide = (f: (a: bigint) => Constant): Unary => f as Unary;
const UNARY: Readonly<Record<number, Unary>> = {
  0x45: narrow((a) => Number(a === 0)),
  0x50: wide((a) => Number(a === 0n)),
  0x67: narrow((a) => Math.clz32(a)),
  0x68: narrow((a) => (a === 0 ? 32 : 31 - Math.clz32(a & -a))),
  0x69: narrow(population),
  0xa7: wide((a) => Number(BigInt.asIntN(32, a))),
  0xac: narrow((a) => BigInt(a) as unknown as number),
  0xad: narrow((a) => BigInt(a >>> 0) as unknown as number),
  0xc0: narrow((a) => (a << 24) >> 24),
  0xc1: narrow((a) => (a << 16) >> 16),
  0xc2: wide((a) => BigInt.asIntN(8, a)),
  0xc3: wide((a) => BigInt.asIntN(16, a)),
  0xc4: wide((a) => BigInt.asIntN(32, a)),
};

type Binary = (a: Constant, b: Constant) => Constant;
const narrow2 = (f: (a: number, b: number) => number | boolean): Binary =>
  ((a: number, b: number) => Number(f(a, b)) | 0) as Binary;
const compare2 = (f: (a: bigint, b: bigint) => boolean): Binary =>
  ((a: bigint, b: bigint) => Number(f(a, b))) as Binary;
const wide2 = (f: (a: bigint, b: bigint) => bigint): Binary =>
  ((a: bigint, b: bigint) => i64(f(a, b))) as Binary;
const BINARY: Readonly<Record<number, Binary>> = {
  0x46: narrow2((a, b) => a === b),
  0x47: narrow2((a, b) => a !== b),
  0x48: narrow2((a, b) => a < b),
  0x49: narrow2((a, b) => a >>> 0 < b >>> 0),
  0x4a: narrow2((a, b) => a > b),
  0x4b: narrow2((a, b) => a >>> 0 > b >>> 0),
  0x4c: narrow2((a, b) => a <= b),
  0x4d: narrow2((a, b) => a >>> 0 <= b >>> 0),
  0x4e: narrow2((a, b) => a >= b),
  0x4f: narrow2((a, b) => a >>> 0 >= b >>> 0),
  0x51: compare2((a, b) => a === b),
  0x52: compare2((a, b) => a !== b),
  0x53: compare2((a, b) => a < b),
  0x54: compare2((a, b) => u64(a) < u64(b)),
  0x55: compare2((a, b) => a > b),
  0x56: compare2((a, b) => u64(a) > u64(b)),
  0x57: compare2((a, b) => a <= b),
  0x58: compare2((a, b) => u64(a) <= u64(b)),
  0x59: compare2((a, b) => a >= b),
  0x5a: compare2((a, b) => u64(a) >= u64(b)),
  0x6a: narrow2((a, b) => a + b),
  0x6b: narrow2((a, b) => a - b),
  0x6c: narrow2((a, b) => Math.imul(a, b)),
  0x71: narrow2((a, b) => a & b),
  0x72: narrow2((a, b) => a | b),
  0x73: narrow2((a, b) => a ^ b),
  0x74: narrow2((a, b) => a << b),
  0x75: narrow2((a, b) => a >> b),
  0x76: narrow2((a, b) => a >>> b),
  0x77: narrow2((a, b) => (a << b) | (a >>> -b)),
  0x78: narrow2((a, b) => (a >>> b) | (a << -b)),
  0x7c: wide2((a, b) => a + b),
  0x7d: wide2((a, b) => a - b),
  0x7e: wide2((a, b) => a * b),
  0x83: wide2((a, b) => a & b),
  0x84: wide2((a, b) => a | b),
  0x85: wide2((a, b) => a ^ b),
  0x86: wide2((a, b) => a << (b & 63n)),
  0x87: wide2((a, b) => a >> (b & 63n)),
  0x88: wide2((a, b) => u64(a) >> (b & 63n)),
};

/** The result of an instruction on one or two constants, or undefined where it is left to run time (divisions: they may trap). */
export function fold(code: number, a: Constant, b?: Constant): Constant | undefined {
  return b === undefined ? UNARY[code]?.(a) : BINARY[code]?.(a, b);
}

const KEEPS_LEFT = new Set([
  0x6a, 0x6b, 0x72, 0x73, 0x74, 0x75, 0x76, 0x7c, 0x7d, 0x84, 0x85, 0x86, 0x87, 0x88,
]);
const COMMUTES = new Set([0x6a, 0x72, 0x73, 0x7c, 0x84, 0x85]);

/** Which operand an instruction comes to when the other is a constant that changes nothing; undefined: neither. */
export function identity(
  code: number,
  left: Constant | undefined,
  right: Constant | undefined,
): 0 | 1 | undefined {
  if (right !== undefined && Number(right) === 0 && KEEPS_LEFT.has(code)) return 0;
  if (left !== undefined && Number(left) === 0 && COMMUTES.has(code)) return 1;
  if (code === op.I32_AND || code === op.I64_AND) {
    if (right !== undefined && Number(right) === -1) return 0;
    if (left !== undefined && Number(left) === -1) return 1;
  }
  return undefined;
}
