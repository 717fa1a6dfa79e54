/** What devices know of the machine they are in: its memory, its interrupt lines, its clock. */

import type { ReadonlyView } from '../core/machine.ts';

/** What a device has done for its driver, by direct access to memory. */
export interface DeviceWork {
  readonly device: 'disk' | 'network card';
  readonly action: 'read' | 'write' | 'flush' | 'send' | 'receive';
  /** Of a disk: the sector where it begins. Of a card: 0. */
  readonly sector: number;
  /** Bytes that went to or from memory, and in how many buffers they were. */
  readonly bytes: number;
  readonly buffers: number;
  /** Of a frame: from whom to whom, and what it carries; of a disk empty. */
  readonly text: string;
}

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
  /** Somebody watches what devices do: ask before telling. */
  readonly isWatched: boolean;
  tell(work: DeviceWork): void;
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
