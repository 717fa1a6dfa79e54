/** For tests of MMX and SSE: vectors by their elements, lowest first, and instructions run on them. */
import { DATA, userMachine, CODE } from '../../testing.ts';
import { assemble } from '../../assembler/assemble.ts';
import type { Machine } from '../../machine.ts';
import * as layout from '../../wasm/layout.ts';

type Vector = Uint8Array;

const REGISTERS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];

function vector(fill: (view: DataView) => void): Vector {
  const bytes = new Uint8Array(16);
  fill(new DataView(bytes.buffer));
  return bytes;
}

/** Elements are repeated until the 16 bytes are full. */
export const bytes = (...elements: number[]): Vector =>
  vector((view) => {
    for (let i = 0; i < 16; i++) view.setUint8(i, elements[i % elements.length]!);
  });
export const words = (...elements: number[]): Vector =>
  vector((view) => {
    for (let i = 0; i < 8; i++) view.setUint16(i * 2, elements[i % elements.length]!, true);
  });
export const doublewords = (...elements: number[]): Vector =>
  vector((view) => {
    for (let i = 0; i < 4; i++) view.setUint32(i * 4, elements[i % elements.length]!, true);
  });
export const quadwords = (...elements: bigint[]): Vector =>
  vector((view) => {
    for (let i = 0; i < 2; i++)
      view.setBigUint64(i * 8, BigInt.asUintN(64, elements[i % elements.length]!), true);
  });
/** Numbers only: a NaN's bits are not kept by JavaScript, write those as doublewords. */
export const singles = (...elements: number[]): Vector =>
  vector((view) => {
    for (let i = 0; i < 4; i++) view.setFloat32(i * 4, elements[i % elements.length]!, true);
  });
export const doubles = (...elements: number[]): Vector =>
  vector((view) => {
    for (let i = 0; i < 2; i++) view.setFloat64(i * 8, elements[i % elements.length]!, true);
  });
/** 16 characters, zeros behind. */
export const text = (characters: string): Vector =>
  Uint8Array.from({ length: 16 }, (_, i) => (i < characters.length ? characters.charCodeAt(i) : 0));

/** What an instruction starts from; everything else is 0, MXCSR 1F80. `memory` is at DATA, where RDI points. */
export interface Start {
  readonly [register: `xmm${number}`]: Vector;
  readonly [register: `mm${number}`]: bigint;
  readonly memory?: Vector;
  readonly rdi?: number;
  readonly rax?: bigint;
  readonly rcx?: bigint;
  readonly rdx?: bigint;
  readonly mxcsr?: number;
  readonly fsw?: number;
  /** Anything else. */
  readonly setup?: (machine: Machine) => void;
}

/** The state behind the instructions. */
export class After {
  private readonly machine: Machine;
  /** The vector of the exception that stopped them, or undefined. */
  readonly exception: number | undefined;

  constructor(machine: Machine, exception: number | undefined) {
    this.machine = machine;
    this.exception = exception;
  }

  xmm(number: number): Vector {
    return this.machine.processor.rawBytes(layout.XMM + number * 16, 16).slice();
  }
  mm(number: number): bigint {
    const { processor } = this.machine;
    const at = layout.FPR + number * 16;
    return (BigInt(processor.word(at + 4)) << 32n) | BigInt(processor.word(at));
  }
  /** The bits of R`number` that are not the significand. */
  exponent(number: number): number {
    return this.machine.processor.word(layout.FPR + number * 16 + 8) & 0xffff;
  }
  general(name: string): bigint {
    return this.machine.processor.big(REGISTERS.indexOf(name));
  }
  /** 16 bytes at DATA + `offset`. */
  memory(offset = 0): Vector {
    return this.machine.bytes.slice(DATA + offset, DATA + offset + 16);
  }
  get mxcsr(): number {
    return this.machine.processor.word(layout.MXCSR);
  }
  get fsw(): number {
    return this.machine.processor.word(layout.FCW) >>> 16;
  }
  /** Abridged: one bit for each register in use. */
  get tags(): number {
    return this.machine.processor.word(layout.FTW) & 0xff;
  }
  get flags(): number {
    return this.machine.processor.flags;
  }
}

/** Executes `source`: one instruction a line, none of which jumps. */
export function execute(source: string, start: Start = {}): After {
  const machine = userMachine();
  const { processor } = machine;
  const { bytes: code } = assemble(source, { origin: CODE });
  machine.write(CODE, code);
  processor.set(layout.RDI, start.rdi ?? DATA);
  for (const [name, value] of Object.entries(start) as [string, unknown][]) {
    const number = Number(/\d+$/.exec(name)?.[0]);
    if (name.startsWith('xmm')) processor.rawBytes(layout.XMM + number * 16, 16).set(value as Vector);
    else if (name.startsWith('mm')) setQuadword(machine, layout.FPR + number * 16, value as bigint);
    else if (typeof value === 'bigint')
      setQuadword(machine, layout.REGS + REGISTERS.indexOf(name) * 8, value);
  }
  if (start.memory) machine.write(DATA, start.memory);
  processor.setWord(layout.MXCSR, start.mxcsr ?? 0x1f80);
  if (start.fsw) processor.setWord(layout.FCW, (processor.word(layout.FCW) & 0xffff) | (start.fsw << 16));
  start.setup?.(machine);
  processor.stateChanged();
  const exit = processor.run(source.trim().split('\n').length);
  if (exit !== layout.EXIT_BUDGET && exit !== layout.EXIT_EXCEPTION)
    throw new Error(`exit ${String(exit)} instead of the end or an exception`);
  return new After(machine, exit === layout.EXIT_EXCEPTION ? processor.exitVector : undefined);
}

function setQuadword(machine: Machine, offset: number, value: bigint): void {
  const bits = BigInt.asUintN(64, value);
  machine.processor.setWord(offset, Number(bits & 0xffffffffn));
  machine.processor.setWord(offset + 4, Number(bits >> 32n));
}
