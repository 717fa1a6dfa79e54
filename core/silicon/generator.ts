/** The input of a trial, from a seed: the twin of generator.h. Every step of one is a step of the other. */
import * as probes from './probe.ts';
import { SplitMix } from './random.ts';
import { CODE, CODE_AT, FIX, PAGE, PAGE_BYTES, WINDOW, WINDOW_BYTES } from './probe.ts';
import type { DataKind, Fixup, Probe } from './probe.ts';

/** The state of a processor as far as an instruction in user mode sees it. 64-bit values are pairs of halves, low first. */
export class TrialState {
  readonly gpr = new Uint32Array(32);
  rip = 0;
  flags = 0;
  mxcsr = 0;
  fcw = 0;
  fsw = 0;
  /** Tags as FXSAVE has them: bit n is set when physical register n holds something. */
  ftw = 0;
  /** ST(0) to ST(7). */
  readonly significand = new Uint32Array(16);
  readonly exponent = new Uint16Array(8);
  readonly xmm = new Uint8Array(256);
  readonly page = new Uint8Array(PAGE_BYTES);

  copyFrom(other: TrialState): void {
    this.gpr.set(other.gpr);
    this.significand.set(other.significand);
    this.exponent.set(other.exponent);
    this.xmm.set(other.xmm);
    this.page.set(other.page);
    const { rip, flags, mxcsr, fcw, fsw, ftw } = other;
    Object.assign(this, { rip, flags, mxcsr, fcw, fsw, ftw });
  }
}

const EDGE64: readonly bigint[] = [
  ...[0n, 1n, 2n, 0x7fn, 0x80n, 0xffn, 0x100n, 0x7fffn, 0x8000n, 0xffffn, 0x10000n, 0x7fffffffn, 0x80000000n],
  ...[0xffffffffn, 0x100000000n, 0x7fffffffffffffffn, 0x8000000000000000n, 0x8000000000000001n],
  ...[0xfffffffffffffffen, 0xffffffffffffffffn, 0xffffffff80000000n, 0xffffffff7fffffffn],
  ...[0x0123456789abcdefn, 0xaaaaaaaaaaaaaaaan],
];
const EDGE64_LOW = EDGE64.map((value) => Number(value & 0xffffffffn));
const EDGE64_HIGH = EDGE64.map((value) => Number(value >> 32n));
const EDGE32F: readonly number[] = [
  ...[0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001],
  ...[0xffbfffff, 0x00000001, 0x807fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x4effffff, 0x4f000000],
  ...[0xcf000000, 0x5f000000, 0x3f000000, 0xbfc00000, 0x40200000, 0x7fc12345, 0x34000000],
];
const EDGE64F: readonly bigint[] = [
  ...[0n, 0x8000000000000000n, 0x3ff0000000000000n, 0xbff0000000000000n, 0x7ff0000000000000n],
  ...[
    0xfff0000000000000n,
    0x7ff8000000000000n,
    0xfff8000000000000n,
    0x7ff0000000000001n,
    0xfff7ffffffffffffn,
  ],
  ...[1n, 0x800fffffffffffffn, 0x0010000000000000n, 0x7fefffffffffffffn, 0xffefffffffffffffn],
  ...[
    0x41dfffffffc00000n,
    0x41e0000000000000n,
    0xc1e0000000000000n,
    0x43e0000000000000n,
    0x3fe0000000000000n,
  ],
  ...[0xbff8000000000000n, 0x4004000000000000n, 0x36a0000000000000n, 0x47efffffe0000000n],
];
const EDGE80: readonly (readonly [exponent: number, high: number, low: number])[] = [
  ...([[0, 0, 0] as const, [0x8000, 0, 0] as const, [0x3fff, 0x80000000, 0] as const] as const),
  ...([[0xbfff, 0x80000000, 0] as const, [0x7fff, 0x80000000, 0] as const] as const),
  ...([[0xffff, 0x80000000, 0] as const, [0x7fff, 0xc0000000, 0] as const] as const),
  ...([[0xffff, 0xc0000000, 0] as const, [0x7fff, 0x80000000, 1] as const] as const),
  ...([[0xffff, 0xa1234567, 0x89abcdef] as const, [0, 0, 1] as const] as const),
  ...([[0x8000, 0x7fffffff, 0xffffffff] as const, [0, 0x80000000, 0] as const] as const),
  ...([[1, 0x80000000, 0] as const, [0x7ffe, 0xffffffff, 0xffffffff] as const] as const),
  ...([[0xfffe, 0xffffffff, 0xffffffff] as const, [0x4000, 0x7fffffff, 0xffffffff] as const] as const),
  ...([[0x7fff, 0x40000000, 0] as const, [0x3ffe, 0x80000000, 0] as const] as const),
  ...([[0x4000, 0xc90fdaa2, 0x2168c235] as const, [0x403e, 0x80000000, 0] as const] as const),
  ...([[0xc03e, 0x80000000, 0] as const, [0x401d, 0xfffffffe, 0] as const] as const),
  [0x3fff, 0xc0000000, 0],
];
/** Selectors of the user segments, of kernel ones, of none, and beyond the table. */
const SELECTORS: readonly number[] = [
  0, 1, 3, 0x10, 0x18, 0x20, 0x23, 0x2b, 0x28, 0x33, 0x30, 0x88, 0xfff3, 0x2f, 7, 0x22,
];
const EDGE8: readonly number[] = [0, 1, 0x7f, 0x80, 0xff, 0x40, 0xfe, 0x81];
const [RAX, RDX] = [0, 2];
/** A non-canonical address: bit 47 set, the bits above clear. */
const NON_CANONICAL: Pair = [0x30000000, 0x00008000];

