/** Binding and closing ports: what each EVTCHNOP gives, and what it refuses. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as abi from '../abi/event-channel.ts';
import { EEXIST, EFAULT, EINVAL, ENOENT, ENOSPC, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import { DOMID_SELF, NR_VIRQS, VIRQ_CONSOLE, VIRQ_DEBUG, VIRQ_TIMER } from '../abi/xen.ts';
import { HypervisorBug } from '../bug.ts';
import { destroyDomain } from '../domain/destroy.ts';
import { eventChannelOp, eventChannelOpCompat } from '../hypercalls/event-channel-op.ts';
import { ARGUMENTS, TestDomain, testHost } from '../memory/testing.ts';
import { ECS_FREE, ECS_INTERDOMAIN, ECS_UNBOUND } from '../state/event-channels.ts';
import { closePort } from './bind.ts';
import { isPortPending, sendVirq } from './send.ts';
import { eventOp } from './testing.ts';

let guest: TestDomain;
let other: TestDomain;
let dom0: TestDomain;

beforeEach(() => {
  const host = testHost(2048);
  dom0 = new TestDomain(host, 0, 32, 1, true);
  other = new TestDomain(host, 2, 32);
  guest = new TestDomain(host, 1, 32, 3);
});

/** A port of the guest's that `remote` may bind to. */
function unbound(remote: number, owner = guest): number {
  const { result, words } = eventOp(owner, abi.EVTCHNOP_alloc_unbound, DOMID_SELF | (remote << 16));
  expect(result).toBe(0);
  return words[1]!;
}

/** An interdomain channel from `other` to the guest: the guest's port and the other's. */
function channel(): [number, number] {
  const port = unbound(2);
  const { result, words } = eventOp(other, abi.EVTCHNOP_bind_interdomain, 1, port);
  expect(result).toBe(0);
  return [port, words[2]!];
}

const bindVirq = (virq: number, vcpu: number): number =>
  eventOp(guest, abi.EVTCHNOP_bind_virq, virq, vcpu).result;

describe('alloc_unbound', () => {
  test('gives the lowest free port, for the domain that is named to bind to', () => {
    expect(unbound(2)).toBe(1);
    expect(unbound(DOMID_SELF)).toBe(2);
    expect(guest.domain.events.at(1)).toMatchObject({ state: ECS_UNBOUND, remoteDomain: 2, notifyVcpu: 0 });
    expect(guest.domain.events.at(2)).toMatchObject({ remoteDomain: 1 });
    expect(eventOp(guest, abi.EVTCHNOP_close, 1).result).toBe(0);
    expect(unbound(2)).toBe(1);
  });

  test('of another domain is for the privileged', () => {
    expect(eventOp(guest, abi.EVTCHNOP_alloc_unbound, 2 | (1 << 16)).result).toBe(-EPERM);
    expect(eventOp(dom0, abi.EVTCHNOP_alloc_unbound, 99).result).toBe(-ESRCH);
    const { result, words } = eventOp(dom0, abi.EVTCHNOP_alloc_unbound, 1 | (DOMID_SELF << 16));
    expect([result, words[1]]).toEqual([0, 1]);
    expect(guest.domain.events.at(1)).toMatchObject({ state: ECS_UNBOUND, remoteDomain: 0 });
  });

  test('ends at the last port that the domain may have', () => {
    guest.domain.events.maxPort = 2;
    expect([unbound(2), unbound(2)]).toEqual([1, 2]);
    expect(eventOp(guest, abi.EVTCHNOP_alloc_unbound, DOMID_SELF).result).toBe(-ENOSPC);
    expect(bindVirq(VIRQ_TIMER, 0)).toBe(-ENOSPC);
    expect(eventOp(guest, abi.EVTCHNOP_bind_ipi, 0).result).toBe(-ENOSPC);
  });

  test('and at the last that the 2-level ABI can name', () => {
    for (let port = 1; port < abi.EVTCHN_2L_NR_CHANNELS; port++)
      guest.domain.events.allocate()!.state = ECS_UNBOUND;
    expect(eventOp(guest, abi.EVTCHNOP_alloc_unbound, DOMID_SELF).result).toBe(-ENOSPC);
  });
});

