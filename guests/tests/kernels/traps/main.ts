/**
 * Exceptions: every vector that a kernel can raise, as Xen hands it over. For each the vector, the error code, the RIP, and
 * that the frame says it came from the kernel (CS with ring 0, though it runs in ring 3).
 */
import * as xen from 'xen';
import { FLAT_KERNEL_CS, mmuext_op, shared_info, trap_info, vcpu_info } from 'xen';
import { initKernel } from 'kernel/boot';
import { print, printHex } from 'kernel/console/print';
import {
  HYPERVISOR_fpu_taskswitch,
  HYPERVISOR_mmuext_op,
  HYPERVISOR_set_trap_table,
  HYPERVISOR_vm_assist,
} from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';
import { allocatePage, PAGE_SIZE } from 'kernel/memory/pages';
import {
  flush,
  KERNEL_BITS,
  makeEntry,
  PAGE_NX,
  protect,
  updateEntry,
  windowEntry,
} from 'kernel/memory/pagetable';
import { setTrapHandler } from 'kernel/traps/traps';
import { TrapFrame } from 'kernel/xen/frame';
import { SHARED_INFO } from 'kernel/memory/window';
import { check, finish } from '../check';

// @ts-ignore: decorator
@external("asm", "attempt")
declare function attempt(which: i32): void;
// @ts-ignore: decorator
@external("asm", "resume_address")
declare function resumeAddress(): u64;
// @ts-ignore: decorator
@external("asm", "case_rip")
declare function caseRip(which: i32): u64;
// @ts-ignore: decorator
@external("asm", "soft_int_address")
declare function softIntAddress(): u64;
// @ts-ignore: decorator
@external("asm", "set_target")
declare function setTarget(va: u64): void;

const NONE: u32 = 0xffff;
/** Vectors that the kernel library has stubs for, and the one of `int 0x85`. */
const VECTORS: StaticArray<u32> = [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 0x85];
const SOFT: u32 = 0x85;
const FLAG_TF: u64 = 0x100;
const CR2: usize = SHARED_INFO + shared_info.vcpu_info + vcpu_info.arch_cr2;

let vector: u32 = NONE;
let error: u32 = 0;
let rip: u64 = 0;
let ring: u64 = 0;

function caught(frame: TrapFrame): void {
  vector = frame.vector;
  error = frame.error;
  rip = frame.rip;
  ring = frame.cs & 3;
  frame.rip = resumeAddress();
  frame.rflags &= ~FLAG_TF;
}

/** The cases, in the order of cases.asm. */
enum Case {
  divide,
  singleStep,
  breakpoint,
  overflow,
  undefined,
  noFpu,
  notPresent,
  stackNotPresent,
  beyondLdt,
  present,
  notCanonical,
  stackNotCanonical,
  halt,
  softAllowed,
  softRefused,
  readTarget,
  writeTarget,
  jumpTarget,
  rewriteTarget,
  x87,
  simd,
}

/** Runs a case: it must raise this vector with this error code, at its own RIP. */
function raises(which: Case, what: string, wanted: u32, wantedError: u32 = 0): void {
  vector = NONE;
  rip = 0;
  ring = 3;
  attempt(which);
  const right = vector == wanted && error == wantedError && ring == 0 && rip == caseRip(which);
  check(what, right);
  if (!right) tell();
}

function tell(): void {
  print('     vector ');
  printHex(vector);
  print(', error code ');
  printHex(error);
  print(', ring ');
  printHex(ring);
  print(', RIP ');
  printHex(rip);
  print('\n');
}

export function main(): void {
  initKernel();
  for (let index = 0; index < VECTORS.length; index++) setTrapHandler(VECTORS[index], caught);
  instructions();
  segments();
  protection();
  softwareInterrupts();
  floatingPoint();
  pages();
  tables();
  finish();
}

function instructions(): void {
  raises(Case.divide, '#DE  a division by zero', 0);
  raises(Case.singleStep, '#DB  a single step', 1);
  raises(Case.breakpoint, '#BP  int3', 3);
  raises(Case.overflow, '#OF  int 4', 4);
  raises(Case.undefined, '#UD  ud2', 6);
}

