/**
 * Decodes the instructions that Xen emulates when they write to a page table: those of 64-bit code with one memory
 * operand that they write (SDM vol. 2). Anything else gives null, and the fault stays the guest's.
 */
import type { Processor } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';

/** What is done with the memory operand (`old`) and the other operand. */
export type StoreOperation =
  | 'mov'
  | 'add'
  | 'or'
  | 'adc'
  | 'sbb'
  | 'and'
  | 'sub'
  | 'xor'
  | 'inc'
  | 'dec'
  | 'not'
  | 'neg'
  | 'xchg'
  | 'cmpxchg'
  | 'xadd'
  | 'bts'
  | 'btr'
  | 'btc'
  | 'stos';

export interface Store {
  readonly operation: StoreOperation;
  /** Bytes written: 1, 2, 4 or 8. */
  readonly size: number;
  /** Virtual address of the memory operand, a signed number. */
  readonly address: number;
  /** The other operand: a register, or -1 for `immediate`. */
  readonly register: number;
  /** A byte register is AH, CH, DH or BH: bits 8..15 of registers 0..3. */
  readonly highByte: boolean;
  readonly immediate: bigint;
  /** Length of the instruction in bytes. */
  readonly length: number;
  readonly rep: boolean;
}

const ALU: readonly StoreOperation[] = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor'];
const BIT_TESTS: readonly (StoreOperation | null)[] = [null, null, null, null, null, 'bts', 'btr', 'btc'];

/** What an opcode means. `immediate`: size of an immediate operand in bytes, 4 being sign-extended to 8. */
interface Form {
  readonly operation: StoreOperation;
  readonly byte: boolean;
  readonly immediate: 0 | 1 | 4;
}

/** Forms by opcode whose other operand is the ModRM register: 0x0f00 is the second opcode map. */
const REGISTER_FORMS = new Map<number, Form>();
ALU.forEach((operation, index) => {
  for (const byte of [0, 1])
    REGISTER_FORMS.set(index * 8 + byte, { operation, byte: byte === 0, immediate: 0 });
});
const PAIRS: readonly [number, StoreOperation][] = [
  [0x86, 'xchg'],
  [0x88, 'mov'],
  [0x0fb0, 'cmpxchg'],
  [0x0fc0, 'xadd'],
];
for (const [opcode, operation] of PAIRS)
  for (const byte of [0, 1]) REGISTER_FORMS.set(opcode + byte, { operation, byte: byte === 0, immediate: 0 });
const WORDS: readonly [number, StoreOperation][] = [
  [0x0fab, 'bts'],
  [0x0fb3, 'btr'],
  [0x0fbb, 'btc'],
  [0x0fc3, 'mov'],
];
for (const [opcode, operation] of WORDS) REGISTER_FORMS.set(opcode, { operation, byte: false, immediate: 0 });

/** Forms by opcode that the ModRM register field completes. */
const GROUP_FORMS: ReadonlyMap<number, (field: number) => Form | null> = new Map([
  [0x80, (field: number) => form(ALU[field], true, 1)],
  [0x81, (field: number) => form(ALU[field], false, 4)],
  [0x83, (field: number) => form(ALU[field], false, 1)],
  [0xc6, (field: number) => form(field === 0 ? 'mov' : null, true, 1)],
  [0xc7, (field: number) => form(field === 0 ? 'mov' : null, false, 4)],
  [0xf6, (field: number) => form(field === 2 ? 'not' : field === 3 ? 'neg' : null, true, 0)],
  [0xf7, (field: number) => form(field === 2 ? 'not' : field === 3 ? 'neg' : null, false, 0)],
  [0xfe, (field: number) => form(field === 0 ? 'inc' : field === 1 ? 'dec' : null, true, 0)],
  [0xff, (field: number) => form(field === 0 ? 'inc' : field === 1 ? 'dec' : null, false, 0)],
  [0x0fba, (field: number) => form(BIT_TESTS[field], false, 1)],
]);

function form(
  operation: StoreOperation | null | undefined,
  byte: boolean,
  immediate: 0 | 1 | 4,
): Form | null {
  return operation ? { operation, byte, immediate } : null;
}

interface Prefixes {
  rex: number;
  operand16: boolean;
  rep: boolean;
  /** Base of an FS or GS override. */
  segmentBase: number;
  /** Bytes before the opcode. */
  length: number;
}

