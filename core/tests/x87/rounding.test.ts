/**
 * The transcendental functions are rounded as exactly as the other operations, to the last bit: random operands against series in
 * whole numbers of 320 binary places. No processor promises as much (SDM vol. 1, 8.3.10: an error below one unit in the last
 * place); an AMD EPYC is one unit off in one to three of a hundred. What a C library prints to the last digit of a long double
 * may so be another than there.
 */
import { expect, test } from 'vitest';
import { assemble } from '../../assembler/assemble.ts';
import { CODE, DATA, userMachine } from '../../testing.ts';
import * as layout from '../../wasm/layout.ts';

const PLACES = 320n;
const ONE = 1n << PLACES;
const BIAS = 16383;
const CASES = 400;
const RDI = 7;

/** A number that is not 0: (-1)^negative × significand × 2^(exponent - 63), the significand's bit 63 set. */
interface Float {
  readonly negative: boolean;
  readonly exponent: number;
  readonly significand: bigint;
}

function shifted(value: bigint, by: bigint): bigint {
  return by >= 0n ? value << by : value >> -by;
}

const fixed = ({ negative, exponent, significand }: Float): bigint => {
  const value = shifted(significand, PLACES + BigInt(exponent - 63));
  return negative ? -value : value;
};
const times = (a: bigint, b: bigint): bigint => (a * b) >> PLACES;
const over = (a: bigint, b: bigint): bigint => (a << PLACES) / b;

/** Sums terms, each made from the one before, until they are nothing. */
function series(
  first: bigint,
  next: (power: bigint, n: bigint) => bigint,
  term: (power: bigint, n: bigint) => bigint,
): bigint {
  let sum = 0n;
  let power = first;
  for (let n = 0n; power !== 0n && power !== -1n; n++) {
    sum += term(power, n);
    power = next(power, n);
  }
  return sum;
}

/** e^x - 1 */
const expm1 = (x: bigint): bigint =>
  series(
    x,
    (power, n) => times(power, x) / (n + 2n),
    (power) => power,
  );
/** x - x³/3 + x⁵/5 - …, or with `sign` 1 all of them added */
const oddPowers = (x: bigint, sign: 1n | -1n): bigint =>
  series(
    x,
    (power) => sign * times(times(power, x), x),
    (power, n) => power / (2n * n + 1n),
  );
const LN2 = 2n * oddPowers(ONE / 3n, 1n);
const PI = 4n * (4n * oddPowers(ONE / 5n, -1n) - oddPowers(ONE / 239n, -1n));

/** log2(x) */
function log2(x: bigint): bigint {
  let exponent = 0n;
  // Next to 1, be it above or below, nothing is to cancel out.
  for (; 2n * x * x > 4n * ONE * ONE; exponent++) x >>= 1n;
  for (; 2n * x * x < ONE * ONE; exponent--) x <<= 1n;
  return exponent * ONE + over(2n * oddPowers(over(x - ONE, x + ONE), 1n), LN2);
}

function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt((value.toString(2).length >> 1) + 1);
  for (;;) {
    const better = (root + value / root) >> 1n;
    if (better >= root) return root;
    root = better;
  }
}

/** The angle of a point right of the axis, by halving it until the series is short. */
function arctangent(tangent: bigint): bigint {
  let halvings = 0n;
  for (; halvings < 8n; halvings++) tangent = over(tangent, ONE + squareRoot(ONE * ONE + tangent * tangent));
  return oddPowers(tangent, -1n) << halvings;
}

/** Of the point (x, y), in all quadrants. */
function angle(y: bigint, x: bigint): bigint {
  const size = (value: bigint): bigint => (value < 0n ? -value : value);
  const steep = size(y) > size(x);
  const flat = arctangent(steep ? over(size(x), size(y)) : over(size(y), size(x)));
  const first = steep ? PI / 2n - flat : flat;
  const half = x < 0n ? PI - first : first;
  return y < 0n ? -half : half;
}

/** To nearest, of 64 bits, in hexadecimal as tests of the x87 have it. */
function rounded(value: bigint): string {
  const size = value < 0n ? -value : value;
  const bits = BigInt(size.toString(2).length);
  const kept = shifted(size, 64n - bits);
  const rest = size - shifted(kept, bits - 64n);
  // Nothing here lies half-way.
  const significand = kept + (2n * rest > shifted(1n, bits - 64n) ? 1n : 0n);
  const carry = significand >> 64n;
  const exponent = BIAS + Number(bits - 1n - PLACES + carry);
  return text({ negative: value < 0n, exponent: exponent - BIAS, significand: significand >> carry });
}

function text({ negative, exponent, significand }: Float): string {
  const head = (negative ? 0x8000 : 0) | (exponent + BIAS);
  return head.toString(16).padStart(4, '0') + significand.toString(16).padStart(16, '0');
}

/** xorshift32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
const next = generator(0x5eed);
const between = (low: number, high: number): number => low + (next() % (high - low + 1));
const anyOf = (low: number, high: number, negative = next() % 2 === 0): Float => ({
  negative,
  exponent: between(low, high),
  significand: (1n << 63n) | (BigInt(next()) << 31n) | BigInt(next() >>> 1),
});
/** Above 1 by little. */
const nextToOne = (): Float => ({
  negative: false,
  exponent: 0,
  significand: (1n << 63n) | BigInt(next() >>> between(0, 20)),
});

const machine = userMachine();

function put(at: number, float: Float): void {
  const digits = text(float);
  for (let n = 0; n < 10; n++) machine.bytes[at + n] = parseInt(digits.slice(18 - 2 * n, 20 - 2 * n), 16);
}

/** ST(0) after an instruction on ST(0) and ST(1). */
function result(instruction: string, st0: Float, st1: Float): string {
  const { processor } = machine;
  const lines = ['fninit', 'fld tword [rdi + 16]', 'fld tword [rdi]', instruction, 'fstp tword [rdi + 32]'];
  machine.write(CODE, assemble(lines.join('\n'), { origin: BigInt(CODE) }).bytes);
  put(DATA, st0);
  put(DATA + 16, st1);
  processor.set(RDI, DATA);
  processor.rip = CODE;
  expect(processor.run(lines.length)).toBe(layout.EXIT_BUDGET);
  const bytes = [...machine.bytes.subarray(DATA + 32, DATA + 42)].reverse();
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

type Operands = readonly [st0: Float, st1: Float];

test.each<[string, () => Operands, (x: bigint, y: bigint) => bigint]>([
  ['f2xm1', () => [anyOf(-24, -1), anyOf(0, 0)], (x) => expm1(times(x, LN2))],
  [
    'fyl2x',
    () => [next() % 2 === 0 ? anyOf(-20, 20, false) : nextToOne(), anyOf(-2, 2)],
    (x, y) => times(log2(x), y),
  ],
  ['fyl2xp1', () => [anyOf(-30, -3), anyOf(-2, 2)], (x, y) => times(log2(ONE + x), y)],
  ['fpatan', () => [anyOf(-8, 8), anyOf(-8, 8)], (x, y) => angle(y, x)],
])('%s', (instruction, operands, exact) => {
  for (let n = 0; n < CASES; n++) {
    const [st0, st1] = operands();
    expect(result(instruction, st0, st1), `${text(st0)} ${text(st1)}`).toBe(
      rounded(exact(fixed(st0), fixed(st1))),
    );
  }
});
