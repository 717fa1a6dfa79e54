/**
 * The x87, MMX and SSE state as FXSAVE64's image of 512 bytes (SDM vol. 1, 10.5.1), which is how a context and a saved domain
 * hold it. Of the processor's current state: whoever calls has loaded the vcpu's.
 */
import type { Processor } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';

export const FPU_IMAGE_BYTES = 512;

/** Where things are in the image; what is behind the XMM registers is not the processor's. */
const AT = { fcw: 0, fsw: 2, ftw: 4, fop: 6, fip: 8, fdp: 16, mxcsr: 24, mxcsrMask: 28, st: 32, xmm: 160 };
const REGISTER_BYTES = 16;
const ST_BYTES = 10;
const XMM_BYTES = 256;

/** What FNINIT leaves, and MXCSR after a reset. */
const FCW = 0x37f;
const MXCSR = 0x1f80;
/** Bits that exist; bit 6 of FCW always reads 1. */
const FCW_BITS = 0x1f3f;
const FCW_ONE = 0x40;
const FOP_BITS = 0x7ff;
const MXCSR_MASK = 0xffff;
/** FSW: the exceptions, and what sums up those that are not masked: ES and B. */
const EXCEPTIONS = 0x3f;
const SUMMARY = 0x8080;

/** The x87 state and what follows it, from FCW to the end of MXCSR. */
function control(processor: Processor): DataView {
  const { buffer, byteOffset } = processor.rawBytes(layout.FCW, layout.MXCSR + 4 - layout.FCW);
  return new DataView(buffer, byteOffset);
}

/** Where the register ST(index) is: registers stand in the image as the stack has them. */
function registerAt(fsw: number, index: number): number {
  return layout.FPR + (((fsw >>> 11) + index) & 7) * REGISTER_BYTES;
}

/** Fills in `image`. */
export function saveFpu(processor: Processor, image: Uint8Array): void {
  const from = control(processor);
  const to = new DataView(image.buffer, image.byteOffset, FPU_IMAGE_BYTES);
  const word = (field: number): number => from.getUint16(field - layout.FCW, true);
  image.fill(0, 0, FPU_IMAGE_BYTES);
  to.setUint16(AT.fcw, word(layout.FCW), true);
  to.setUint16(AT.fsw, word(layout.FSW), true);
  to.setUint8(AT.ftw, from.getUint8(layout.FTW - layout.FCW));
  to.setUint16(AT.fop, word(layout.FOP) & FOP_BITS, true);
  image.set(processor.rawBytes(layout.FIP, 8), AT.fip);
  image.set(processor.rawBytes(layout.FDP, 8), AT.fdp);
  to.setUint32(AT.mxcsr, processor.word(layout.MXCSR), true);
  to.setUint32(AT.mxcsrMask, MXCSR_MASK, true);
  for (let index = 0; index < 8; index++) {
    const register = processor.rawBytes(registerAt(word(layout.FSW), index), ST_BYTES);
    image.set(register, AT.st + index * REGISTER_BYTES);
  }
  image.set(processor.rawBytes(layout.XMM, XMM_BYTES), AT.xmm);
}

/** Loads an image. One that FXRSTOR would refuse (reserved bits of MXCSR) counts as all zeros, as in Xen (fpu_fxrstor). */
export function loadFpu(processor: Processor, image: Uint8Array): void {
  const given = new DataView(image.buffer, image.byteOffset, FPU_IMAGE_BYTES);
  const bad = (given.getUint32(AT.mxcsr, true) & ~MXCSR_MASK) !== 0;
  const source = bad ? new Uint8Array(FPU_IMAGE_BYTES) : image;
  const from = bad ? new DataView(source.buffer) : given;
  const to = control(processor);
  const fcw = (from.getUint16(AT.fcw, true) & FCW_BITS) | FCW_ONE;
  const fsw = from.getUint16(AT.fsw, true) & ~SUMMARY;
  const raised = (fsw & ~fcw & EXCEPTIONS) !== 0;
  to.setUint16(0, fcw, true);
  to.setUint16(layout.FSW - layout.FCW, raised ? fsw | SUMMARY : fsw, true);
  to.setUint8(layout.FTW - layout.FCW, from.getUint8(AT.ftw));
  to.setUint16(layout.FOP - layout.FCW, from.getUint16(AT.fop, true) & FOP_BITS, true);
  processor.rawBytes(layout.FIP, 8).set(source.subarray(AT.fip, AT.fip + 8));
  processor.rawBytes(layout.FDP, 8).set(source.subarray(AT.fdp, AT.fdp + 8));
  processor.setWord(layout.MXCSR, from.getUint32(AT.mxcsr, true));
  for (let index = 0; index < 8; index++) {
    const at = AT.st + index * REGISTER_BYTES;
    processor.rawBytes(registerAt(fsw, index), ST_BYTES).set(source.subarray(at, at + ST_BYTES));
  }
  processor.rawBytes(layout.XMM, XMM_BYTES).set(source.subarray(AT.xmm, AT.xmm + XMM_BYTES));
}

/** As after FNINIT, with empty registers. */
export function resetFpu(processor: Processor): void {
  processor.rawBytes(layout.XMM, layout.MXCSR + 4 - layout.XMM).fill(0);
  processor.setWord(layout.FCW, FCW);
  processor.setWord(layout.MXCSR, MXCSR);
}
