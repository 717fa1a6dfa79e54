/**
 * User mode: two page tables, one for the kernel and one for user code, and the ways between them: system calls, software
 * interrupts, faults, and HYPERVISOR_iret back.
 */
import * as xen from 'xen';
import { FLAT_KERNEL_CS, FLAT_USER_CS, FLAT_USER_SS, trap_info } from 'xen';
import { initKernel } from 'kernel/boot';
import { print, printHex } from 'kernel/console/print';
import { HYPERVISOR_set_trap_table, HYPERVISOR_stack_switch } from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';
import { allocatePage, PAGE_SIZE } from 'kernel/memory/pages';
import {
  extendedOperation,
  flush,
  makeEntry,
  mfnOf,
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_NX,
} from 'kernel/memory/pagetable';
import {
  PAGE_PRESENT,
  PAGE_USER,
  PAGE_WRITE,
  protect,
  TABLE_BITS,
  tableIndex,
} from 'kernel/memory/pagetable';
import { allocateStack, STACK_SIZE } from 'kernel/memory/stacks';
import { setTrapHandler } from 'kernel/traps/traps';
import { TrapFrame, VECTOR_SYSCALL } from 'kernel/xen/frame';
import { check, finish } from '../check';

// @ts-ignore: decorator
@external("asm", "enter_user")
declare function enterUser(rip: u64, rsp: u64): void;
// @ts-ignore: decorator
@external("asm", "user_done_address")
declare function userDoneAddress(): u64;
// @ts-ignore: decorator
@external("asm", "user_page")
declare function userPage(): usize;
// @ts-ignore: decorator
@external("asm", "user_case")
declare function userCase(which: i64): u64;
// @ts-ignore: decorator
@external("asm", "soft_int_address")
declare function softIntAddress(): u64;

const USER: u64 = 0x40_0000;
const STACK: u64 = USER + PAGE_SIZE;
const STACK_TOP: u64 = STACK + 2048;
const SOFT: u32 = 0x80;
const NONE: u32 = 0xffff;
const FLAGS: u64 = 0x202;
const USER_PAGE: u64 = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY;
const VECTORS: StaticArray<u32> = [0, 1, 3, 6, 13, 14, SOFT, VECTOR_SYSCALL];

/** The cases, in the order of user.asm. */
enum Case {
  syscall,
  syscallReturn,
  soft,
  softRefused,
  breakpoint,
  undefined,
  divide,
  readNull,
  readKernel,
  writeCode,
  executeStack,
  halt,
  cli,
  in_,
  control,
  msr,
  descriptor,
  step,
  segments,
}

/** What came, and the registers with it. */
let vector: u32 = NONE;
let error: u32 = 0;
const seen: TrapFrame = changetype<TrapFrame>(memory.data(256, 8));

export function main(): void {
  initKernel();
  // Xen pushes what comes from user mode at the top of this stack; `main` goes on with its own.
  HYPERVISOR_stack_switch(virtual(allocateStack() + STACK_SIZE));
  for (let index = 0; index < VECTORS.length; index++) setTrapHandler(VECTORS[index], caught);
  makeUserSpace();
  systemCalls();
  interrupts();
  faults();
  privileged();
  flags();
  finish();
}

/** Page tables of user mode: a page of code and a stack behind it. */
function makeUserSpace(): void {
  const l1 = newTable();
  store<u64>(l1 + tableIndex(USER, 1) * 8, makeEntry(userPage(), USER_PAGE));
  store<u64>(l1 + tableIndex(STACK, 1) * 8, makeEntry(allocatePage(), USER_PAGE | PAGE_WRITE | PAGE_NX));
  const l2 = newTable();
  store<u64>(l2 + tableIndex(USER, 2) * 8, makeEntry(l1, TABLE_BITS));
  const l3 = newTable();
  store<u64>(l3 + tableIndex(USER, 3) * 8, makeEntry(l2, TABLE_BITS));
  const root = newTable();
  store<u64>(root + tableIndex(USER, 4) * 8, makeEntry(l3, TABLE_BITS));
  protect(l1);
  protect(l2);
  protect(l3);
  protect(root);
  extendedOperation(xen.MMUEXT_PIN_L4_TABLE, mfnOf(root));
  extendedOperation(xen.MMUEXT_NEW_USER_BASEPTR, mfnOf(root));
  flush();
}

