/** For tests of the x87: registers as text (sign and exponent, then significand, 20 hexadecimal digits), instructions run on them. */
import { assemble } from '../../assembler/assemble.ts';
import { CODE, DATA, userMachine } from '../../testing.ts';
import * as layout from '../../wasm/layout.ts';
import type { Machine } from '../../machine.ts';

const REGISTERS = 8;

export interface Start {
  /** ST(0), ST(1), ...; the others are empty. */
  readonly stack?: readonly string[];
  readonly fcw?: number;
  /** Without TOP, which follows from the stack. */
  readonly fsw?: number;
  /** Bytes at DATA, where RDI points. */
  readonly memory?: Uint8Array;
  readonly rdi?: number;
  /** Instructions to run: as many as there are lines unless told. */
  readonly budget?: number;
}

/** The state behind the instructions. */
export class After {
  private readonly machine: Machine;
  /** The vector that stopped them, or undefined. */
  readonly exception: number | undefined;

  constructor(machine: Machine, exception: number | undefined) {
    this.machine = machine;
    this.exception = exception;
  }

  /** ST(i) as text, or 'empty'. */
  st(i: number): string {
    const { processor } = this.machine;
    const n = (this.top + i) % REGISTERS;
    if (((processor.word(layout.FTW) >> n) & 1) === 0) return 'empty';
    const at = layout.FPR + n * 16;
    const digits = (word: number, count: number) => (word >>> 0).toString(16).padStart(count, '0');
    const [low, high, exponent] = [0, 4, 8].map((offset) => processor.word(at + offset));
    return digits(exponent! & 0xffff, 4) + digits(high!, 8) + digits(low!, 8);
  }
  get fcw(): number {
    return this.machine.processor.word(layout.FCW) & 0xffff;
  }
  get fsw(): number {
    return this.machine.processor.word(layout.FCW) >>> 16;
  }
  get top(): number {
    return (this.fsw >> 11) & 7;
  }
  get rip(): number {
    return this.machine.processor.rip - CODE;
  }
  get rax(): number {
    return this.machine.processor.get(layout.RAX);
  }
  /** `count` bytes at DATA + `offset`. */
  memory(offset: number, count: number): Uint8Array {
    return this.machine.bytes.slice(DATA + offset, DATA + offset + count);
  }
  view(offset = 0): DataView {
    const bytes = this.machine.bytes;
    return new DataView(bytes.buffer, bytes.byteOffset + DATA + offset);
  }
}

/** Executes `source`, one instruction a line, none of which jumps; `prepare` may change the machine before. */
export function execute(source: string, start: Start = {}, prepare?: (machine: Machine) => void): After {
  const machine = userMachine();
  const { processor } = machine;
  machine.write(CODE, assemble(source, { origin: CODE }).bytes);
  if (start.memory) machine.write(DATA, start.memory);
  processor.set(layout.RDI, start.rdi ?? DATA);
  const stack = start.stack ?? [];
  const top = (REGISTERS - stack.length) % REGISTERS;
  stack.forEach((text, i) => {
    const at = layout.FPR + ((top + i) % REGISTERS) * 16;
    processor.setWord(at, parseInt(text.slice(12), 16));
    processor.setWord(at + 4, parseInt(text.slice(4, 12), 16));
    processor.setWord(at + 8, parseInt(text.slice(0, 4), 16));
  });
  const full = ((1 << stack.length) - 1) << (REGISTERS - stack.length);
  processor.setWord(layout.FTW, (processor.word(layout.FTW) & ~0xff) | full);
  processor.setWord(layout.FCW, (((start.fsw ?? 0) | (top << 11)) << 16) | (start.fcw ?? 0x37f));
  prepare?.(machine);
  const exit = processor.run(start.budget ?? source.trim().split('\n').length);
  if (exit !== layout.EXIT_BUDGET && exit !== layout.EXIT_EXCEPTION)
    throw new Error(`exit ${String(exit)} instead of the end or an exception`);
  return new After(machine, exit === layout.EXIT_EXCEPTION ? processor.exitVector : undefined);
}
