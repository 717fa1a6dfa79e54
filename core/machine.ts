/**
 * The binding of the processor's wasm module: a machine is its memory and one processor, seen through typed views.
 *
 * Conventions: machine addresses are plain numbers. Virtual addresses are signed numbers: the 64-bit value read as
 * signed, exact for every canonical address (-2^47 <= va < 2^47). Other 64-bit values cross as two u32 halves.
 */
import { entryWord, mappedBytes } from './page-entries.ts';
import { hotEntriesOf } from './translator/hotness.ts';
import { Translator, type TranslationCounts } from './translator/translator.ts';
import * as layout from './wasm/layout.ts';

export const PAGE_BYTES = 4096;

/** What the module exports (core/wasm/index.ts). */
interface CoreExports {
  initialise(frames: number): void;
  run(budget: number): number;
  translate(low: number, high: number, access: number): number;
  flushTlb(): void;
  flushTlbPage(low: number, high: number): void;
  loadAddressSpace(low: number, high: number, bank: number, keep: number): void;
  frameWritten(frame: number): void;
  watchChanged(): void;
  readFlags(): number;
  writeFlags(flags: number): void;
  stateChanged(): void;
  stateRestored(): void;
  dropBlocks(): void;
  breakpointsChanged(count: number): void;
  cpuid(leaf: number, subleaf: number): void;
}

/** Kinds of access for `translate`. */
export const ACCESS_READ = 0;
export const ACCESS_WRITE = 1;
export const ACCESS_EXECUTE = 2;
/** As CPL 0, whatever the CPL is. */
export const ACCESS_SUPERVISOR_READ = 4;
export const ACCESS_SUPERVISOR_WRITE = 5;

/** The signed number of a 64-bit value in two halves. Exact when its magnitude is below 2^53. */
export function fromHalves(low: number, high: number): number {
  return (high | 0) * 0x1_0000_0000 + (low >>> 0);
}

/** The lower half of a signed number, as u32. */
export function lowHalf(value: number): number {
  return value >>> 0;
}

/** The upper half of a signed number, as u32. */
export function highHalf(value: number): number {
  return Math.floor(value / 0x1_0000_0000) >>> 0;
}

/** Whether a virtual address is canonical with 48 bits. */
export function isCanonical(va: number): boolean {
  return va >= -0x8000_0000_0000 && va < 0x8000_0000_0000;
}

/** `0x` and 16 hexadecimal digits of a signed number. */
export function hex64(value: number): string {
  return `0x${highHalf(value).toString(16).padStart(8, '0')}${lowHalf(value).toString(16).padStart(8, '0')}`;
}

/** A view of machine memory to look at, in bytes or words. */
export interface ReadonlyView<T> {
  readonly [index: number]: number;
  readonly length: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  subarray(begin?: number, end?: number): ReadonlyView<T>;
  /** A copy. */
  slice(start?: number, end?: number): T;
}

/** A machine as those see it who do not write to its memory. */
export interface ReadonlyMachine {
  readonly frames: number;
  readonly bytes: ReadonlyView<Uint8Array<ArrayBuffer>>;
  readonly words: ReadonlyView<Uint32Array<ArrayBuffer>>;
  readonly processor: Processor;
  readonly translations: TranslationCounts | null;
  peek(va: number): number;
}

export interface MachineOptions {
  /** Machine memory, a multiple of 4096, at most 3 GiB. */
  readonly memoryBytes: number;
  /** What RDRAND and RDSEED draw from: the same seed gives the same numbers. 1 if not given. */
  readonly seed?: number;
  /**
   * How often a block of code is entered until it is translated to WebAssembly (core/translator/), 0: none ever is. Where it is not
   * given, it is the module's (core/translator/hotness.ts), usually what is worth it. It changes nothing but speed.
   */
  readonly hotEntries?: number;
  /** How much memory translations take at most, by estimate; 256 MiB if not given. */
  readonly translationBytes?: number;
}

