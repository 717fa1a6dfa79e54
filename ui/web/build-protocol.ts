/** What the page and the compiler's worker say to each other. */
import type { ExplainedRegion } from '../../core/translator/explain.ts';
import type { Diagnostic } from '../../guests/toolchain/diagnostic.ts';
import type { MoteImages } from '../../guests/toolchain/mote.ts';

export interface BuildRequest {
  /** Every source as it is now, by path below guests/. */
  readonly sources: ReadonlyMap<string, string>;
  /** The paths that differ from what `images` were built from. */
  readonly changed: readonly string[];
  readonly images: MoteImages;
  /** They are domain 0's. */
  readonly isDom0: boolean;
}

/** Kernels of folders, each by the last part of its path. */
export interface KernelsRequest {
  readonly sources: ReadonlyMap<string, string>;
  readonly folders: readonly string[];
}

/** Asks for `explained`, of the code at an address (sign-interpreted) of a page. */
export interface ExplainRequest {
  readonly address: number;
  readonly page: Uint8Array;
}

export type BuildReply =
  | { readonly type: 'building'; readonly name: string }
  | { readonly type: 'built'; readonly images: MoteImages }
  | { readonly type: 'kernels'; readonly kernels: Readonly<Record<string, Uint8Array>> }
  /** null: there is no code that a translation begins with. */
  | { readonly type: 'explained'; readonly address: number; readonly region: ExplainedRegion | null }
  | { readonly type: 'failed'; readonly diagnostics: readonly Diagnostic[] };
