/** As much of Binaryen as shows code: whoever wants to see some hands it in, for it is large. */
export interface Binaryen {
  readonly Features: { readonly All: number };
  readBinaryWithFeatures(wasm: Uint8Array, features: number): { emitText(): string; dispose(): void };
}
