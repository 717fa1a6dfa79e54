/** The input of a trial, from a seed: the twin of generator.h. Every step of one is a step of the other. */
import * as probes from './probe.ts';
import { CODE, CODE_AT, FIX, PAGE, PAGE_BYTES, WINDOW, WINDOW_BYTES } from './probe.ts';
import { Values } from './values.ts';
import type { DataKind, Fixup, Probe } from './probe.ts';
import type { TrialState } from './trial-state.ts';
import type { Pair } from './values.ts';

/** Selectors of the user segments, of kernel ones, of none, and beyond the table. */
const SELECTORS: readonly number[] = [
  0, 1, 3, 0x10, 0x18, 0x20, 0x23, 0x2b, 0x28, 0x33, 0x30, 0x88, 0xfff3, 0x2f, 7, 0x22,
];
const [RAX, RDX] = [0, 2];
/** A non-canonical address: bit 47 set, the bits above clear. */
const NON_CANONICAL: Pair = [0x30000000, 0x00008000];

/** Makes inputs; one generator may serve any number of trials. */
export class Generator {
  private values = new Values(0);
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
    this.values = new Values(seedOf(probe, trial));
    const { uses } = probe;
    for (let n = 0; n < 16; n++) this.setRegister(n, this.values.word64());
    const r = this.values.next();
    state.flags = 0x202 | (r & 0x8d5);
    if (uses & probes.USES_DIRECTION && r & 0x10000) state.flags |= 0x400;
    Object.assign(state, { mxcsr: 0x1f80, fcw: 0x037f, fsw: 0, ftw: 0, rip: CODE + CODE_AT });
    for (const array of [state.xmm, state.significand, state.exponent, state.page]) array.fill(0);
    if (uses & probes.USES_VECTORS) this.vectors(probe.vectors);
    if (uses & (probes.USES_X87 | probes.USES_MMX)) this.x87((uses & probes.USES_MMX) !== 0);
    if (uses & probes.USES_MEMORY) {
      for (let n = 0; n < WINDOW_BYTES; n += 16) this.values.unit(this.view, WINDOW + n, probe.memory);
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

  private setRegister(n: number, [low, high]: Pair): void {
    this.state.gpr[2 * n] = low;
    this.state.gpr[2 * n + 1] = high;
  }

  private clearHighHalves(count: number): void {
    for (let n = 0; n < count; n++) this.state.gpr[2 * n + 1] = 0;
  }

  private vectors(kind: DataKind): void {
    const r = this.values.next();
    let mxcsr = 0x1f80;
    if ((r & 3) === 3) {
      mxcsr |= (((r >>> 8) & 3) << 13) | (((r >>> 10) & 1) << 15) | (((r >>> 11) & 1) << 6);
      mxcsr |= (r >>> 16) & 0x3f;
      if (((r >>> 24) & 7) === 0) mxcsr &= ~(((r >>> 2) & 0x3f) << 7);
    }
    this.state.mxcsr = mxcsr;
    const view = new DataView(this.state.xmm.buffer);
    for (let n = 0; n < 16; n++) this.values.unit(view, 16 * n, kind);
  }

  private x87(mmx: boolean): void {
    const { state } = this;
    const r = this.values.next();
    const c = this.values.next();
    if ((c & 3) === 3) {
      state.fcw = 0x007f | (((c >>> 8) & 3) << 10) | ([0, 2, 3, 3][(c >>> 10) & 3]! << 8);
      if (((c >>> 12) & 7) === 0) state.fcw &= ~((c >>> 16) & 0x3f);
    }
    const top = r & 1 ? (r >>> 4) & 7 : 0;
    state.fsw = (top << 11) | (((r >>> 8) & 0x47) << 8);
    if (((r >>> 16) & 7) === 0) state.fsw |= (r >>> 20) & 0x7f;
    if (state.fsw & ~state.fcw & 0x3f) state.fsw |= 0x8080;
    const tags = (r >>> 1) & 3;
    const f = this.values.next();
    const full = 0xff;
    const room = full & ~((1 << ((top + 7) & 7)) | (1 << ((top + 6) & 7)));
    state.ftw = tags === 0 ? full : tags === 1 ? f & 0xff : room;
    for (let n = 0; n < 8; n++) {
      if (mmx) {
        this.values.unit(this.scratch, 0, 'i');
        state.significand[2 * n] = this.scratch.getUint32(0, true);
        state.significand[2 * n + 1] = this.scratch.getUint32(4, true);
        state.exponent[n] = 0xffff;
      } else {
        const [exponent, high, low] = this.values.float80();
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
        return this.setRegister(register, pointerOf(this.values.next(), mode));
      case FIX.stack:
        return this.setRegister(register, stackOf(this.values.next(), mode));
      case FIX.code:
        return this.setRegister(register, [CODE + 0x800 + (this.values.next() & 0xff), 0]);
      case FIX.window:
        return this.setRegister(register, [PAGE + WINDOW + 448, 0]);
      case FIX.selector: {
        const [low, high] = this.register(register);
        const selector = SELECTORS[this.values.next() & 15]!;
        return this.setRegister(register, [((low & 0xffff0000) | selector) >>> 0, high]);
      }
      case FIX.wordSelector:
        return this.put(register, offset, size, SELECTORS[this.values.next() & 15]!);
      case FIX.count: {
        const r = this.values.next();
        return this.setRegister(register, [(r & 15) === 0 ? 0 : (r & 15) === 1 ? 100 : (r >>> 8) % 12, 0]);
      }
      case FIX.index:
        return this.setRegister(register, [(this.values.next() >>> 8) & 7, 0]);
      case FIX.bit: {
        const bit = (this.values.next() & 1023) - 512;
        return this.setRegister(register, [bit >>> 0, (bit >> 31) >>> 0]);
      }
      case FIX.dividend:
        return this.dividend();
      case FIX.gsOffset:
        return this.setRegister(register, [WINDOW + 256 + (this.values.next() & 255), 0]);
      case FIX.sameRegister:
        if (this.values.next() & 1) this.setRegister(RAX, this.register(register));
        return;
      case FIX.sameMemory:
        return this.sameMemory(register, parameter);
      case FIX.wordCode:
        return this.put(register, offset, size, CODE + 0x800 + (this.values.next() & 0xff));
      case FIX.wordCs:
        return this.put(register, offset, size, mode === 64 ? 0x33 : 0x23);
      case FIX.wordSs:
        return this.put(register, offset, size, 0x2b);
      case FIX.wordFlags:
        return this.put(register, offset, size, 0x202 | (this.values.next() & 0x244cd5));
      case FIX.wordStack:
        return this.put(register, offset, size, PAGE + WINDOW + 256 + (this.values.next() & 255));
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
    if (!(this.values.next() & 1) || at < 0) return;
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
    const r = this.values.next();
    const [low, high] = this.register(RAX);
    if ((r & 3) === 0) return;
    if ((r & 3) === 1) this.setRegister(RAX, [low & 0xff, 0]);
    const sign = (r & 3) === 3 ? ((high | 0) >> 31) >>> 0 : 0;
    this.setRegister(RDX, [sign, sign]);
  }

  private image(kind: number, register: number, parameter: number): void {
    const r = this.values.next();
    if (kind === FIX.mxcsrImage) {
      if (r & 7) this.put(register, 0, 4, this.values.next() & 0xffff);
      return;
    }
    this.put(register, 0, 2, 0x037f | ((r >>> 8) & 0xc00));
    this.put(register, kind === FIX.fxsaveImage ? 2 : parameter, 2, (r >>> 16) & 0x7f00);
    if (kind === FIX.fxsaveImage && r & 7) this.put(register, 24, 4, 0x1f80 | (this.values.next() & 0xe03f));
  }
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