describe('bind_interdomain', () => {
  test('joins two ends, of which each knows the other; the binder’s is raised once', () => {
    const [port, end] = channel();
    expect(guest.domain.events.at(port)).toMatchObject({
      state: ECS_INTERDOMAIN,
      remoteDomain: 2,
      remotePort: end,
    });
    expect(other.domain.events.at(end)).toMatchObject({
      state: ECS_INTERDOMAIN,
      remoteDomain: 1,
      remotePort: port,
    });
    expect(isPortPending(guest.hypervisor, other.domain, end)).toBe(true);
    expect(isPortPending(guest.hypervisor, guest.domain, port)).toBe(false);
    expect(guest.check()).toEqual([]);
  });

  test('refuses who is not named, and what is bound, free or nowhere', () => {
    const port = unbound(0);
    const bind = (domid: number, at: number): number =>
      eventOp(other, abi.EVTCHNOP_bind_interdomain, domid, at).result;
    expect(bind(1, port)).toBe(-EINVAL);
    expect(bind(1, port + 1)).toBe(-EINVAL);
    expect(bind(1, 0xffff_ffff)).toBe(-EINVAL);
    expect(bind(99, port)).toBe(-ESRCH);
    const [bound] = channel();
    expect(bind(1, bound)).toBe(-EINVAL);
    expect(other.domain.events.ports.filter((each) => each !== null && each.state !== ECS_FREE)).toHaveLength(
      1,
    );
  });

  test('a domain may be both ends itself', () => {
    const port = unbound(DOMID_SELF);
    const { result, words } = eventOp(guest, abi.EVTCHNOP_bind_interdomain, DOMID_SELF, port);
    expect(result).toBe(0);
    expect(guest.check()).toEqual([]);
    expect(eventOp(guest, abi.EVTCHNOP_close, words[2]!).result).toBe(0);
    expect(guest.domain.events.at(port)!.state).toBe(ECS_UNBOUND);
    expect(guest.check()).toEqual([]);
  });
});

describe('bind_virq and bind_ipi', () => {
  test('a VIRQ of a vcpu is bound once on each, one of the domain on vcpu 0', () => {
    expect(bindVirq(VIRQ_TIMER, 0)).toBe(0);
    expect(bindVirq(VIRQ_TIMER, 2)).toBe(0);
    expect(bindVirq(VIRQ_TIMER, 2)).toBe(-EEXIST);
    expect(bindVirq(VIRQ_TIMER, 3)).toBe(-ENOENT);
    expect(bindVirq(VIRQ_CONSOLE, 0)).toBe(0);
    expect(bindVirq(VIRQ_CONSOLE, 1)).toBe(-EINVAL);
    expect(bindVirq(NR_VIRQS, 0)).toBe(-EINVAL);
    expect(guest.domain.vcpus.map(({ virqPorts }) => virqPorts[VIRQ_TIMER])).toEqual([1, 0, 2]);
    expect(guest.check()).toEqual([]);
  });

  test('the VIRQ goes to its vcpu’s port, and nowhere once that is closed', () => {
    bindVirq(VIRQ_DEBUG, 1);
    const vcpu = guest.domain.vcpus[1]!;
    sendVirq(guest.hypervisor, guest.vcpu, VIRQ_DEBUG);
    expect(isPortPending(guest.hypervisor, guest.domain, 1)).toBe(false);
    sendVirq(guest.hypervisor, vcpu, VIRQ_DEBUG);
    expect(isPortPending(guest.hypervisor, guest.domain, 1)).toBe(true);
    expect(eventOp(guest, abi.EVTCHNOP_close, 1).result).toBe(0);
    expect(vcpu.virqPorts[VIRQ_DEBUG]).toBe(0);
    sendVirq(guest.hypervisor, vcpu, VIRQ_DEBUG);
    expect(isPortPending(guest.hypervisor, guest.domain, 1)).toBe(false);
    expect(bindVirq(VIRQ_DEBUG, 1)).toBe(0);
  });

  test('an IPI is for the vcpu that is named', () => {
    expect(eventOp(guest, abi.EVTCHNOP_bind_ipi, 2)).toMatchObject({ result: 0 });
    expect(guest.domain.events.at(1)!.notifyVcpu).toBe(2);
    expect(eventOp(guest, abi.EVTCHNOP_bind_ipi, 3).result).toBe(-ENOENT);
  });
});

