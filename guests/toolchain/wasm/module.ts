/** A wasm module as data: the sections that the translator needs. */
import { Reader, WasmError } from './reader.ts';

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
/** A value type's byte. */
export type ValueType = typeof I32 | typeof I64 | typeof F32 | typeof F64;

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly type: FunctionType;
}

export interface Code {
  readonly type: FunctionType;
  /** The declared locals, parameters first. */
  readonly locals: readonly ValueType[];
  /** Byte offsets of the body's instructions in the module. */
  readonly start: number;
  readonly end: number;
}

export interface Global {
  readonly type: ValueType;
  readonly mutable: boolean;
  /** The bits of the initial value. */
  readonly initial: bigint;
}

export interface DataSegment {
  /** Address in linear memory; -1: passive, for memory.init. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

export interface WasmModule {
  readonly bytes: Uint8Array;
  readonly types: readonly FunctionType[];
  readonly imports: readonly ImportedFunction[];
  /** The functions of its own; function index = imports.length + place. */
  readonly functions: readonly Code[];
  readonly globals: readonly Global[];
  /** Function indices by place in the table; -1: null. */
  readonly table: readonly number[];
  /** Pages of 64 KiB at the start. */
  readonly memoryPages: number;
  readonly exportedFunctions: ReadonlyMap<string, number>;
  readonly data: readonly DataSegment[];
  /** Function index of the start section, or -1. */
  readonly start: number;
  /** Function names of the name section, by function index. */
  readonly names: ReadonlyMap<number, string>;
}

type Draft = { -readonly [K in keyof WasmModule]: WasmModule[K] } & {
  imports: ImportedFunction[];
  table: number[];
  exportedFunctions: Map<string, number>;
  names: Map<number, string>;
  declared: number[];
};

const SECTIONS: Readonly<Record<number, (reader: Reader, draft: Draft) => void>> = {
  1: readTypes,
  2: readImports,
  3: (reader, draft) => (draft.declared = reader.vector(() => reader.u32())),
  4: readTables,
  5: readMemories,
  6: (reader, draft) => (draft.globals = reader.vector(() => readGlobal(reader))),
  7: readExports,
  8: (reader, draft) => (draft.start = reader.u32()),
  9: readElements,
  10: readCode,
  11: (reader, draft) => (draft.data = reader.vector(() => readData(reader))),
};

/** Parses a module. Throws WasmError. */
export function parseModule(bytes: Uint8Array): WasmModule {
  const reader = new Reader(bytes);
  if (bytes.length < 8 || reader.bits(8) !== 0x1_6d73_6100n)
    throw new WasmError('not a WebAssembly module of version 1');
  const draft: Draft = {
    ...{ bytes, types: [], imports: [], functions: [], globals: [], table: [], memoryPages: 0 },
    ...{ exportedFunctions: new Map(), data: [], start: -1, names: new Map(), declared: [] },
  };
  while (!reader.done) {
    const id = reader.byte();
    const size = reader.u32();
    const section = new Reader(bytes, reader.at, reader.at + size);
    reader.take(size);
    if (id === 0) readCustom(section, draft);
    else SECTIONS[id]?.(section, draft);
  }
  return draft;
}

/** The type of a function by its index, imported or own. */
export function typeOfFunction(module: WasmModule, index: number): FunctionType {
  const { imports, functions } = module;
  return (imports[index] ?? functions[index - imports.length])!.type;
}

function readTypes(reader: Reader, draft: Draft): void {
  draft.types = reader.vector(() => {
    if (reader.byte() !== 0x60) throw new WasmError('a type that is not a function');
    const params = reader.vector(() => valueType(reader));
    const results = reader.vector(() => valueType(reader));
    if (results.length > 1) throw new WasmError('a function with several results: not supported');
    return { params, results };
  });
}

function valueType(reader: Reader): ValueType {
  const byte = reader.byte();
  if (byte < F64 || byte > I32)
    throw new WasmError(`value type 0x${byte.toString(16)} is not supported: i32, i64, f32, f64 are`);
  return byte as ValueType;
}

function readImports(reader: Reader, draft: Draft): void {
  for (let count = reader.u32(); count > 0; count--) {
    const module = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    if (kind !== 0)
      throw new WasmError(`import ${module}.${name} is not a function: only functions can be imported`);
    draft.imports.push({ module, name, type: draft.types[reader.u32()]! });
  }
}

function limits(reader: Reader): number {
  const flags = reader.byte();
  const minimum = reader.u32();
  if (flags & 1) reader.u32();
  return minimum;
}

function readTables(reader: Reader, draft: Draft): void {
  const [entries = 0, ...more] = reader.vector(() => (reader.byte(), limits(reader)));
  if (more.length > 0) throw new WasmError('several tables: not supported');
  draft.table = new Array<number>(entries).fill(-1);
}

function readMemories(reader: Reader, draft: Draft): void {
  const [pages = 0] = reader.vector(() => limits(reader));
  draft.memoryPages = pages;
}

function readGlobal(reader: Reader): Global {
  const type = valueType(reader);
  const mutable = reader.byte() === 1;
  return { type, mutable, initial: constant(reader) };
}

/** The bits of a constant expression. */
function constant(reader: Reader): bigint {
  const opcode = reader.byte();
  let value: bigint;
  if (opcode === 0x41) value = BigInt(reader.i32());
  else if (opcode === 0x42) value = reader.i64();
  else if (opcode === 0x43) value = reader.bits(4);
  else if (opcode === 0x44) value = reader.bits(8);
  else throw new WasmError(`constant expression of opcode 0x${opcode.toString(16)}: not supported`);
  if (reader.byte() !== 0x0b)
    throw new WasmError('constant expression of several instructions: not supported');
  return BigInt.asUintN(64, value);
}

function readExports(reader: Reader, draft: Draft): void {
  for (let count = reader.u32(); count > 0; count--) {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.u32();
    if (kind === 0) draft.exportedFunctions.set(name, index);
  }
}

function readElements(reader: Reader, draft: Draft): void {
  for (let count = reader.u32(); count > 0; count--) {
    const flags = reader.u32();
    if (flags !== 0) throw new WasmError('element segment that is not active: not supported');
    const at = Number(constant(reader));
    reader.vector(() => reader.u32()).forEach((index, n) => (draft.table[at + n] = index));
  }
}

function readCode(reader: Reader, draft: Draft): void {
  let index = 0;
  draft.functions = reader.vector(() => {
    const type = draft.types[draft.declared[index++]!]!;
    const size = reader.u32();
    const end = reader.at + size;
    const locals = [...type.params];
    for (let groups = reader.u32(); groups > 0; groups--) {
      const count = reader.u32();
      const local = valueType(reader);
      if (count > 50_000) throw new WasmError('too many locals');
      for (let n = 0; n < count; n++) locals.push(local);
    }
    const start = reader.at;
    reader.take(end - start);
    return { type, locals, start, end };
  });
}

function readData(reader: Reader): DataSegment {
  const flags = reader.u32();
  if (flags === 2) reader.u32();
  const address = flags === 1 ? -1 : Number(BigInt.asUintN(32, constant(reader)));
  return { address, bytes: reader.take(reader.u32()) };
}

/** The name section's function names; it is optional, as is its being right. */
function readCustom(reader: Reader, draft: Draft): void {
  if (reader.name() !== 'name') return;
  while (!reader.done) {
    const id = reader.byte();
    const size = reader.u32();
    const part = new Reader(reader.bytes, reader.at, reader.at + size);
    reader.take(size);
    if (id !== 1) continue;
    for (let count = part.u32(); count > 0; count--) draft.names.set(part.u32(), part.name());
  }
}