function newTable(): usize {
  const table = allocatePage();
  memory.fill(table, 0, PAGE_SIZE);
  return table;
}

/** Notes what has come; goes back to user mode for the call that asks for it, else to the kernel. */
function caught(frame: TrapFrame): void {
  vector = frame.vector;
  error = frame.error;
  memory.copy(changetype<usize>(seen), changetype<usize>(frame), offsetof<TrapFrame>());
  if (vector == VECTOR_SYSCALL && frame.rax == 100) {
    frame.rax = 4242;
    frame.rcx = 0xc0ffee;
    return;
  }
  frame.rip = userDoneAddress();
  frame.cs = FLAT_KERNEL_CS & ~3;
  frame.ss = xen.FLAT_KERNEL_SS & ~3;
  frame.rflags = FLAGS;
}

function run(which: Case): void {
  vector = NONE;
  enterUser(USER + userCase(which), STACK_TOP);
}

/** Runs a case: it must end with this vector and error code, told as coming from user mode. */
function ends(which: Case, what: string, wanted: u32, wantedError: u32 = 0): void {
  run(which);
  const right = vector == wanted && error == wantedError && (seen.cs & 3) == 3;
  check(what, right);
  if (right) return;
  print('     vector ');
  printHex(vector);
  print(', error code ');
  printHex(error);
  print(', RIP ');
  printHex(seen.rip);
  print('\n');
}

function systemCalls(): void {
  ends(Case.syscall, 'syscall comes to its callback', VECTOR_SYSCALL);
  check('RIP is behind it', seen.rip == USER + userCase(Case.syscall) + 2);
  check("RSP and RFLAGS are the caller's", seen.rsp == STACK_TOP && (seen.rflags & ~(<u64>0x3000)) == FLAGS);
  check('arguments come as they were', seen.rdi == 1 && seen.rsi == 2 && seen.rdx == 3 && seen.r10 == 4);
  check('all six, and RAX', seen.r8 == 5 && seen.r9 == 6 && seen.rax == 0xaa);
  check('and what a call keeps', seen.rbx == 0xb);
  run(Case.syscallReturn);
  check('iret brings RAX and RCX back', vector == VECTOR_SYSCALL && seen.rax == 101);
  run(Case.segments);
  check('segments are those of flat user mode', seen.rdi == FLAT_USER_CS && seen.rsi == FLAT_USER_SS);
}

function interrupts(): void {
  const table = memory.data(32, 8);
  store<u8>(table + trap_info.vector, <u8>SOFT);
  store<u8>(table + trap_info.flags, 3);
  store<u16>(table + trap_info.cs, <u16>FLAT_KERNEL_CS);
  store<u64>(table + trap_info.address, softIntAddress());
  check('vector 0x80 is offered to everybody', HYPERVISOR_set_trap_table(table) == 0);
  ends(Case.soft, 'int 0x80', SOFT);
  check('RIP is behind it', seen.rip == USER + userCase(Case.soft) + 2);
  run(Case.softRefused);
  check('int 0x81 is a #GP', vector == 13 && seen.rip == USER + userCase(Case.softRefused));
  ends(Case.breakpoint, 'int3', 3);
}

function faults(): void {
  ends(Case.undefined, 'ud2', 6);
  ends(Case.divide, 'a division by zero', 0);
  ends(Case.readNull, 'a read of a null pointer', 14, 4);
  ends(Case.readKernel, "a read of the kernel's memory", 14, 4);
  ends(Case.writeCode, 'a write to its code', 14, 7);
  ends(Case.executeStack, 'a jump to its stack', 14, 0x15);
}

function privileged(): void {
  ends(Case.halt, 'hlt', 13);
  ends(Case.cli, 'cli', 13);
  ends(Case.in_, 'in', 13);
  ends(Case.control, 'mov from CR3', 13);
  ends(Case.msr, 'rdmsr', 13);
  ends(Case.descriptor, 'lidt', 13);
}

function flags(): void {
  ends(Case.step, 'a single step', 1);
  check('of one instruction', seen.rip == USER + userCase(Case.step) + 10);
}
