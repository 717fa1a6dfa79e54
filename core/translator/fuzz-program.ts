/**
 * Random programs with loops, calls, forward jumps, jumps by tables, string and vector instructions, faults, code that rewrites itself.
 * Everything comes from a seed.
 */
import { DATA, STACK } from '../testing.ts';

/** Random numbers (xorshift32): others for each seed, but for one whose state would be none. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = Math.imul(seed, 0x9e3779b1) ^ 0x2545f491 || 1;
    for (let i = 0; i < 8; i++) this.word();
  }
  word(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return this.state >>> 0;
  }
  below(limit: number): number {
    return this.word() % limit;
  }
  chance(of: number): boolean {
    return this.below(of) === 0;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

const CONDITIONS = 'o no b ae e ne be a s ns p np l ge le g'.split(' ');
/** Bytes of each program's stack. */
const STACK_BYTES = 0x800;
/** Names by size; r13 and r14 count loops, r15 addresses data. */
const REGISTERS: Readonly<Record<number, readonly string[]>> = {
  8: 'al bl cl dl ah bh ch dh sil dil bpl r8b r9b r12b'.split(' '),
  16: 'ax bx cx dx si di bp r8w r9w r10w r12w'.split(' '),
  32: 'eax ebx ecx edx esi edi ebp r8d r9d r10d r11d r12d'.split(' '),
  64: 'rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12'.split(' '),
};
const WORDS: Readonly<Record<number, string>> = { 8: 'byte', 16: 'word', 32: 'dword', 64: 'qword' };
const SIZES = [8, 16, 32, 32, 64, 64];
/** Offsets in the data: how often programs came to rewrite code, and what they write to instead. */
const COUNTERS = 0x3000;
const NO_CODE = 0x3800;
/** Behind the data there is a page that the owner takes away and gives back. */
export const FAR_DATA = DATA + 0x5000;

/** One in so many programs rewrites its code; it has pages of its own, for others' code in them would be decoded anew each time. */
const REWRITES = 5;

/** What a program of a batch is called by: where it begins with a new stack, where it begins again, its functions. */
export const recoverLabel = (program: number): string => `recover${String(program)}`;
export const mainLabel = (program: number): string => `main${String(program)}`;
export const functionLabel = (program: number, number: number): string =>
  `function${String(program)}_${String(number)}`;
export function stackOf(program: number): number {
  return STACK - program * STACK_BYTES;
}

/** Writes one of the programs that are assembled together; they call one another's first functions, too. */
export class Program {
  private readonly random: Random;
  private readonly number: number;
  private readonly programs: number;
  private readonly rewrites: boolean;
  private readonly lines: string[] = [];
  private labels = 0;
  private patches = 0;

  constructor(random: Random, number: number, programs: number) {
    this.random = random;
    this.number = number;
    this.programs = programs;
    this.rewrites = random.chance(REWRITES);
  }

  source(): string {
    const { random, lines, number } = this;
    const functions = 1 + random.below(3);
    if (this.rewrites) lines.push('align 4096');
    lines.push(`${recoverLabel(number)}: mov rsp, ${String(stackOf(number))}`);
    lines.push(`${mainLabel(number)}: mov r15, ${String(DATA)}`);
    for (let n = 1 + random.below(2); n > 0; n--) this.loop('r13d', functions);
    lines.push(`jmp ${mainLabel(number)}`);
    for (let n = 0; n < functions; n++) {
      if (random.chance(12)) lines.push('align 4096');
      lines.push(`${functionLabel(number, n)}:`);
      if (random.chance(2)) this.loop('r14d', 0);
      else this.body(1 + random.below(6), n);
      lines.push(random.chance(8) ? 'ret 0' : 'ret');
    }
    for (let n = 0; n < this.patches; n++) lines.push(`${this.patch(n)}: xor eax, 0x11223344`, 'ret');
    if (this.rewrites) lines.push('align 4096');
    return lines.join('\n');
  }

  private label(): string {
    return `label${String(this.number)}_${String(this.labels++)}`;
  }
  private patch(number: number): string {
    return `patch${String(this.number)}_${String(number)}`;
  }

  private loop(counter: string, functions: number): void {
    const { random, lines } = this;
    const head = this.label();
    lines.push(`mov ${counter}, ${String(2 + random.below(12))}`, `${head}:`);
    this.body(1 + random.below(12), functions);
    lines.push(`dec ${counter}`, `jnz ${head}`);
  }

  private body(count: number, functions: number): void {
    const { random, lines } = this;
    for (let n = 0; n < count; n++) {
      if (functions > 0 && random.chance(6)) this.call(functions);
      else if (random.chance(5)) this.jumpOver();
      else if (random.chance(30)) this.choose();
      else if (this.rewrites && random.chance(6)) this.rewrite();
      else if (random.chance(100)) lines.push(`mov eax, [${String(0x900000 + random.below(64))}]`);
      else if (random.chance(150)) lines.push(random.pick(['ud2', 'int 0x80', 'int3', 'hlt']));
      else this.instruction();
    }
  }

