/** One instruction as text in the assembler's own syntax, and what it is made of. */
import { REGISTER_NAMES, registerName } from '../assembler/registers.ts';
import { decode } from './decode.ts';
import type { Decoded } from './decode.ts';
import type { Form } from '../assembler/form.ts';
import type { Memory, Mode, Operand } from '../assembler/operand.ts';

export interface Disassembly {
  /** Virtual address, sign-interpreted. */
  readonly address: number;
  readonly length: number;
  /** Intel syntax that `assemble` reads; `(bad)` where the bytes are no instruction. */
  readonly text: string;
  readonly mnemonic: string;
  /** Prefix words in front of the mnemonic: lock, rep, fs ... */
  readonly prefixes: readonly string[];
  readonly operands: readonly Operand[];
  readonly form: Form | null;
  /** Target of a direct branch, or the address of a RIP-relative or absolute operand; else null. */
  readonly target: number | null;
}

/**
 * Disassembles the instruction at the start of `bytes`. Unknown or truncated bytes give `(bad)` of length 1.
 */
export function disassemble(bytes: Uint8Array, address: number | bigint, mode: Mode = 64): Disassembly {
  const at = BigInt.asIntN(64, BigInt(address));
  const decoded = decode(bytes, at, mode);
  if (decoded === null) {
    const bad = { text: '(bad)', mnemonic: '(bad)', prefixes: [], operands: [], form: null, target: null };
    return { address: Number(at), length: 1, ...bad };
  }
  const { form, length, operands } = decoded;
  const prefixes = prefixWords(decoded, mode);
  const shown = operands.map((operand, n) => operandText(operand, form, n, mode));
  const text = [...prefixes, form.mnemonic, shown.join(', ')].filter((part) => part !== '').join(' ');
  const { mnemonic } = form;
  return { address: Number(at), length, text, mnemonic, prefixes, operands, form, target: targetOf(decoded) };
}

function prefixWords({ form, prefixes, operands }: Decoded, mode: Mode): string[] {
  const words: string[] = [];
  const hasMemory = operands.some(({ kind }) => kind === 'memory');
  const implied = form.family === 'strings' || form.mnemonic === 'xlatb';
  if (prefixes.has67 && form.addressSize === 0 && !hasMemory) words.push(mode === 32 ? 'a16' : 'a32');
  if (implied && prefixes.segment >= 0) words.push(REGISTER_NAMES.sreg[prefixes.segment]!);
  if (prefixes.lock) words.push('lock');
  if (prefixes.repeat !== 0 && prefixes.repeat !== form.prefix) {
    const equal = form.attributes.has('repe') ? 'repe' : 'rep';
    words.push(prefixes.repeat === 0xf3 ? equal : 'repne');
  }
  return words;
}

function targetOf({ form, operands }: Decoded): number | null {
  for (const [n, operand] of operands.entries()) {
    if (operand.kind === 'immediate' && form.operands[n]!.kind === 'relative') return Number(operand.value);
    if (operand.kind === 'memory' && (operand.relative || (operand.base < 0 && operand.index < 0))) {
      return Number(BigInt.asIntN(64, operand.displacement));
    }
  }
  return null;
}

const SIZE_WORDS: Readonly<Record<number, string>> = {
  ...{ 8: 'byte ', 16: 'word ', 32: 'dword ', 64: 'qword ', 80: 'tword ', 128: 'oword ' },
};

function operandText(operand: Operand, form: Form, n: number, mode: Mode): string {
  switch (operand.kind) {
    case 'register':
      return registerName(operand);
    case 'memory':
      return `${operand.far ? 'far ' : ''}${SIZE_WORDS[operand.size] ?? ''}${memoryText(operand, mode)}`;
    case 'far': {
      const size = operand.size === Math.min(mode, 32) ? '' : SIZE_WORDS[operand.size];
      return `${size}${hex(operand.selector)}:${hex(operand.offset)}`;
    }
    case 'immediate':
      if (form.operands[n]!.kind === 'relative') return hex(BigInt.asUintN(64, operand.value));
      return operand.value < 0n ? `-${hex(-operand.value)}` : hex(operand.value);
  }
}

function memoryText(memory: Memory, mode: Mode): string {
  const segment = memory.segment < 0 ? '' : `${REGISTER_NAMES.sreg[memory.segment]}:`;
  const bits = memory.addressBits as Mode;
  if (memory.base < 0 && memory.index < 0) {
    const size = bits === mode ? '' : SIZE_WORDS[bits];
    const prefix = memory.relative ? 'rel ' : '';
    const address = hex(BigInt.asUintN(memory.relative ? 64 : bits, memory.displacement));
    return `[${segment}${prefix}${size}${address}]`;
  }
  const names = REGISTER_NAMES[`r${bits}`];
  const parts: string[] = [];
  if (memory.base >= 0) parts.push(names[memory.base]!);
  if (memory.index >= 0) {
    const scale = memory.scale > 1 || memory.base < 0 ? `*${memory.scale}` : '';
    parts.push(`${names[memory.index]}${scale}`);
  }
  const { displacement } = memory;
  const tail =
    displacement === 0n ? '' : displacement < 0n ? `-${hex(-displacement)}` : `+${hex(displacement)}`;
  return `[${segment}${parts.join('+')}${tail}]`;
}

const hex = (value: bigint) => `0x${value.toString(16)}`;
