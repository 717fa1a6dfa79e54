/** Raising events under the 2-level ABI, masks, and the vcpus that wait for one. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as abi from '../abi/event-channel.ts';
import { EINVAL } from '../abi/errno.ts';
import { shared_info, vcpu_info } from '../abi/shared-info.ts';
import { DOMID_SELF, VIRQ_CON_RING, VIRQ_CONSOLE, VIRQ_DOM_EXC } from '../abi/xen.ts';
import { writeByte, writeWord } from '../memory/guest-frames.ts';
import { TestDomain, testHost } from '../memory/testing.ts';
import { block, poll } from '../sched/vcpus.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { isPortPending, notify, sendEvent, sendGlobalVirq, setPortPending } from './send.ts';
import { eventOp, upcallOf } from './testing.ts';

let guest: TestDomain;
let other: TestDomain;

beforeEach(() => {
  const host = testHost(2048);
  other = new TestDomain(host, 0, 32, 1, true);
  guest = new TestDomain(host, 1, 32, 3);
  for (const vcpu of guest.domain.vcpus) {
    vcpu.initialised = true;
    vcpu.down = false;
  }
});

/** IPIs of the guest, for a vcpu each: ports 1 and on. */
function ipis(...vcpus: readonly number[]): void {
  for (const vcpu of vcpus) expect(eventOp(guest, abi.EVTCHNOP_bind_ipi, vcpu).result).toBe(0);
}

function raise(port: number): void {
  setPortPending(guest.hypervisor, guest.domain, guest.domain.events.at(port)!);
}

/** Sets or clears the mask of a port below 32, as the guest does. */
function mask(port: number, masked: boolean): void {
  const at = guest.domain.sharedInfoMfn * 4096 + shared_info.offset.evtchn_mask;
  const old = guest.hypervisor.machine.words[at / 4]!;
  writeWord(guest.hypervisor.frames, at, masked ? old | (1 << port) : old & ~(1 << port));
}

describe('the 2-level ABI', () => {
  test('an event sets its bit, its word’s bit in the selector, and the upcall of its vcpu', () => {
    ipis(1);
    raise(1);
    const [first, second] = guest.domain.vcpus as [Vcpu, Vcpu];
    expect(isPortPending(guest.hypervisor, guest.domain, 1)).toBe(true);
    expect(upcallOf(guest, first)).toEqual({ pending: 0, selector: 0n });
    expect(upcallOf(guest, second)).toEqual({ pending: 1, selector: 1n });
  });

  test('ports of each of the 64 words', () => {
    for (let port = 1; port < abi.EVTCHN_2L_NR_CHANNELS; port++) guest.domain.events.allocate()!.state = 6;
    for (const port of [64, 2047, 2048, 4095]) {
      raise(port);
      expect(isPortPending(guest.hypervisor, guest.domain, port)).toBe(true);
    }
    expect(upcallOf(guest).selector).toBe((1n << 1n) | (1n << 31n) | (1n << 32n) | (1n << 63n));
    expect(isPortPending(guest.hypervisor, guest.domain, 4094)).toBe(false);
  });

  test('a masked one stays pending behind the mask, and goes on when Xen unmasks it', () => {
    ipis(0);
    mask(1, true);
    raise(1);
    expect(upcallOf(guest)).toEqual({ pending: 0, selector: 0n });
    expect(isPortPending(guest.hypervisor, guest.domain, 1)).toBe(true);
    expect(eventOp(guest, abi.EVTCHNOP_unmask, 1).result).toBe(0);
    expect(upcallOf(guest)).toEqual({ pending: 1, selector: 1n });
    expect(eventOp(guest, abi.EVTCHNOP_unmask, 2).result).toBe(-EINVAL);
  });

  test('unmasking what is not pending, or not masked, raises nothing', () => {
    ipis(0, 0);
    mask(1, true);
    eventOp(guest, abi.EVTCHNOP_unmask, 1);
    expect(upcallOf(guest)).toEqual({ pending: 0, selector: 0n });
    raise(2);
    writeByte(guest.hypervisor.frames, guest.vcpu.info, 0);
    writeWord(guest.hypervisor.frames, guest.vcpu.info + vcpu_info.offset.evtchn_pending_sel, 0);
    eventOp(guest, abi.EVTCHNOP_unmask, 2);
    expect(upcallOf(guest)).toEqual({ pending: 0, selector: 0n });
  });

  test('one that is pending already is not told again', () => {
    ipis(0);
    raise(1);
    writeByte(guest.hypervisor.frames, guest.vcpu.info, 0);
    raise(1);
    expect(upcallOf(guest).pending).toBe(0);
  });
});

