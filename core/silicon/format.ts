/**
 * A vectors file, gzipped: the length of a JSON text (u32), the text (a list of probes), then for each trial
 * of each probe, in order, the difference the instruction made to its input. A difference starts with a byte
 * of CHANGED_* bits; the parts follow in the order of `readOutcome`. Everything is little-endian.
 */
import { gunzipSync, gzipSync, strFromU8, strToU8 } from 'fflate';
import { CODE, CODE_AT } from './probe.ts';
import type { TrialState } from './trial-state.ts';
import type { DataKind, Fixup, Probe } from './probe.ts';

const CHANGED_FAULT = 1;
const CHANGED_FLAGS = 2;
const CHANGED_REGISTERS = 4;
const CHANGED_VECTORS = 8;
const CHANGED_X87 = 16;
const CHANGED_MEMORY = 32;
const CHANGED_MXCSR = 64;
const CHANGED_RIP = 128;
const PAGE_FAULT = 14;

/** The exception a trial ended with. `address` is CR2, for #PF alone. */
export interface Fault {
  readonly vector: number;
  readonly error: number;
  readonly address: number;
}

/** A probe as the file has it: numbers and strings only. */
type StoredProbe = readonly [
  form: string,
  text: string,
  mode: 64 | 32,
  code: string,
  uses: number,
  trials: number,
  kinds: string,
  fixups: readonly Fixup[],
];

export function packVectors(probes: readonly Probe[], outcomes: Uint8Array): Uint8Array {
  const stored = probes.map((probe): StoredProbe => {
    const code = [...probe.code].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const { form, text, mode, uses, trials, vectors, memory, fixups } = probe;
    return [form, text, mode, code, uses, trials, vectors + memory, fixups];
  });
  const json = strToU8(JSON.stringify(stored));
  const file = new Uint8Array(4 + json.length + outcomes.length);
  new DataView(file.buffer).setUint32(0, json.length, true);
  file.set(json, 4);
  file.set(outcomes, 4 + json.length);
  return gzipSync(file, { level: 9, mtime: 1 });
}

export interface Vectors {
  readonly probes: readonly Probe[];
  readonly outcomes: OutcomeReader;
}

export function unpackVectors(packed: Uint8Array): Vectors {
  const file = gunzipSync(packed);
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const stored = JSON.parse(strFromU8(file.subarray(4, 4 + length))) as StoredProbe[];
  const probes = stored.map(([form, text, mode, code, uses, trials, kinds, fixups]): Probe => {
    const bytes = Uint8Array.from(code.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    const [vectors, memory] = [kinds[0] as DataKind, kinds[1] as DataKind];
    return { form, text, mode, code: bytes, uses, trials, vectors, memory, fixups };
  });
  return { probes, outcomes: new OutcomeReader(file.subarray(4 + length)) };
}

/** Reads outcomes one after another. */
export class OutcomeReader {
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at >= this.view.byteLength;
  }

  /** Turns the input of a trial of `probe` into what the processor made of it; returns the fault, or null. */
  readOutcome(probe: Probe, state: TrialState): Fault | null {
    const changed = this.number(1);
    const fault = changed & CHANGED_FAULT ? this.readFault() : null;
    state.rip = CODE + CODE_AT + (fault === null ? probe.code.length : 0);
    if (changed & CHANGED_RIP) state.rip = this.address();
    if (changed & CHANGED_FLAGS) state.flags = this.number(4);
    if (changed & CHANGED_REGISTERS) this.readRegisters(probe, state);
    if (changed & CHANGED_VECTORS) {
      this.eachBit(this.number(2), (n) => this.copy(state.xmm, 16 * n, 16));
    }
    if (changed & CHANGED_MXCSR) state.mxcsr = this.number(4);
    if (changed & CHANGED_X87) this.readX87(state);
    if (changed & CHANGED_MEMORY) {
      for (let runs = this.number(2); runs > 0; runs--) {
        const offset = this.number(2);
        this.copy(state.page, offset, this.number(2));
      }
    }
    return fault;
  }

  private readFault(): Fault {
    const vector = this.number(1);
    const error = this.number(4);
    return { vector, error, address: vector === PAGE_FAULT ? this.address() : 0 };
  }

  private readRegisters(probe: Probe, state: TrialState): void {
    this.eachBit(this.number(2), (n) => {
      state.gpr[2 * n] = this.number(4);
      if (probe.mode === 64) state.gpr[2 * n + 1] = this.number(4);
    });
  }

  private readX87(state: TrialState): void {
    state.fcw = this.number(2);
    state.fsw = this.number(2);
    state.ftw = this.number(1);
    this.eachBit(this.number(1), (n) => {
      state.significand[2 * n] = this.number(4);
      state.significand[2 * n + 1] = this.number(4);
      state.exponent[n] = this.number(2);
    });
  }

  private eachBit(mask: number, step: (n: number) => void): void {
    for (let n = 0; mask >> n !== 0; n++) if ((mask >> n) & 1) step(n);
  }

  private number(size: 1 | 2 | 4): number {
    const { view, at } = this;
    this.at += size;
    return size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  }

  /** A 64-bit address as a signed number. */
  private address(): number {
    const low = this.number(4);
    return (this.number(4) | 0) * 0x1_0000_0000 + low;
  }

  private copy(to: Uint8Array, offset: number, length: number): void {
    to.set(new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, length), offset);
    this.at += length;
  }
}
