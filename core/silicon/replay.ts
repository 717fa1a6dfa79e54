/** Runs trials on the core: a machine that looks to user code like the process they were recorded in. */
import * as layout from '../wasm/layout.ts';
import { restoreProcessor, saveProcessor } from '../machine-state.ts';
import { Machine, PAGE_BYTES, fromHalves } from '../machine.ts';
import { CODE, CODE_AT, PAGE } from './probe.ts';
import type { Fault } from './format.ts';
import type { TrialState } from './trial-state.ts';
import type { Probe } from './probe.ts';

/**
 * Machine frames: page tables, descriptors, and the pages of the process; its data pages are no neighbours.
 */
const FRAME = {
  root: 1,
  pdpt: 2,
  pd: 3,
  codeTable: 4,
  dataTable: 5,
  gdtTable: 6,
  gdt: 7,
  code: 8,
  data: 9,
  data2: 11,
};
const FRAMES = 16;
const GDT = 0x38000000;
const [PRESENT, WRITABLE, USER] = [1, 2, 4];
/** Linux's user segments: 32-bit code, data, 64-bit code. */
const [CS32, DATA, CS64] = [0x23, 0x2b, 0x33];
const ATTRIBUTES: Readonly<Record<number, number>> = { [CS32]: 0xc0fb, [DATA]: 0xc0f3, [CS64]: 0xa0fb };
const LIMIT = 0xffffffff;
const MAX_RUNS = 1000;
const INT3 = 0xcc;

export class Replay {
  private readonly machine: Machine;
  private readonly data: Uint8Array;
  private readonly data2: Uint8Array;
  private readonly xmm: Uint8Array;
  private readonly fpu: DataView;
  private mode = 0;
  private length = 0;

  /** `hotEntries` as in MachineOptions. */
  constructor(module: WebAssembly.Module, hotEntries = 0) {
    this.machine = new Machine(module, { memoryBytes: FRAMES * PAGE_BYTES, hotEntries });
    const { processor, bytes } = this.machine;
    this.data = bytes.subarray(FRAME.data * PAGE_BYTES, (FRAME.data + 1) * PAGE_BYTES);
    this.data2 = bytes.subarray(FRAME.data2 * PAGE_BYTES, (FRAME.data2 + 1) * PAGE_BYTES);
    this.xmm = processor.rawBytes(layout.XMM, 256);
    const fpu = processor.rawBytes(layout.FPR, layout.MXCSR + 4 - layout.FPR);
    this.fpu = new DataView(fpu.buffer, fpu.byteOffset, fpu.byteLength);
    this.mapPages();
    this.writeDescriptors();
    processor.loadAddressSpace(FRAME.root * PAGE_BYTES, 0, false);
  }

  private mapPages(): void {
    const entry = (table: number, index: number, frame: number, flags: number) => {
      this.machine.words[(table * PAGE_BYTES) / 4 + index * 2] = (frame * PAGE_BYTES) | flags;
    };
    const all = PRESENT | WRITABLE | USER;
    entry(FRAME.root, 0, FRAME.pdpt, all);
    entry(FRAME.pdpt, 0, FRAME.pd, all);
    entry(FRAME.pd, CODE >> 21, FRAME.codeTable, all);
    entry(FRAME.pd, PAGE >> 21, FRAME.dataTable, all);
    entry(FRAME.pd, GDT >> 21, FRAME.gdtTable, all);
    entry(FRAME.codeTable, 0, FRAME.code, PRESENT | USER);
    entry(FRAME.dataTable, 0, FRAME.data, all);
    entry(FRAME.dataTable, 1, FRAME.data2, all);
    entry(FRAME.gdtTable, 0, FRAME.gdt, PRESENT | WRITABLE);
  }

  private writeDescriptors(): void {
    for (const [selector, attributes] of Object.entries(ATTRIBUTES)) {
      const at = (FRAME.gdt * PAGE_BYTES + (Number(selector) & ~7)) / 4;
      this.machine.words[at] = 0xffff;
      this.machine.words[at + 1] = (attributes << 8) | 0xf0000;
    }
    const { processor } = this.machine;
    processor.setField(layout.GDT_BASE, GDT);
    processor.setWord(layout.GDT_LIMIT, 127);
  }

  /** Puts the probe's instruction into the code page, among INT3s. */
  install(probe: Probe): void {
    const page = new Uint8Array(PAGE_BYTES).fill(INT3);
    page.set(probe.code, CODE_AT);
    this.machine.write(FRAME.code * PAGE_BYTES, page);
    // Code that is rewritten so often would hardly be translated: it counts from here.
    if (this.machine.translations !== null) restoreProcessor(this.machine, saveProcessor(this.machine));
    this.mode = probe.mode;
    this.length = probe.code.length;
  }

