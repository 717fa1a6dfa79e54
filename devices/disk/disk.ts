/** A disk, in sectors of 512 bytes. Reads and writes are whole sectors and inside it: who calls has checked that. */
export const SECTOR_BYTES = 512;

export interface Disk {
  readonly sectors: number;
  readonly readOnly: boolean;
  /**
   * Whether a read (or a write) of `count` sectors can be done now. A disk whose bytes come from elsewhere notes what it
   * lacks; guest time must not go on until that was brought.
   */
  ready(sector: number, count: number, write: boolean): boolean;
  /** Fills `into` from `sector` on. */
  read(sector: number, into: Uint8Array): void;
  write(sector: number, from: Uint8Array): void;
}

/** Sectors that so many bytes take: the last one may be in part. */
export function sectorsOf(bytes: number): number {
  return Math.ceil(bytes / SECTOR_BYTES);
}
