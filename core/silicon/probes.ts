/** The probes: every recorded form with several choices of registers, addresses, immediates and prefixes. */
import { encode } from '../assembler/encode.ts';
import { AssemblyError } from '../assembler/errors.ts';
import { existsIn } from '../assembler/form.ts';
import { FORMS } from '../assembler/forms.ts';
import { disassemble } from '../disassembler/disassemble.ts';
import * as probes from './probe.ts';
import { programProbes } from './programs.ts';
import { CODE, CODE_AT, FIX, PAGE, WINDOW } from './probe.ts';
import {
  immediateValues,
  impliedFixups,
  isRecorded,
  memoryFixups,
  memoryKind,
  registerFixups,
  vectorKind,
} from './selection.ts';
import type { Form, Pattern } from '../assembler/form.ts';
import type { Memory, Operand } from '../assembler/operand.ts';
import type { Fixup, Probe } from './probe.ts';

type Mode = 64 | 32;

/** Register numbers for the operands in order: low, high (REX), both the same. High bytes have their own. */
const REGISTERS = { low: [3, 2, 6], high: [9, 14, 11], same: [3, 3, 3], bytes: [7, 6, 5], mixed: [5, 1, 2] };
type Variant = keyof typeof REGISTERS;

const MEMORY: Memory = {
  ...{ kind: 'memory', size: 0, far: false, segment: -1, base: -1, index: -1, scale: 1, addressBits: 0 },
  ...{ displacement: 0n, relative: false, symbolic: false },
};
const TARGET = BigInt(PAGE + WINDOW + 256 + 16);

interface Address {
  readonly memory: Partial<Memory>;
  readonly fixups: readonly Fixup[];
  /** Register variant of the other operands. */
  readonly variant: Variant;
}

const [RBX, RSP, R9, R13, GS] = [3, 4, 9, 13, 5];

function addresses(mode: Mode): Record<string, Address> {
  const plain: Address = {
    memory: { base: RBX, addressBits: mode },
    fixups: [[FIX.pointer, RBX, 0]],
    variant: 'low',
  };
  if (mode === 32) return { plain };
  return {
    plain,
    indexed: {
      memory: { base: R13, index: R9, scale: 4, displacement: 8n, addressBits: 64 },
      fixups: [
        [FIX.pointer, R13, 0],
        [FIX.index, R9, 0],
      ],
      variant: 'high',
    },
    relative: { memory: { displacement: TARGET, relative: true }, fixups: [], variant: 'low' },
    absolute: { memory: { displacement: TARGET }, fixups: [], variant: 'low' },
    stack: {
      memory: { base: RSP, displacement: 0x10n, addressBits: 64 },
      fixups: [[FIX.stack, RSP, 0]],
      variant: 'low',
    },
    narrow: {
      memory: { base: RBX, displacement: 4n, addressBits: 32 },
      fixups: [[FIX.pointer, RBX, 0]],
      variant: 'low',
    },
    segment: {
      memory: { base: RBX, segment: GS, addressBits: 64 },
      fixups: [[FIX.gsOffset, RBX, 0]],
      variant: 'low',
    },
  };
}

/** Mnemonics that go through every way to address memory; the others take the plain and the indexed one. */
const ALL_ADDRESSES = new Set([
  'mov',
  'add',
  'cmp',
  'lea',
  'movzx',
  'movups',
  'movaps',
  'fld',
  'fstp',
  'paddb',
]);
/** These mean something only with what memoryFixups puts at the base register. */
const NEEDS_BASE =
  /^(jmp|call|cmpxchg|fxrstor|fxsave|ldmxcsr|fldenv|fnstenv|frstor|fnsave|lar|lsl|verr|verw)/;

/** Trials of one probe: more where one operation has many cases. */
function trialsOf(form: Form, inMemory: boolean, mode: Mode, choices: number): number {
  if (form.attributes.has('priv')) return 2;
  if (/^(fxsave|fxrstor|fnsave|frstor)/.test(form.mnemonic)) return 12;
  if (/^(mul|imul|div|idiv)$/.test(form.mnemonic)) return inMemory ? 24 : 64;
  const base = { x87: 80, float: 56, packed: 24, sse4: 28, strings: 48, control: 24 }[form.family] ?? 32;
  const scaled = mode === 32 && !form.attributes.has('no64') ? base / 4 : inMemory ? base / 2 : base;
  return Math.max(3, Math.ceil(choices > 3 ? scaled / 2 : scaled));
}

/** One choice of operands for a form. */
interface Choice {
  readonly operands: readonly Operand[];
  readonly fixups: readonly Fixup[];
  readonly inMemory: boolean;
}