type Pair = readonly [low: number, high: number];

/** Makes inputs; one generator may serve any number of trials. */
export class Generator {
  private random = new SplitMix(0);
  private readonly state: TrialState;
  private readonly view: DataView;
  private readonly scratch = new DataView(new ArrayBuffer(16));

  constructor(state: TrialState) {
    this.state = state;
    this.view = new DataView(state.page.buffer);
  }

  /** Fills the state with the input of one trial. */
  generate(probe: Probe, trial: number): void {
    const { state } = this;
    this.random = new SplitMix(seedOf(probe, trial));
    const { uses } = probe;
    for (let n = 0; n < 16; n++) this.setRegister(n, this.word64());
    const r = this.next();
    state.flags = 0x202 | (r & 0x8d5);
    if (uses & probes.USES_DIRECTION && r & 0x10000) state.flags |= 0x400;
    Object.assign(state, { mxcsr: 0x1f80, fcw: 0x037f, fsw: 0, ftw: 0, rip: CODE + CODE_AT });
    for (const array of [state.xmm, state.significand, state.exponent, state.page]) array.fill(0);
    if (uses & probes.USES_VECTORS) this.vectors(probe.vectors);
    if (uses & (probes.USES_X87 | probes.USES_MMX)) this.x87((uses & probes.USES_MMX) !== 0);
    if (uses & probes.USES_MEMORY) {
      for (let n = 0; n < WINDOW_BYTES; n += 16) this.unit(this.view, WINDOW + n, probe.memory);
    }
    if (probe.mode === 32) {
      this.clearHighHalves(8);
      state.gpr.fill(0, 16);
    }
    for (const fixup of probe.fixups) {
      this.apply(fixup, probe.mode);
      if (probe.mode === 32) this.clearHighHalves(8);
    }
  }

  private next(): number {
    return this.random.next();
  }

  private setRegister(n: number, [low, high]: Pair): void {
    this.state.gpr[2 * n] = low;
    this.state.gpr[2 * n + 1] = high;
  }

  private clearHighHalves(count: number): void {
    for (let n = 0; n < count; n++) this.state.gpr[2 * n + 1] = 0;
  }

  private word64(): Pair {
    const r = this.next();
    const small = (r >>> 8) & 0xff;
    switch (r & 7) {
      case 0:
      case 1: {
        const at = (r >>> 8) % EDGE64.length;
        return [EDGE64_LOW[at]!, EDGE64_HIGH[at]!];
      }
      case 2:
        return [small, 0];
      case 3:
        return [~small >>> 0, 0xffffffff];
      case 4:
        return [this.next(), 0];
      case 5: {
        const low = this.next();
        return [low, (low >> 31) >>> 0];
      }
      default:
        return [this.next(), this.next()];
    }
  }

