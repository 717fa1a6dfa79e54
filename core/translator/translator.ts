/**
 * Translates what has become hot, synchronously: each region becomes a function, some of them together a module; functions go
 * into the core's table. Blocks that are its entries point there. When blocks are dropped, so are translations: they are no state.
 */
import { isCurrent, isTranslated, readBlock, setHeat, setTranslation } from './blocks.ts';
import { unsigned } from './bytes.ts';
import { CALLS } from './calls.ts';
import type { Bytes } from './code.ts';
import { encodeModule, type Body, type Import } from './module.ts';
import { Operations } from './operations.ts';
import { findRegion } from './region.ts';
import { translateRegion } from './translate-region.ts';
import { RETIRED_TRANSLATED } from '../wasm/layout.ts';

/** How far it is with a machine. */
export interface TranslationCounts {
  readonly regions: number;
  readonly modules: number;
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

/** Regions in a module at most; and what part of its threshold (1 / 2^n) a hot block waits for others. */
const REGIONS_AT_A_TIME = 16;
const WAIT_SHIFT = 2;

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
  /** Blocks that are hot, by their addresses in memory. */
  private readonly waiting = new Set<number>();
  private modules = 0;
  private regions = 0;
  private blocks = 0;
  private bytes = 0;
  private drops = 0;

  private readonly hotEntries: number;

  /** `hotEntries` as in MachineOptions. */
  constructor(module: WebAssembly.Module, core: Core, hotEntries: number) {
    this.hotEntries = hotEntries;
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
    const { regions, modules, blocks, bytes, drops } = this;
    const instructions = Number(this.memory.getBigUint64(RETIRED_TRANSLATED, true));
    return { regions, modules, blocks, bytes, instructions, drops };
  }

  /**
   * A block is hot. It waits for others, to be one module with them, until it has been entered for some time again: modules cost
   * more than what is in them.
   */
  translate(at: number): void {
    if (readBlock(this.memory, at).mode !== MODE_64) return;
    const again = this.hotEntries >> WAIT_SHIFT;
    const waited = this.waiting.has(at) || again === 0;
    this.waiting.add(at);
    if (waited || this.waiting.size === REGIONS_AT_A_TIME) this.translateAll();
    else setHeat(this.memory, at, again);
  }

  private translateAll(): void {
    const { memory, operations } = this;
    const imports: Import[] = [];
    const bodies: Body[] = [];
    const imported = (name: string): Bytes => {
      let index = imports.findIndex((each) => each.name === name);
      if (index < 0) index = imports.push({ name, ...operations.signatureOf(name) }) - 1;
      const bytes: number[] = [];
      unsigned(bytes, index);
      return bytes;
    };
    const first = this.firstIndex + this.used;
    const inside = new Set<number>();
    for (const at of this.waiting) {
      // Its code may have been written to; or it is inside another region now, where most come to it, unless it is hot again.
      if (isTranslated(memory, at) || !isCurrent(memory, at)) continue;
      if (inside.has(at)) {
        setHeat(memory, at, this.hotEntries);
        continue;
      }
      const region = findRegion(memory, operations, at);
      const translated = translateRegion(memory, operations, region, imported);
      const index = first + bodies.push(translated) - 1;
      for (const [entry, number] of translated.entries.entries()) {
        const block = region.blocks[number]!.at;
        if (entry === 0 || !isTranslated(memory, block)) setTranslation(memory, block, index, entry);
      }
      for (const block of region.blocks) inside.add(block.at);
      this.blocks += region.blocks.length;
    }
    this.waiting.clear();
    if (bodies.length > 0) this.install(imports, bodies, first);
  }

  private install(imports: readonly Import[], bodies: readonly Body[], first: number): void {
    const wasm = encodeModule(imports, bodies, this.core.memory.buffer.byteLength / 65536);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), { core: this.imports });
    const missing = first + bodies.length - this.table.length;
    if (missing > 0) this.table.grow(Math.max(missing, 64, this.used));
    for (let n = 0; n < bodies.length; n++) this.table.set(first + n, instance.exports[String(n)]);
    this.used += bodies.length;
    this.regions += bodies.length;
    this.modules++;
    this.bytes += wasm.length;
  }

  /** The blocks are gone that pointed to translations. */
  drop(): void {
    for (let i = 0; i < this.used; i++) this.table.set(this.firstIndex + i, null);
    if (this.used > 0) this.drops++;
    this.used = 0;
    this.waiting.clear();
  }
}
