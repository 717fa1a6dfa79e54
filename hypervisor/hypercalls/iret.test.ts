/** iret: which context comes out of a frame, for returns from traps and from system calls. */
import { describe, expect, test } from 'vitest';
import * as layout from '../../core/wasm/layout.ts';
import {
  FLAT_KERNEL_CS,
  FLAT_KERNEL_SS,
  FLAT_RING3_CS64,
  FLAT_RING3_SS64,
  FLAT_USER_CS32,
  VGCF_in_syscall,
} from '../abi/arch-x86.ts';
import { VMASST_TYPE_architectural_iopl } from '../abi/xen.ts';
import { address, asUser, CODE, DATA, load, STACK, start } from '../testing-guest.ts';
import type { Setup } from '../testing-guest.ts';

/** FLAT_RING3_CS32: no stack can be there. */
const CODE_SEGMENT = 0xe023;
const RFLAGS = layout.IF | layout.DF | layout.CF;
const IOPL = 0x3000;
const VM = 0x2_0000;

const SOURCE = `
  mov eax, 23
  syscall
  hlt
after:
  ud2`;

interface Frame {
  rax?: bigint;
  r11?: bigint;
  rcx?: bigint;
  flags?: number;
  rip?: number;
  cs?: number;
  rflags?: number;
  rsp?: number;
  ss?: number;
}

/** A guest that makes the hypercall with this frame, and has run until it could not go on. */
function returned(frame: Frame, prepare: (setup: Setup) => void = () => undefined): Setup {
  const setup = load(SOURCE);
  const { guest, labels } = setup;
  start(setup, guest.vcpu);
  const { processor } = guest.hypervisor;
  processor.restoreState(guest.vcpu.state);
  processor.set(layout.RSP, DATA);
  guest.vcpu.state = processor.saveState();
  const { rax = 0n, r11 = 0n, rcx = 0n, flags = 0, rip = address(labels, 'after') } = frame;
  const { cs = FLAT_KERNEL_CS & ~3, rflags = RFLAGS, rsp = STACK - 64, ss = FLAT_KERNEL_SS } = frame;
  guest.enter();
  guest.poke(DATA, rax, r11, rcx, flags, rip, cs, rflags, rsp, ss);
  guest.hypervisor.current = null;
  prepare(setup);
  expect(guest.hypervisor.run(1000).kind).toBe('shutdown');
  return setup;
}

function message({ guest }: Setup): string {
  return guest.domain.shutdown?.crash?.message ?? '';
}

