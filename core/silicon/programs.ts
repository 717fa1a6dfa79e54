/**
 * Random programs: two dozen instructions of one kind in a row, with forward branches, over the same
 * registers and memory. Single instructions show that each is right; programs show that they are right
 * together: flags that are computed late, parts of registers, loads behind stores, blocks.
 */
import { encode } from '../assembler/encode.ts';
import { AssemblyError } from '../assembler/errors.ts';
import { existsIn } from '../assembler/form.ts';
import { FORMS, formsOf } from '../assembler/forms.ts';
import { CODE, CODE_AT, FIX, USES_MEMORY, USES_VECTORS, USES_X87 } from './probe.ts';
import { SplitMix } from './random.ts';
import { isRecorded } from './selection.ts';
import { UNDEFINED_FLAGS } from './undefined-flags.ts';
import type { Form, Pattern } from '../assembler/form.ts';
import type { Memory, Operand } from '../assembler/operand.ts';
import type { DataKind, Probe } from './probe.ts';

/** Instructions of a program, of those of one length. */
const INSTRUCTIONS = 24;
/** Of a sequence: from so many to so many. */
const SEQUENCE = [20, 200] as const;
const TRIALS = 16;
const BASE = 3;
/** Every general register but RBX, which addresses memory, and RSP. */
const GENERAL = [0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/** Opcode of JO rel8; the other conditions follow. */
const SHORT_BRANCH = 0x70;
const HIGH_BYTES = [4, 5, 6];
const ALL = [...Array(16).keys()];

interface Kind {
  readonly name: string;
  /** Its programs are sequences: as long as SEQUENCE says, with the x87 status word stored behind many instructions. */
  readonly sequences?: {
    /** Instructions that programs have not, and these have: those that load control or status. */
    readonly also: RegExp;
    /** Classes of registers that they do not use. */
    readonly without: RegExp;
  };
  readonly count: number;
  readonly families: readonly string[];
  readonly uses: number;
  readonly data: DataKind;
}

const KINDS: readonly Kind[] = [
  { name: 'integer', count: 300, families: ['arithmetic', 'moves', 'bits'], uses: 0, data: 'g' },
  { name: 'packed', count: 60, families: ['packed', 'sse4'], uses: USES_VECTORS, data: 'i' },
  { name: 'double', count: 60, families: ['float'], uses: USES_VECTORS, data: 'd' },
  { name: 'x87', count: 80, families: ['x87'], uses: USES_X87, data: 'x' },
  {
    ...{ name: 'x87 sequence', count: 80, families: ['x87'], uses: USES_X87, data: 'x' },
    sequences: { also: /^fldcw$/, without: /^(mm|sreg|cr|dr)$/ },
  },
  {
    ...{ name: 'x87 and MMX sequence', count: 40, families: ['x87', 'packed'], uses: USES_X87, data: 'x' },
    sequences: { also: /^(fldcw|fldenv|frstor)/, without: /^(xmm|sreg|cr|dr)$/ },
  },
];

/**
 * Not in programs: what leaves them, faults more often than not, addresses memory by itself, or needs
 * alignment.
 */
const EXCLUDED = new RegExp(
  `^(${[
    'push|pop|enter|leave|div|idiv|xlatb|lahf|sahf|std|aa[ad]|maskmov',
    'ldmxcsr|fx|fldenv|fn?(save|stenv)|frstor|fldcw|rcp|rsqrt|mov(nt|aps|apd|dqa)',
  ].join('|')})`,
);
const TRANSCENDENTAL = /^(fsin|fcos|fptan|fpatan|f2xm1|fyl2x)/;
const LEAVES_FLAGS_UNDEFINED = new Set(
  UNDEFINED_FLAGS.flatMap(([mnemonics]) => mnemonics.split(' ')).filter(
    (name) => !/^(and|x?or|test)$/.test(name),
  ),
);

function poolOf(kind: Kind): Form[] {
  const without = kind.sequences?.without ?? /^(mm|sreg|cr|dr)$/;
  return FORMS.filter((form) => {
    if (!kind.families.includes(form.family) || !isRecorded(form) || !existsIn(form, 64)) return false;
    const isExcluded = EXCLUDED.test(form.mnemonic) && kind.sequences?.also.test(form.mnemonic) !== true;
    if (isExcluded || TRANSCENDENTAL.test(form.mnemonic)) return false;
    if (/^(shld|shrd)$/.test(form.mnemonic) && form.operandSize === 16) return false;
    return !form.operands.some(
      (pattern) => pattern.kind === 'offset' || ('class' in pattern && without.test(pattern.class)),
    );
  });
}

/** Writes one program. */
class Author {
  private readonly random: SplitMix;
  private readonly pool: readonly Form[];
  private readonly bytes: number[] = [];

  constructor(pool: readonly Form[], seed: number) {
    this.pool = pool;
    this.random = new SplitMix(seed);
  }

  /** A sequence: the status word is stored behind one instruction in four, at a place of its own. */
  writeSequence(): Uint8Array {
    const [least, most] = SEQUENCE;
    const length = least + (this.random.next() % (most - least + 1));
    for (let n = 0; n < length; n++) {
      this.bytes.push(...this.instruction());
      if (this.random.next() % 4 === 0) this.bytes.push(...this.storeStatus(n));
    }
    return Uint8Array.from(this.bytes);
  }

  /** FNSTSW [rbx + 128 + 2n]: behind what the instructions themselves use. */
  private storeStatus(n: number): number[] {
    const at = 128 + 2 * n;
    return [0xdd, 0xbb, at & 0xff, at >> 8, 0, 0];
  }

  write(): Uint8Array {
    for (let n = 0; n < INSTRUCTIONS; n++) {
      const skipped = this.instruction();
      if (this.random.next() % 6 === 0) {
        this.bytes.push(SHORT_BRANCH | (this.random.next() & 15), skipped.length);
      }
      this.bytes.push(...skipped);
    }
    return Uint8Array.from(this.bytes);
  }

  /** One instruction; where it leaves flags undefined, a CMP behind it defines them all. */
  private instruction(): number[] {
    for (;;) {
      const form = this.random.pick(this.pool);
      const inMemory = this.random.next() % 3 === 0;
      const bytes = this.encoded(form, inMemory);
      if (bytes === null) continue;
      return LEAVES_FLAGS_UNDEFINED.has(form.mnemonic) ? [...bytes, ...this.compare()] : bytes;
    }
  }

  private compare(): number[] {
    const form = formsOf('cmp').find(
      ({ operandSize, modrmKind }) => operandSize === 64 && modrmKind === 'register',
    )!;
    return this.encoded(form, false)!;
  }

  private encoded(form: Form, inMemory: boolean): number[] | null {
    const takesMemory = form.operands.some(({ kind }) => kind === 'rm' || kind === 'memory');
    // A bit index in a register reaches out of the page.
    const bitString = /^bt/.test(form.mnemonic) && form.operands[1]?.kind === 'register';
    const operands = form.operands.map((pattern) =>
      this.operand(pattern, inMemory && takesMemory && !bitString),
    );
    try {
      return encode(form, operands, 64, BigInt(CODE + CODE_AT));
    } catch (error) {
      if (error instanceof AssemblyError) return null;
      throw error;
    }
  }

  private operand(pattern: Pattern, inMemory: boolean): Operand {
    switch (pattern.kind) {
      case 'rm':
        return inMemory ? this.memory(pattern.size) : this.register(pattern.class);
      case 'memory':
        return this.memory(pattern.size);
      case 'register':
        return this.register(pattern.class);
      case 'fixed':
        return pattern.register;
      case 'immediate':
        return number(BigInt(pattern.signed ? (this.random.next() << 24) >> 24 : this.random.next() & 0xff));
      default:
        return number(1n);
    }
  }

  private memory(size: number): Memory {
    return {
      ...{ kind: 'memory', size, far: false, segment: -1, base: BASE, index: -1, scale: 1, addressBits: 64 },
      displacement: BigInt((this.random.next() % 8) * 16),
      ...{ relative: false, symbolic: false },
    };
  }

  private register(kind: string): Operand {
    const { random } = this;
    if (kind === 'r8' && random.next() % 4 === 0) {
      return { kind: 'register', class: 'r8h', number: random.pick(HIGH_BYTES) };
    }
    if (kind === 'r8' || kind === 'r16' || kind === 'r32' || kind === 'r64') {
      return { kind: 'register', class: kind, number: random.pick(GENERAL) };
    }
    if (kind === 'mm') return { kind: 'register', class: kind, number: random.next() & 7 };
    if (kind === 'xmm') return { kind: 'register', class: kind, number: random.pick(ALL) };
    return { kind: 'register', class: 'st', number: random.next() & 7 };
  }
}

function number(value: bigint): Operand {
  return { kind: 'immediate', value, size: 0, distance: '', symbolic: false };
}

/** All programs. A probe whose form is PROGRAM runs from its first byte to its last. */
export function programProbes(): Probe[] {
  return KINDS.flatMap((kind, k) => {
    const pool = poolOf(kind);
    return [...Array(kind.count).keys()].map((n): Probe => ({
      ...{ form: PROGRAM, text: `${kind.name} program ${n}`, mode: 64, trials: TRIALS },
      code: programOf(kind, new Author(pool, k * 0x10000 + n)),
      uses: kind.uses | USES_MEMORY,
      ...{ vectors: kind.data, memory: kind.data },
      fixups: [[FIX.window, BASE, 0]],
    }));
  });
}

function programOf({ sequences }: Kind, author: Author): Uint8Array {
  return sequences !== undefined ? author.writeSequence() : author.write();
}

/** What stands for the form of a probe that is a program. */
export const PROGRAM = 'program';
