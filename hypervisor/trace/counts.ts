/** How often what happened: hypercalls by number, and the exits that are no hypercalls. Part of the state. */
export class Counts {
  /** By hypercall number; the last is of numbers that do not exist. */
  readonly hypercalls = new Float64Array(64);
  readonly multicallEntries = new Float64Array(64);
  /** Privileged instructions, forced-emulation CPUIDs, writes to page tables: emulated. */
  emulated = 0;
  forcedCpuid = 0;
  tableWrites = 0;
  /** Given to the guest. */
  pageFaults = 0;
  syscalls = 0;
}
