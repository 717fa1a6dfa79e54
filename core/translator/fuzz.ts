/**
 * Interpreted and translated runs of the same random programs, compared state by state: programs with loops, calls, forward jumps,
 * string and vector instructions, faults, code that rewrites itself; budgets, thresholds and what the machine's owner does
 * meanwhile at random, too. Everything comes from a seed.
 */
import { assemble } from '../assembler/assemble.ts';
import { PAGE_BYTES, type Machine } from '../machine.ts';
import {
  differenceOfProcessors,
  restoreProcessor,
  saveProcessor,
  takeWrittenFrames,
} from '../machine-state.ts';
import { CODE, DATA, STACK, userMachine } from '../testing.ts';
import * as layout from '../wasm/layout.ts';

/** Random numbers (xorshift32). */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed | 1;
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
/** Names by size; r13 and r14 count loops, r15 addresses data. */
const REGISTERS: Readonly<Record<number, readonly string[]>> = {
  8: 'al bl cl dl ah bh ch dh sil dil bpl r8b r9b r12b'.split(' '),
  16: 'ax bx cx dx si di bp r8w r9w r10w r12w'.split(' '),
  32: 'eax ebx ecx edx esi edi ebp r8d r9d r10d r11d r12d'.split(' '),
  64: 'rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12'.split(' '),
};
const WORDS: Readonly<Record<number, string>> = { 8: 'byte', 16: 'word', 32: 'dword', 64: 'qword' };
const SIZES = [8, 16, 32, 32, 64, 64];
/** Behind the data there is a page that the owner takes away and gives back. */
const FAR_DATA = DATA + 0x5000;

/** Writes a program. */
class Program {
  private readonly random: Random;
  private readonly lines: string[] = [];
  private labels = 0;
  private patches = 0;

  constructor(random: Random) {
    this.random = random;
  }

  source(): string {
    const { random, lines } = this;
    const functions = 1 + random.below(4);
    lines.push('recover: mov rsp, ' + String(STACK), 'main: mov r15, ' + String(DATA));
    for (let n = 1 + random.below(3); n > 0; n--) this.loop('r13d', functions);
    lines.push('jmp main');
    for (let n = 0; n < functions; n++) {
      if (random.chance(3)) lines.push('align 4096');
      lines.push(`function${String(n)}:`);
      if (random.chance(2)) this.loop('r14d', 0);
      else this.body(1 + random.below(8), n === 0 ? 0 : n);
      lines.push(random.chance(8) ? 'ret 0' : 'ret');
    }
    for (let n = 0; n < this.patches; n++) lines.push(`patch${String(n)}: mov ebx, 0x11223344`, 'ret');
    return lines.join('\n');
  }

  private label(): string {
    return `label${String(this.labels++)}`;
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
      if (functions > 0 && random.chance(6)) lines.push(`call function${String(random.below(functions))}`);
      else if (random.chance(4)) this.jumpOver();
      else if (random.chance(25)) this.rewrite();
      else if (random.chance(60)) lines.push(`mov eax, [${String(0x900000 + random.below(64))}]`);
      else if (random.chance(90)) lines.push(random.pick(['ud2', 'int 0x80', 'int3', 'hlt']));
      else this.instruction();
    }
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