  private call(functions: number): void {
    const { random, lines } = this;
    const other = random.chance(8);
    const callee = other
      ? functionLabel(random.below(this.programs), 0)
      : functionLabel(this.number, random.below(functions));
    if (random.chance(5)) lines.push(`lea r11, [rel ${callee}]`, 'call r11');
    else lines.push(`call ${callee}`);
  }

  /** One of several ways, by a table. */
  private choose(): void {
    const { random, lines } = this;
    const ways = Array.from({ length: 4 }, () => this.label());
    const [table, behind] = [this.label(), this.label()];
    lines.push(`movzx r11d, ${random.pick(['al', 'bl', 'cl', 'dl'])}`, 'and r11d, 3');
    lines.push(`lea r12, [rel ${table}]`, 'jmp [r12 + r11*8]');
    lines.push(`${table}: dq ${ways.join(', ')}`);
    for (const way of ways) {
      lines.push(`${way}:`);
      this.instruction();
      if (random.chance(2)) lines.push(`jmp ${behind}`);
    }
    lines.push(`${behind}:`);
  }

  private jumpOver(): void {
    const { random, lines } = this;
    const behind = this.label();
    const way = random.below(8);
    if (way === 0) lines.push(`jmp ${behind}`);
    else if (way === 1) lines.push(`lea rax, [rel ${behind}]`, 'jmp rax');
    else if (way === 2) lines.push(`mov ecx, ${String(random.below(2))}`, `jrcxz ${behind}`);
    else lines.push(`j${random.pick(CONDITIONS)} ${behind}`);
    for (let n = random.below(4); n > 0; n--) this.instruction();
    lines.push(`${behind}:`);
  }

  /**
   * Changes an immediate of code that is called at once, or later, or is the next instruction. Mostly the same store goes elsewhere,
   * so that it becomes hot in the meantime: a page's code is decoded anew when it was written to.
   */
  private rewrite(): void {
    const { random, lines } = this;
    const itself = random.chance(3);
    if (!itself && (this.patches === 0 || random.chance(2))) this.patches++;
    const here = this.label();
    const patch = itself ? here : this.patch(random.below(this.patches));
    const times = `dword [r15 + ${String(COUNTERS + this.number * 4)}]`;
    lines.push(`inc ${times}`, `test ${times}, ${String(2 ** random.below(8) - 1)}`);
    lines.push(`lea r11, [rel ${patch} + 1]`, `lea r12, [r15 + ${String(NO_CODE)}]`, 'cmovz r12, r11');
    lines.push(
      random.pick(['add byte [r12], 7', 'mov [r12], cl', `xor byte [r12], ${String(random.below(256))}`]),
    );
    if (itself) lines.push(`${here}: xor eax, 0x11223344`);
    else if (random.chance(2)) lines.push(`call ${patch}`);
  }

  private register(size: number): string {
    return this.random.pick(REGISTERS[size]!);
  }
  private immediate(size: number): string {
    const { random } = this;
    const value = random.chance(2) ? random.below(16) : random.word();
    const bits = Math.min(size, 32);
    const limited = bits === 32 ? value | 0 : value & (2 ** bits - 1);
    return String(bits === 8 ? (limited << 24) >> 24 : bits === 16 ? (limited << 16) >> 16 : limited);
  }
  /** A memory operand; now and then over the end of a page, or in the page that is not always there. */
  private memory(): string {
    const { random, lines } = this;
    const offset = random.chance(6) ? 0xff0 + random.below(16) : random.below(512);
    if (random.chance(20)) return `[${String(FAR_DATA + random.below(4090))}]`;
    if (random.chance(3)) {
      lines.push(`movzx r11d, ${random.pick(['al', 'bl', 'cl', 'dl', 'sil'])}`);
      return `[r15 + r11*${String(random.pick([1, 2, 4, 8]))} + ${String(offset)}]`;
    }
    return `[r15 + ${String(offset)}]`;
  }
  /** A register, or memory with its size. */
  private destination(size: number): string {
    return this.random.chance(3) ? `${WORDS[size]!} ${this.memory()}` : this.register(size);
  }