describe('send', () => {
  test('raises the other end, or an IPI; an unbound port swallows it; others refuse', () => {
    const { words } = eventOp(guest, abi.EVTCHNOP_alloc_unbound, DOMID_SELF | (0 << 16));
    const port = words[1]!;
    const end = eventOp(other, abi.EVTCHNOP_bind_interdomain, 1, port).words[2]!;
    expect(eventOp(other, abi.EVTCHNOP_send, end).result).toBe(0);
    expect(isPortPending(guest.hypervisor, guest.domain, port)).toBe(true);
    ipis(1);
    expect(eventOp(guest, abi.EVTCHNOP_send, 2).result).toBe(0);
    expect(isPortPending(guest.hypervisor, guest.domain, 2)).toBe(true);
    eventOp(other, abi.EVTCHNOP_close, end);
    const heard: number[] = [];
    guest.hypervisor.onNotify = (_, raised) => heard.push(raised);
    expect(eventOp(guest, abi.EVTCHNOP_send, port).result).toBe(0);
    expect(heard).toEqual([port]);
    eventOp(guest, abi.EVTCHNOP_bind_virq, VIRQ_CONSOLE, 0);
    expect(eventOp(guest, abi.EVTCHNOP_send, 3).result).toBe(-EINVAL);
    expect(eventOp(guest, abi.EVTCHNOP_send, 4).result).toBe(-EINVAL);
    expect(eventOp(guest, abi.EVTCHNOP_send, 0).result).toBe(-EINVAL);
  });

  test('a port whose consumer is Xen is not the guest’s to send on or close', () => {
    ipis(0);
    guest.domain.events.at(1)!.consumer = true;
    expect(sendEvent(guest.hypervisor, guest.domain, 1)).toBe(-EINVAL);
    expect(eventOp(guest, abi.EVTCHNOP_close, 1).result).toBe(-EINVAL);
    expect(eventOp(guest, abi.EVTCHNOP_bind_vcpu, 1, 0).result).toBe(-EINVAL);
  });

  test('from outside: where there is a port', () => {
    ipis(0);
    expect(notify(guest.hypervisor, guest.domain, 1)).toBe(true);
    expect(isPortPending(guest.hypervisor, guest.domain, 1)).toBe(true);
    expect(notify(guest.hypervisor, guest.domain, 2)).toBe(false);
  });
});

test('a VIRQ of the machine goes to domain 0, or to whom it has named', () => {
  eventOp(other, abi.EVTCHNOP_bind_virq, VIRQ_DOM_EXC, 0);
  eventOp(guest, abi.EVTCHNOP_bind_virq, VIRQ_DOM_EXC, 0);
  sendGlobalVirq(guest.hypervisor, VIRQ_DOM_EXC);
  const pending = (): boolean[] =>
    [other, guest].map(({ domain }) => isPortPending(guest.hypervisor, domain, 1));
  expect(pending()).toEqual([true, false]);
  guest.hypervisor.virqHandlers.set(VIRQ_DOM_EXC, 1);
  sendGlobalVirq(guest.hypervisor, VIRQ_DOM_EXC);
  expect(pending()).toEqual([true, true]);
  sendGlobalVirq(guest.hypervisor, VIRQ_CON_RING);
});

describe('who waits', () => {
  test('a blocked vcpu wakes for its own event alone', () => {
    ipis(1);
    for (const vcpu of guest.domain.vcpus.slice(1)) block(guest.hypervisor, vcpu);
    raise(1);
    expect(guest.domain.vcpus.map(({ blocked }) => blocked)).toEqual([false, false, true]);
  });

  test('and does not sleep while an event waits that is not masked', () => {
    ipis(0);
    raise(1);
    block(guest.hypervisor, guest.vcpu);
    expect(guest.vcpu.blocked).toBe(false);
    writeByte(guest.hypervisor.frames, guest.vcpu.info + vcpu_info.offset.evtchn_upcall_mask, 1);
    block(guest.hypervisor, guest.vcpu);
    expect(guest.vcpu.blocked).toBe(true);
  });

  test('a vcpu that polls for one port wakes for that one, masked or not, whoever it is for', () => {
    ipis(0, 0);
    const vcpu = guest.domain.vcpus[1]!;
    poll(guest.hypervisor, vcpu, [2], 5_000_000);
    raise(1);
    expect(vcpu.polling).toBe(true);
    mask(2, true);
    raise(2);
    expect([vcpu.polling, vcpu.pollTimeoutNs]).toEqual([false, -1]);
  });

  test('one event wakes all who poll for it, and all who poll for several', () => {
    ipis(0, 0, 0);
    const [first, second, third] = guest.domain.vcpus as [Vcpu, Vcpu, Vcpu];
    poll(guest.hypervisor, first, [2], -1);
    poll(guest.hypervisor, second, [1, 3], -1);
    poll(guest.hypervisor, third, [2], -1);
    raise(2);
    expect(guest.domain.vcpus.map(({ polling }) => polling)).toEqual([false, false, false]);
  });

  test('of several ports any wakes: the second in the list too', () => {
    ipis(0, 0, 0);
    poll(guest.hypervisor, guest.vcpu, [1, 3], -1);
    raise(3);
    expect(guest.vcpu.polling).toBe(false);
  });

  test('an event that is pending already wakes nobody', () => {
    ipis(0);
    raise(1);
    poll(guest.hypervisor, guest.vcpu, [1], -1);
    raise(1);
    expect(guest.vcpu.polling).toBe(true);
  });
});