  private float32(): number {
    const r = this.next();
    switch (r & 3) {
      case 0:
        return EDGE32F[(r >>> 8) % EDGE32F.length]!;
      case 1:
        return this.next();
      case 2:
        return ((this.next() & 0x807fffff) | ((119 + ((r >>> 8) & 15)) << 23)) >>> 0;
      default:
        this.scratch.setFloat32(0, ((r >>> 8) & 0xffff) - 0x8000);
        return this.scratch.getUint32(0);
    }
  }

  private float64(): Pair {
    const r = this.next();
    switch (r & 3) {
      case 0: {
        const value = EDGE64F[(r >>> 8) % EDGE64F.length]!;
        return [Number(value & 0xffffffffn), Number(value >> 32n)];
      }
      case 1:
        return [this.next(), this.next()];
      case 2: {
        const low = this.next();
        return [low, ((this.next() & 0x800fffff) | ((1015 + ((r >>> 8) & 15)) << 20)) >>> 0];
      }
      default:
        this.scratch.setFloat64(0, this.next() | 0);
        return [this.scratch.getUint32(4), this.scratch.getUint32(0)];
    }
  }

  private float80(): readonly [exponent: number, high: number, low: number] {
    const r = this.next();
    switch (r & 7) {
      case 0:
      case 1:
        return EDGE80[(r >>> 8) % EDGE80.length]!;
      case 2: {
        const exponent = this.next() & 0xffff;
        const low = this.next();
        return [exponent, this.next(), low];
      }
      case 3:
      case 4: {
        const low = this.next();
        return [
          ((r >>> 16) & 0x8000) | (0x3fff - 16 + ((r >>> 8) & 31)),
          (this.next() | 0x80000000) >>> 0,
          low,
        ];
      }
      case 5:
        return this.integer80(r);
      case 6: {
        const exponent = this.next() & 0xffff;
        const low = this.next();
        return [exponent, (this.next() | 0x80000000) >>> 0, low];
      }
      default: {
        const low = (this.next() & 0xfffff800) >>> 0;
        const exponent = ((r >>> 16) & 0x8000) | (0x3fff - 40 + ((r >>> 8) & 127));
        return [exponent, (this.next() | 0x80000000) >>> 0, low];
      }
    }
  }

  private integer80(r: number): readonly [exponent: number, high: number, low: number] {
    const high = this.next() >>> ((r >>> 8) & 31);
    if (high === 0) return [0, 0, 0];
    const shift = Math.clz32(high);
    return [((r >>> 16) & 0x8000) | (0x3fff + 31 - shift), (high << shift) >>> 0, 0];
  }

  /** 16 bytes of one kind. */
  private unit(view: DataView, at: number, kind: DataKind): void {
    switch (kind === 'm' ? 'gsdx'[this.next() & 3] : kind) {
      case 'g':
        for (let n = 0; n < 2; n++) putPair(view, at + 8 * n, this.word64());
        return;
      case 's':
        for (let n = 0; n < 4; n++) view.setUint32(at + 4 * n, this.float32(), true);
        return;
      case 'd':
        for (let n = 0; n < 2; n++) putPair(view, at + 8 * n, this.float64());
        return;
      case 'x': {
        const [exponent, high, low] = this.float80();
        putPair(view, at, [low, high]);
        putPair(view, at + 8, [exponent, 0]);
        return;
      }
      case 'b':
        return this.decimal(view, at);
      default:
        return this.integers(view, at);
    }
  }

  private decimal(view: DataView, at: number): void {
    putPair(view, at + 8, [0, 0]);
    const r = this.next();
    for (let n = 0; n < 9; n++) {
      const pair = this.next();
      view.setUint8(at + n, ((pair & 0xff) % 10) | ((((pair >>> 8) & 0xff) % 10) << 4));
    }
    view.setUint8(at + 9, r & 0x80);
  }

  private integers(view: DataView, at: number): void {
    const r = this.next();
    for (let n = 0; n < 4; n++) {
      let value = this.next();
      if ((r & 3) === 0) {
        let edges = 0;
        for (let b = 0; b < 4; b++) edges |= EDGE8[(value >>> (8 * b)) & 7]! << (8 * b);
        value = edges;
      } else if ((r & 3) === 1) {
        const low = EDGE64_LOW[(value >>> 16) % 14]! & 0xffff;
        value = (EDGE64_LOW[(value & 0xffff) % 14]! << 16) | low;
      }
      view.setUint32(at + 4 * n, value >>> 0, true);
    }
  }