  /**
   * Executes the installed instruction, or program, on `state`, which becomes the outcome; returns the
   * fault, or null. The core runs `chunk` instructions at a time.
   */
  execute(state: TrialState, chunk = 1): Fault | null {
    this.load(state);
    const { processor } = this.machine;
    let reason = processor.run(chunk);
    for (let n = 0; n < MAX_RUNS && reason === layout.EXIT_BUDGET && this.isInside(processor.rip); n++) {
      reason = processor.run(chunk);
    }
    this.store(state);
    if (reason === layout.EXIT_BUDGET) return null;
    const { exitVector: vector, exitError: error, exitAddress: address } = processor;
    if (reason === layout.EXIT_SOFTWARE_INTERRUPT) {
      if (vector !== layout.VECTOR_BP || this.isInside(state.rip - 1))
        return { vector, error: 0, address: 0 };
      state.rip--;
      return null;
    }
    if (reason !== layout.EXIT_EXCEPTION) return { vector: -reason, error: 0, address: 0 };
    return { vector, error, address: vector === layout.VECTOR_PF ? address : 0 };
  }

  private isInside(rip: number): boolean {
    return rip >= CODE + CODE_AT && rip < CODE + CODE_AT + this.length;
  }

  private load(state: TrialState): void {
    const { processor } = this.machine;
    processor.cpl = 3;
    const code = this.mode === 64 ? CS64 : CS32;
    processor.setSegment(layout.SEG_CS, code, 0, LIMIT, ATTRIBUTES[code]!);
    for (const segment of [layout.SEG_ES, layout.SEG_SS, layout.SEG_DS]) {
      processor.setSegment(segment, DATA, 0, LIMIT, ATTRIBUTES[DATA]!);
    }
    processor.setSegment(layout.SEG_FS, 0, 0, 0, 0);
    processor.setSegment(layout.SEG_GS, 0, PAGE, 0, 0);
    processor.stateChanged();
    for (let n = 0; n < 16; n++) processor.setHalves(n, state.gpr[2 * n]!, state.gpr[2 * n + 1]!);
    processor.flags = state.flags;
    processor.rip = state.rip;
    this.xmm.set(state.xmm);
    this.data.set(state.page.subarray(0, PAGE_BYTES));
    this.data2.set(state.page.subarray(PAGE_BYTES));
    this.loadFpu(state);
  }

  private loadFpu(state: TrialState): void {
    const { fpu } = this;
    const at = (offset: number) => offset - layout.FPR;
    fpu.setUint16(at(layout.FCW), state.fcw, true);
    fpu.setUint16(at(layout.FSW), state.fsw, true);
    fpu.setUint8(at(layout.FTW), state.ftw);
    fpu.setUint32(at(layout.MXCSR), state.mxcsr, true);
    const top = (state.fsw >> 11) & 7;
    for (let n = 0; n < 8; n++) {
      const physical = ((top + n) & 7) * 16;
      fpu.setUint32(physical, state.significand[2 * n]!, true);
      fpu.setUint32(physical + 4, state.significand[2 * n + 1]!, true);
      fpu.setUint16(physical + 8, state.exponent[n]!, true);
    }
  }

  private store(state: TrialState): void {
    const { processor } = this.machine;
    for (let n = 0; n < 16; n++) {
      state.gpr[2 * n] = processor.low(n);
      state.gpr[2 * n + 1] = processor.high(n);
    }
    // RF is set by every fault, and was not recorded.
    state.flags = processor.flags & ~layout.RF;
    const rip = layout.RIP;
    state.rip = fromHalves(processor.word(rip), processor.word(rip + 4));
    state.xmm.set(this.xmm);
    state.page.set(this.data);
    state.page.set(this.data2, PAGE_BYTES);
    this.storeFpu(state);
  }

  private storeFpu(state: TrialState): void {
    const { fpu } = this;
    const at = (offset: number) => offset - layout.FPR;
    state.fcw = fpu.getUint16(at(layout.FCW), true);
    state.fsw = fpu.getUint16(at(layout.FSW), true);
    state.ftw = fpu.getUint8(at(layout.FTW));
    state.mxcsr = fpu.getUint32(at(layout.MXCSR), true);
    const top = (state.fsw >> 11) & 7;
    for (let n = 0; n < 8; n++) {
      const physical = ((top + n) & 7) * 16;
      state.significand[2 * n] = fpu.getUint32(physical, true);
      state.significand[2 * n + 1] = fpu.getUint32(physical + 4, true);
      state.exponent[n] = fpu.getUint16(physical + 8, true);
    }
  }
}
