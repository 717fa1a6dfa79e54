/** What one run of a kernel gives. */
export interface Measurement {
  /** What the kernel returned. */
  readonly checksum: number;
  /** Instructions between the start and the end of the kernel. */
  readonly instructions: number;
  /** Wall time between the two. */
  readonly milliseconds: number;
  /** Of the instructions: what part was executed as translated code, 0 to 1, where that is known. */
  readonly translatedPart?: number;
}
