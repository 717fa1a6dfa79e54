/**
 * A domain's grant table: which of its frames it lets other domains use, and which grants of others it has mapped. Plain
 * data, saved whole. The guest writes entries to frames that Xen shares with it; Xen keeps what is in use apart from them.
 */

/** Frames a grant table may have (Xen's default). */
const MAX_GRANT_FRAMES = 64;
/** Frames for the grants of others that a domain has mapped (Xen's default), and entries in one. */
const MAX_MAPTRACK_FRAMES = 1024;
const MAPTRACK_PER_FRAME = 256;

/** A grant in use. The counts are Xen's pins: of mappings and of copies under way. */
export interface ActiveGrant {
  /** Who uses it. */
  readonly domid: number;
  readonly mfn: number;
  /** The part of the frame that is granted, in bytes. */
  readonly start: number;
  readonly length: number;
  readonly isSubPage: boolean;
  /** Where the frame comes from: another domain's grant where this one passes it on. */
  readonly sourceDomain: number;
  readonly sourceRef: number;
  readers: number;
  writers: number;
}

/** A grant of another domain that this domain has mapped; its handle is its index. */
export interface GrantMapping {
  /** Whose grant it is; who is gone leaves the frame, until it is unmapped. */
  readonly domid: number;
  readonly ref: number;
  readonly mfn: number;
  /** GNTMAP_* that are still in force. */
  flags: number;
  /** The granter is gone; another domain may have its id. */
  isOrphan: boolean;
}

export class GrantTable {
  /** 1 or 2: how the guest lays out its entries. */
  version = 1;
  /** The version it may ask for at most: a toolstack's choice (XEN_DOMCTL_GRANT_version_mask). */
  maxVersion = 2;
  /** Frames it may have. */
  maxFrames = MAX_GRANT_FRAMES;
  /** Frames of the shared table, in order; Xen's own, shared with the domain. */
  readonly frames: number[] = [];
  /** Frames of version 2's status words. */
  readonly statusFrames: number[] = [];
  /** Its grants that are in use, by reference. */
  readonly active = new Map<number, ActiveGrant>();
  /** What it has mapped, by handle. */
  readonly mappings: (GrantMapping | null)[] = [];
  readonly freeHandles: number[] = [];
  /** Handles it may have. */
  maxMappings = mappingsOf(MAX_MAPTRACK_FRAMES);
}

/** Handles in so many frames: one of them always stays free, at the end of Xen's list of free ones. */
export function mappingsOf(frames: number): number {
  return Math.max(frames * MAPTRACK_PER_FRAME - 1, 0);
}
