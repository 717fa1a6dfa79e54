/** What devices know of the machine they are in: its memory, its interrupt lines, its clock. */

import type { ReadonlyView } from '../core/machine.ts';

/** Machine memory as bus masters reach it: addresses are machine addresses. */
export interface MachineMemory {
  readonly bytes: ReadonlyView<Uint8Array>;
  /**
   * Whether a device may read (or, with `write`, write) all of `length` bytes at `address`. Any numbers may be asked about;
   * a false answer is what an IOMMU's fault would be.
   */
  contains(address: number, length: number, write: boolean): boolean;
  /** Writes where `contains` says, now, that a device may write. */
  write(address: number, data: Uint8Array): void;
}

/** Level-triggered interrupt lines. Nobody calls `raise` twice without `lower` between. */
export interface Interrupts {
  raise(line: number): void;
  lower(line: number): void;
}

/** The machine's one clock: ticks, and nanoseconds per tick. */
export interface MachineClock {
  ticks(): number;
  readonly periodNs: number;
}

/** System time in ns. */
export function nowNs(clock: MachineClock): number {
  return Math.floor(clock.ticks() * clock.periodNs);
}

/** All ones: what nobody answers reads. */
export function allOnes(bytes: number): number {
  return bytes >= 4 ? 0xffff_ffff : 2 ** (8 * bytes) - 1;
}