describe('a return from a trap', () => {
  test('gives all registers of the frame, at ring 3', () => {
    const setup = returned({ rax: 0x1111_2222_3333_4444n, r11: 0x5555n, rcx: 0x6666_7777_8888_9999n });
    const { processor } = setup.guest.hypervisor;
    expect(processor.rip).toBe(address(setup.labels, 'after'));
    expect([layout.RAX, 11, layout.RCX].map((register) => processor.big(register))).toEqual([
      0x1111_2222_3333_4444n,
      0x5555n,
      0x6666_7777_8888_9999n,
    ]);
    expect(processor.get(layout.RSP)).toBe(STACK - 64);
    expect([layout.SEG_CS, layout.SEG_SS].map((segment) => processor.selector(segment))).toEqual([
      FLAT_RING3_CS64,
      FLAT_RING3_SS64,
    ]);
    expect(setup.guest.vcpu.guestKernelMode).toBe(true);
  });

  test.each([
    [RFLAGS, 0, RFLAGS],
    [layout.CF, 1, RFLAGS & ~layout.DF],
    [RFLAGS | IOPL | VM, 0, RFLAGS],
  ])(
    'flags %i: events are masked (%i) as IF is clear; neither IOPL nor VM is the guest’s',
    (rflags, mask, kept) => {
      const { guest } = returned({ rflags });
      const { processor, machine } = guest.hypervisor;
      expect(machine.bytes[guest.vcpu.info + 1]).toBe(mask);
      expect(processor.flags & (RFLAGS | IOPL | VM)).toBe(kept);
      expect(guest.vcpu.iopl).toBe(0);
    },
  );

  test('IOPL is the vcpu’s, for a guest that asked for it so', () => {
    const { guest } = returned({ rflags: RFLAGS | IOPL }, (setup) => {
      setup.guest.domain.vmAssist |= 1 << VMASST_TYPE_architectural_iopl;
    });
    expect([guest.vcpu.iopl, guest.hypervisor.processor.flags & IOPL]).toEqual([3, 0]);
  });

  test.each([
    ['a stack that is none', { ss: CODE_SEGMENT }, CODE_SEGMENT],
    ['code that is none', { cs: FLAT_KERNEL_SS & ~3 }, FLAT_KERNEL_SS],
    ['code and a stack that are none', { cs: 0x9998, ss: 0x8888 }, 0x9998],
  ])('with %s is a fault of the context that is returned to', (_, frame, selector) => {
    const setup = returned(frame);
    expect(setup.guest.hypervisor.processor.rip).toBe(address(setup.labels, 'after'));
    const error = (selector & 0xfffc).toString(16);
    expect(message(setup)).toBe(`unhandled trap #13, error code ${error}`);
  });

  test('drops null selectors', () => {
    const { guest } = returned({}, ({ guest: { hypervisor, vcpu } }) => {
      hypervisor.processor.restoreState(vcpu.state);
      hypervisor.processor.setSegment(layout.SEG_DS, 3, 0, 0, 0);
      hypervisor.processor.setSegment(layout.SEG_FS, 2, 0x1234_5000, 0, 0);
      vcpu.state = hypervisor.processor.saveState();
    });
    const { processor } = guest.hypervisor;
    expect([layout.SEG_DS, layout.SEG_FS].map((segment) => processor.selector(segment))).toEqual([0, 0]);
    expect(processor.segmentBase(layout.SEG_FS)).toBe(0x1234_5000);
  });
});

describe('a return from a system call', () => {
  const flags = VGCF_in_syscall;

  test('has RIP and RFLAGS in RCX and R11, and flat selectors whatever the frame says', () => {
    const setup = returned({ flags, rcx: 1n, r11: 2n, cs: 0x9998, ss: 0x8888 });
    const { processor } = setup.guest.hypervisor;
    expect(processor.get(layout.RCX)).toBe(address(setup.labels, 'after'));
    expect(processor.get(11) & RFLAGS).toBe(RFLAGS);
    expect([layout.SEG_CS, layout.SEG_SS].map((segment) => processor.selector(segment))).toEqual([
      FLAT_RING3_CS64,
      FLAT_RING3_SS64,
    ]);
    expect(processor.rip).toBe(address(setup.labels, 'after'));
  });

  test('to 32 bits has 32 bits of RIP', () => {
    const { guest } = returned({ flags, cs: FLAT_USER_CS32 & ~3, rip: 0x12_3456_7000 });
    const { processor } = guest.hypervisor;
    expect(processor.selector(layout.SEG_CS)).toBe(FLAT_USER_CS32);
    expect(processor.rip).toBe(0x3456_7000);
  });
});

describe('a return to the guest’s user', () => {
  test('is by its own page table, where it has one', () => {
    const setup = returned({ cs: FLAT_KERNEL_CS }, (before) => {
      asUser(before);
      before.guest.vcpu.guestKernelMode = true;
    });
    expect(setup.guest.vcpu.guestKernelMode).toBe(false);
    expect(setup.guest.hypervisor.processor.rip).toBe(address(setup.labels, 'after'));
  });

  test('ends a domain that has none', () => {
    expect(message(returned({ cs: FLAT_KERNEL_CS }))).toContain('without a user page table');
  });
});

test('a frame that cannot be read ends the domain', () => {
  const setup = returned({}, ({ guest: { hypervisor, vcpu } }) => {
    hypervisor.processor.restoreState(vcpu.state);
    hypervisor.processor.set(layout.RSP, 0x5000);
    vcpu.state = hypervisor.processor.saveState();
  });
  expect(message(setup)).toContain('the frame cannot be read');
  expect(setup.guest.hypervisor.processor.rip).toBe(CODE + 7);
});
