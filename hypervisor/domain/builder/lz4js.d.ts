/** The one function of lz4js that is used. The package brings no types. */
declare module 'lz4js' {
  /**
   * Unpacks one raw LZ4 block, `sourceLength` bytes at `sourceIndex`, into `target` from `targetIndex` on. Returns the
   * index behind the last byte written; on damaged input that index means nothing, and nothing outside is touched.
   */
  export function decompressBlock(
    source: Uint8Array,
    target: Uint8Array,
    sourceIndex: number,
    sourceLength: number,
    targetIndex: number,
  ): number;
}