/** Machine memory and the processor that works on it. */
export class Machine {
  readonly frames: number;
  /** Machine memory in bytes and in little-endian 32-bit words. Writers call `wrote` afterwards. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly processor: Processor;
  private readonly core: CoreExports;
  private readonly translator: Translator | undefined;

  /** Makes a machine of zeroed memory. `module` is core/build/core.wasm, compiled. */
  constructor(module: WebAssembly.Module, options: MachineOptions) {
    const { memoryBytes } = options;
    if (memoryBytes % PAGE_BYTES !== 0 || memoryBytes <= 0 || memoryBytes > 3 * 2 ** 30)
      throw new RangeError(
        `machine memory must be a multiple of 4096 bytes up to 3 GiB, not ${String(memoryBytes)}`,
      );
    const pages = Math.ceil((layout.MEMORY + memoryBytes) / 65536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
    const instance = new WebAssembly.Instance(module, {
      env: {
        memory,
        translate: (block: number) => this.translator?.translate(block),
        dropTranslations: () => this.translator?.drop(),
      },
    });
    this.core = instance.exports as unknown as CoreExports;
    this.frames = memoryBytes / PAGE_BYTES;
    this.bytes = new Uint8Array(memory.buffer, layout.MEMORY, memoryBytes);
    this.words = new Uint32Array(memory.buffer, layout.MEMORY, memoryBytes / 4);
    this.core.initialise(this.frames);
    this.processor = new Processor(this.core, memory.buffer);
    this.processor.setField(layout.RANDOM, options.seed ?? 1);
    const hotEntries = options.hotEntries ?? hotEntriesOf(module);
    if (hotEntries === 0) return;
    const core = { memory, exports: instance.exports };
    this.translator = new Translator(module, core, { ...options, hotEntries });
  }

  /** What has been translated, and null where nothing ever is. */
  get translations(): TranslationCounts | null {
    return this.translator?.counts ?? null;
  }

  /** Tells the core that a machine frame was written from outside: decoded code of it is dropped. */
  wrote(mfn: number): void {
    this.core.frameWritten(mfn);
  }

  /**
   * What is in a frame is not here, or is here again: where it is not, no access by page tables reaches it (layout.VECTOR_PAGED). No
   * translation of the frame may be cached when it goes.
   */
  setPaged(mfn: number, isPaged: boolean): void {
    this.part(layout.PAGED_FRAMES, this.frames)[mfn] = isPaged ? 1 : 0;
  }

  /** Copies `data` to a machine address; it may span frames. */
  write(address: number, data: Uint8Array): void {
    this.bytes.set(data, address);
    for (let at = address - (address % PAGE_BYTES); at < address + data.length; at += PAGE_BYTES)
      this.wrote(at / PAGE_BYTES);
  }

  /**
   * Machine address that a virtual one is mapped to, or -1; for whoever only looks: no rights are checked, no A or D bit is
   * set, nothing is cached.
   */
  peek(va: number): number {
    if (!isCanonical(va)) return -1;
    let frame = Math.floor(this.processor.field(layout.CR3) / PAGE_BYTES);
    for (let level = 4; ; level--) {
      const at = entryWord(frame, level, va);
      const low = this.words[at] ?? 0;
      if ((low & 1) === 0) return -1;
      frame = (this.words[at + 1]! & 0xfffff) * 0x10_0000 + (low >>> 12);
      if (level > 1 && (level > 3 || (low & 0x80) === 0)) continue;
      const bytes = mappedBytes(level);
      const base = frame * PAGE_BYTES;
      return base - (base % bytes) + (va - Math.floor(va / bytes) * bytes);
    }
  }

  /** A part of the module's memory by layout.ts: for machine-state.ts. */
  part(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.bytes.buffer, offset, length);
  }
  /** What is watched was changed (write-watch.ts). */
  watchChanged(): void {
    this.core.watchChanged();
  }
  /** The parts of the state were written (machine-state.ts). */
  restored(): void {
    this.core.stateRestored();
  }

  /** Clears one frame. */
  clearFrame(mfn: number): void {
    this.bytes.fill(0, mfn * PAGE_BYTES, (mfn + 1) * PAGE_BYTES);
    this.wrote(mfn);
  }
}