  private vectors(kind: DataKind): void {
    const r = this.next();
    let mxcsr = 0x1f80;
    if ((r & 3) === 3) {
      mxcsr |= (((r >>> 8) & 3) << 13) | (((r >>> 10) & 1) << 15) | (((r >>> 11) & 1) << 6);
      mxcsr |= (r >>> 16) & 0x3f;
      if (((r >>> 24) & 7) === 0) mxcsr &= ~(((r >>> 2) & 0x3f) << 7);
    }
    this.state.mxcsr = mxcsr;
    const view = new DataView(this.state.xmm.buffer);
    for (let n = 0; n < 16; n++) this.unit(view, 16 * n, kind);
  }

  private x87(mmx: boolean): void {
    const { state } = this;
    const r = this.next();
    const c = this.next();
    if ((c & 3) === 3) {
      state.fcw = 0x007f | (((c >>> 8) & 3) << 10) | ([0, 2, 3, 3][(c >>> 10) & 3]! << 8);
      if (((c >>> 12) & 7) === 0) state.fcw &= ~((c >>> 16) & 0x3f);
    }
    const top = r & 1 ? (r >>> 4) & 7 : 0;
    state.fsw = (top << 11) | (((r >>> 8) & 0x47) << 8);
    if (((r >>> 16) & 7) === 0) state.fsw |= (r >>> 20) & 0x7f;
    if (state.fsw & ~state.fcw & 0x3f) state.fsw |= 0x8080;
    const tags = (r >>> 1) & 3;
    const f = this.next();
    const full = 0xff;
    const room = full & ~((1 << ((top + 7) & 7)) | (1 << ((top + 6) & 7)));
    state.ftw = tags === 0 ? full : tags === 1 ? f & 0xff : room;
    for (let n = 0; n < 8; n++) {
      if (mmx) {
        this.unit(this.scratch, 0, 'i');
        state.significand[2 * n] = this.scratch.getUint32(0, true);
        state.significand[2 * n + 1] = this.scratch.getUint32(4, true);
        state.exponent[n] = 0xffff;
      } else {
        const [exponent, high, low] = this.float80();
        state.exponent[n] = exponent;
        state.significand[2 * n] = low;
        state.significand[2 * n + 1] = high;
      }
    }
  }

  private apply([kind, register, parameter]: Fixup, mode: number): void {
    const size = parameter & 0xff;
    const offset = parameter >>> 8;
    switch (kind) {
      case FIX.pointer:
        return this.setRegister(register, pointerOf(this.next(), mode));
      case FIX.stack:
        return this.setRegister(register, stackOf(this.next(), mode));
      case FIX.code:
        return this.setRegister(register, [CODE + 0x800 + (this.next() & 0xff), 0]);
      case FIX.window:
        return this.setRegister(register, [PAGE + WINDOW + 448, 0]);
      case FIX.selector: {
        const [low, high] = this.register(register);
        const selector = SELECTORS[this.next() & 15]!;
        return this.setRegister(register, [((low & 0xffff0000) | selector) >>> 0, high]);
      }
      case FIX.wordSelector:
        return this.put(register, offset, size, SELECTORS[this.next() & 15]!);
      case FIX.count: {
        const r = this.next();
        return this.setRegister(register, [(r & 15) === 0 ? 0 : (r & 15) === 1 ? 100 : (r >>> 8) % 12, 0]);
      }
      case FIX.index:
        return this.setRegister(register, [(this.next() >>> 8) & 7, 0]);
      case FIX.bit: {
        const bit = (this.next() & 1023) - 512;
        return this.setRegister(register, [bit >>> 0, (bit >> 31) >>> 0]);
      }
      case FIX.dividend:
        return this.dividend();
      case FIX.gsOffset:
        return this.setRegister(register, [WINDOW + 256 + (this.next() & 255), 0]);
      case FIX.sameRegister:
        if (this.next() & 1) this.setRegister(RAX, this.register(register));
        return;
      case FIX.sameMemory:
        return this.sameMemory(register, parameter);
      case FIX.wordCode:
        return this.put(register, offset, size, CODE + 0x800 + (this.next() & 0xff));
      case FIX.wordCs:
        return this.put(register, offset, size, mode === 64 ? 0x33 : 0x23);
      case FIX.wordSs:
        return this.put(register, offset, size, 0x2b);
      case FIX.wordFlags:
        return this.put(register, offset, size, 0x202 | (this.next() & 0x244cd5));
      case FIX.wordStack:
        return this.put(register, offset, size, PAGE + WINDOW + 256 + (this.next() & 255));
      default:
        return this.image(kind, register, parameter);
    }
  }