describe('close', () => {
  test('leaves the other end unbound, for the domain that was there, and not pending', () => {
    const [port, end] = channel();
    expect(eventOp(other, abi.EVTCHNOP_close, end).result).toBe(0);
    expect(guest.domain.events.at(port)).toMatchObject({ state: ECS_UNBOUND, remoteDomain: 2 });
    expect(isPortPending(guest.hypervisor, other.domain, end)).toBe(false);
    expect(eventOp(other, abi.EVTCHNOP_bind_interdomain, 1, port).result).toBe(0);
    expect(guest.check()).toEqual([]);
  });

  test('refuses ports that are none', () => {
    for (const port of [0, 1, 5000, 0xffff_ffff])
      expect(eventOp(guest, abi.EVTCHNOP_close, port).result).toBe(-EINVAL);
  });

  test('the end of a domain closes its ports', () => {
    const [port] = channel();
    destroyDomain(guest.hypervisor, other.domain);
    guest.enter();
    expect(guest.domain.events.at(port)).toMatchObject({ state: ECS_UNBOUND, remoteDomain: 2 });
    expect(guest.check()).toEqual([]);
  });

  test('a channel whose other end does not know of it is a bug that stops the host', () => {
    const [port, end] = channel();
    other.domain.events.at(end)!.remotePort = 77;
    expect(guest.check()).toHaveLength(2);
    expect(() => eventOp(guest, abi.EVTCHNOP_close, port)).toThrow(HypervisorBug);
    const free = guest.domain.events.ports[port]!;
    free.state = ECS_FREE;
    expect(() => {
      closePort(guest.hypervisor, guest.domain, free);
    }).toThrow(/closed twice/);
  });
});

test('a port of a VIRQ that no vcpu has for it is a bug that stops the host', () => {
  expect(bindVirq(VIRQ_TIMER, 1)).toBe(0);
  const { virqPorts } = guest.domain.vcpus[1]!;
  const port = virqPorts[VIRQ_TIMER]!;
  virqPorts[VIRQ_TIMER] = 0;
  expect(() => eventOp(guest, abi.EVTCHNOP_close, port)).toThrow(/which no vcpu has/);
});

describe('bind_vcpu', () => {
  test('moves what is not bound to one vcpu by its nature', () => {
    const port = unbound(2);
    expect(eventOp(guest, abi.EVTCHNOP_bind_vcpu, port, 2).result).toBe(0);
    expect(guest.domain.events.at(port)!.notifyVcpu).toBe(2);
    bindVirq(VIRQ_TIMER, 1);
    expect(eventOp(guest, abi.EVTCHNOP_bind_vcpu, 2, 0).result).toBe(-EINVAL);
    bindVirq(VIRQ_CONSOLE, 0);
    expect(eventOp(guest, abi.EVTCHNOP_bind_vcpu, 3, 1).result).toBe(0);
    eventOp(guest, abi.EVTCHNOP_bind_ipi, 0);
    expect(eventOp(guest, abi.EVTCHNOP_bind_vcpu, 4, 1).result).toBe(-EINVAL);
    expect(eventOp(guest, abi.EVTCHNOP_bind_vcpu, port, 3).result).toBe(-ENOENT);
    expect(eventOp(guest, abi.EVTCHNOP_bind_vcpu, 9, 0).result).toBe(-EINVAL);
    expect(guest.check()).toEqual([]);
  });
});

test('commands that are none, and structures that cannot be read', () => {
  expect(guest.call(eventChannelOp, 14, ARGUMENTS)).toBe(-ENOSYS);
  expect(guest.call(eventChannelOp, abi.EVTCHNOP_close, 0x1000)).toBe(-EFAULT);
  expect(guest.call(eventChannelOpCompat, 0x1000)).toBe(-EFAULT);
  guest.poke(ARGUMENTS, BigInt(abi.EVTCHNOP_bind_ipi) | (1n << 32n), 0n);
  expect(guest.call(eventChannelOpCompat, ARGUMENTS)).toBe(0);
  expect(guest.domain.events.at(1)!.notifyVcpu).toBe(1);
});