/** The result of `Processor.run`: layout.EXIT_*; details are in the processor's exit fields. */
export type ExitReason = number;

/** One processor: registers as views, `run`, and its TLB. */
export class Processor {
  /** The whole module memory in words: index = byte offset of layout.ts / 4. */
  private readonly state: Uint32Array;
  private readonly halfwords: Uint16Array;
  private readonly raw: Uint8Array;
  private readonly core: CoreExports;

  constructor(core: CoreExports, buffer: ArrayBuffer) {
    this.core = core;
    this.state = new Uint32Array(buffer, 0, 0x2000 / 4);
    this.halfwords = new Uint16Array(buffer, 0, 0x2000 / 2);
    this.raw = new Uint8Array(buffer, 0, 0x2000);
  }

  /** Runs until an exit or until `budget` instructions are retired (1 to 2^31 - 1). */
  run(budget: number): ExitReason {
    return this.core.run(budget);
  }

  /**
   * A run comes back (layout.EXIT_BREAKPOINT) before it executes an instruction at one of these linear addresses, and
   * executes it when it is run again. The guest sees nothing of it. At most layout.BREAKPOINT_LIMIT.
   */
  setBreakpoints(addresses: readonly number[]): void {
    if (addresses.length > layout.BREAKPOINT_LIMIT)
      throw new RangeError(`at most ${String(layout.BREAKPOINT_LIMIT)} breakpoints`);
    for (const [index, address] of addresses.entries())
      this.setField(layout.BREAKPOINTS + index * 8, address);
    this.core.breakpointsChanged(addresses.length);
  }

  /** The next run executes the next instruction, be there a breakpoint or not, as if it had just stopped there. */
  passBreakpoint(): void {
    this.setWord(layout.BREAKPOINT_HIT, 1);
    this.setField(layout.BREAKPOINT_RIP, this.rip);
  }

  /** Lower and upper half of a general register (layout.RAX ...; R8..R15 are 8..15). */
  low(register: number): number {
    return this.state[layout.REGS / 4 + register * 2]!;
  }
  high(register: number): number {
    return this.state[layout.REGS / 4 + register * 2 + 1]!;
  }
  setHalves(register: number, low: number, high: number): void {
    this.state[layout.REGS / 4 + register * 2] = low;
    this.state[layout.REGS / 4 + register * 2 + 1] = high;
  }
  /** A general register as a signed number (exact below 2^53). */
  get(register: number): number {
    return fromHalves(this.low(register), this.high(register));
  }
  set(register: number, value: number): void {
    this.setHalves(register, lowHalf(value), highHalf(value));
  }
  /** A general register as an unsigned 64-bit BigInt. */
  big(register: number): bigint {
    return (BigInt(this.high(register)) << 32n) | BigInt(this.low(register));
  }

  /** Any 64-bit field of layout.ts by byte offset, as a signed number. */
  field(offset: number): number {
    return fromHalves(this.state[offset / 4]!, this.state[offset / 4 + 1]!);
  }
  setField(offset: number, value: number): void {
    this.state[offset / 4] = lowHalf(value);
    this.state[offset / 4 + 1] = highHalf(value);
  }
  /** Any 32-bit field of layout.ts by byte offset. */
  word(offset: number): number {
    return this.state[offset / 4]!;
  }
  setWord(offset: number, value: number): void {
    this.state[offset / 4] = value;
  }

  get rip(): number {
    return this.field(layout.RIP);
  }
  set rip(va: number) {
    this.setField(layout.RIP, va);
  }
  /** RFLAGS (lower 32 bits), status flags included. */
  get flags(): number {
    return this.core.readFlags() >>> 0;
  }
  set flags(flags: number) {
    this.core.writeFlags(flags);
  }

  get exitVector(): number {
    return this.word(layout.EXIT_VECTOR);
  }
  get exitError(): number {
    return this.word(layout.EXIT_ERROR);
  }
  /** The faulting address of #PF. */
  get exitAddress(): number {
    return this.field(layout.EXIT_ADDRESS);
  }

