/**
 * Translates what has become hot, synchronously: each region becomes a function, some of them together a module; functions go
 * into the core's table. Blocks that are its entries point there. When blocks are dropped, so are translations: they are no state.
 */
import {
  MODE_64,
  isCurrent,
  isTranslated,
  readBlock,
  heatAgain,
  heatSooner,
  setTranslation,
  type EntryBlock,
} from './blocks.ts';
import { unsigned } from './bytes.ts';
import { CALLS, OWN_CALLS, RELAY } from './calls.ts';
import type { Bytes } from './code.ts';
import { askForBranchHints } from './engine.ts';
import { Installed, recordsIn } from './installed.ts';
import { encodeModule, encodeRelay, type Body, type Import } from './module.ts';
import { Operations } from './operations.ts';
import { Pace } from './pace.ts';
import { findRegion, type Region } from './region.ts';
import { translateRegion, type Translated } from './translate-region.ts';
import { REGS, RETIRED_TRANSLATED, SLOT_PAGE } from '../wasm/layout.ts';

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
  /** Decoded instructions that they were made of. */
  readonly records: number;
  /** Regions that were dropped for others. */
  readonly evicted: number;
}

export interface Core {
  readonly memory: WebAssembly.Memory;
  readonly exports: WebAssembly.Exports;
}

/** As in MachineOptions. */
export interface TranslatorOptions {
  readonly hotEntries: number | undefined;
  readonly translationBytes?: number;
}
const USUAL_BYTES = 256 * 2 ** 20;

const operationsOf = new WeakMap<WebAssembly.Module, Operations>();

/** Regions in a module at most; and what part of its threshold (1 / 2^n) a hot block waits for others. */
const REGIONS_AT_A_TIME = 16;
const WAIT_SHIFT = 2;
/** What a region has left out is hot after such a part of its threshold: beside hot code it is likely to be hot from now on, if ever. */
const LEFT_SHIFT = 5;

/** Regions that are becoming a module. */
interface Batch {
  readonly imports: Import[];
  readonly bodies: Body[];
  /** Table indices of the bodies. */
  readonly indices: number[];
  readonly entries: EntryBlock[];
  records: number;
  blocks: number;
}

export class Translator {
  private readonly operations: Operations;
  private readonly core: Core;
  private readonly memory: DataView;
  private readonly imports: WebAssembly.ModuleImports;
  private readonly pace: Pace;
  private readonly installed: Installed;
  /** Blocks that are hot, by their addresses in memory, and the linear addresses of their pages. */
  private readonly waiting = new Map<number, bigint>();
  /** Blocks inside of regions that are no entries, unless they have become hot since. */
  private readonly inside = new Set<number>();
  private modules = 0;
  private regions = 0;
  private blocks = 0;
  private records = 0;
  private bytes = 0;
  private drops = 0;
  private evicted = 0;

  constructor(module: WebAssembly.Module, core: Core, options: TranslatorOptions) {
    askForBranchHints();
    let operations = operationsOf.get(module);
    if (operations === undefined) {
      operations = new Operations(module);
      operationsOf.set(module, operations);
    }
    this.operations = operations;
    this.core = core;
    this.memory = new DataView(core.memory.buffer);
    this.pace = new Pace(this.memory, options.hotEntries);
    const table = core.exports['table'] as WebAssembly.Table;
    this.installed = new Installed(this.memory, table, options.translationBytes ?? USUAL_BYTES);
    const relay = new WebAssembly.Instance(new WebAssembly.Module(encodeRelay()), { core: { table } });
    const exports: WebAssembly.Exports = { ...core.exports, [RELAY]: relay.exports[RELAY]! };
    const called = Object.keys({ ...CALLS, ...OWN_CALLS }).map((name) => [name, exports[name]!]);
    this.imports = { memory: core.memory, ...Object.fromEntries(called) };
  }

