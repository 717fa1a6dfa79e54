/**
 * Packed integer instructions of the 0F map with two vector operands. MMX instructions compute on the low halves: most
 * work element by element and are the XMM instruction; those that mix the halves are in `packedMmx`.
 */
import { high64, join64, low64 } from './operands';
import { shift } from './shifts';

/** The XMM instruction 66 0F `opcode`: destination, source. */
// @ts-ignore: decorator
@inline
export function packed(opcode: u32, a: v128, b: v128): v128 {
  switch (opcode) {
    case 0x60: // PUNPCKLBW
      return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    case 0x61: // PUNPCKLWD
      return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    case 0x62: // PUNPCKLDQ
      return i32x4.shuffle(a, b, 0, 4, 1, 5);
    case 0x63: // PACKSSWB
      return i8x16.narrow_i16x8_s(a, b);
    case 0x64: // PCMPGTB
      return i8x16.gt_s(a, b);
    case 0x65: // PCMPGTW
      return i16x8.gt_s(a, b);
    case 0x66: // PCMPGTD
      return i32x4.gt_s(a, b);
    case 0x67: // PACKUSWB
      return i8x16.narrow_i16x8_u(a, b);
    case 0x68: // PUNPCKHBW
      return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    case 0x69: // PUNPCKHWD
      return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    case 0x6a: // PUNPCKHDQ
      return i32x4.shuffle(a, b, 2, 6, 3, 7);
    case 0x6b: // PACKSSDW
      return i16x8.narrow_i32x4_s(a, b);
    case 0x6c: // PUNPCKLQDQ
      return i64x2.shuffle(a, b, 0, 2);
    case 0x6d: // PUNPCKHQDQ
      return i64x2.shuffle(a, b, 1, 3);
    case 0x74: // PCMPEQB
      return i8x16.eq(a, b);
    case 0x75: // PCMPEQW
      return i16x8.eq(a, b);
    case 0x76: // PCMPEQD
      return i32x4.eq(a, b);
    case 0xd4: // PADDQ
      return i64x2.add(a, b);
    case 0xd5: // PMULLW
      return i16x8.mul(a, b);
    case 0xd8: // PSUBUSB
      return i8x16.sub_sat_u(a, b);
    case 0xd9: // PSUBUSW
      return i16x8.sub_sat_u(a, b);
    case 0xda: // PMINUB
      return i8x16.min_u(a, b);
    case 0xdb: // PAND
      return v128.and(a, b);
    case 0xdc: // PADDUSB
      return i8x16.add_sat_u(a, b);
    case 0xdd: // PADDUSW
      return i16x8.add_sat_u(a, b);
    case 0xde: // PMAXUB
      return i8x16.max_u(a, b);
    case 0xdf: // PANDN
      return v128.andnot(b, a);
    case 0xe0: // PAVGB
      return i8x16.avgr_u(a, b);
    case 0xe3: // PAVGW
      return i16x8.avgr_u(a, b);
    case 0xe4: // PMULHUW
      return oddWords(i32x4.extmul_low_i16x8_u(a, b), i32x4.extmul_high_i16x8_u(a, b));
    case 0xe5: // PMULHW
      return oddWords(i32x4.extmul_low_i16x8_s(a, b), i32x4.extmul_high_i16x8_s(a, b));
    case 0xe8: // PSUBSB
      return i8x16.sub_sat_s(a, b);
    case 0xe9: // PSUBSW
      return i16x8.sub_sat_s(a, b);
    case 0xea: // PMINSW
      return i16x8.min_s(a, b);
    case 0xeb: // POR
      return v128.or(a, b);
    case 0xec: // PADDSB
      return i8x16.add_sat_s(a, b);
    case 0xed: // PADDSW
      return i16x8.add_sat_s(a, b);
    case 0xee: // PMAXSW
      return i16x8.max_s(a, b);
    case 0xef: // PXOR
      return v128.xor(a, b);
    case 0xf4: // PMULUDQ
      return i64x2.extmul_low_i32x4_u(i32x4.shuffle(a, a, 0, 2, 0, 2), i32x4.shuffle(b, b, 0, 2, 0, 2));
    case 0xf5: // PMADDWD
      return i32x4.dot_i16x8_s(a, b);
    case 0xf6: // PSADBW
      return sumOfDifferences(a, b);
    case 0xf8: // PSUBB
      return i8x16.sub(a, b);
    case 0xf9: // PSUBW
      return i16x8.sub(a, b);
    case 0xfa: // PSUBD
      return i32x4.sub(a, b);
    case 0xfb: // PSUBQ
      return i64x2.sub(a, b);
    case 0xfc: // PADDB
      return i8x16.add(a, b);
    case 0xfd: // PADDW
      return i16x8.add(a, b);
    case 0xfe: // PADDD
      return i32x4.add(a, b);
    case 0xd1: // PSRL, PSRA, PSLL by a register
    case 0xd2:
    case 0xd3:
    case 0xe1:
    case 0xe2:
    case 0xf1:
    case 0xf2:
    default: // PSLLQ
      return shift(opcode, a, low64(b));
  }
}

/** The upper words of eight 32-bit products. */
// @ts-ignore: decorator
@inline
function oddWords(low: v128, high: v128): v128 {
  return i16x8.shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}

function sumOfDifferences(a: v128, b: v128): v128 {
  const differences = v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
  const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(differences));
  return i64x2.add(v128.and(sums, i64x2.splat(0xffffffff)), i64x2.shr_u(sums, 32));
}

/** The MMX instruction 0F `opcode`: destination, source. */
export function packedMmx(opcode: u32, a: u64, b: u64): u64 {
  // PACKSSWB, PACKUSWB, PACKSSDW narrow both operands into the low half.
  const packs = opcode == 0x63 || opcode == 0x67 || opcode == 0x6b;
  // PUNPCKHBW, PUNPCKHWD, PUNPCKHDQ: the upper half of what PUNPCKL makes of whole operands.
  const unpacksHigh = opcode >= 0x68 && opcode <= 0x6a;
  const x = packs ? join64(a, b) : i64x2.splat(<i64>a);
  const result = packed(unpacksHigh ? opcode - 8 : opcode, x, i64x2.splat(<i64>b));
  return unpacksHigh ? high64(result) : low64(result);
}
