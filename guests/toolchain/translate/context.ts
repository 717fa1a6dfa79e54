/** What the functions of one module share while they are translated. */
import { typeOfFunction, type FunctionType, type WasmModule } from '../wasm/module.ts';
import { WasmError } from '../wasm/reader.ts';
import { Emitter } from './emitter.ts';

/** Where things lie that translated code names by address. All are reached by 32 signed bits. */
export interface AddressSpace {
  /** Virtual address of byte 0 of linear memory: 0, or -2^31 in a kernel. */
  readonly memory: number;
  /** Virtual address of the text's first byte. */
  readonly text: number;
  /** Virtual addresses of the globals (8 bytes each), the function table, and the word with memory's size in pages. */
  readonly globals: number;
  readonly table: number;
  readonly memoryPages: number;
  /** Virtual addresses of passive data segments, by index: their length (u32), then their bytes. */
  readonly passive: ReadonlyMap<number, number>;
}

export interface TranslateOptions {
  readonly space: AddressSpace;
  /** Float instructions: false in a kernel, which leaves the FPU to its processes. */
  readonly floats: boolean;
}

/** Bytes of an entry of the function table: the code's address and the type's number, 32 bits each. */
export const TABLE_ENTRY_BYTES = 8;

/** Where an instruction's code begins in the text, and where the instruction lies in the wasm file. */
export interface LineMark {
  readonly text: number;
  readonly wasm: number;
}

export class Context {
  readonly module: WasmModule;
  readonly options: TranslateOptions;
  readonly emitter = new Emitter();
  readonly lines: LineMark[] = [];
  /** A number for each type; equal types have the same. Not 0: that is the empty entry's. */
  readonly typeNumbers: readonly number[];

  constructor(module: WasmModule, options: TranslateOptions) {
    this.module = module;
    this.options = options;
    const keys = module.types.map(({ params, results }) => `${params.join()}>${results.join()}`);
    this.typeNumbers = keys.map((key) => keys.indexOf(key) + 1);
  }

  line(wasm: number): void {
    this.lines.push({ text: this.emitter.position, wasm });
  }

  /** Forgets the lines at and behind a place of the text. */
  rewindLines(position: number): void {
    while (this.lines.length > 0 && this.lines.at(-1)!.text >= position) this.lines.pop();
  }

  typeNumberOf(type: FunctionType): number {
    return this.typeNumbers[this.module.types.indexOf(type)]!;
  }

  typeOf(index: number): FunctionType {
    return typeOfFunction(this.module, index);
  }

  /** Refuses the module: an instruction that is not there. */
  unsupported(what: string, place: { readonly code: { readonly start: number } }): never {
    const index = this.module.functions.findIndex(({ start }) => start === place.code.start);
    const name = this.module.names.get(index + this.module.imports.length) ?? `function ${String(index)}`;
    throw new WasmError(`${what} in ${name}: not supported`);
  }
}
