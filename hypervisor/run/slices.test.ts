/** How a run is cut into slices (Xen.run's `untilTicks`) changes nothing of what happens. */
import { expect, test } from 'vitest';
import { RBX } from '../../core/wasm/layout.ts';
import { testHost } from '../memory/testing.ts';
import { PAGE_BYTES, pageNumber } from '../memory/pages.ts';
import { ECS_VIRQ } from '../state/event-channels.ts';
import { TURN_TICKS } from '../state/pcpu.ts';
import { address, DATA, load, start } from '../testing-guest.ts';
import type { Setup } from '../testing-guest.ts';
import { TEST_BASE } from '../memory/testing.ts';

/** Runs to the guest's end, which is a crash. */
function finish({ guest: { hypervisor, domain } }: Setup, sliceTicks: number): void {
  while (domain.shutdown === null) hypervisor.run(hypervisor.ticks() + sliceTicks);
}

/** VIRQ_TIMER is bound to port 1, and its upcall goes to the label. */
function bindTimer({ guest, labels }: Setup): void {
  guest.vcpu.eventCallback = address(labels, 'upcall');
  const channel = guest.domain.events.allocate()!;
  channel.state = ECS_VIRQ;
  guest.vcpu.virqPorts[0] = channel.port;
}

test('a guest that unmasks events by a store is told of one that is pending where it enters Xen next, not before', () => {
  // The vcpu's vcpu_info is at DATA: upcall_pending, then upcall_mask.
  const counted = (sliceTicks: number): number => {
    const setup = load(`
      mov r8, ${String(DATA)}
      mov byte [r8 + 1], 1
      mov eax, 15               ; set_timer_op
      mov edi, 50000
      syscall
    wait:
      cmp byte [r8], 0
      je wait
      xor ebx, ebx
      mov byte [r8 + 1], 0
    count:
      inc ebx
      cmp ebx, 1000
      jne count
      mov eax, 17               ; xen_version
      xor edi, edi
      syscall
      inc ebx
    upcall:
      ud2`);
    const { guest } = setup;
    start(setup, guest.vcpu);
    bindTimer(setup);
    guest.vcpu.info = guest.mfns[pageNumber(DATA - TEST_BASE)]! * PAGE_BYTES;
    finish(setup, sliceTicks);
    return guest.hypervisor.processor.get(RBX);
  };
  expect([counted(1_000_000), counted(7), counted(1)]).toEqual([1000, 1000, 1000]);
});

test('while all processors idle no turns pass', () => {
  const woken = (sliceTicks: number): number[] => {
    const setup = load(
      `
      mov eax, 15
      mov edi, ${String(10 * TURN_TICKS + 77)}
      syscall
      mov eax, 29
      mov edi, 1
      syscall
    upcall:
      rdtsc
      ud2`,
      1,
      testHost(1024, { pcpus: 2, scheduler: 'rrobin' }),
    );
    start(setup, setup.guest.vcpu);
    bindTimer(setup);
    finish(setup, sliceTicks);
    const { hypervisor } = setup.guest;
    return [hypervisor.ticks(), hypervisor.pcpu.id];
  };
  const whole = woken(1e9);
  expect([woken(TURN_TICKS + 1), woken(1009)]).toEqual([whole, whole]);
});

test('a decision of the scheduler is told with its reason: why who ran does not go on, and who must wait', () => {
  const setup = load(
    `
      mov ecx, 20000000
    spin:
      dec ecx
      jne spin
      mov eax, 29               ; sched_op(block)
      mov edi, 1
      syscall
    upcall:
      ud2`,
    2,
    testHost(1024, { scheduler: 'rrobin' }),
  );
  const { guest } = setup;
  const { hypervisor } = guest;
  for (const vcpu of guest.domain.vcpus) start(setup, vcpu);
  const told: string[] = [];
  hypervisor.trace.add({
    event: ({ detail }) => {
      if (detail.kind !== 'schedule') return;
      const { from, to, reason, waiting } = detail;
      told.push(`${from} -> ${to}: ${reason}; ${waiting.join(' ')}`);
    },
    end: () => undefined,
  });
  hypervisor.run(150_000_000, true);
  expect(told[0]).toBe('idle -> d1v0: nobody ran; d1v1');
  expect(told[1]).toBe('d1v0 -> d1v1: its slice is over; d1v0');
  expect(told.at(-2)).toMatch(/^(d1v\d) -> d1v\d: it waits for an event; $/);
  expect(told.at(-1)).toMatch(/^d1v\d -> idle: it waits for an event; $/);
});
