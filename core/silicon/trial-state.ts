import { PAGE_BYTES } from './probe.ts';

/**
 * The state of a processor as far as an instruction in user mode sees it. 64-bit values are pairs of halves,
 * low first.
 */
export class TrialState {
  readonly gpr = new Uint32Array(32);
  rip = 0;
  flags = 0;
  mxcsr = 0;
  fcw = 0;
  fsw = 0;
  /** Tags as FXSAVE has them: bit n is set when physical register n holds something. */
  ftw = 0;
  /** ST(0) to ST(7). */
  readonly significand = new Uint32Array(16);
  readonly exponent = new Uint16Array(8);
  readonly xmm = new Uint8Array(256);
  readonly page = new Uint8Array(PAGE_BYTES);

  copyFrom(other: TrialState): void {
    this.gpr.set(other.gpr);
    this.significand.set(other.significand);
    this.exponent.set(other.exponent);
    this.xmm.set(other.xmm);
    this.page.set(other.page);
    const { rip, flags, mxcsr, fcw, fsw, ftw } = other;
    Object.assign(this, { rip, flags, mxcsr, fcw, fsw, ftw });
  }
}
