/** One form and its operands to bytes (Intel SDM vol. 2, chapter 2). */
import { AssemblyError } from './errors.ts';
import { encodeMemory } from './modrm.ts';
import { immediateFits } from './match.ts';
import { registerName } from './registers.ts';
import type { Form, Pattern } from './form.ts';
import type { ModrmBytes } from './modrm.ts';
import type { Memory, Mode, Operand } from './operand.ts';
import type { Register } from './registers.ts';

const SEGMENT_PREFIX = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
const REX_W = 8;
const REX_R = 4;
const REX_B = 1;

/** What ModRM, REX and the tail of an instruction are made of. */
interface Parts {
  rex: number;
  needsRex: boolean;
  forbidsRex: boolean;
  reg: number;
  rm: Operand | null;
  opcodeRegister: number;
  tail: { value: bigint; bytes: number; relative: boolean }[];
}

/**
 * The bytes of `form` with `operands`, at `address` (which matters to relative operands alone).
 * Returns null where a value does not fit this form: another form may do.
 * Throws AssemblyError where the operands cannot be encoded at all.
 */
export function encode(
  form: Form,
  operands: readonly Operand[],
  mode: Mode,
  address: bigint,
): number[] | null {
  const parts = collect(form, operands);
  if (parts === null) return null;
  // The rows of near branches name no size: in 16-bit code theirs is 16.
  if (mode === 16 && form.operands.some((pattern) => pattern.kind === 'relative' && pattern.size === 32))
    return null;
  const memory = operands.find((operand): operand is Memory => operand.kind === 'memory') ?? null;
  const bytes = prefixes(form, memory, mode);

  const modrm = modrmBytes(form, parts, mode);
  if (modrm === null) return null;
  const rex = (form.operandSize === 64 && !form.attributes.has('d64') ? REX_W : 0) | parts.rex | modrm.rex;
  if (rex !== 0 || parts.needsRex) {
    if (mode !== 64) throw new AssemblyError('the operands exist in 64-bit mode only');
    if (parts.forbidsRex) throw new AssemblyError('ah, ch, dh, bh cannot stand beside a REX prefix');
    bytes.push(0x40 | rex);
  }
  if (form.map > 0) bytes.push(0x0f);
  if (form.map > 1) bytes.push(form.map === 2 ? 0x38 : 0x3a);
  bytes.push(form.opcode | (form.opcodeRegister ? parts.opcodeRegister & 7 : 0), ...modrm.bytes);
  return finish(bytes, modrm.relative ? memory : null, parts, mode, address);
}

/**
 * Appends immediates and branch distances, and fills in a RIP-relative displacement: both need the length.
 */
function finish(
  bytes: number[],
  relativeTo: Memory | null,
  parts: Parts,
  mode: Mode,
  address: bigint,
): number[] | null {
  const displacementAt = bytes.length - 4;
  const length = bytes.length + parts.tail.reduce((sum, { bytes: count }) => sum + count, 0);
  const next = address + BigInt(length);
  for (const { value, bytes: count, relative } of parts.tail) {
    const distance = BigInt.asIntN(mode, value - next);
    if (relative && distance !== BigInt.asIntN(count * 8, distance)) return null;
    push(bytes, relative ? distance : value, count);
  }
  if (relativeTo !== null) {
    const distance = BigInt.asIntN(64, relativeTo.displacement - next);
    if (distance !== BigInt.asIntN(32, distance)) throw new AssemblyError('relative address out of reach');
    const field: number[] = [];
    push(field, distance, 4);
    bytes.splice(displacementAt, 4, ...field);
  }
  return bytes;
}

function push(bytes: number[], value: bigint, count: number): void {
  const raw = BigInt.asUintN(64, value);
  for (let n = 0; n < count; n++) bytes.push(Number((raw >> BigInt(8 * n)) & 0xffn));
}

