/**
 * WebAssembly's instructions, as far as the processor's operations use them (WebAssembly core specification 2.0, 5.4): what each
 * takes and gives. Numbers of value types are those of the binary format.
 */

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const EMPTY = 0x40;

export const BLOCK = 0x02;
export const LOOP = 0x03;
export const IF = 0x04;
export const ELSE = 0x05;
export const END = 0x0b;
export const BR = 0x0c;
export const BR_IF = 0x0d;
export const BR_TABLE = 0x0e;
export const RETURN = 0x0f;
export const CALL = 0x10;
/** Of the tail-call extension. */
export const RETURN_CALL = 0x12;
export const RETURN_CALL_INDIRECT = 0x13;
export const DROP = 0x1a;
export const SELECT = 0x1b;
export const LOCAL_GET = 0x20;
export const LOCAL_SET = 0x21;
export const LOCAL_TEE = 0x22;
export const GLOBAL_GET = 0x23;
export const GLOBAL_SET = 0x24;
export const I32_LOAD = 0x28;
export const I64_LOAD = 0x29;
export const I32_LOAD16_U = 0x2f;
export const I32_STORE = 0x36;
export const I64_STORE = 0x37;
export const I32_CONST = 0x41;
export const I64_CONST = 0x42;
export const I32_EQZ = 0x45;
export const I32_EQ = 0x46;
export const I32_NE = 0x47;
export const I32_LT_S = 0x48;
export const I64_EQ = 0x51;
export const I64_NE = 0x52;
export const I64_SUB = 0x7d;
export const I32_ADD = 0x6a;
export const I32_SUB = 0x6b;
export const I32_AND = 0x71;
export const I32_XOR = 0x73;
export const I32_SHR_U = 0x76;
export const I64_ADD = 0x7c;
export const I64_AND = 0x83;
export const I64_OR = 0x84;
export const I64_SHL = 0x86;
export const I64_SHR_S = 0x87;
export const I64_SHR_U = 0x88;
export const I32_WRAP = 0xa7;
export const I64_EXTEND_S = 0xac;
export const I64_EXTEND_U = 0xad;
export const I32_EXTEND8 = 0xc0;
export const I32_EXTEND16 = 0xc1;
export const I64_EXTEND8 = 0xc2;
export const I64_EXTEND16 = 0xc3;
export const I64_EXTEND32 = 0xc4;

/** What a plain instruction takes (how many values) and gives. */
export interface Signature {
  readonly takes: number;
  readonly gives: number;
}

const plain: (Signature | undefined)[] = [];
const range = (first: number, last: number, takes: number, gives: number): void => {
  for (let code = first; code <= last; code++) plain[code] = { takes, gives };
};
range(0x45, 0x45, 1, I32);
range(0x46, 0x4f, 2, I32);
range(0x50, 0x50, 1, I32);
range(0x51, 0x66, 2, I32);
range(0x67, 0x69, 1, I32);
range(0x6a, 0x78, 2, I32);
range(0x79, 0x7b, 1, I64);
range(0x7c, 0x8a, 2, I64);
range(0x8b, 0x91, 1, F32);
range(0x92, 0x98, 2, F32);
range(0x99, 0x9f, 1, F64);
range(0xa0, 0xa6, 2, F64);
range(0xa7, 0xab, 1, I32);
range(0xac, 0xb1, 1, I64);
range(0xb2, 0xb6, 1, F32);
range(0xb7, 0xbb, 1, F64);
range(0xbc, 0xbc, 1, I32);
range(0xbd, 0xbd, 1, I64);
range(0xbe, 0xbe, 1, F32);
range(0xbf, 0xbf, 1, F64);
range(0xc0, 0xc1, 1, I32);
range(0xc2, 0xc4, 1, I64);

/** Numeric instructions of one byte. */
export function plainSignature(code: number): Signature | undefined {
  return plain[code];
}

