import type { SavedWorld } from '../snapshot/format.ts';

/** A host, or a world, as it was at an instant. */
export class Snapshot {
  /** Guest time in ns. */
  readonly ns: number;
  /** @internal */
  readonly saved: SavedWorld;
  /** @internal What consoles had printed, by host. */
  readonly printedBefore: readonly string[];

  /** @internal */
  constructor(ns: number, saved: SavedWorld, printedBefore: readonly string[]) {
    this.ns = ns;
    this.saved = saved;
    this.printedBefore = printedBefore;
  }
}
