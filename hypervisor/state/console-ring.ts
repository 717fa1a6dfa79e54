/** A ring that Xen serves. Plain data. */
export class ConsoleRing {
  /** The ring's frame: a reference and a type reference are held. */
  readonly mfn: number;
  /** Keys that the guest has no room for yet. */
  readonly waiting: number[] = [];

  constructor(mfn: number) {
    this.mfn = mfn;
  }
}