  /** Changes an immediate of code that is called at once, or later. */
  private rewrite(): void {
    const { random, lines } = this;
    if (this.patches === 0 || random.chance(2)) this.patches++;
    const patch = `patch${String(random.below(this.patches))}`;
    lines.push(`xor byte [${patch} + ${String(1 + random.below(4))}], ${String(random.below(256))}`);
    if (random.chance(2)) lines.push(`call ${patch}`);
    const here = this.label();
    if (!random.chance(3)) return;
    // Itself: the instruction behind the store.
    lines.push(random.pick([`add byte [${here} + 1], 7`, `mov [${here} + 1], cl`]), `${here}: mov al, 0`);
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

/** Where the page-table entry of an address is in a machine (testing.ts `userMachine`). */
export function entryOf(address: number): number {
  return 0x1000 + 0x3000 + (address >> 21) * 0x1000 + ((address >> 12) & 511) * 8;
}
const FAR_ENTRY = entryOf(FAR_DATA);
const RUNS = 60;

/** Two machines that are alike but for the translator. */
export class Twins {
  readonly plain = userMachine({ hotEntries: 0 });
  readonly translating: Machine;
  private readonly memory: Uint8Array;
  private readonly registers: Uint8Array;
  /** Frames that are not as they were in the beginning. */
  private written = new Set<number>();
  /** Instructions that were compared, in all. */
  instructions = 0;

  constructor(hotEntries: number) {
    this.translating = userMachine({ hotEntries });
    this.memory = this.plain.bytes.slice();
    this.registers = this.plain.processor.saveState();
    for (const machine of this.both) takeWrittenFrames(machine);
  }

  private get both(): readonly [Machine, Machine] {
    return [this.plain, this.translating];
  }

  /** Runs a random program on both. Returns what differs, or null. Throws an Error for a program that does not assemble. */
  compare(seed: number): string | null {
    const random = new Random(seed);
    const source = new Program(random).source();
    const { bytes, labels } = assemble(source, { origin: CODE });
    const traps = random.chance(16);
    for (const machine of this.both) this.prepare(machine, bytes, traps);
    for (let run = 0; run < RUNS; run++) {
      const budget = random.chance(4)
        ? 1 + random.below(8)
        : random.chance(3)
          ? 1 + random.below(2000)
          : 1 + random.below(90);
      const [exit, other] = this.both.map(({ processor }) => processor.run(budget)) as [number, number];
      const difference = this.difference(exit, other);
      if (difference !== null)
        return `seed ${String(seed)}, run ${String(run)} of ${String(budget)}: ${difference}\n${source}`;
      if (exit === layout.EXIT_EXCEPTION || exit === layout.EXIT_PRIVILEGED) this.recover(random, labels);
      if (random.chance(6)) this.disturb(random);
    }
    this.instructions += this.plain.processor.retired;
    const frame = this.frameThatDiffers();
    return frame < 0 ? null : `seed ${String(seed)}: memory, frame ${String(frame)}\n${source}`;
  }

  private prepare(machine: Machine, code: Uint8Array, traps: boolean): void {
    const { processor } = machine;
    for (const frame of this.written) {
      machine.bytes.set(
        this.memory.subarray(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES),
        frame * PAGE_BYTES,
      );
      machine.wrote(frame);
    }
    // How often frames were rewritten is forgotten: code of those that were so often is hardly translated.
    restoreProcessor(machine, saveProcessor(machine));
    processor.restoreState(this.registers);
    processor.setField(layout.RETIRED, 0);
    processor.flushTlb();
    machine.write(CODE, code);
    for (let at = 0; at < 0x6000; at += 4) machine.words[(DATA + at) / 4] = Math.imul(at + 1, 0x9e3779b1);
    processor.flags = traps ? 0x302 : 0x202;
    processor.rip = CODE;
  }

  private difference(exit: number, other: number): string | null {
    if (exit !== other) return `exit ${String(exit)}, translated ${String(other)}`;
    const at = differenceOfProcessors(this.plain, this.translating);
    if (at < 0) return null;
    const rips = this.both.map(({ processor }) => processor.rip.toString(16)).join(', ');
    const counts = this.both.map(({ processor }) => processor.retired).join(', ');
    return `state at 0x${at.toString(16)}; rip ${rips}; retired ${counts}`;
  }

  /** A frame whose content differs, or -1: of those that may have been written, which are put back before the next program. */
  private frameThatDiffers(): number {
    this.written = new Set(this.both.flatMap(takeWrittenFrames));
    for (const frame of this.written) {
      const [one, other] = this.both.map(({ bytes }) =>
        bytes.subarray(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES),
      ) as [Uint8Array, Uint8Array];
      if (Buffer.compare(one, other) !== 0) return frame;
    }
    return -1;
  }

  private recover(random: Random, labels: ReadonlyMap<string, number>): void {
    const again = random.chance(4) ? CODE : labels.get(random.pick(['recover', 'main', 'function0']))!;
    for (const { processor } of this.both) {
      processor.rip = again;
      processor.set(layout.RSP, STACK);
      processor.flags = 0x202;
      processor.stateChanged();
    }
  }

  /** What an owner does between runs. */
  private disturb(random: Random): void {
    const [low, kind] = [random.word(), random.below(6)];
    for (const machine of this.both) {
      const { processor } = machine;
      if (kind === 0) processor.flushTlb();
      if (kind === 1) {
        // The far page comes and goes.
        machine.words[FAR_ENTRY / 4]! ^= 1;
        machine.wrote(FAR_ENTRY >> 12);
        processor.flushTlbPage(FAR_DATA);
      }
      if (kind === 2) machine.wrote((CODE >> 12) + (low & 1));
      if (kind === 3)
        processor.loadAddressSpace(processor.field(layout.CR3), (low & 1) as 0 | 1, (low & 2) !== 0);
    }
    if (kind === 4) this.translating.processor.dropBlocks();
    if (kind === 5) restoreProcessor(this.translating, saveProcessor(this.translating));
  }
}
