/** EVTCHNOP_status and EVTCHNOP_reset: what a port is said to be, and who may ask. */
import { beforeEach, expect, test } from 'vitest';
import * as abi from '../abi/event-channel.ts';
import { EINVAL, EPERM, ESRCH } from '../abi/errno.ts';
import { DOMID_SELF, VIRQ_TIMER } from '../abi/xen.ts';
import { TestDomain, testHost } from '../memory/testing.ts';
import { ECS_FREE, ECS_UNBOUND } from '../state/event-channels.ts';
import { eventOp } from './testing.ts';

let guest: TestDomain;
let dom0: TestDomain;

beforeEach(() => {
  const host = testHost(2048);
  dom0 = new TestDomain(host, 0, 32, 1, true);
  guest = new TestDomain(host, 1, 32, 2);
  // Ports 1 to 4: unbound for domain 5, bound to domain 0, a VIRQ and an IPI of vcpu 1.
  eventOp(guest, abi.EVTCHNOP_alloc_unbound, DOMID_SELF | (5 << 16));
  eventOp(guest, abi.EVTCHNOP_alloc_unbound, DOMID_SELF);
  guest.domain.events.at(2)!.remoteDomain = 0;
  eventOp(dom0, abi.EVTCHNOP_bind_interdomain, 1, 2);
  eventOp(guest, abi.EVTCHNOP_bind_virq, VIRQ_TIMER, 1);
  eventOp(guest, abi.EVTCHNOP_bind_ipi, 1);
});

const status = (
  asker: TestDomain,
  domid: number,
  port: number,
): { result: number; said: readonly number[] } => {
  const { result, words } = eventOp(asker, abi.EVTCHNOP_status, domid, port, 9, 9, 9, 9);
  return { result, said: words.slice(2) };
};

test('each state, the vcpu it is for, and what is particular to it', () => {
  expect(status(guest, DOMID_SELF, 1).said).toEqual([abi.EVTCHNSTAT_unbound, 0, 5, 0]);
  expect(status(guest, DOMID_SELF, 2).said).toEqual([abi.EVTCHNSTAT_interdomain, 0, 0, 1]);
  expect(status(guest, 1, 3).said).toEqual([abi.EVTCHNSTAT_virq, 1, VIRQ_TIMER, 0]);
  expect(status(dom0, 1, 4).said).toEqual([abi.EVTCHNSTAT_ipi, 1, 0, 0]);
  expect(status(dom0, 1, 5).said).toEqual([abi.EVTCHNSTAT_closed, 0, 0, 0]);
  expect(status(dom0, 0, 1).said).toEqual([abi.EVTCHNSTAT_interdomain, 0, 1, 2]);
});

test('ports that the ABI cannot name, domains that are none, and those of others', () => {
  expect(status(guest, DOMID_SELF, 0).said).toEqual([abi.EVTCHNSTAT_closed, 0, 0, 0]);
  expect(status(guest, DOMID_SELF, abi.EVTCHN_2L_NR_CHANNELS).result).toBe(-EINVAL);
  expect(status(guest, DOMID_SELF, abi.EVTCHN_2L_NR_CHANNELS - 1).result).toBe(0);
  expect(status(dom0, 9, 1).result).toBe(-ESRCH);
  expect(status(guest, 0, 1).result).toBe(-EPERM);
});

test('reset closes every port but those whose consumer is Xen', () => {
  guest.domain.events.at(4)!.consumer = true;
  expect(eventOp(guest, abi.EVTCHNOP_reset, 0).result).toBe(-EPERM);
  expect(eventOp(dom0, abi.EVTCHNOP_reset, 9).result).toBe(-ESRCH);
  expect(eventOp(dom0, abi.EVTCHNOP_reset, 1).result).toBe(0);
  const open = guest.domain.events.ports.filter((channel) => channel !== null && channel.state !== ECS_FREE);
  expect(open.map((channel) => channel!.port)).toEqual([4]);
  expect(dom0.domain.events.at(1)!.state).toBe(ECS_UNBOUND);
  expect(guest.domain.vcpus[1]!.virqPorts[VIRQ_TIMER]).toBe(0);
  expect(guest.check()).toEqual([]);
});
