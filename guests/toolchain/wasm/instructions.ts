/** A function's body decoded: opcodes with their immediates in arrays, blocks matched with their ends. */
import { Reader, WasmError } from './reader.ts';
import type { Code, WasmModule } from './module.ts';

/** Opcodes above one byte: 0xfc and 0xfe instructions are 0xfc00 | n and 0xfe00 | n. */
export const PREFIX_MISC = 0xfc;
export const PREFIX_ATOMIC = 0xfe;

/** The structured ones, which the decoder itself must know. */
export const OP_BLOCK = 0x02;
export const OP_LOOP = 0x03;
export const OP_IF = 0x04;
export const OP_ELSE = 0x05;
export const OP_END = 0x0b;
export const OP_BR_TABLE = 0x0e;

export interface Body {
  /** Number of instructions; the last is the function's `end`. */
  readonly length: number;
  readonly opcodes: readonly number[];
  /** First immediate: a label, index, offset; the block type's byte or -type index - 1; an i32 constant. */
  readonly a: readonly number[];
  /** Second immediate; for block, loop, if and else: the index of the matching `end` (or `else`). */
  readonly b: number[];
  /** Constants of 64 bits and floats, by instruction. */
  readonly wide: ReadonlyMap<number, bigint>;
  /** Labels of br_table, the default last, by instruction. */
  readonly labels: ReadonlyMap<number, readonly number[]>;
  /** Byte offset of each instruction in the module: what a source map speaks of. */
  readonly offsets: readonly number[];
}

/** Kinds of immediates by opcode; none where there is no entry. */
const IMMEDIATES = new Map<
  number,
  'label' | 'labels' | 'block' | 'index' | 'call-indirect' | 'memory' | 'byte'
>([
  [OP_BLOCK, 'block'],
  [OP_LOOP, 'block'],
  [OP_IF, 'block'],
  [0x0c, 'label'],
  [0x0d, 'label'],
  [OP_BR_TABLE, 'labels'],
  [0x10, 'index'],
  [0x11, 'call-indirect'],
  ...[0x20, 0x21, 0x22, 0x23, 0x24].map((opcode) => [opcode, 'index'] as const),
  ...Array.from({ length: 0x3e - 0x28 + 1 }, (_, n) => [0x28 + n, 'memory'] as const),
  [0x3f, 'byte'],
  [0x40, 'byte'],
  [0xfc08, 'call-indirect'],
  [0xfc09, 'index'],
  [0xfc0a, 'call-indirect'],
  [0xfc0b, 'byte'],
  [0xfe03, 'byte'],
]);

/** Decodes the body of a function. Throws WasmError. */
export function decodeBody(module: WasmModule, code: Code): Body {
  const reader = new Reader(module.bytes, code.start, code.end);
  const body = {
    ...{ length: 0, opcodes: [] as number[], a: [] as number[], b: [] as number[], offsets: [] as number[] },
    ...{ wide: new Map<number, bigint>(), labels: new Map<number, readonly number[]>() },
  };
  const open: number[] = [];
  while (!reader.done) {
    const n = body.length++;
    body.offsets.push(reader.at);
    body.a.push(0);
    body.b.push(0);
    let opcode = reader.byte();
    if (opcode === PREFIX_MISC || opcode === PREFIX_ATOMIC) opcode = (opcode << 8) | reader.u32();
    body.opcodes.push(opcode);
    if (opcode >= 0x41 && opcode <= 0x44) decodeConstant(reader, opcode, n, body);
    else decodeImmediates(reader, opcode, n, body);
    match(opcode, n, body.b, open);
  }
  return body;
}

interface Draft {
  readonly a: number[];
  readonly b: number[];
  readonly wide: Map<number, bigint>;
  readonly labels: Map<number, readonly number[]>;
}

function decodeConstant(reader: Reader, opcode: number, n: number, body: Draft): void {
  if (opcode === 0x41) body.a[n] = reader.i32();
  else body.wide.set(n, opcode === 0x42 ? reader.i64() : reader.bits(opcode === 0x43 ? 4 : 8));
}

function decodeImmediates(reader: Reader, opcode: number, n: number, body: Draft): void {
  const kind = IMMEDIATES.get(opcode) ?? (opcode >= 0xfe00 ? 'memory' : undefined);
  switch (kind) {
    case 'label':
    case 'index':
      body.a[n] = reader.u32();
      break;
    case 'labels':
      body.labels.set(n, [...reader.vector(() => reader.u32()), reader.u32()]);
      break;
    case 'block':
      body.a[n] = reader.i32();
      if (body.a[n] >= 0) throw new WasmError('a block with parameters or several results: not supported');
      break;
    case 'memory':
      reader.u32();
      body.a[n] = reader.u32();
      break;
    case 'call-indirect':
      body.a[n] = reader.u32();
      body.b[n] = reader.u32();
      break;
    case 'byte':
      reader.byte();
      break;
    case undefined:
  }
}

/** Writes into `b` of block, loop and if where they end (an if with else: where that is; the else: the end). */
function match(opcode: number, n: number, b: number[], open: number[]): void {
  if (opcode === OP_BLOCK || opcode === OP_LOOP || opcode === OP_IF) open.push(n);
  else if (opcode === OP_ELSE) {
    b[open.pop()!] = n;
    open.push(n);
  } else if (opcode === OP_END && open.length > 0) b[open.pop()!] = n;
}