  get counts(): TranslationCounts {
    const { regions, modules, blocks, records, bytes, drops, evicted } = this;
    const instructions = Number(this.memory.getBigUint64(RETIRED_TRANSLATED, true));
    return { regions, modules, blocks, records, bytes, instructions, drops, evicted };
  }

  /**
   * A block is hot. It waits for others, to be one module with them, until it has been entered for some time again: modules cost
   * more than what is in them.
   */
  translate(at: number): void {
    if (readBlock(this.memory, at).mode !== MODE_64) return;
    if (this.isInside(at)) return;
    const again = this.pace.entries >> WAIT_SHIFT;
    const waited = this.waiting.has(at) || again === 0;
    this.waiting.set(at, this.memory.getBigUint64(REGS + SLOT_PAGE * 8, true));
    if (waited || this.waiting.size === REGIONS_AT_A_TIME) this.translateAll();
    else heatAgain(this.memory, at, again);
  }

  /** Whether a block is inside another region by now, where most come to it: it is translated when it is hot once more. */
  private isInside(at: number): boolean {
    if (!this.inside.delete(at)) return false;
    heatAgain(this.memory, at, this.pace.entries);
    return true;
  }

  private translateAll(): void {
    const { memory, operations } = this;
    const batch: Batch = { imports: [], bodies: [], indices: [], entries: [], records: 0, blocks: 0 };
    for (const [at, page] of this.waiting) {
      // Its code may have been written to.
      if (isTranslated(memory, at) || !isCurrent(memory, at) || this.isInside(at)) continue;
      const region = findRegion(memory, operations, at, page);
      const imported = (name: string): Bytes => this.imported(batch, name);
      this.add(batch, region, translateRegion(memory, operations, region, imported));
      for (const left of region.left) heatSooner(memory, left, this.pace.entries >> LEFT_SHIFT);
      for (const { at: inside } of region.blocks) if (!isTranslated(memory, inside)) this.inside.add(inside);
    }
    this.waiting.clear();
    if (batch.bodies.length > 0) this.install(batch);
  }

  /** Adds a region to those that become a module; from then on others know that it is there. */
  private add(batch: Batch, region: Region, translated: Translated): void {
    const index = this.installed.reserve();
    batch.indices.push(index);
    batch.bodies.push(translated);
    for (const [entry, number] of translated.entries.entries()) {
      const { at } = region.blocks[number]!;
      if (entry !== 0 && isTranslated(this.memory, at)) continue;
      const block = { at, index, entry };
      batch.entries.push(block);
      setTranslation(this.memory, block);
    }
    batch.records += region.records;
    batch.blocks += region.blocks.length;
  }

  private imported({ imports }: Batch, name: string): Bytes {
    let index = imports.findIndex((each) => each.name === name);
    if (index < 0) index = imports.push({ name, ...this.operations.signatureOf(name) }) - 1;
    const bytes: number[] = [];
    unsigned(bytes, index);
    return bytes;
  }

  private install({ imports, bodies, indices, entries, records, blocks }: Batch): void {
    const wasm = encodeModule(imports, bodies, this.core.memory.buffer.byteLength / 65536);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { core: this.imports });
    const functions = bodies.map((_, n) => exports[String(n)]!);
    const module = { indices, entries, bytes: wasm.length, records };
    const evicted = this.installed.add(module, functions, this.pace.entries);
    for (const { indices: gone } of evicted) this.evicted += gone.length;
    this.pace.lost(recordsIn(evicted));
    this.pace.translated(records);
    this.records += records;
    this.regions += bodies.length;
    this.blocks += blocks;
    this.modules++;
    this.bytes += wasm.length;
  }

  /** The blocks are gone that pointed to translations. */
  drop(): void {
    const dropped = this.installed.dropAll();
    if (dropped.length > 0) this.drops++;
    this.pace.lost(recordsIn(dropped));
    this.waiting.clear();
    this.inside.clear();
  }
}
