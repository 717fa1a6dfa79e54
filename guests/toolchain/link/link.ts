/** A compiled module and the guest's assembler made one image: translated, placed, its references filled in. */
import { assemble } from '../../../core/assembler/assemble.ts';
import type { Assembly } from '../../../core/assembler/assemble.ts';
import { AssemblyError } from '../../../core/assembler/errors.ts';
import { abiNumbers } from '../abi-module.ts';
import type { Compiled } from '../compile.ts';
import { Context, TABLE_ENTRY_BYTES } from '../translate/context.ts';
import { FunctionTranslator } from '../translate/function.ts';
import type { TranslatedFunction } from '../translate/function.ts';
import * as traps from '../translate/traps.ts';
import { parseModule } from '../wasm/module.ts';
import type { WasmModule } from '../wasm/module.ts';
import { align, layOut } from './layout.ts';
import type { ImageKind, Layout } from './layout.ts';
import { describeLines, placeOfLine } from './lines.ts';
import { encodeSymbols } from './symbols.ts';
import type { FunctionSymbol, Symbols } from './symbols.ts';

/** A file of assembler. */
export interface AssemblerSource {
  readonly name: string;
  readonly text: string;
}

export interface Segment {
  /** Virtual address, sign-interpreted. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory: zeroes behind `bytes`. */
  readonly memoryBytes: number;
  readonly writable: boolean;
  readonly executable: boolean;
}

export interface Image {
  readonly kind: ImageKind;
  readonly segments: readonly Segment[];
  /** Virtual addresses of exports and of the assembler's labels, by name. */
  readonly labels: ReadonlyMap<string, number>;
  readonly symbols: Symbols;
  /** Virtual address of the symbol table in the image. */
  readonly symbolTable: number;
}

/** A name that nothing defines, or that two things do. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
}

const WASM_PAGE_BYTES = 65536;
const ALIGNMENT = 16;

/** Links an image. Throws WasmError, AssemblyError or LinkError. */
export function link(compiled: Compiled, assembler: readonly AssemblerSource[], kind: ImageKind): Image {
  const module = parseModule(compiled.wasm);
  const layout = layOut(module, kind);
  const context = new Context(module, { space: layout, floats: kind === 'program' });
  const functions = module.functions.map((code) => {
    while (context.emitter.position % ALIGNMENT !== 0) context.emitter.byte(0xcc);
    return FunctionTranslator.translate(context, code);
  });
  const text = context.emitter.bytes();
  const labels = exportedLabels(module, functions, layout);
  const origin = align(layout.text + text.length, ALIGNMENT);
  const assembled = assembleFiles(assembler, origin, assemblerSymbols(layout, labels));
  for (const [name, address] of assembled.labels) define(labels, name, address);
  relocate(context, text, functions, labels, layout);
  const symbols: Symbols = {
    functions: [
      ...functionSymbols(module, functions, layout),
      ...assemblerFunctions(assembled.labels, origin + assembled.bytes.length),
    ],
    ...describeLines(compiled.sourceMap, context.lines, layout.text, assembled.lines, assembler),
  };
  const symbolTable = align(origin + assembled.bytes.length, ALIGNMENT);
  const table = encodeSymbols(symbols, symbolTable);
  const code = new Uint8Array(symbolTable - layout.text + table.length);
  code.set(text);
  code.set(assembled.bytes, origin - layout.text);
  code.set(table, symbolTable - layout.text);
  const segments = place(module, layout, functions, code, symbolTable, kind);
  return { kind, segments, labels, symbols, symbolTable };
}

/** Assembles the files as one. Errors name the file and its line. */
function assembleFiles(
  files: readonly AssemblerSource[],
  origin: number,
  symbols: Record<string, number | bigint>,
): Assembly {
  try {
    return assemble(files.map(({ text }) => text).join('\n'), { origin, symbols });
  } catch (error) {
    const match = error instanceof AssemblyError ? /^line (\d+): (.*)$/s.exec(error.message) : null;
    if (match === null) throw error;
    const place = placeOfLine(files, Number(match[1]));
    throw new AssemblyError(`${place.name}:${String(place.line)}: ${match[2]!}`);
  }
}

function define(labels: Map<string, number>, name: string, address: number): void {
  if (labels.has(name)) throw new LinkError(`'${name}' is defined twice: as an export and in the assembler`);
  labels.set(name, address);
}

function exportedLabels(
  module: WasmModule,
  functions: readonly TranslatedFunction[],
  layout: Layout,
): Map<string, number> {
  const labels = new Map<string, number>();
  for (const [name, index] of module.exportedFunctions) {
    const translated = functions[index - module.imports.length];
    if (translated !== undefined) labels.set(name, layout.text + translated.start);
  }
  return labels;
}

