/** Every numeric instruction of wasm by its operands and result: what the proofs of the translator go through. */

export type TypeName = 'i32' | 'i64' | 'f32' | 'f64';

export interface Operator {
  readonly name: string;
  readonly params: readonly TypeName[];
  readonly result: TypeName;
  /** It traps for some operands. */
  readonly traps: boolean;
}

const INTEGER_BINARY =
  'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const FLOAT_BINARY = 'add sub mul div min max copysign eq ne lt gt le ge';
const COMPARISON = /^(eq|ne|[lg][te](_[su])?)$/;
const TRAPPING = /^(div|rem|i\d\d\.trunc_f)/;

function words(text: string): string[] {
  return text.split(' ');
}

function binary(type: TypeName, names: string): Operator[] {
  return words(names).map((name) => ({
    name: `${type}.${name}`,
    params: [type, type],
    result: COMPARISON.test(name) ? 'i32' : type,
    traps: TRAPPING.test(name),
  }));
}

/** `result.name` of one operand, whose type the name tells or `from` gives. */
function unary(result: TypeName, names: string, from: TypeName): Operator[] {
  return words(names).map((name) => ({
    name: `${result}.${name}`,
    params: [from],
    result,
    traps: TRAPPING.test(`${result}.${name}`) && !name.includes('sat'),
  }));
}

const FLOATS: readonly TypeName[] = ['f32', 'f64'];
const INTEGERS: readonly TypeName[] = ['i32', 'i64'];

export const OPERATORS: readonly Operator[] = [
  ...INTEGERS.flatMap((type) => [
    ...binary(type, INTEGER_BINARY),
    ...unary(type, 'clz ctz popcnt extend8_s extend16_s', type),
    { name: `${type}.eqz`, params: [type], result: 'i32' as const, traps: false },
    ...FLOATS.flatMap((from) =>
      unary(type, `trunc_${from}_s trunc_${from}_u trunc_sat_${from}_s trunc_sat_${from}_u`, from),
    ),
  ]),
  ...FLOATS.flatMap((type) => [
    ...binary(type, FLOAT_BINARY),
    ...unary(type, 'abs neg ceil floor trunc nearest sqrt', type),
    ...INTEGERS.flatMap((from) => unary(type, `convert_${from}_s convert_${from}_u`, from)),
  ]),
  ...unary('i64', 'extend32_s', 'i64'),
  ...unary('i64', 'extend_i32_s extend_i32_u', 'i32'),
  ...unary('i32', 'wrap_i64', 'i64'),
  ...unary('f32', 'demote_f64', 'f64'),
  ...unary('f64', 'promote_f32', 'f32'),
  ...unary('i32', 'reinterpret_f32', 'f32'),
  ...unary('i64', 'reinterpret_f64', 'f64'),
  ...unary('f32', 'reinterpret_i32', 'i32'),
  ...unary('f64', 'reinterpret_i64', 'i64'),
];

/** Operands where instructions go wrong: bits by type. */
export const EDGES: Readonly<Record<TypeName, readonly bigint[]>> = {
  i32: [
    0n,
    1n,
    2n,
    7n,
    31n,
    32n,
    0x7fn,
    0x80n,
    0xffn,
    0x8000n,
    0xffffn,
    0x7fffffffn,
    0x80000000n,
    0xfffffffen,
    0xffffffffn,
  ],
  i64: [
    ...[0n, 1n, 3n, 33n, 63n, 64n, 0x80n, 0x8000n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n],
    ...[
      0x7fffffffffffffffn,
      0x8000000000000000n,
      0xffffffff80000000n,
      0xfffffffffffffffen,
      0xffffffffffffffffn,
    ],
  ],
  f32: [
    ...[
      0n,
      0x80000000n,
      1n,
      0x80000001n,
      0x007fffffn,
      0x00800000n,
      0x3f000000n,
      0x3f800000n,
      0xbf800000n,
      0x3fc00000n,
    ],
    ...[
      0x40200000n,
      0xc0200000n,
      0x4effffffn,
      0x4f000000n,
      0xcf000000n,
      0x4f7fffffn,
      0x4f800000n,
      0x5f000000n,
    ],
    ...[
      0x5f7fffffn,
      0x5f800000n,
      0xdf000000n,
      0x7f7fffffn,
      0x7f800000n,
      0xff800000n,
      0x7fc00000n,
      0xffc00000n,
    ],
    ...[0xbf7fffffn, 0x49742408n],
  ],
  f64: [
    ...[0n, 0x8000000000000000n, 1n, 0x000fffffffffffffn, 0x3fe0000000000000n, 0x3ff0000000000000n],
    ...[
      0xbff0000000000000n,
      0xbfefffffffffffffn,
      0x4004000000000000n,
      0xc004000000000000n,
      0x41dfffffffc00000n,
    ],
    ...[
      0x41dfffffffe00000n,
      0x41e0000000000000n,
      0xc1e0000000000000n,
      0xc1e0000000200000n,
      0x41efffffffe00000n,
    ],
    ...[
      0x41f0000000000000n,
      0x43dfffffffffffffn,
      0x43e0000000000000n,
      0xc3e0000000000000n,
      0xc3e0000000000001n,
    ],
    ...[
      0x43efffffffffffffn,
      0x43f0000000000000n,
      0x7fefffffffffffffn,
      0x7ff0000000000000n,
      0xfff0000000000000n,
    ],
    ...[0x7ff8000000000000n, 0xfff8000000000000n, 0x3810000000000000n, 0x47efffffe0000000n],
  ],
};
