/** FSGSBASE: offered to a paravirtualized kernel, and its own to switch on (pv_make_cr4). */
import { expect, it } from 'vitest';
import { RAX, RBX, RCX, SEG_FS, SEG_GS } from '../../core/wasm/layout.ts';
import { CODE, load, start } from '../testing-guest.ts';
import { guestCpuid } from '../traps/privop/cpuid.ts';

const UD = 6;

it('is what CPUID says', () => {
  const { guest } = load('ud2');
  expect(guestCpuid(guest.hypervisor, 7, 0)[1] & 1).toBe(1);
});

it('is not there before the kernel asks for it', () => {
  const setup = load('wrfsbase rax');
  start(setup, setup.guest.vcpu);
  expect(setup.guest.hypervisor.run(1000).kind).toBe('shutdown');
  expect(setup.guest.domain.shutdown?.crash?.message).toContain(`unhandled trap #${String(UD)}`);
  expect(setup.guest.hypervisor.processor.rip).toBe(CODE);
});

it('is the kernel’s own then, shown in CR4, and the bases that it writes are kept', () => {
  const setup = load(`
    mov rax, cr4
    or eax, 0x10000
    mov cr4, rax
    mov rax, cr4
    mov ebx, 0x12345000
    wrfsbase rbx
    add rbx, 0x1000
    wrgsbase rbx
    mov eax, 29
    xor edi, edi
    syscall
    rdgsbase rcx
    ud2`);
  start(setup, setup.guest.vcpu);
  const { hypervisor } = setup.guest;
  expect(hypervisor.run(1000).kind).toBe('shutdown');
  const { processor } = hypervisor;
  expect(processor.low(RCX)).toBe(0x12346000);
  expect(processor.segmentBase(SEG_FS)).toBe(0x12345000);
  expect(processor.segmentBase(SEG_GS)).toBe(0x12346000);
  expect([processor.low(RAX), processor.low(RBX)]).toEqual([0, 0x12346000]);
  expect(setup.guest.vcpu.cr4 & 0x10000).toBe(0x10000);
});
