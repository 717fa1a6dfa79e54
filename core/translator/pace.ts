/**
 * When code is worth translating: when interpreting it has cost about what its translation will. Whoever waits so long never
 * loses more than half. All is counted in instructions, so that it is the same in every run.
 */
import { HOT_ENTRIES, RETIRED_TRANSLATED } from '../wasm/layout.ts';

/** How often a block is entered until it is hot. */
export const USUAL_ENTRIES = 0x8000;
/** At first it takes longer: until so many records are translated, the engine interprets the translator. */
const FIRST_ENTRIES = 0x20000;
/** And longest until there is any: the translator itself is to be brought, and a run may end before that has been worth it. */
const START_ENTRIES = 0x40000;
const FIRST_RECORDS = 2000;
/** What translating a record costs, in instructions that are interpreted meanwhile. */
const RECORD_INSTRUCTIONS = 5000;
/** Where translations are lost before they are paid for, blocks are hot after 2^n times as many entries. */
const SHIFT_AT_MOST = 6;
/** They are paid for well when they have saved so many times what they cost. */
const PAID_WELL = 8;

export class Pace {
  private readonly memory: DataView;
  private readonly fixed: number | undefined;
  private records = 0;
  private shift = 0;
  /** RETIRED_TRANSLATED when translations were lost last. */
  private paidBefore = 0n;

  /** `hotEntries`: so often, whatever comes. */
  constructor(memory: DataView, hotEntries: number | undefined) {
    this.memory = memory;
    this.fixed = hotEntries;
    this.tell();
  }

  /** How often a block is entered until it is hot. */
  get entries(): number {
    if (this.fixed !== undefined) return this.fixed;
    return this.unlost << this.shift;
  }
  private get unlost(): number {
    if (this.records === 0) return START_ENTRIES;
    return this.records < FIRST_RECORDS ? FIRST_ENTRIES : USUAL_ENTRIES;
  }
  /** Blocks that are decoded from now on count from there. */
  private tell(): void {
    this.memory.setUint32(HOT_ENTRIES, this.entries, true);
  }

  translated(records: number): void {
    this.records += records;
    this.tell();
  }

  /** Translations of so many records are lost. */
  lost(records: number): void {
    if (records === 0) return;
    const retired = this.memory.getBigUint64(RETIRED_TRANSLATED, true);
    const paid = Number(retired - this.paidBefore);
    this.paidBefore = retired;
    const cost = records * RECORD_INSTRUCTIONS;
    if (paid < cost) this.shift = Math.min(this.shift + 1, SHIFT_AT_MOST);
    else if (paid > PAID_WELL * cost) this.shift = Math.max(this.shift - 1, 0);
    this.tell();
  }
}
