/**
 * Translates what has become hot, at once and synchronously: a region becomes a module of one function, which goes into the
 * core's table. Blocks that are its entries point there. When blocks are dropped, so are translations: they are no state.
 */
import { setTranslation, isTranslated, readBlock } from './blocks.ts';
import { unsigned } from './bytes.ts';
import { CALLS } from './calls.ts';
import { encodeModule, type Import } from './module.ts';
import { Operations } from './operations.ts';
import { findRegion } from './region.ts';
import { translateRegion } from './translate-region.ts';
import { RETIRED_TRANSLATED } from '../wasm/layout.ts';

/** How far it is with a machine. */
export interface TranslationCounts {
  readonly regions: number;
  /** Blocks in them: one counts in each region that it is in. */
  readonly blocks: number;
  readonly bytes: number;
  /** Instructions that they have retired. */
  readonly instructions: number;
  /** How often all of them were dropped. */
  readonly drops: number;
}

export interface Core {
  readonly memory: WebAssembly.Memory;
  readonly exports: WebAssembly.Exports;
}

const operationsOf = new WeakMap<WebAssembly.Module, Operations>();

/** Code of 64 bits alone is translated. */
const MODE_64 = 0;

export class Translator {
  private readonly operations: Operations;
  private readonly core: Core;
  private readonly table: WebAssembly.Table;
  private readonly memory: DataView;
  private readonly imports: WebAssembly.ModuleImports;
  /** The table's first place that is free. */
  private readonly firstIndex: number;
  private used = 0;
  private regions = 0;
  private blocks = 0;
  private bytes = 0;
  private drops = 0;

  constructor(module: WebAssembly.Module, core: Core) {
    let operations = operationsOf.get(module);
    if (operations === undefined) {
      operations = new Operations(module);
      operationsOf.set(module, operations);
    }
    this.operations = operations;
    this.core = core;
    this.table = core.exports['table'] as WebAssembly.Table;
    this.firstIndex = this.table.length;
    this.memory = new DataView(core.memory.buffer);
    const called = Object.keys(CALLS).map((name) => [name, core.exports[name]!]);
    this.imports = { memory: core.memory, table: this.table, ...Object.fromEntries(called) };
  }

  get counts(): TranslationCounts {
    const { regions, blocks, bytes, drops } = this;
    const instructions = Number(this.memory.getBigUint64(RETIRED_TRANSLATED, true));
    return { regions, blocks, bytes, instructions, drops };
  }

  /** Translates the region that begins at a block, if it can be. */
  translate(at: number): void {
    const { memory, operations } = this;
    if (readBlock(memory, at).mode !== MODE_64) return;
    const region = findRegion(memory, operations, at);
    const imports: Import[] = [];
    const imported = (name: string): number[] => {
      let index = imports.findIndex((each) => each.name === name);
      if (index < 0) index = imports.push({ name, ...operations.signatureOf(name) }) - 1;
      const bytes: number[] = [];
      unsigned(bytes, index);
      return bytes;
    };
    const translated = translateRegion(memory, operations, region, imported);
    const wasm = encodeModule(imports, [translated], this.core.memory.buffer.byteLength / 65536);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), { core: this.imports });
    const index = this.firstIndex + this.used;
    if (index === this.table.length) this.table.grow(Math.max(64, this.used));
    this.used++;
    this.table.set(index, instance.exports['0']);
    for (const [entry, number] of translated.entries.entries()) {
      const block = region.blocks[number]!.at;
      if (entry === 0 || !isTranslated(memory, block)) setTranslation(memory, block, index, entry);
    }
    this.regions++;
    this.blocks += region.blocks.length;
    this.bytes += wasm.length;
  }

  /** The blocks are gone that pointed to translations. */
  drop(): void {
    for (let i = 0; i < this.used; i++) this.table.set(this.firstIndex + i, null);
    if (this.used > 0) this.drops++;
    this.used = 0;
  }
}