  private instruction(): void {
    const { random, lines } = this;
    const size = random.pick(SIZES);
    const wide = random.pick([32, 64]);
    const low = (bits: number): string => this.register(bits);
    const kinds: (() => string)[] = [
      () => this.alu(size),
      () => this.alu(size),
      () => this.alu(wide),
      () => `mov ${this.plainPair(size)}`,
      () => `mov ${this.destination(size)}, ${this.immediate(size)}`,
      () => `lea ${low(wide)}, [${low(64)} + ${low(64)}*4 + ${this.immediate(8)}]`,
      () => `${random.pick(['inc', 'dec', 'not', 'neg'])} ${this.destination(size)}`,
      () =>
        `${random.pick(['shl', 'shr', 'sar', 'rol', 'ror', 'rcl', 'rcr'])} ${this.destination(size)}, ${String(random.below(35))}`,
      () => `${random.pick(['shl', 'shr', 'sar', 'rol', 'ror'])} ${low(size)}, cl`,
      () => `imul ${low(wide)}, ${low(wide)}`,
      () => `imul ${low(wide)}, ${wide === 32 ? 'dword' : 'qword'} ${this.memory()}, ${this.immediate(8)}`,
      () => `${random.pick(['mul', 'imul'])} ${low(size)}`,
      () =>
        `${random.pick(['movzx', 'movsx'])} ${low(wide)}, ${random.chance(2) ? `byte ${this.memory()}` : this.plainByte()}`,
      () => `movsxd ${low(64)}, ${low(32)}`,
      () => `set${random.pick(CONDITIONS)} ${random.chance(3) ? `byte ${this.memory()}` : this.plainByte()}`,
      () => `cmov${random.pick(CONDITIONS)} ${low(wide)}, ${low(wide)}`,
      () => `${random.pick(['bt', 'bts', 'btr', 'btc'])} ${low(wide)}, ${String(random.below(32))}`,
      () => `${random.pick(['bsf', 'bsr', 'popcnt'])} ${low(wide)}, ${low(wide)}`,
      () => `bswap ${low(wide)}`,
      () => `xchg ${low(64)}, qword ${this.memory()}`,
      () => `xadd ${low(32)}, ${low(32)}`,
      () => `cmpxchg dword ${this.memory()}, ebx`,
      () => random.pick(['cbw', 'cwde', 'cdqe', 'cwd', 'cdq', 'cqo', 'lahf', 'stc', 'clc', 'cmc', 'nop']),
      () => {
        lines.push(`push ${low(64)}`);
        return `pop ${low(64)}`;
      },
      () => {
        lines.push('pushfq');
        return random.chance(2) ? 'popfq' : 'pop rax';
      },
      () => this.string(),
      () => `div ${low(32)}`,
      () => `${random.pick(['movdqu', 'movups'])} xmm${String(random.below(4))}, ${this.memory()}`,
      () => `movdqu ${this.memory()}, xmm${String(random.below(4))}`,
      () =>
        `${random.pick(['pxor', 'por', 'pand', 'paddd', 'psubb', 'pcmpeqb', 'addsd', 'mulsd'])} xmm${String(random.below(4))}, xmm${String(random.below(4))}`,
      () => `pmovmskb ${low(32)}, xmm${String(random.below(4))}`,
      () => `movsd xmm${String(random.below(4))}, qword ${this.memory()}`,
      () => {
        lines.push(`fld qword ${this.memory()}`);
        return `fstp qword ${this.memory()}`;
      },
      () => 'rdtsc',
    ];
    lines.push(random.pick(kinds)());
  }

  /** Bytes of registers that need no REX with AH and the like. */
  private plainByte(): string {
    return this.random.pick(['al', 'bl', 'cl', 'dl']);
  }
  private plainPair(size: number): string {
    const pool = size === 8 ? ['al', 'bl', 'ch', 'dh'] : REGISTERS[size]!;
    const [a, b] = [this.random.pick(pool), this.random.pick(pool)];
    if (!this.random.chance(2)) return `${a}, ${b}`;
    // With memory there is a REX prefix, and with that no AH.
    const register = size === 8 ? this.plainByte() : b;
    return this.random.chance(2) ? `${register}, ${this.memory()}` : `${this.memory()}, ${register}`;
  }
  private alu(size: number): string {
    const name = this.random.pick(['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp', 'cmp', 'test']);
    if (this.random.chance(3)) return `${name} ${this.destination(size)}, ${this.immediate(size)}`;
    if (name !== 'test') return `${name} ${this.plainPair(size)}`;
    const pool = size === 8 ? ['al', 'bl', 'ch', 'dh'] : REGISTERS[size]!;
    return `test ${this.random.pick(pool)}, ${this.random.pick(pool)}`;
  }
  private string(): string {
    const { random, lines } = this;
    const down = random.chance(4);
    lines.push(`lea rdi, [r15 + ${String(2048 + random.below(2100))}]`);
    lines.push(`lea rsi, [r15 + ${String(2048 + random.below(2100))}]`);
    lines.push(`mov ecx, ${String(random.below(20))}`);
    if (down) lines.push('std');
    lines.push(
      random.pick(['rep movsb', 'rep movsq', 'rep stosd', 'movsb', 'repe cmpsb', 'repne scasb', 'lodsd']),
    );
    return down ? 'cld' : 'nop';
  }
}
