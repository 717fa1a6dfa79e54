/**
 * FXSAVE and FXRSTOR: x87, MMX and SSE state in 512 bytes (SDM vol. 1, 10.5). With REX.W the pointers are 64 bits wide;
 * without, 32 bits and a selector, which is not kept (0).
 */
import { raise } from '../fault';
import {
  ATTRIBUTES,
  EFER,
  FCW,
  FDP,
  FIP,
  FOP,
  FPR,
  FSW,
  FTW,
  MXCSR,
  SEG_CS,
  VECTOR_GP,
  XMM,
} from '../layout';
import { noteAccess } from '../memory';
import { leavesCanonical, translateRead, translateWrite } from '../paging';
import { noteWatched } from '../watch';
import { top } from './stack';
import { setControlWord } from './state';

/** Bits of MXCSR that exist: MXCSR_MASK. */
export const MXCSR_MASK: u32 = 0xffff;
const BYTES: u32 = 512;
const REGISTERS: u32 = 32;
const XMM_REGISTERS: u32 = 160;
const CODE_64: u32 = 0x2000;
const EFER_LMA: u32 = 0x400;

/** 16 XMM registers in 64-bit mode, 8 otherwise. */
function xmmBytes(): u32 {
  const long = (load<u32>(EFER) & EFER_LMA) != 0 && (load<u32>(ATTRIBUTES + SEG_CS * 4) & CODE_64) != 0;
  return long ? 256 : 128;
}

function misaligned(address: u64): bool {
  if (!(address & 15)) return false;
  raise(VECTOR_GP, 0);
  return true;
}

/** Stores the image at a linear address; check faulted(). */
export function fxsave(address: u64, wide: bool): void {
  if (misaligned(address) || leavesCanonical(address, BYTES)) return;
  const first = translateWrite(address);
  if (!first) return;
  const last = translateWrite(address + (BYTES - 16));
  if (!last) return;
  // Aligned to 16, the image crosses a page between two of its 32 rows.
  const inFirst = <u32>min<u64>(<u64>BYTES, 0x1000 - (address & 0xfff));
  const second = last + 16 - BYTES;
  for (let row: u32 = 0; row < XMM_REGISTERS + xmmBytes(); row += 16)
    storeRow((row < inFirst ? first : second) + row, row, wide);
  noteAccess(address, BYTES, true);
  noteWatched(first, inFirst);
  noteWatched(second + inFirst, BYTES - inFirst);
}

/** One 16-byte row of the image. */
function storeRow(to: u32, row: u32, wide: bool): void {
  if (row >= XMM_REGISTERS) v128.store(to, v128.load(XMM + row - XMM_REGISTERS));
  else if (row >= REGISTERS) {
    const at = FPR + ((top() + ((row - REGISTERS) >> 4)) & 7) * 16;
    store<u64>(to, load<u64>(at));
    store<u64>(to, <u64>load<u16>(at, 8), 8);
  } else if (row == 0) {
    store<u16>(to, load<u16>(FCW));
    store<u16>(to, load<u16>(FSW), 2);
    store<u16>(to, <u16>load<u8>(FTW), 4);
    store<u16>(to, load<u16>(FOP) & 0x7ff, 6);
    store<u64>(to, wide ? load<u64>(FIP) : <u64>load<u32>(FIP), 8);
  } else {
    store<u64>(to, wide ? load<u64>(FDP) : <u64>load<u32>(FDP));
    store<u32>(to, load<u32>(MXCSR), 8);
    store<u32>(to, MXCSR_MASK, 12);
  }
}

/** Loads the image at a linear address; #GP for reserved bits of MXCSR; check faulted(). */
export function fxrstor(address: u64, wide: bool): void {
  if (misaligned(address) || leavesCanonical(address, BYTES)) return;
  const first = translateRead(address);
  if (!first) return;
  const last = translateRead(address + (BYTES - 16));
  if (!last) return;
  const inFirst = <u32>min<u64>(<u64>BYTES, 0x1000 - (address & 0xfff));
  const second = last + 16 - BYTES;
  const mxcsr = load<u32>((inFirst > 16 ? first : second) + 16, 8);
  if (mxcsr & ~MXCSR_MASK) {
    raise(VECTOR_GP, 0);
    return;
  }
  for (let row: u32 = 0; row < XMM_REGISTERS + xmmBytes(); row += 16)
    loadRow((row < inFirst ? first : second) + row, row, wide);
  noteAccess(address, BYTES, false);
}

function loadRow(from: u32, row: u32, wide: bool): void {
  if (row >= XMM_REGISTERS) v128.store(XMM + row - XMM_REGISTERS, v128.load(from));
  else if (row >= REGISTERS) {
    const at = FPR + ((top() + ((row - REGISTERS) >> 4)) & 7) * 16;
    store<u64>(at, load<u64>(from));
    store<u16>(at, load<u16>(from, 8), 8);
  } else if (row == 0) {
    store<u16>(FSW, load<u16>(from, 2));
    store<u8>(FTW, load<u8>(from, 4));
    store<u16>(FOP, load<u16>(from, 6) & 0x7ff);
    store<u64>(FIP, wide ? load<u64>(from, 8) : <u64>load<u32>(from, 8));
    setControlWord(load<u16>(from));
  } else {
    store<u64>(FDP, wide ? load<u64>(from) : <u64>load<u32>(from));
    store<u32>(MXCSR, load<u32>(from, 8));
  }
}