function assemblerSymbols(
  layout: Layout,
  labels: ReadonlyMap<string, number>,
): Record<string, number | bigint> {
  return {
    ...abiNumbers(),
    ...Object.fromEntries(labels),
    MEMORY: layout.memory,
    MEMORY_PAGES: layout.memoryPages,
    SYMBOLS: layout.symbols,
    TRAP_MEMORY_BOUNDS: traps.TRAP_MEMORY_BOUNDS,
    TRAP_CONVERSION: traps.TRAP_CONVERSION,
  };
}

/** Fills in the distances of calls. */
function relocate(
  context: Context,
  text: Uint8Array,
  functions: readonly TranslatedFunction[],
  labels: ReadonlyMap<string, number>,
  layout: Layout,
): void {
  const view = new DataView(text.buffer);
  const missing = new Set<string>();
  for (const { at, target } of context.emitter.relocations) {
    const address =
      typeof target === 'number'
        ? layout.text + functions[target - context.module.imports.length]!.start
        : labels.get(target);
    if (address === undefined) missing.add(String(target));
    else view.setInt32(at, address - (layout.text + at + 4), true);
  }
  if (missing.size > 0)
    throw new LinkError(`not defined by the assembler or an export: ${[...missing].sort().join(', ')}`);
}

function functionSymbols(
  module: WasmModule,
  functions: readonly TranslatedFunction[],
  layout: Layout,
): FunctionSymbol[] {
  return functions.map(({ start, end, frameBytes }, n) => ({
    name: readableName(module.names.get(n + module.imports.length) ?? `function ${String(n)}`),
    start: layout.text + start,
    end: layout.text + end,
    frameBytes,
  }));
}

/** The compiler's `mote/process/Process#exit` as `Process#exit`, `~lib/rt/tlsf/x` as `x`. */
function readableName(name: string): string {
  return name.replace(/^(?:~?[\w.-]+\/)+/, '');
}

function assemblerFunctions(labels: ReadonlyMap<string, number>, end: number): FunctionSymbol[] {
  const starts = [...labels].filter(([name]) => !name.includes('.')).sort(([, a], [, b]) => a - b);
  return starts.map(([name, start], n) => ({ name, start, end: starts[n + 1]?.[1] ?? end, frameBytes: -1 }));
}

function place(
  module: WasmModule,
  layout: Layout,
  functions: readonly TranslatedFunction[],
  code: Uint8Array,
  symbolTable: number,
  kind: ImageKind,
): Segment[] {
  const data = new Uint8Array(layout.dataEnd - layout.data);
  for (const { address, bytes } of module.data)
    if (address >= 0) data.set(bytes, layout.memory + address - layout.data);
  const tables = tableBytes(module, layout, functions, symbolTable);
  if (kind === 'kernel') {
    const bytes = new Uint8Array(layout.text + code.length - layout.data);
    bytes.set(data);
    bytes.set(tables, layout.globals - layout.data);
    bytes.set(code, layout.text - layout.data);
    const memoryBytes = align(bytes.length, 4096);
    return [{ address: layout.data, bytes, memoryBytes, writable: true, executable: true }];
  }
  const memoryBytes = layout.memory + module.memoryPages * WASM_PAGE_BYTES - layout.data;
  return [
    { address: layout.data, bytes: data, memoryBytes, writable: true, executable: false },
    { address: layout.globals, bytes: tables, memoryBytes: tables.length, writable: true, executable: false },
    { address: layout.text, bytes: code, memoryBytes: code.length, writable: false, executable: true },
  ];
}

function tableBytes(
  module: WasmModule,
  layout: Layout,
  functions: readonly TranslatedFunction[],
  symbolTable: number,
): Uint8Array {
  const bytes = new Uint8Array(layout.tablesEnd - layout.globals);
  const view = new DataView(bytes.buffer);
  const at = (address: number): number => address - layout.globals;
  module.globals.forEach(({ initial }, n) => {
    view.setBigUint64(n * 8, initial, true);
  });
  view.setUint32(at(layout.memoryPages), module.memoryPages, true);
  view.setInt32(at(layout.symbols), symbolTable, true);
  const keys = module.types.map(({ params, results }) => `${params.join()}>${results.join()}`);
  module.table.forEach((index, n) => {
    if (index < 0) return;
    const translated = functions[index - module.imports.length];
    if (translated === undefined)
      throw new LinkError(`the import ${module.imports[index]!.name} is used as a function pointer`);
    const { params, results } = module.functions[index - module.imports.length]!.type;
    view.setInt32(at(layout.table) + n * TABLE_ENTRY_BYTES, layout.text + translated.start, true);
    view.setUint32(
      at(layout.table) + n * TABLE_ENTRY_BYTES + 4,
      keys.indexOf(`${params.join()}>${results.join()}`) + 1,
      true,
    );
  });
  for (const [index, address] of layout.passive) {
    view.setUint32(at(address), module.data[index]!.bytes.length, true);
    bytes.set(module.data[index]!.bytes, at(address) + 4);
  }
  return bytes;
}
