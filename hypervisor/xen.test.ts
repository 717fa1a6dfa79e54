/** Small guests, a few lines of assembly each, that prove how Xen enters and leaves a guest's kernel. */
import { describe, expect, it } from 'vitest';
import { fromHalves } from '../core/machine.ts';
import { RAX, RBX, RDX } from '../core/wasm/layout.ts';
import { EOPNOTSUPP, ENOSYS } from './abi/errno.ts';
import { SHUTDOWN_crash } from './abi/sched.ts';
import { ECS_VIRQ } from './state/event-channels.ts';
import { writeByte } from './memory/guest-frames.ts';
import { address, DATA, load, STACK, start } from './testing-guest.ts';
import type { Setup } from './testing-guest.ts';

const LIMIT = 100_000;

/** The handler of a vector is a label. */
function trap({ guest, labels }: Setup, vector: number, label: string, flags = 0): void {
  guest.vcpu.traps.addresses[vector] = address(labels, label);
  guest.vcpu.traps.flags[vector] = flags;
}

/** Runs to the guest's end, which must be a crash by jumping nowhere: `ud2` without a handler. */
function finish({ guest }: Setup): void {
  expect(guest.hypervisor.run(LIMIT).kind).toBe('shutdown');
  expect(guest.domain.shutdown?.reason).toBe(SHUTDOWN_crash);
}

function stackWord({ guest }: Setup, index: number): bigint {
  return guest.peek(guest.hypervisor.processor.get(4) + index * 8);
}

describe('hypercalls of a guest', () => {
  it('give the version; one that does not exist -ENOSYS, the performance counters -EOPNOTSUPP', () => {
    const setup = load(`
      mov eax, 17
      xor edi, edi
      syscall
      mov rbx, rax
      mov eax, 11
      syscall
      mov rdx, rax
      mov eax, 40
      syscall
      ud2`);
    start(setup, setup.guest.vcpu);
    finish(setup);
    const { processor } = setup.guest.hypervisor;
    expect([processor.get(RBX), processor.get(RDX), processor.get(RAX)]).toEqual([
      0x40011,
      -ENOSYS,
      -EOPNOTSUPP,
    ]);
  });
});

describe('an exception', () => {
  it('is bounced with RCX, R11, RIP, the kernel’s CS and the saved mask; the handler masks events', () => {
    const setup = load(`
      mov ecx, 0x11
      mov r11d, 0x22
      int3
    behind:
      nop
    handler:
      ud2`);
    start(setup, setup.guest.vcpu);
    trap(setup, 3, 'handler', 4);
    const { guest, labels } = setup;
    writeByte(guest.hypervisor.frames, guest.vcpu.info + 1, 0);
    finish(setup);
    expect([stackWord(setup, 0), stackWord(setup, 1)]).toEqual([0x11n, 0x22n]);
    expect(BigInt.asIntN(64, stackWord(setup, 2))).toBe(BigInt(address(labels, 'behind')));
    expect(stackWord(setup, 3)).toBe(0xe030n);
    expect(stackWord(setup, 4) & 0x200n).toBe(0x200n);
    expect(BigInt.asIntN(64, stackWord(setup, 5))).toBe(BigInt(STACK));
    expect(guest.hypervisor.machine.bytes[guest.vcpu.info + 1]).toBe(1);
  });

  it('without a handler ends the domain with a report of its registers and code', () => {
    const setup = load('mov ebx, 0x1234\n ud2');
    start(setup, setup.guest.vcpu);
    finish(setup);
    const { crash } = setup.guest.domain.shutdown!;
    expect(crash?.registers['rbx']).toBe('0000000000001234');
    expect(crash?.code.slice(crash.codeOffset, crash.codeOffset + 2)).toEqual([0x0f, 0x0b]);
    expect(crash?.text).toContain('Domain 1 (vcpu#0) crashed');
  });
});

describe('privileged instructions', () => {
  it('read ones from ports with IOPL 1, and fault without', () => {
    const setup = load('xor eax, eax\n mov edx, 0x3f8\n in al, dx\n mov ebx, eax\n ud2');
    start(setup, setup.guest.vcpu);
    setup.guest.vcpu.iopl = 1;
    finish(setup);
    expect(setup.guest.hypervisor.processor.get(RBX)).toBe(0xff);

    const refused = load('mov edx, 0x3f8\n in al, dx');
    start(refused, refused.guest.vcpu);
    finish(refused);
    expect(refused.guest.domain.shutdown?.crash?.message).toContain('#13');
  });
});

describe('an NMI', () => {
  it('enters its callback even where events are masked, once until the handler returns', () => {
    const setup = load(`
      nop
      ud2
    nmi:
      mov ebx, 7
      ud2`);
    const { guest, labels } = setup;
    start(setup, guest.vcpu);
    writeByte(guest.hypervisor.frames, guest.vcpu.info + 1, 1);
    guest.vcpu.nmiCallback = address(labels, 'nmi');
    guest.vcpu.nmiPending = true;
    finish(setup);
    expect(guest.hypervisor.processor.get(RBX)).toBe(7);
    expect([guest.vcpu.nmiPending, guest.vcpu.inNmi]).toEqual([false, true]);
  });
});

describe('a timer', () => {
  it('wakes a blocked vcpu by an upcall, at its deadline', () => {
    const setup = load(`
      mov eax, 15
      mov edi, 50000
      syscall
      mov eax, 29
      mov edi, 1
      syscall
      ud2
    upcall:
      rdtsc
      ud2`);
    const { guest, labels } = setup;
    start(setup, guest.vcpu);
    guest.vcpu.eventCallback = address(labels, 'upcall');
    const channel = guest.domain.events.allocate()!;
    channel.state = ECS_VIRQ;
    guest.vcpu.virqPorts[0] = channel.port;
    finish(setup);
    const { processor } = guest.hypervisor;
    const ticks = fromHalves(processor.low(RAX), processor.low(RDX));
    expect(ticks).toBeGreaterThanOrEqual(50_000);
    expect(ticks).toBeLessThan(50_010);
    expect(guest.vcpu.runstateNs[2]).toBeGreaterThan(49_900);
  });
});

describe('several vcpus', () => {
  it('take turns, though none of them ever gives way', () => {
    const flag = String(DATA);
    const program = `
    first:
      mov rdi, ${flag}
    wait:
      mov eax, [rdi]
      test eax, eax
      jz wait
      ud2
    second:
      mov rdi, ${flag}
      mov dword [rdi], 1
    spin:
      jmp spin`;
    const setup = load(program, 2);
    const [first, second] = setup.guest.domain.vcpus;
    start(setup, first!, 'first');
    start(setup, second!, 'second');
    expect(setup.guest.hypervisor.run(100_000_000).kind).toBe('shutdown');
    expect(setup.guest.domain.shutdown?.crash?.vcpu).toBe(0);
  });
});