function chooseOperands(form: Form, mode: Mode): Choice[] {
  const memoryAt = form.operands.findIndex(
    ({ kind }) => kind === 'rm' || kind === 'memory' || kind === 'offset',
  );
  const immediates = immediateChoices(form);
  const choices: Choice[] = [];
  if (memoryAt < 0 || form.operands[memoryAt]!.kind === 'rm') {
    for (const variant of variantsOf(form, mode)) {
      // Unusual registers need not meet every immediate.
      for (const values of variant === 'low' ? immediates : immediates.slice(0, 2)) {
        choices.push(registerChoice(form, variant, values));
      }
    }
  }
  if (memoryAt < 0) return choices;
  for (const [name, address] of Object.entries(addresses(mode))) {
    if (!takesAddress(form, memoryAt, name)) continue;
    for (const values of immediates.slice(0, name === 'plain' ? immediates.length : 1)) {
      choices.push(memoryChoice(form, memoryAt, address, values));
    }
  }
  return choices;
}

function takesAddress(form: Form, memoryAt: number, name: string): boolean {
  if (form.operands[memoryAt]!.kind === 'offset') return name === 'absolute';
  if (name === 'plain') return true;
  if (form.attributes.has('priv') || NEEDS_BASE.test(form.mnemonic)) return false;
  return name === 'indexed' || ALL_ADDRESSES.has(form.mnemonic);
}

function variantsOf(form: Form, mode: Mode): Variant[] {
  const registers = form.operands.filter(({ kind }) => kind === 'register' || kind === 'rm');
  if (registers.length === 0) return ['low'];
  const classes = registers.map((pattern) => ('class' in pattern ? pattern.class : ''));
  const variants: Variant[] = ['low'];
  if (mode === 64 && classes.some((name) => name.startsWith('r') || name === 'xmm')) variants.push('high');
  if (registers.length > 1) variants.push('same');
  if (classes.includes('r8')) variants.push('bytes', 'mixed');
  return variants;
}

/** All combinations a form's immediates take, each as a queue in operand order. */
function immediateChoices(form: Form): (readonly bigint[])[] {
  let choices: (readonly bigint[])[] = [[]];
  for (const pattern of form.operands) {
    if (pattern.kind !== 'immediate') continue;
    const values = immediateValues(form.mnemonic, pattern.size, pattern.signed);
    choices = choices.flatMap((before) => values.map((value) => [...before, value]));
  }
  return choices;
}

function registerChoice(form: Form, variant: Variant, immediates: readonly bigint[]): Choice {
  const queue = [...immediates];
  const operands = form.operands.map((pattern, n) => operandOf(pattern, n, variant, queue));
  const rm = operands[form.operands.findIndex(({ kind }) => kind === 'rm')];
  const general = rm?.kind === 'register' && rm.class.startsWith('r') && rm.class !== 'r8h';
  const fixups = general ? registerFixups(form, rm.number) : [];
  return { operands, fixups, inMemory: false };
}

function memoryChoice(form: Form, at: number, address: Address, immediates: readonly bigint[]): Choice {
  const pattern = form.operands[at] as Pattern & { kind: 'rm' | 'memory' | 'offset' };
  const far = pattern.kind === 'memory' && pattern.far;
  const memory: Memory = { ...MEMORY, ...address.memory, size: pattern.size, far };
  const queue = [...immediates];
  const operands = form.operands.map((other, n) =>
    n === at ? memory : operandOf(other, n, address.variant, queue),
  );
  const bits = /^bt/.test(form.mnemonic) ? bitFixup(operands) : [];
  const fixups = [...address.fixups, ...bits, ...(memory.base >= 0 ? memoryFixups(form, memory.base) : [])];
  return { operands, fixups, inMemory: true };
}

/** A bit index in a register reaches far beyond the operand: keep it in the page. */
function bitFixup(operands: readonly Operand[]): Fixup[] {
  const index = operands[1];
  return index?.kind === 'register' ? [[FIX.bit, index.number, 0]] : [];
}

function operandOf(pattern: Pattern, n: number, variant: Variant, immediates: bigint[]): Operand {
  switch (pattern.kind) {
    case 'register':
    case 'rm':
      return registerOf(pattern.class, n, variant);
    case 'fixed':
      return pattern.register;
    case 'immediate':
      return number(immediates.shift()!);
    case 'relative':
      return number(BigInt(CODE + CODE_AT + 0x40));
    case 'pointer':
      return { kind: 'far', selector: 0x23n, offset: BigInt(CODE + 0x840), size: pattern.size };
    default:
      return number(1n);
  }
}

