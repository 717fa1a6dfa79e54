/** A domain's grant table: which of its frames it lets other domains use. Plain data, saved whole. */

export class GrantTable {
  /** 1 or 2: how the guest lays out its entries. */
  version = 1;
  /** Frames of the shared table, in order; Xen's own, shared with the domain. */
  readonly frames: number[] = [];
  /** Frames of version 2's status words. */
  readonly statusFrames: number[] = [];
}
