/** Several physical processors: guests of a few lines that run beside each other. */
import { expect, test } from 'vitest';
import { ECS_IPI, ECS_VIRQ } from '../state/event-channels.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import type { Xen } from '../xen.ts';
import { testHost } from '../memory/testing.ts';
import { address, DATA, load, start } from '../testing-guest.ts';
import type { Setup } from '../testing-guest.ts';
import { TURN_TICKS } from '../state/pcpu.ts';
import { setAffinity } from './vcpus.ts';
import { pauseDomain, shutdownDomain, unpauseDomain } from '../domain/life.ts';

const FRAMES = 1024;
/** Each vcpu counts in a word of its own for ever. */
const COUNTERS = `
first:
  mov rdi, ${String(DATA)}
  jmp count
second:
  mov rdi, ${String(DATA + 64)}
count:
  inc dword [rdi]
  jmp count`;

function host(pcpus: number): Xen {
  return testHost(FRAMES, { pcpus, scheduler: 'rrobin' });
}

function counters(pcpus: number): Setup {
  const setup = load(COUNTERS, 2, host(pcpus));
  start(setup, setup.guest.domain.vcpus[0]!, 'first');
  start(setup, setup.guest.domain.vcpus[1]!, 'second');
  return setup;
}

function counts({ guest }: Setup): [number, number] {
  return [Number(guest.peek(DATA) & 0xffff_ffffn), Number(guest.peek(DATA + 64) & 0xffff_ffffn)];
}

test('two busy vcpus on two processors each do the work of a processor of its own', () => {
  const ns = 4_000_000;
  const two = counters(2);
  two.guest.hypervisor.run(ns * 2);
  expect(two.guest.hypervisor.nowNs()).toBe(ns);
  const alone = counters(1);
  setAffinity(alone.guest.hypervisor, alone.guest.domain.vcpus[1]!, 0);
  alone.guest.hypervisor.run(ns);
  const [first, second] = counts(two);
  const [only] = counts(alone);
  expect(Math.abs(first - only)).toBeLessThan(TURN_TICKS);
  expect(Math.abs(second - only)).toBeLessThan(TURN_TICKS);
});

test('one busy vcpu is no faster for the processors that idle', () => {
  const setup = load(COUNTERS, 1, host(4));
  start(setup, setup.guest.vcpu, 'first');
  const { hypervisor } = setup.guest;
  hypervisor.run(4 * 10 * TURN_TICKS);
  expect(hypervisor.processor.retired).toBe(10 * TURN_TICKS);
});

test('a vcpu stays on the processors that its affinity allows', () => {
  const setup = counters(2);
  const { hypervisor, domain } = setup.guest;
  const [first, second] = domain.vcpus;
  setAffinity(hypervisor, first!, 1);
  setAffinity(hypervisor, second!, 1);
  hypervisor.run(2_000_000);
  expect([first!.processor, second!.processor]).toEqual([0, 0]);
  expect(hypervisor.pcpus[1]!.running).toBe(null);
  const [a, b] = counts(setup);
  expect(a + b).toBeLessThan(600_000);
  // Freed, the one that waits goes to the idle processor.
  setAffinity(hypervisor, second!, 2);
  hypervisor.run(4_000_000);
  expect(hypervisor.pcpus.map(({ running }) => running?.id)).toEqual([0, 1]);
});

test('three busy vcpus share two processors', () => {
  const setup = load(COUNTERS, 3, host(2));
  for (const vcpu of setup.guest.domain.vcpus) start(setup, vcpu, 'first');
  const { hypervisor, domain } = setup.guest;
  hypervisor.run(2 * 60_000_000);
  for (const vcpu of domain.vcpus) expect(vcpu.runstateNs[0]! / 60_000_000).toBeCloseTo(2 / 3, 1);
});

test('a vcpu driven from its processor goes on where it may', () => {
  const setup = counters(2);
  const { hypervisor, domain } = setup.guest;
  hypervisor.run(1_000_000);
  setAffinity(hypervisor, domain.vcpus[0]!, 2);
  hypervisor.run(6_000_000);
  expect(domain.vcpus.map(({ processor }) => processor)).toEqual([1, expect.any(Number)]);
  const before = counts(setup);
  hypervisor.run(12_000_000);
  const after = counts(setup);
  expect(after[0]).toBeGreaterThan(before[0]);
  expect(after[1]).toBeGreaterThan(before[1]);
});

