import { beforeEach, describe, expect, test } from 'vitest';
import { assemble } from '../../core/assembler/assemble.ts';
import * as layout from '../../core/wasm/layout.ts';
import { VMASST_TYPE_writable_pagetables } from '../abi/xen.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import { L1_PFN, TABLE_FLAGS, TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { emulatePageTableWrite } from './ptwr.ts';

const CODE_PFN = 20;
/** Slot of the L1 table that the tests write. */
const SLOT = 300;
const ADDRESS = TEST_BASE + L1_PFN * 4096 + SLOT * 8;
const WRITE_FAULT = 3;

let guest: TestDomain;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, 64);
  guest.domain.vmAssist = 1 << VMASST_TYPE_writable_pagetables;
  const { processor } = guest.hypervisor;
  processor.set(layout.RDI, ADDRESS);
  processor.flags = 0x202;
});

function setRegister(register: number, value: bigint): void {
  guest.hypervisor.processor.setHalves(register, Number(value & 0xffffffffn), Number(value >> 32n));
}

/** Emulates one instruction that faulted on the L1 table. Gives whether it was done. */
function emulate(source: string, error = WRITE_FAULT): boolean {
  const code = assemble(source, { origin: TEST_BASE + CODE_PFN * 4096 }).bytes;
  const padded = new Uint8Array(16);
  padded.set(code);
  const words = new BigUint64Array(padded.buffer);
  guest.poke(TEST_BASE + CODE_PFN * 4096, words[0]!, words[1]!);
  const { processor } = guest.hypervisor;
  processor.rip = TEST_BASE + CODE_PFN * 4096;
  const done = emulatePageTableWrite(guest.hypervisor, guest.vcpu, ADDRESS, error);
  expect(processor.rip - (TEST_BASE + CODE_PFN * 4096)).toBe(done ? code.length : 0);
  expect(guest.check()).toEqual([]);
  return done;
}

function entry(): bigint {
  return guest.peek(ADDRESS);
}

