/**
 * The environment and state of the x87 in memory (SDM vol. 1, 8.1.10): FLDENV FNSTENV FRSTOR FNSAVE in their 16- and
 * 32-bit protected-mode layouts, the control instructions, and the pointers to the last instruction. The selectors of
 * these pointers are not kept (CPUID.7.0:EBX bit 13): they read as 0.
 */
import { faulted } from '../fault';
import { FCW, FDP, FIP, FOP, FPR, FSW, FTW } from '../layout';
import { read16, read32, read64, readable, writable, write16, write32, write64 } from '../memory';
import { top } from './stack';
import { resetControl, summarize } from './status';

const EMPTY: u32 = 3;
const ALL_MASKED: u32 = 0x3f;
/** Bits of FCW that exist; bit 6 reads as 1. */
const FCW_BITS: u32 = 0x1f3f;
const FCW_ONE: u32 = 0x40;

/** The tag word: two bits for each physical register, 0 valid, 1 zero, 2 special, 3 empty. */
function fullTags(): u32 {
  const full = <u32>load<u8>(FTW);
  let tags: u32 = 0;
  for (let n: u32 = 0; n < 8; n++) tags |= ((full >> n) & 1 ? tagOf(FPR + n * 16) : EMPTY) << (n * 2);
  return tags;
}

function tagOf(at: u32): u32 {
  const significand = load<u64>(at);
  const biased = (<u32>load<u16>(at, 8)) & 0x7fff;
  if (biased == 0 && significand == 0) return 1;
  return biased == 0 || biased == 0x7fff || !(significand >> 63) ? 2 : 0;
}

function setTags(tags: u32): void {
  let full: u32 = 0;
  for (let n: u32 = 0; n < 8; n++) full |= (<u32>(((tags >> (n * 2)) & 3) != EMPTY)) << n;
  store<u8>(FTW, full);
}

export function setControlWord(value: u32): void {
  store<u16>(FCW, (value & FCW_BITS) | FCW_ONE);
  summarize();
}

/** FLDCW. */
export function loadControlWord(address: u64): void {
  const value = read16(address);
  if (!faulted()) setControlWord(value);
}

/** FNINIT. */
export function initialize(): void {
  resetControl();
  store<u16>(FOP, 0);
  store<u64>(FIP, 0);
  store<u64>(FDP, 0);
}

/** FNCLEX: exceptions, SF, ES and B. */
export function clearExceptions(): void {
  store<u16>(FSW, load<u16>(FSW) & 0x7f00);
}

/** Bytes of the environment with 16- or 32-bit operands. */
// @ts-ignore: decorator
@inline
function environmentBytes(wide: bool): u32 {
  return wide ? 28 : 14;
}

function writeEnvironment(address: u64, wide: bool): void {
  const fip = load<u64>(FIP);
  const fdp = load<u64>(FDP);
  if (wide) {
    write32(address, (<u32>load<u16>(FCW)) | 0xffff0000);
    write32(address + 4, (<u32>load<u16>(FSW)) | 0xffff0000);
    write32(address + 8, fullTags() | 0xffff0000);
    write32(address + 12, <u32>fip);
    write32(address + 16, ((<u32>load<u16>(FOP)) & 0x7ff) << 16);
    write32(address + 20, <u32>fdp);
    write32(address + 24, 0xffff0000);
  } else {
    write16(address, load<u16>(FCW));
    write16(address + 2, load<u16>(FSW));
    write16(address + 4, <u16>fullTags());
    write16(address + 6, <u16>fip);
    write16(address + 8, 0);
    write16(address + 10, <u16>fdp);
    write16(address + 12, 0);
  }
}

/** FNSTENV: stores the environment, then masks everything. */
export function storeEnvironment(address: u64, wide: bool): void {
  if (!writable(address, environmentBytes(wide))) return;
  writeEnvironment(address, wide);
  setControlWord((<u32>load<u16>(FCW)) | ALL_MASKED);
}

function readEnvironment(address: u64, wide: bool): void {
  const step: u64 = wide ? 4 : 2;
  const control = <u32>read16(address);
  store<u16>(FSW, read16(address + step));
  setTags(read16(address + step * 2));
  store<u64>(FIP, wide ? <u64>read32(address + 12) : <u64>read16(address + 6));
  store<u64>(FDP, wide ? <u64>read32(address + 20) : <u64>read16(address + 10));
  store<u16>(FOP, wide ? read16(address + 18) & 0x7ff : 0);
  setControlWord(control);
}

/** FLDENV. */
export function loadEnvironment(address: u64, wide: bool): void {
  if (readable(address, environmentBytes(wide))) readEnvironment(address, wide);
}

/** FNSAVE: environment and registers, ST(0) first; then FNINIT. */
export function saveState(address: u64, wide: bool): void {
  const registers = address + <u64>environmentBytes(wide);
  if (!writable(address, environmentBytes(wide) + 80)) return;
  writeEnvironment(address, wide);
  for (let i: u32 = 0; i < 8; i++) {
    const at = FPR + ((top() + i) & 7) * 16;
    write64(registers + <u64>(i * 10), load<u64>(at));
    write16(registers + <u64>(i * 10 + 8), load<u16>(at, 8));
  }
  initialize();
}

/** FRSTOR. */
export function restoreState(address: u64, wide: bool): void {
  const registers = address + <u64>environmentBytes(wide);
  if (!readable(address, environmentBytes(wide) + 80)) return;
  readEnvironment(address, wide);
  for (let i: u32 = 0; i < 8; i++) {
    const at = FPR + ((top() + i) & 7) * 16;
    store<u64>(at, read64(registers + <u64>(i * 10)));
    store<u16>(at, read16(registers + <u64>(i * 10 + 8)), 8);
  }
}