  private register(n: number): Pair {
    return [this.state.gpr[2 * n]!, this.state.gpr[2 * n + 1]!];
  }

  /** Offset in the page of [register + offset, + size), or -1. */
  private offsetInPage(register: number, offset: number, size: number): number {
    const [low, high] = this.register(register);
    const at = low + offset - PAGE;
    return high === 0 && at >= 0 && at + size <= PAGE_BYTES ? at : -1;
  }

  private put(register: number, offset: number, size: number, value: number): void {
    const at = this.offsetInPage(register, offset, size);
    if (at < 0) return;
    for (let n = 0; n < size; n++) this.state.page[at + n] = n < 4 ? value >>> (8 * n) : 0;
  }

  private sameMemory(register: number, parameter: number): void {
    const at = this.offsetInPage(register, 0, 16);
    if (!(this.next() & 1) || at < 0) return;
    const word = (offset: number) => this.view.getUint32(at + offset, true);
    if (parameter === 1) {
      this.setRegister(RAX, [word(0), 0]);
      this.setRegister(RDX, [word(4), 0]);
      return;
    }
    this.setRegister(RAX, [word(0), word(4)]);
    if (parameter === 2) this.setRegister(RDX, [word(8), word(12)]);
  }

  private dividend(): void {
    const r = this.next();
    const [low, high] = this.register(RAX);
    if ((r & 3) === 0) return;
    if ((r & 3) === 1) this.setRegister(RAX, [low & 0xff, 0]);
    const sign = (r & 3) === 3 ? ((high | 0) >> 31) >>> 0 : 0;
    this.setRegister(RDX, [sign, sign]);
  }

  private image(kind: number, register: number, parameter: number): void {
    const r = this.next();
    if (kind === FIX.mxcsrImage) {
      if (r & 7) this.put(register, 0, 4, this.next() & 0xffff);
      return;
    }
    this.put(register, 0, 2, 0x037f | ((r >>> 8) & 0xc00));
    this.put(register, kind === FIX.fxsaveImage ? 2 : parameter, 2, (r >>> 16) & 0x7f00);
    if (kind === FIX.fxsaveImage && r & 7) this.put(register, 24, 4, 0x1f80 | (this.next() & 0xe03f));
  }
}

function putPair(view: DataView, at: number, [low, high]: Pair): void {
  view.setUint32(at, low, true);
  view.setUint32(at + 4, high, true);
}

/** FNV-1a over the mode and the code: a probe's trials do not depend on its place in the file. */
function seedOf(probe: Probe, trial: number): number {
  let hash = 0x811c9dc5;
  for (const value of [probe.mode, ...probe.code, trial]) hash = Math.imul(hash ^ value, 0x01000193);
  return hash;
}

function pointerOf(r: number, mode: number): Pair {
  const offset = r >>> 8;
  const kind = r & 31;
  if (kind === 0) return [PAGE + PAGE_BYTES - 1 - (offset & 15), 0];
  if (kind === 1) return [PAGE + PAGE_BYTES + (offset & 0xff), 0];
  if (kind === 2) return [CODE + 0x100 + (offset & 0xff), 0];
  if (kind === 3 && mode === 64) return NON_CANONICAL;
  return [PAGE + WINDOW + 256 + (kind < 8 ? offset & 255 : (offset & 15) * 16), 0];
}

function stackOf(r: number, mode: number): Pair {
  const offset = r >>> 8;
  const kind = r & 31;
  if (kind === 0) return [PAGE + PAGE_BYTES + 4, 0];
  if (kind === 1) return [PAGE + (offset & 7), 0];
  if (kind === 2 && mode === 64) return NON_CANONICAL;
  return [PAGE + WINDOW + 256 + (kind < 5 ? offset & 255 : (offset & 31) * 8), 0];
}