/** An LDT with two data segments, the first of them not present. */
function segments(): void {
  const ldt = allocatePage();
  memory.fill(ldt, 0, PAGE_SIZE);
  store<u64>(ldt, 0x00cf_7300_0000_ffff);
  store<u64>(ldt + 8, 0x00cf_f300_0000_ffff);
  protect(ldt);
  flush();
  const request = memory.data(24, 8);
  store<u32>(request + mmuext_op.cmd, xen.MMUEXT_SET_LDT);
  store<u64>(request + mmuext_op.arg1, virtual(ldt));
  store<u64>(request + mmuext_op.arg2, 8);
  check('an LDT is set', HYPERVISOR_mmuext_op(request, 1, xen.DOMID_SELF) == 0);
  raises(Case.notPresent, '#NP  a segment that is not present', 11, 4);
  raises(Case.stackNotPresent, '#SS  such a stack', 12, 4);
  raises(Case.beyondLdt, '#GP  a selector beyond the LDT', 13, 0x44);
  vector = NONE;
  attempt(Case.present);
  check('     a segment that is present', vector == NONE);
}

function protection(): void {
  raises(Case.notCanonical, '#GP  an address that is not canonical', 13);
  raises(Case.stackNotCanonical, '#SS  one by way of RBP', 12);
  raises(Case.halt, '#GP  hlt', 13);
}

function softwareInterrupts(): void {
  const table = memory.data(32, 8);
  store<u8>(table + trap_info.vector, <u8>SOFT);
  store<u8>(table + trap_info.flags, 3);
  store<u16>(table + trap_info.cs, <u16>FLAT_KERNEL_CS);
  store<u64>(table + trap_info.address, softIntAddress());
  check('a vector is registered', HYPERVISOR_set_trap_table(table) == 0);
  raises(Case.softAllowed, '     int of it', SOFT);
  vector = NONE;
  attempt(Case.softRefused);
  check('#GP  int of one that is not', vector == 13 && rip == caseRip(Case.softRefused));
}

function floatingPoint(): void {
  HYPERVISOR_fpu_taskswitch(true);
  raises(Case.noFpu, '#NM  an FPU instruction after fpu_taskswitch(1)', 7);
  vector = NONE;
  HYPERVISOR_fpu_taskswitch(false);
  attempt(Case.noFpu);
  check('     and after fpu_taskswitch(0)', vector == NONE);
  raises(Case.x87, '#MF  a division by zero in the x87', 16);
  raises(Case.simd, '#XM  one in SSE', 19);
}

function pages(): void {
  const page = allocatePage();
  const target = virtual(page) + 8;
  const entry = windowEntry(page);
  setTarget(target);
  updateEntry(entry, 0);
  flush();
  raises(Case.readTarget, '#PF  a read of what is not mapped', 14, 0);
  check('     CR2 says where', load<u64>(CR2) == target);
  raises(Case.writeTarget, '#PF  a write to it', 14, 2);
  updateEntry(entry, makeEntry(page, KERNEL_BITS & ~(<u64>2)));
  flush();
  raises(Case.writeTarget, '#PF  a write to what is read-only', 14, 3);
  updateEntry(entry, makeEntry(page, KERNEL_BITS | PAGE_NX));
  flush();
  vector = NONE;
  attempt(Case.jumpTarget);
  check('#PF  a jump to what is not executable', vector == 14 && error == 0x11 && rip == target);
}

/** An L1 table is mapped read-only. A store to it is a fault, or Xen checks it and does it: the guest's choice. */
function tables(): void {
  setTarget(virtual(windowEntry(allocatePage())));
  raises(Case.rewriteTarget, '#PF  a store to an L1 table', 14, 3);
  check('     writable page tables are asked for', enableWritableTables() == 0);
  vector = NONE;
  attempt(Case.rewriteTarget);
  check('     and such a store is done', vector == NONE);
}

function enableWritableTables(): i32 {
  return HYPERVISOR_vm_assist(xen.VMASST_CMD_enable, xen.VMASST_TYPE_writable_pagetables);
}
