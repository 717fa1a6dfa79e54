/** FPATAN: the angle of the point (ST(0), ST(1)), from -π to π; then a pop. */
import {
  aExponent,
  aKind,
  aSign,
  aSignificand,
  bExponent,
  bKind,
  bSign,
  bSignificand,
} from '../float/arithmetic';
import {
  add,
  copy,
  deliverInexact,
  divide,
  exponentOf,
  isGreater,
  multiply,
  set,
  setInteger,
  setSign,
  shift,
  signOf,
} from '../float/number';
import { DENORMAL, INFINITE, ZERO } from '../float/pack';
import { deliverZero } from '../float/round';
import { finishSeries, nextTerm, setArgument, startSeries } from '../float/series';
import { DE, signalBefore } from '../float/status';
import { deliverNanOfBoth } from './nan';
import { isEmpty, pop, setResult, stackUnderflow, takeFirst, takeSecond } from './stack';
import { commit, enter } from './status';

const PI: u32 = <u32>memory.data<u64>([0xc90fdaa22168c234, 0xc4c6628b80dc1cd1, 1]);
/** Arc tangents of k / 16, k from 0 to 16, as numbers (float/number.ts). */
const TABLE: u32 = <u32>(
  memory.data<u64>([
    0, 0, 0, 0xffaaddb967ef4e36, 0xcb2792dc0e2e0d51, 0xfffffffb, 0xfeadd4d5617b6e32, 0xc897989f3e888ef8,
    0xfffffffc, 0xbdcbda5e72d81134, 0x7b0b4f881c9c7488, 0xfffffffd, 0xfadbafc96406eb15, 0x6dc79ef5f7a217e6,
    0xfffffffd, 0x9b13b9b83f5e5e69, 0xc5abb498d27af328, 0xfffffffe, 0xb7b0ca0f26f78473, 0x8aa32122dcfe4483,
    0xfffffffe, 0xd327761e611fe5b6, 0x427c95e9001e7136, 0xfffffffe, 0xed63382b0dda7b45, 0x6fe445ecbc3a8d03,
    0xfffffffe, 0x832bf4a6d9867e2a, 0x4b6a09cb61a515c1, 0xffffffff, 0x8f005d5ef7f59f9b, 0x5c835e1665c43748,
    0xffffffff, 0x9a2f80e671bdda20, 0x4226f8e2204ff3bd, 0xffffffff, 0xa4bc7d1934f70924, 0x19a87f2a457dac9f,
    0xffffffff, 0xaeac4c38b4d8c080, 0x14725e2f3e52070a, 0xffffffff, 0xb8053e2bc2319e73, 0xcb2da55210a4443d,
    0xffffffff, 0xc0ce85b8ac526640, 0x89dd62c46e92fa25, 0xffffffff, 0xc90fdaa22168c234, 0xc4c6628b80dc1cd1,
    0xffffffff,
  ])
);
const ENTRY_BYTES: u32 = 24;
/** The series up to its 23rd power, for arguments up to 1/32. */
const TERMS: i32 = 23;

const X: u32 = <u32>memory.data(24);
const Y: u32 = <u32>memory.data(24);
const NEAREST: u32 = <u32>memory.data(24);
const PRODUCT: u32 = <u32>memory.data(24);
const ANGLE: u32 = <u32>memory.data(24);

/** ANGLE = arctan X, for X from 0 to 1: arctan c + arctan((x - c) / (1 + xc)), c = k/16. */
function arcTangentOfX(): void {
  const k = nearestSixteenth();
  if (k != 0) {
    setInteger(NEAREST, k, 4);
    multiply(PRODUCT, X, NEAREST);
    setSign(NEAREST, 1);
    add(X, X, NEAREST);
    setInteger(NEAREST, 1, 0);
    add(PRODUCT, PRODUCT, NEAREST);
    divide(X, X, PRODUCT);
  }
  multiply(PRODUCT, X, X);
  setArgument(PRODUCT);
  startSeries();
  for (let n: i32 = TERMS; n > 0; n -= 2) nextTerm(n, true);
  finishSeries(ANGLE);
  multiply(ANGLE, ANGLE, X);
  add(ANGLE, ANGLE, TABLE + k * ENTRY_BYTES);
}

function nearestSixteenth(): u32 {
  const exponent = exponentOf(X);
  if (exponent < -5) return 0;
  const thirtySeconds = <u32>(load<u64>(X) >> (58 - exponent));
  return (thirtySeconds + 1) >> 1;
}

/** The angle of a point none of whose coordinates is 0 or infinite. */
function angleOfPoint(): void {
  set(X, 0, aExponent, aSignificand, 0);
  set(Y, 0, bExponent, bSignificand, 0);
  const steep = isGreater(Y, X);
  if (steep) divide(X, X, Y);
  else divide(X, Y, X);
  arcTangentOfX();
  if (steep) subtractFromPi(-1);
  finish();
}

/** ANGLE = π × 2^power - ANGLE. */
function subtractFromPi(power: i32): void {
  setSign(ANGLE, signOf(ANGLE) ^ 1);
  copy(NEAREST, PI);
  shift(NEAREST, power);
  add(ANGLE, NEAREST, ANGLE);
}

/** Mirrors ANGLE, of the first quadrant, into the right one and delivers it. */
function finish(): void {
  if (aSign) subtractFromPi(0);
  setSign(ANGLE, bSign);
  deliverInexact(ANGLE);
}

function angle(): void {
  if (aKind == DENORMAL || bKind == DENORMAL) signalBefore(DE);
  const flat = bKind == ZERO || (aKind == INFINITE && bKind != INFINITE);
  if (flat && !aSign) {
    deliverZero(bSign);
    return;
  }
  if (flat || aKind == ZERO || bKind == INFINITE) {
    // A multiple of π/4: 0 and, for x < 0, π; or π/4 and 3π/4; or π/2.
    if (flat) set(ANGLE, 0, 0, 0, 0);
    else {
      copy(ANGLE, PI);
      shift(ANGLE, aKind == INFINITE ? -2 : -1);
    }
    if (!flat && aKind != INFINITE) {
      setSign(ANGLE, bSign);
      deliverInexact(ANGLE);
    } else finish();
    return;
  }
  angleOfPoint();
}

export function arcTangent(): void {
  enter();
  if (isEmpty(0) || isEmpty(1)) stackUnderflow();
  else {
    takeFirst(0);
    takeSecond(1);
    if (!deliverNanOfBoth()) angle();
  }
  if (!commit()) return;
  setResult(1);
  pop();
}