/** Loads and stores of one byte: value type, bytes, and whether a load extends the sign. */
export interface Access {
  readonly type: number;
  readonly bytes: number;
  readonly signed: boolean;
}
const access = (type: number, bytes: number, signed = false): Access => ({ type, bytes, signed });
const ACCESSES: Readonly<Record<number, Access>> = {
  0x28: access(I32, 4),
  0x29: access(I64, 8),
  0x2a: access(F32, 4),
  0x2b: access(F64, 8),
  0x2c: access(I32, 1, true),
  0x2d: access(I32, 1),
  0x2e: access(I32, 2, true),
  0x2f: access(I32, 2),
  0x30: access(I64, 1, true),
  0x31: access(I64, 1),
  0x32: access(I64, 2, true),
  0x33: access(I64, 2),
  0x34: access(I64, 4, true),
  0x35: access(I64, 4),
  0x36: access(I32, 4),
  0x37: access(I64, 8),
  0x38: access(F32, 4),
  0x39: access(F64, 8),
  0x3a: access(I32, 1),
  0x3b: access(I32, 2),
  0x3c: access(I64, 1),
  0x3d: access(I64, 2),
  0x3e: access(I64, 4),
};

export function accessOf(code: number): Access | undefined {
  return ACCESSES[code];
}
export const isStore = (code: number): boolean => code >= 0x36;

/** Vector instructions (prefix FD): how many values they take, what they give, and what follows the opcode. */
export interface VectorSignature extends Signature {
  readonly immediate: 'none' | 'lane' | 'sixteen' | 'memory';
}
export function vectorSignature(code: number): VectorSignature {
  if (code <= 10) return { takes: 1, gives: V128, immediate: 'memory' };
  if (code === 11) return { takes: 2, gives: EMPTY, immediate: 'memory' };
  if (code === 92 || code === 93) return { takes: 1, gives: V128, immediate: 'memory' };
  if (code === 12) return { takes: 0, gives: V128, immediate: 'sixteen' };
  if (code === 13) return { takes: 2, gives: V128, immediate: 'sixteen' };
  if (code >= 15 && code <= 20) return { takes: 1, gives: V128, immediate: 'none' };
  const lane = LANES[code];
  if (lane !== undefined) return { ...lane, immediate: 'lane' };
  const gives = TESTS.has(code) ? I32 : V128;
  const takes = code === 0x52 ? 3 : UNARY.has(code) || gives === I32 ? 1 : 2;
  return { takes, gives, immediate: 'none' };
}
const LANES: Readonly<Record<number, Signature>> = {
  21: { takes: 1, gives: I32 },
  22: { takes: 1, gives: I32 },
  23: { takes: 2, gives: V128 },
  24: { takes: 1, gives: I32 },
  25: { takes: 1, gives: I32 },
  26: { takes: 2, gives: V128 },
  27: { takes: 1, gives: I32 },
  28: { takes: 2, gives: V128 },
  29: { takes: 1, gives: I64 },
  30: { takes: 2, gives: V128 },
  31: { takes: 1, gives: F32 },
  32: { takes: 2, gives: V128 },
  33: { takes: 1, gives: F64 },
  34: { takes: 2, gives: V128 },
};
/** any_true, all_true, bitmask. */
const TESTS = new Set([0x53, 0x63, 0x64, 0x83, 0x84, 0xa3, 0xa4, 0xc3, 0xc4]);
const UNARY = new Set([
  ...[0x4d, 0x5e, 0x5f, 0x60, 0x61, 0x62, 0x67, 0x68, 0x69, 0x6a, 0x74, 0x75, 0x7a, 0x7c, 0x7d, 0x7e, 0x7f],
  ...[
    0x80, 0x81, 0x87, 0x88, 0x89, 0x8a, 0x94, 0xa0, 0xa1, 0xa7, 0xa8, 0xa9, 0xaa, 0xc0, 0xc1, 0xc7, 0xc8,
    0xc9, 0xca,
  ],
  ...[0xe0, 0xe1, 0xe3, 0xec, 0xed, 0xef, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff],
]);
