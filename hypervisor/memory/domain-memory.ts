/** What memory/ keeps of a domain: its own page tables in Xen's slots, and the memory map it sees. Plain data. */

/** An entry of the memory map (struct e820entry): addresses and sizes in bytes, type E820_*. */
interface E820Entry {
  readonly address: number;
  readonly size: number;
  readonly type: number;
}

export class DomainMemory {
  /** Machine frame of the L3 table behind the per-domain slot; 0 before there is one. */
  perDomainL3 = 0;
  /** What XENMEM_memory_map shows; empty where the builder set none. */
  e820: E820Entry[] = [];
}
