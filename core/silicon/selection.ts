/** Which forms are recorded, with which immediates, and what their operands need to be meaningful. */
import { FIX } from './probe.ts';
import type { DataKind, Fixup } from './probe.ts';
import type { Form } from '../assembler/form.ts';

/**
 * Not recorded: what is no function of the registers and memory (clocks, identification), what enters the
 * kernel we record under, what loads segment registers, and what vendors do differently (far
 * transfers with REX.W).
 */
const EXCLUDED = new Set([
  ...['rdtsc', 'rdtscp', 'rdpmc', 'cpuid', 'syscall', 'sysenter', 'sysexit', 'sysexitq', 'sysret', 'sysretq'],
  ...['int', 'int1', 'sldt', 'str', 'sgdt', 'sidt', 'smsw', 'monitor', 'mwait', 'rsm'],
  ...['les', 'lds', 'lss', 'lfs', 'lgs', 'ud1'],
  ...['iretw', 'retfw', 'retw'],
]);

export function isRecorded(form: Form): boolean {
  if (form.attributes.has('alias') || form.family === 'extensions' || EXCLUDED.has(form.mnemonic))
    return false;
  if (form.mnemonic === 'retf' || form.mnemonic === 'retfq') return true;
  return !form.operands.some((pattern, n) => {
    if (pattern.kind === 'fixed' && pattern.register.class === 'sreg') return form.mnemonic === 'pop';
    if (pattern.kind === 'register' && pattern.class === 'sreg') return n === 0;
    if (pattern.kind === 'relative' || pattern.kind === 'pointer') return pattern.size === 16;
    if (pattern.kind === 'memory' && pattern.far) return pattern.size !== 32;
    return (
      pattern.kind === 'rm' &&
      pattern.size !== 64 &&
      /^(jmp|call)$/.test(form.mnemonic) &&
      pattern.size === 16
    );
  });
}

/** Values of an immediate byte, by mnemonic: the first rule that matches. */
const BYTES: readonly (readonly [pattern: RegExp, values: readonly number[]])[] = [
  [/^(rol|ror|rcl|rcr|shl|shr|sar)$/, [0, 1, 4, 8, 9, 15, 17, 31, 32, 63, 0x85]],
  [/^(shld|shrd)$/, [0, 1, 7, 16, 31, 47, 63]],
  [/^bt/, [0, 7, 31, 45, 0x80]],
  [/^p(sll|srl|sra)/, [0, 1, 7, 8, 15, 16, 31, 32, 63, 64, 200]],
  [/^cmp/, [0, 1, 2, 3, 4, 5, 6, 7]],
  [/^round/, [0, 1, 2, 3, 4, 8, 12]],
  [/^pcmp[ei]str/, [...Array(32).keys()].map((n) => (n & 15) | ((n & 16) << 1) | (((n * 5) & 1) << 6))],
  [/^pcmpistr/, [0x10, 0x1a, 0x28, 0x3c, 0x44]],
  [/^palignr/, [0, 3, 8, 15, 16, 20, 31, 32]],
  [/^(pshuf|shuf)/, [0, 0x1b, 0xe4, 0x93]],
  [/^(pextr|pinsr|extract)/, [0, 1, 6, 0xff]],
  [/^(insertps|dpp|blendp|pblendw)/, [0, 0x4b, 0x71, 0xa5, 0xff]],
  [/^mpsadbw/, [0, 1, 2, 3, 4, 5, 6, 7]],
  [/^(aam|aad)$/, [10, 0, 7, 255]],
  [/^enter$/, [0, 1, 3]],
  [/./, [0x5a, 0x81]],
];

/** The values an immediate of that size takes. */
export function immediateValues(mnemonic: string, size: number, signed: boolean): readonly bigint[] {
  if (mnemonic === 'ret' || mnemonic === 'retf' || mnemonic === 'retfq') return [0n, 24n];
  if (mnemonic === 'enter' && size === 16) return [0x18n];
  if (size === 8 && signed) return [-1n, 0x5an];
  if (size === 8) return BYTES.find(([pattern]) => pattern.test(mnemonic))![1].map(BigInt);
  if (size === 16) return [0x8001n, 0x1234n];
  return size === 32 && !signed ? [0x80000001n, 0x12345678n] : [-0x7fffffffn, 0x12345678n];
}

/** Precision that the vector registers hold for a floating-point instruction. */
export function vectorKind(form: Form): DataKind {
  const { mnemonic, family } = form;
  if (family !== 'float' && family !== 'sse4') return 'i';
  if (/^cvt(dq|pi|si)/.test(mnemonic)) return 'i';
  if (/^cvtt?[sp]s2/.test(mnemonic)) return 's';
  if (/^cvtt?[sp]d2/.test(mnemonic)) return 'd';
  if (/[sp]s$/.test(mnemonic) && mnemonic !== 'pabs') return 's';
  return /[sp]d$/.test(mnemonic) && !/^p/.test(mnemonic) ? 'd' : 'i';
}