function prefixes(form: Form, memory: Memory | null, mode: Mode): number[] {
  const bytes: number[] = [];
  if (form.wait) bytes.push(0x9b);
  if (memory !== null && memory.segment >= 0) bytes.push(SEGMENT_PREFIX[memory.segment]!);
  const addressSize = form.addressSize || memory?.addressBits || mode;
  if (addressSize !== mode) bytes.push(0x67);
  const size = form.operandSize;
  if (mode === 16 ? size === 32 : size === 16) bytes.push(0x66);
  if (form.prefix !== 0) bytes.push(form.prefix);
  return bytes;
}

function collect(form: Form, operands: readonly Operand[]): Parts | null {
  const parts: Parts = {
    rex: 0,
    needsRex: false,
    forbidsRex: false,
    reg: 0,
    rm: null,
    opcodeRegister: 0,
    tail: [],
  };
  for (let n = 0; n < form.operands.length; n++) {
    const pattern = form.operands[n]!;
    const operand = operands[n]!;
    if (operand.kind === 'register') {
      if (pattern.kind !== 'fixed') noteRegister(parts, operand, slotOf(pattern));
    } else if (operand.kind === 'memory') {
      if (pattern.kind !== 'offset') parts.rm = operand;
      else parts.tail.push({ value: operand.displacement, bytes: -1, relative: false });
    } else if (!noteNumber(parts, form, pattern, operand)) return null;
  }
  return parts;
}

function slotOf(pattern: Pattern): 'reg' | 'rm' | 'opcode' {
  return pattern.kind === 'register' ? pattern.slot : 'rm';
}

function noteRegister(parts: Parts, register: Register, slot: 'reg' | 'rm' | 'opcode'): void {
  if (register.class === 'r8' && register.number >= 4) parts.needsRex = true;
  if (register.class === 'r8h') parts.forbidsRex = true;
  const high = register.number >= 8;
  if (slot === 'reg') {
    parts.reg = register.number & 7;
    if (high) parts.rex |= REX_R;
    return;
  }
  if (high) parts.rex |= REX_B;
  if (slot === 'rm') parts.rm = register;
  else parts.opcodeRegister = register.number;
}

/** Notes an immediate, branch target or far pointer; false where the value does not fit. */
function noteNumber(parts: Parts, form: Form, pattern: Pattern, operand: Operand): boolean {
  if (operand.kind === 'far') {
    if (pattern.kind !== 'pointer') return false;
    parts.tail.push({ value: operand.offset, bytes: pattern.size / 8, relative: false });
    parts.tail.push({ value: operand.selector, bytes: 2, relative: false });
    return true;
  }
  if (operand.kind !== 'immediate') return false;
  if (pattern.kind === 'immediate') {
    if (!immediateFits(form, pattern, operand.value)) return false;
    parts.tail.push({ value: operand.value, bytes: pattern.size / 8, relative: false });
  } else if (pattern.kind === 'relative') {
    parts.tail.push({ value: operand.value, bytes: pattern.size / 8, relative: true });
  }
  return true;
}

function modrmBytes(form: Form, parts: Parts, mode: Mode): ModrmBytes | null {
  const moffs = parts.tail.find(({ bytes }) => bytes < 0);
  if (moffs !== undefined) {
    moffs.bytes = mode / 8;
    const fits = mode === 64 || BigInt.asUintN(mode, moffs.value) === moffs.value;
    return fits ? { bytes: [], rex: 0, relative: false } : null;
  }
  if (form.modrmKind === 'none') return { bytes: [], rex: 0, relative: false };
  if (form.modrmKind === 'byte') {
    const modrm = form.modrm | (form.modrmRegister ? parts.opcodeRegister & 7 : 0);
    return { bytes: [modrm], rex: 0, relative: false };
  }
  const reg = form.modrmKind === 'digit' ? form.digit : parts.reg;
  const { rm } = parts;
  if (rm === null) throw new AssemblyError(`form '${form.text}' has no operand for ModRM.rm`);
  if (rm.kind === 'memory') return encodeMemory(rm, reg, mode);
  if (rm.kind !== 'register') throw new AssemblyError('a register or memory is needed');
  if (rm.number > 15) throw new AssemblyError(`no such register: ${registerName(rm)}`);
  return { bytes: [0xc0 | (reg << 3) | (rm.number & 7)], rex: 0, relative: false };
}