describe('writes to an L1 table', () => {
  test('a store of a whole entry is checked and completed like an update', () => {
    setRegister(layout.RAX, guest.entry(30, 3));
    expect(emulate('mov [rdi], rax')).toBe(true);
    expect(entry()).toBe(guest.entry(30, 7) | (1n << 52n));
  });

  test.each<[operand: string, base: number, index: number, scale: number, displacement: number]>([
    ['[rsi + rcx * 8]', layout.RSI, layout.RCX, 8, 0],
    ['[rsi + r9 * 4 + 16]', layout.RSI, 9, 4, 16],
    ['[r12 + r13 * 2 - 1000]', 12, 13, 2, -1000],
    ['[r13 + rdx - 8]', 13, layout.RDX, 1, -8],
    ['[rbp + r8 * 2 + 4096]', layout.RBP, 8, 2, 4096],
  ])('an entry is found by any address: %s', (operand, base, index, scale, displacement) => {
    setRegister(index, 24n);
    setRegister(base, BigInt(ADDRESS - displacement - 24 * scale));
    setRegister(layout.RAX, guest.entry(30, 3));
    expect(emulate(`mov ${operand}, rax`)).toBe(true);
    expect(entry()).toBe(guest.entry(30, 7) | (1n << 52n));
  });

  test('what may not be mapped is not written, and the fault is the guest’s', () => {
    setRegister(layout.RAX, guest.entry(L1_PFN, TABLE_FLAGS));
    expect(emulate('mov [rdi], rax')).toBe(false);
    setRegister(layout.RAX, guest.entry(30, 0x1f));
    expect(emulate('mov [rdi], rax')).toBe(false);
    expect(entry()).toBe(0n);
  });

  test('XCHG gives the old entry', () => {
    setRegister(layout.RAX, guest.entry(30, 0x67));
    emulate('mov [rdi], rax');
    setRegister(layout.RAX, 0n);
    expect(emulate('xchg [rdi], rax')).toBe(true);
    expect(guest.hypervisor.processor.big(layout.RAX)).toBe(guest.entry(30, 0x167));
    expect(entry()).toBe(0n);
  });

  test('CMPXCHG writes when the accumulator matches, else loads it', () => {
    setRegister(layout.RAX, 0n);
    setRegister(layout.RCX, guest.entry(30, 7));
    expect(emulate('lock cmpxchg [rdi], rcx')).toBe(true);
    expect(entry()).toBe(guest.entry(30, 0x107));
    expect(guest.hypervisor.processor.flags & layout.ZF).toBe(layout.ZF);
    setRegister(layout.RAX, 5n);
    setRegister(layout.RCX, 0n);
    expect(emulate('lock cmpxchg [rdi], rcx')).toBe(true);
    expect(guest.hypervisor.processor.flags & layout.ZF).toBe(0);
    expect(guest.hypervisor.processor.big(layout.RAX)).toBe(guest.entry(30, 0x107));
    expect(entry()).toBe(guest.entry(30, 0x107));
  });

  test('bit operations, arithmetic and partial writes', () => {
    setRegister(layout.RAX, guest.entry(30, 0x67));
    emulate('mov [rdi], rax');
    expect(emulate('lock btr qword [rdi], 1')).toBe(true);
    expect(guest.hypervisor.processor.flags & layout.CF).toBe(layout.CF);
    expect(entry()).toBe(guest.entry(30, 0x165));
    expect(emulate('lock and qword [rdi], -33')).toBe(true);
    expect(entry()).toBe(guest.entry(30, 0x145));
    expect(emulate('or byte [rdi], 0x20')).toBe(true);
    expect(entry()).toBe(guest.entry(30, 0x165));
    expect(emulate('mov dword [rdi + 4], 0')).toBe(true);
    expect(emulate('mov qword [rdi], 0')).toBe(true);
    expect(entry()).toBe(0n);
  });

  test('STOS with REP clears one entry at a time', () => {
    const { processor } = guest.hypervisor;
    setRegister(layout.RAX, 0n);
    setRegister(layout.RCX, 2n);
    const code = assemble('rep stosq', { origin: TEST_BASE + CODE_PFN * 4096 }).bytes;
    const padded = new Uint8Array(8);
    padded.set(code);
    guest.poke(TEST_BASE + CODE_PFN * 4096, new BigUint64Array(padded.buffer)[0]!);
    processor.rip = TEST_BASE + CODE_PFN * 4096;
    expect(emulatePageTableWrite(guest.hypervisor, guest.vcpu, ADDRESS, WRITE_FAULT)).toBe(true);
    expect(processor.rip).toBe(TEST_BASE + CODE_PFN * 4096);
    expect(processor.get(layout.RDI)).toBe(ADDRESS + 8);
    expect(emulatePageTableWrite(guest.hypervisor, guest.vcpu, ADDRESS + 8, WRITE_FAULT)).toBe(true);
    expect(processor.rip).toBe(TEST_BASE + CODE_PFN * 4096 + code.length);
    expect(processor.get(layout.RCX)).toBe(0);
  });
});

describe('left to the guest', () => {
  test('reads, other faults, other pages, unaligned writes, other instructions', () => {
    expect(emulate('mov rax, [rdi]')).toBe(false);
    expect(emulate('mov [rdi], rax', 2)).toBe(false);
    expect(emulate('mov [rdi], rax', 1)).toBe(false);
    expect(emulate('mov [rdi + 4096], rax')).toBe(false);
    expect(emulate('mov [rdi + 4], rax')).toBe(false);
    expect(emulate('movups [rdi], xmm0')).toBe(false);
  });

  test('pages that are no L1 tables, and domains that did not ask for it', () => {
    expect(guest.call(updateVaMapping, TEST_BASE + 40 * 4096, guest.entry(40, 5), 0)).toBe(0);
    guest.hypervisor.processor.set(layout.RDI, TEST_BASE + 40 * 4096);
    expect(emulate('mov [rdi], rax')).toBe(false);
    guest.hypervisor.processor.set(layout.RDI, ADDRESS);
    guest.domain.vmAssist = 0;
    expect(emulate('mov [rdi], rax')).toBe(false);
  });
});