/** Decodes the instruction in `code` (15 bytes from RIP on, or fewer). */
export function decodeStore(processor: Processor, code: Uint8Array): Store | null {
  const prefixes = readPrefixes(processor, code);
  if (!prefixes) return null;
  let at = prefixes.length;
  let opcode = code[at++]!;
  if (opcode === 0x0f) opcode = 0x0f00 | code[at++]!;
  if (opcode === 0xaa || opcode === 0xab) return stringStore(processor, prefixes, opcode, at);
  const modrm = code[at]!;
  if (modrm >= 0xc0) return null;
  const field = (modrm >> 3) & 7;
  const registers = REGISTER_FORMS.get(opcode);
  const found = registers ?? GROUP_FORMS.get(opcode)?.(field);
  if (!found) return null;
  const size = found.byte ? 1 : prefixes.rex & 8 ? 8 : prefixes.operand16 ? 2 : 4;
  const immediateBytes = found.immediate === 4 && size === 2 ? 2 : found.immediate;
  const memory = effectiveAddress(processor, prefixes, code, at, immediateBytes);
  const immediate = readImmediate(code, memory.end, immediateBytes);
  const isBitString = registers !== undefined && BIT_TESTS.includes(found.operation);
  const highByte = registers !== undefined && found.byte && prefixes.rex === 0 && field >= 4;
  const register = registers ? (highByte ? field - 4 : field | ((prefixes.rex & 4) << 1)) : -1;
  return {
    operation: found.operation,
    size,
    address: memory.address + (isBitString ? bitStringOffset(processor, register, size) : 0),
    register,
    highByte,
    immediate,
    length: memory.end + immediateBytes,
    rep: false,
  };
}

function readPrefixes(processor: Processor, code: Uint8Array): Prefixes | null {
  const prefixes = { rex: 0, operand16: false, rep: false, segmentBase: 0, length: 0 };
  for (; prefixes.length < code.length; prefixes.length++) {
    const byte = code[prefixes.length]!;
    if (byte === 0x66) prefixes.operand16 = true;
    else if (byte === 0xf2 || byte === 0xf3) prefixes.rep = true;
    else if (byte === 0x64) prefixes.segmentBase = processor.segmentBase(layout.SEG_FS);
    else if (byte === 0x65) prefixes.segmentBase = processor.segmentBase(layout.SEG_GS);
    else if (byte === 0x67) return null;
    else if ((byte & 0xf0) === 0x40) {
      prefixes.rex = byte;
      prefixes.length++;
      return prefixes;
    } else if (![0xf0, 0x26, 0x2e, 0x36, 0x3e].includes(byte)) return prefixes;
  }
  return null;
}

function stringStore(processor: Processor, prefixes: Prefixes, opcode: number, length: number): Store {
  const size = opcode === 0xaa ? 1 : prefixes.rex & 8 ? 8 : prefixes.operand16 ? 2 : 4;
  return {
    operation: 'stos',
    size,
    address: processor.get(layout.RDI),
    register: layout.RAX,
    highByte: false,
    immediate: 0n,
    length,
    rep: prefixes.rep,
  };
}

/** A bit number in a register reaches beyond the operand: bytes from the address given to the operand that holds the bit. */
function bitStringOffset(processor: Processor, register: number, size: number): number {
  const bit = BigInt.asIntN(size * 8, processor.big(register));
  return Number(bit >> BigInt(Math.log2(size * 8))) * size;
}

/** The address of a ModRM memory operand; `end` is the first byte behind it. RIP-relative ones count the immediate too. */
function effectiveAddress(
  processor: Processor,
  prefixes: Prefixes,
  code: Uint8Array,
  modrmAt: number,
  immediateBytes: number,
): { address: number; end: number } {
  const modrm = code[modrmAt]!;
  const mode = modrm >> 6;
  const { rex } = prefixes;
  let end = modrmAt + 1;
  let base = (modrm & 7) | ((rex & 1) << 3);
  let sum = BigInt(prefixes.segmentBase);
  if ((modrm & 7) === 4) {
    const sib = code[end++]!;
    const index = ((sib >> 3) & 7) | ((rex & 2) << 2);
    if (index !== 4) sum += processor.big(index) << BigInt(sib >> 6);
    base = (sib & 7) | ((rex & 1) << 3);
  }
  const displacementOnly = mode === 0 && (base & 7) === 5;
  const displacementBytes = mode === 1 ? 1 : mode === 2 || displacementOnly ? 4 : 0;
  sum += readImmediate(code, end, displacementBytes);
  end += displacementBytes;
  if (!displacementOnly) sum += processor.big(base);
  else if ((modrm & 7) === 5) sum += BigInt(processor.rip) + BigInt(end + immediateBytes);
  return { address: Number(BigInt.asIntN(64, sum)), end };
}

/** A little-endian, sign-extended number of 0 to 4 bytes. */
function readImmediate(code: Uint8Array, at: number, bytes: number): bigint {
  let value = 0n;
  for (let i = 0; i < bytes; i++) value |= BigInt(code[at + i] ?? 0) << BigInt(i * 8);
  return BigInt.asIntN(bytes * 8, value);
}