test('an event wakes a vcpu that blocks on another processor, and the clock has gone on', () => {
  const setup = load(
    `
    sender:
      mov ecx, 100000
    delay:
      dec ecx
      jnz delay
      rdtsc
      mov rdi, ${String(DATA)}
      mov [rdi], eax
      mov eax, 32                ; event_channel_op
      mov edi, 4                 ; EVTCHNOP_send
      mov rsi, ${String(DATA + 128)}
      syscall
    spin:
      jmp spin
    sleeper:
      mov eax, 29                ; sched_op
      mov edi, 1                 ; SCHEDOP_block
      syscall
      ud2
    upcall:
      rdtsc
      mov rdi, ${String(DATA)}
      mov [rdi + 8], eax
      ud2`,
    2,
    host(2),
  );
  const { guest, labels } = setup;
  const [sender, sleeper] = guest.domain.vcpus;
  start(setup, sender!, 'sender');
  start(setup, sleeper!, 'sleeper');
  sleeper!.eventCallback = address(labels, 'upcall');
  const channel = guest.domain.events.allocate()!;
  channel.state = ECS_IPI;
  channel.notifyVcpu = 1;
  guest.poke(DATA + 128, BigInt(channel.port));
  expect(guest.hypervisor.run(5_000_000).kind).toBe('shutdown');
  expect(guest.domain.shutdown?.crash?.vcpu).toBe(1);
  const [sent, received] = [Number(guest.peek(DATA)), Number(guest.peek(DATA + 8))];
  expect(received).toBeGreaterThan(sent);
  expect(received - sent).toBeLessThan(3 * TURN_TICKS);
});

test('a timer of a vcpu on another processor is due at the same time of the clock', () => {
  const setup = load(
    `
    busy:
      jmp busy
    waiter:
      mov eax, 15                ; set_timer_op
      mov edi, 300000
      syscall
      mov eax, 29
      mov edi, 1
      syscall
    upcall:
      ud2`,
    2,
    host(2),
  );
  const { guest, labels } = setup;
  const [busy, waiter] = guest.domain.vcpus;
  start(setup, busy!, 'busy');
  start(setup, waiter!, 'waiter');
  waiter!.eventCallback = address(labels, 'upcall');
  const channel = guest.domain.events.allocate()!;
  channel.state = ECS_VIRQ;
  channel.notifyVcpu = 1;
  waiter!.virqPorts[0] = channel.port;
  expect(guest.hypervisor.run(5_000_000).kind).toBe('shutdown');
  expect(guest.hypervisor.nowNs()).toBeGreaterThanOrEqual(300_000);
  expect(guest.hypervisor.nowNs()).toBeLessThan(300_000 + 2 * TURN_TICKS);
});

test('what one processor unmaps, another sees no more', () => {
  const setup = counters(2);
  const { hypervisor, domain } = setup.guest;
  hypervisor.run(1_000_000);
  // As the first vcpu would, whichever has run last.
  setup.guest.enter();
  expect(setup.guest.call(updateVaMapping, DATA, 0n, 0)).toBe(0);
  expect(hypervisor.run(3_000_000).kind).toBe('shutdown');
  expect(domain.shutdown?.crash?.message).toContain('#14');
});

test('a domain ends on all processors at once, and pauses and goes on', () => {
  const setup = counters(2);
  const { hypervisor, domain } = setup.guest;
  hypervisor.run(1_000_000);
  pauseDomain(hypervisor, domain);
  const before = counts(setup);
  hypervisor.run(2_000_000);
  expect(counts(setup)).toEqual(before);
  unpauseDomain(hypervisor, domain);
  hypervisor.run(3_000_000);
  const after = counts(setup);
  expect(after[0]).toBeGreaterThan(before[0]);
  expect(after[1]).toBeGreaterThan(before[1]);
  shutdownDomain(hypervisor, domain, 0, null);
  hypervisor.run(4_000_000);
  expect(counts(setup)).toEqual(after);
});

test('a machine has a power of two of processors', () => {
  expect(() => host(3)).toThrow('a machine has 1, 2, 4, 8 or 16 processors, not 3');
  expect(() => testHost(FRAMES, { scheduler: 'fifo' })).toThrow('there is no scheduler named fifo');
});
