/** System calls of a guest's user, as its kernel's handlers find them. */
import { expect, it } from 'vitest';
import { RSP, SEG_CS, SEG_SS } from '../../core/wasm/layout.ts';
import {
  FLAT_KERNEL_CS,
  FLAT_KERNEL_SS,
  FLAT_USER_CS,
  FLAT_USER_CS32,
  FLAT_USER_SS,
  FLAT_USER_SS32,
} from '../abi/arch-x86.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import { mmuUpdate } from '../hypercalls/mmu-update.ts';
import { writeByte } from '../memory/guest-frames.ts';
import { ARGUMENTS, L2_PFN, L3_PFN, L4_PFN, TABLE_FLAGS, TEST_BASE } from '../memory/testing.ts';
import type { TestDomain } from '../memory/testing.ts';
import { address, CODE, load, STACK, start } from '../testing-guest.ts';
import type { Setup } from '../testing-guest.ts';

/** A selector of the guest's own. */
const OWN_CS = 0x23;
const CODE_32 = 0xc0fb;
const CODE_64 = 0xa0fb;
const USER_STACK = 0x12345678;
const DF = 0x400;

/** The user makes a system call; whoever gets it ends the domain. */
const SOURCE = `
  std
  syscall
  ud2
handler:
  ud2
handler32:
  ud2`;

/** A vcpu in its user, which runs in a segment with these attributes; its pages are at low addresses too. */
function inUser(attributes: number, rip: number): Setup {
  const setup = load(SOURCE);
  const { guest } = setup;
  mapLow(guest);
  start(setup, guest.vcpu);
  const { hypervisor, vcpu } = guest;
  const { processor } = hypervisor;
  vcpu.syscallCallback = address(setup.labels, 'handler');
  vcpu.syscall32Callback = address(setup.labels, 'handler32');
  vcpu.guestKernelMode = false;
  vcpu.userRoot = vcpu.kernelRoot;
  processor.restoreState(vcpu.state);
  processor.setSegment(SEG_CS, OWN_CS, 0, 0xffffffff, attributes);
  processor.rip = rip;
  processor.set(RSP, USER_STACK);
  vcpu.state = processor.saveState();
  vcpu.segmentsNamed = false;
  return setup;
}

/** The guest's pages, mapped at TEST_BASE, are at 0 too. */
function mapLow(guest: TestDomain): void {
  for (const [table, entry] of [
    [L4_PFN, L3_PFN],
    [L3_PFN, L2_PFN],
  ] as const) {
    guest.poke(ARGUMENTS, guest.entryAddress(table, 0), guest.entry(entry, TABLE_FLAGS));
    expect(guest.call(mmuUpdate, ARGUMENTS, 1, 0, DOMID_SELF)).toBe(0);
  }
}

const frameOf = ({ guest }: Setup): number[] =>
  Array.from({ length: 7 }, (_, n) => Number(BigInt.asIntN(64, guest.peek(STACK - 56 + n * 8))));

const LOW_CODE = CODE - TEST_BASE;

it('SYSCALL of 64-bit code enters the handler with flat selectors in its frame', () => {
  const setup = inUser(CODE_64, CODE);
  expect(setup.guest.hypervisor.run(1000).kind).toBe('shutdown');
  const { processor } = setup.guest.hypervisor;
  expect(processor.rip).toBe(address(setup.labels, 'handler'));
  expect([processor.get(RSP), processor.flags & DF]).toEqual([STACK - 56, 0]);
  const [rcx, , rip, cs, , rsp, ss] = frameOf(setup);
  expect([rcx, rip, cs]).toEqual([CODE + 3, CODE + 3, FLAT_USER_CS]);
  expect([rsp, ss]).toEqual([USER_STACK, FLAT_USER_SS]);
});

it('a hypercall comes back to flat selectors, whatever made it', () => {
  const setup = inUser(CODE_64, CODE);
  const { hypervisor, vcpu } = setup.guest;
  vcpu.guestKernelMode = true;
  expect(hypervisor.run(1000).kind).toBe('shutdown');
  const { processor } = hypervisor;
  expect(processor.rip).toBe(CODE + 3);
  expect([processor.selector(SEG_CS), processor.selector(SEG_SS)]).toEqual([FLAT_KERNEL_CS, FLAT_KERNEL_SS]);
});

it('SYSCALL of 32-bit code, whatever its selector, enters the handler for it', () => {
  const setup = inUser(CODE_32, LOW_CODE);
  setup.guest.vcpu.syscallMasksEvents = true;
  const { hypervisor, vcpu } = setup.guest;
  writeByte(hypervisor.frames, vcpu.info + 1, 0);
  expect(hypervisor.run(1000).kind).toBe('shutdown');
  const { processor } = hypervisor;
  expect(processor.rip).toBe(address(setup.labels, 'handler32'));
  expect([processor.selector(SEG_CS), processor.selector(SEG_SS)]).toEqual([FLAT_KERNEL_CS, FLAT_KERNEL_SS]);
  expect([processor.get(RSP), processor.flags & DF]).toEqual([STACK - 56, 0]);
  const [rcx, , rip, cs, , rsp, ss] = frameOf(setup);
  expect([rcx, rip, cs]).toEqual([LOW_CODE + 3, LOW_CODE + 3, FLAT_USER_CS32]);
  expect([rsp, ss]).toEqual([USER_STACK, FLAT_USER_SS32]);
  expect(hypervisor.machine.bytes[vcpu.info + 1]).toBe(1);
});

it('SYSCALL of 32-bit code without a handler for it is #UD at the instruction', () => {
  const setup = inUser(CODE_32, LOW_CODE);
  const { hypervisor, vcpu } = setup.guest;
  vcpu.syscall32Callback = 0;
  vcpu.traps.addresses[6] = address(setup.labels, 'handler');
  expect(hypervisor.run(1000).kind).toBe('shutdown');
  const [, , rip, cs, rflags] = frameOf(setup);
  expect([rip, cs, rflags! & DF]).toEqual([LOW_CODE + 1, FLAT_USER_CS32, DF]);
  expect(hypervisor.processor.flags & DF).toBe(DF);
});