export function memoryKind(form: Form): DataKind {
  if (form.family !== 'x87')
    return form.family === 'float' || form.family === 'sse4' ? vectorKind(form) : 'g';
  if (form.mnemonic === 'fbld') return 'b';
  if (form.mnemonic.startsWith('fi')) return 'g';
  const pattern = form.operands.find(({ kind }) => kind === 'memory');
  const size = pattern !== undefined && 'size' in pattern ? pattern.size : 0;
  return size === 32 ? 's' : size === 64 ? 'd' : size === 80 || size === 0 ? 'x' : 'g';
}

const [RAX, RCX, RBX, RSP, RBP, RSI, RDI] = [0, 1, 3, 4, 5, 6, 7];
const word = (size: number, offset = 0) => size | (offset << 8);

/** What implied registers of an instruction must hold, by mnemonic. Earlier fixups come first. */
const IMPLIED: readonly (readonly [pattern: RegExp, fixups: readonly Fixup[]])[] = [
  [/^(div|idiv)$/, [[FIX.dividend, RAX, 0]]],
  [/^(movs|cmps)[bwdq]$/, [[FIX.pointer, RSI, 0] as const, [FIX.pointer, RDI, 0], [FIX.count, RCX, 0]]],
  [/^(stos|scas)[bwdq]$/, [[FIX.pointer, RDI, 0] as const, [FIX.count, RCX, 0]]],
  [/^lods[bwdq]$/, [[FIX.pointer, RSI, 0] as const, [FIX.count, RCX, 0]]],
  [/^maskmov/, [[FIX.pointer, RDI, 0]]],
  [/^xlatb$/, [[FIX.pointer, RBX, 0]]],
  [/^leave/, [[FIX.stack, RBP, 0]]],
  [/^enter/, [[FIX.pointer, RBP, 0] as const, [FIX.stack, RSP, 0]]],
  [/^popf/, [[FIX.stack, RSP, 0] as const, [FIX.wordFlags, RSP, word(4)]]],
  [/^(push|pop|call)/, [[FIX.stack, RSP, 0]]],
  [/^ret$/, [[FIX.stack, RSP, 0] as const, [FIX.wordCode, RSP, word(8)]]],
  [/^retf$/, [[FIX.stack, RSP, 0] as const, [FIX.wordCode, RSP, word(4)], [FIX.wordCs, RSP, word(4, 4)]]],
  [/^retfq$/, [[FIX.stack, RSP, 0] as const, [FIX.wordCode, RSP, word(8)], [FIX.wordCs, RSP, word(8, 8)]]],
  [/^iretd$/, interruptFrame(4)],
  [/^iretq$/, interruptFrame(8)],
];

function interruptFrame(size: number): readonly Fixup[] {
  const kinds = [FIX.wordCode, FIX.wordCs, FIX.wordFlags, FIX.wordStack, FIX.wordSs];
  return [[FIX.stack, RSP, 0], ...kinds.map((kind, n): Fixup => [kind, RSP, word(size, size * n)])];
}

export function impliedFixups(mnemonic: string): readonly Fixup[] {
  return IMPLIED.find(([pattern]) => pattern.test(mnemonic))?.[1] ?? [];
}

/** What memory at the operand's base register must hold. */
export function memoryFixups(form: Form, base: number): readonly Fixup[] {
  const far = form.operands.some((pattern) => pattern.kind === 'memory' && pattern.far);
  if (far) return [[FIX.wordCode, base, word(4)] as const, [FIX.wordCs, base, word(2, 4)]];
  switch (form.mnemonic) {
    case 'jmp':
    case 'call':
      return [[FIX.wordCode, base, word(form.attributes.has('d64') ? 8 : 4)]];
    case 'cmpxchg':
      return [[FIX.sameMemory, base, 0]];
    case 'cmpxchg8b':
      return [[FIX.sameMemory, base, 1]];
    case 'cmpxchg16b':
      return [[FIX.sameMemory, base, 2]];
    case 'lar':
    case 'lsl':
    case 'verr':
    case 'verw':
      return [[FIX.wordSelector, base, word(2)]];
    case 'ldmxcsr':
      return [[FIX.mxcsrImage, base, 0]];
    case 'fxrstor':
    case 'fxrstor64':
      return [[FIX.fxsaveImage, base, 0]];
    case 'fldenv':
    case 'frstor':
      return [[FIX.x87Image, base, 4]];
    case 'fldenvw':
    case 'frstorw':
      return [[FIX.x87Image, base, 2]];
    default:
      return [];
  }
}

/** What the register in the place of a memory operand must hold. */
export function registerFixups(form: Form, register: number): readonly Fixup[] {
  if (form.mnemonic === 'jmp' || form.mnemonic === 'call') return [[FIX.code, register, 0]];
  if (/^(lar|lsl|verr|verw)$/.test(form.mnemonic)) return [[FIX.selector, register, 0]];
  if (form.mnemonic === 'cmpxchg') return [[FIX.sameRegister, register, 0]];
  return [];
}