  /** Instructions retired since the machine was made. */
  get retired(): number {
    return this.field(layout.RETIRED);
  }
  /** What RDTSC reads: retired instructions plus `tscOffset`. */
  get tscOffset(): number {
    return this.field(layout.TSC_OFFSET);
  }
  set tscOffset(ticks: number) {
    this.setField(layout.TSC_OFFSET, ticks);
  }

  selector(segment: number): number {
    return this.halfwords[layout.SELECTORS / 2 + segment]!;
  }
  segmentBase(segment: number): number {
    return this.field(layout.REGS + (layout.SLOT_SEGMENT + segment) * 8);
  }
  setSegmentBase(segment: number, base: number): void {
    this.setField(layout.REGS + (layout.SLOT_SEGMENT + segment) * 8, base);
  }
  /** Sets a segment register with its cache (ES..GS), no checks: base, limit in bytes, attributes as layout.ATTRIBUTES. */
  setSegment(segment: number, selector: number, base: number, limit: number, attributes: number): void {
    this.halfwords[layout.SELECTORS / 2 + segment] = selector;
    this.setWord(layout.LIMITS + segment * 4, limit);
    this.setWord(layout.ATTRIBUTES + segment * 4, attributes);
    if (segment <= layout.SEG_GS) this.setSegmentBase(segment, base);
    else this.setField(segment === layout.SEG_LDTR ? layout.LDTR_BASE : layout.TR_BASE, base);
  }
  get cpl(): number {
    return this.word(layout.CPL);
  }
  set cpl(level: number) {
    this.setWord(layout.CPL, level);
  }

  /** The state that a context switch saves: registers, flags, segments, control registers, FPU; not the clock. */
  saveState(): Uint8Array {
    return this.raw.slice(layout.REGS, layout.STATE_END);
  }
  /** Restores what `saveState` gave. What is the machine's stays (clock, RANDOM), and the address space and CR3: call `loadAddressSpace` after it. */
  restoreState(saved: Uint8Array): void {
    const ofMachine = this.raw.slice(layout.RETIRED, layout.CPUID_FAULTING);
    this.raw.set(saved, layout.REGS);
    this.raw.set(ofMachine, layout.RETIRED);
    this.stateChanged();
  }
  /** Must be called after segments' attributes, CPL, control or debug registers were written from outside. */
  stateChanged(): void {
    this.core.stateChanged();
  }
  /** 16 bytes of an XMM register or any other part of the state, by byte offset. */
  rawBytes(offset: number, length: number): Uint8Array {
    return this.raw.subarray(offset, offset + length);
  }

  /**
   * Loads CR3 with the page-table root at a machine address. Translations are cached in one of two banks (as PCIDs do):
   * `bank` 0 or 1 names it, `keep` leaves what it holds. Different roots may share a bank only with `keep` false.
   */
  loadAddressSpace(root: number, bank: 0 | 1, keep: boolean): void {
    this.core.loadAddressSpace(lowHalf(root), highHalf(root), bank, keep ? 1 : 0);
  }
  /** Drops all translations, of both banks. */
  flushTlb(): void {
    this.core.flushTlb();
  }
  /** Drops the translations of one page (INVLPG), in both banks. */
  flushTlbPage(va: number): void {
    this.core.flushTlbPage(lowHalf(va), highHalf(va));
  }
  /** Drops all decoded code. It changes nothing but speed. */
  dropBlocks(): void {
    this.core.dropBlocks();
  }

  /** Machine address of a virtual one for an access (ACCESS_*), or -1 where it would fault. Sets A and D bits. */
  translate(va: number, access: number): number {
    return this.core.translate(lowHalf(va), highHalf(va), access);
  }

  /** CPUID as the core implements it: [EAX, EBX, ECX, EDX]. */
  cpuid(leaf: number, subleaf: number): [number, number, number, number] {
    this.core.cpuid(leaf, subleaf);
    const at = layout.CPUID_RESULT / 4;
    return [this.state[at]!, this.state[at + 1]!, this.state[at + 2]!, this.state[at + 3]!];
  }
}