function registerOf(name: string, n: number, variant: Variant): Operand {
  const number = REGISTERS[variant][n] ?? 0;
  const register = { kind: 'register' } as const;
  switch (name) {
    case 'r8':
      if (variant === 'bytes' || (variant === 'mixed' && n === 0))
        return { ...register, class: 'r8h', number };
      return { ...register, class: 'r8', number };
    case 'r16':
    case 'r32':
    case 'r64':
    case 'xmm':
      return { ...register, class: name, number };
    case 'sreg':
      return { ...register, class: 'sreg', number: variant === 'high' ? 1 : 2 };
    case 'cr':
      return { ...register, class: 'cr', number: 0 };
    case 'dr':
      return { ...register, class: 'dr', number: 7 };
    case 'st':
      return { ...register, class: 'st', number: variant === 'same' ? 0 : 3 };
    default:
      return { ...register, class: 'mm', number: number & 7 };
  }
}

function number(value: bigint): Operand {
  return { kind: 'immediate', value, size: 0, distance: '', symbolic: false };
}

function usesOf(form: Form, inMemory: boolean): number {
  const has = (name: string) => form.operands.some((pattern) => 'class' in pattern && pattern.class === name);
  let uses = 0;
  if (form.family === 'x87' || /^fx(save|rstor)/.test(form.mnemonic)) uses |= probes.USES_X87;
  if (has('mm') || form.mnemonic === 'emms') uses |= probes.USES_MMX;
  if (has('xmm') || /^(fx|ldmxcsr|stmxcsr)/.test(form.mnemonic)) uses |= probes.USES_VECTORS;
  const implied = impliedFixups(form.mnemonic).some(([kind]) => kind === FIX.pointer || kind === FIX.stack);
  if (inMemory || implied) uses |= probes.USES_MEMORY;
  if (form.family === 'strings') uses |= probes.USES_DIRECTION;
  return uses;
}

/** Prefix bytes that make further probes of one choice. */
function prefixesOf(form: Form, choice: Choice, n: number): { bytes: number[]; trials: number }[] {
  if (form.family === 'strings' && !form.attributes.has('priv')) {
    const [rep, repne, narrow, gs] = [[0xf3], [0xf2], [0x67], [0x65]];
    return [rep, repne, [...narrow, ...rep], [...gs, ...rep]].map((bytes) => ({ bytes, trials: 48 }));
  }
  const lockable = form.attributes.has('lock');
  if (choice.inMemory && lockable) return n === 0 ? [{ bytes: [0xf0], trials: 10 }] : [];
  const integer = form.family === 'arithmetic' || form.family === 'moves' || form.family === 'bits';
  return integer && n === 0 && form.map < 2 ? [{ bytes: [0xf0], trials: 1 }] : [];
}

function encodeChoice(form: Form, choice: Choice, mode: Mode, prefix: readonly number[]): Uint8Array | null {
  try {
    const at = BigInt(CODE + CODE_AT + prefix.length);
    const bytes = encode(form, choice.operands, mode, at);
    return bytes === null ? null : Uint8Array.from([...prefix, ...bytes]);
  } catch (error) {
    if (error instanceof AssemblyError) return null;
    throw error;
  }
}

function probesOfForm(form: Form, mode: Mode): Probe[] {
  const choices = chooseOperands(form, mode);
  return choices.flatMap((choice) => {
    const n = choices.filter(({ inMemory }) => inMemory === choice.inMemory).indexOf(choice);
    const trials = trialsOf(form, choice.inMemory, mode, choices.length);
    return [{ bytes: [], trials }, ...prefixesOf(form, choice, n)].flatMap((prefix): Probe[] => {
      const code = encodeChoice(form, choice, mode, prefix.bytes);
      if (code === null) return [];
      return [
        {
          ...{ form: form.text, text: disassemble(code, CODE + CODE_AT, mode).text, mode, code },
          ...{ uses: usesOf(form, choice.inMemory), trials: prefix.trials },
          ...{ vectors: vectorKind(form), memory: memoryKind(form) },
          fixups: [...impliedFixups(form.mnemonic), ...choice.fixups],
        },
      ];
    });
  });
}

/** All probes of one vectors file. */
export function probesOf(family: string): Probe[] {
  return family === PROGRAMS ? programProbes() : probesOfFamily(family);
}

/** All probes of one family of forms, in 64-bit and in 32-bit mode. */
function probesOfFamily(family: string): Probe[] {
  const forms = FORMS.filter((form) => form.family === family && isRecorded(form));
  return [
    ...forms.filter((form) => existsIn(form, 64)).flatMap((form) => probesOfForm(form, 64)),
    ...forms.filter((form) => existsIn(form, 32)).flatMap((form) => probesOfForm(form, 32)),
  ];
}

const PROGRAMS = 'programs';

/** The vectors files: one for each family of forms, and one of programs. */
export const FAMILIES: readonly string[] = [
  ...['arithmetic', 'moves', 'bits', 'strings', 'control', 'system'],
  ...['x87', 'packed', 'float', 'sse4', PROGRAMS],
];
