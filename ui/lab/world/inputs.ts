/** What comes into a world from outside, and when: with its description and its images, all that a run is a function of. */

/** Keys typed on a host's console. */
export interface Input {
  readonly host: number;
  /** By the host's clock: it comes before the first instruction behind that. */
  readonly ticks: number;
  readonly keys: Uint8Array;
}
