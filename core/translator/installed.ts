/**
 * Translations that are in use: their functions are in the core's table, and blocks point there. Modules that were made first
 * go first when all together take too much memory: what is still hot is translated again.
 */
import { clearTranslation, type EntryBlock } from './blocks.ts';

/** Bytes of memory for a byte of wasm: the module, the engine's code of both kinds for it, and what it knows of that. */
const BYTES_FOR_ONE = 10;

export interface TranslatedModule {
  /** Table indices of its functions. */
  readonly indices: readonly number[];
  readonly entries: readonly EntryBlock[];
  /** Of the wasm. */
  readonly bytes: number;
  /** Decoded instructions that it was made of. */
  readonly records: number;
}
export class Installed {
  private readonly memory: DataView;
  private readonly table: WebAssembly.Table;
  private readonly bytesAtMost: number;
  /** The oldest first. */
  private residents: TranslatedModule[] = [];
  private free: number[] = [];
  private bytes = 0;

  /** `bytesAtMost` of memory, by estimate. */
  constructor(memory: DataView, table: WebAssembly.Table, bytesAtMost: number) {
    this.memory = memory;
    this.table = table;
    this.bytesAtMost = bytesAtMost;
  }

  /** A table index that nothing has: for a function of a module that is to be added. */
  reserve(): number {
    if (this.free.length === 0) {
      const count = Math.max(this.table.length, 64);
      const first = this.table.grow(count);
      for (let i = count - 1; i >= 0; i--) this.free.push(first + i);
    }
    return this.free.pop()!;
  }

  /** Adds a module with its functions. Gives those that were dropped for it: after `entriesAgain` entries their blocks are hot again. */
  add(
    module: TranslatedModule,
    functions: readonly WebAssembly.ExportValue[],
    entriesAgain: number,
  ): TranslatedModule[] {
    for (const [n, each] of functions.entries()) this.table.set(module.indices[n]!, each);
    this.bytes += module.bytes * BYTES_FOR_ONE;
    const dropped: TranslatedModule[] = [];
    while (this.bytes > this.bytesAtMost && this.residents.length > 0) {
      const oldest = this.residents.shift()!;
      for (const entry of oldest.entries) clearTranslation(this.memory, entry, entriesAgain);
      this.forget(oldest);
      dropped.push(oldest);
    }
    this.residents.push(module);
    return dropped;
  }

  private forget({ indices, bytes }: TranslatedModule): void {
    for (const index of indices) this.table.set(index, null);
    this.free.push(...indices);
    this.bytes -= bytes * BYTES_FOR_ONE;
  }

  /** All blocks are gone. Gives what was dropped. */
  dropAll(): TranslatedModule[] {
    const dropped = this.residents;
    for (const module of dropped) this.forget(module);
    this.residents = [];
    return dropped;
  }
}

export function recordsIn(modules: readonly TranslatedModule[]): number {
  return modules.reduce((sum, { records }) => sum + records, 0);
}
