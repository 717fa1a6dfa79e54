/** A device's ports and lines in the hands of a domain that was given them. */
import { expect, test } from 'vitest';
import { UART_PORTS } from '../../../devices/uart16550.ts';
import { XEN_DOMCTL_INTERFACE_VERSION } from '../../abi/control.ts';
import * as abi from '../../abi/domctl.ts';
import { EINVAL, EPERM } from '../../abi/errno.ts';
import { EVTCHNOP_bind_pirq } from '../../abi/event-channel.ts';
import { VIRQ_CON_RING } from '../../abi/xen.ts';
import { sendGlobalVirq } from '../../events/send.ts';
import { ECS_VIRQ } from '../../state/event-channels.ts';
import { isPortPending } from '../../events/send.ts';
import { domctl } from '../domctl.ts';
import { eventChannelOp } from '../event-channel-op.ts';
import { ARGUMENTS, TestDomain, testHost } from '../../memory/testing.ts';
import { readPort, writePort } from '../../traps/privop/ports.ts';

const RTC_INDEX = 0x70;
const RTC_DATA = 0x71;
/** The day of the month. */
const RTC_DAY = 7;

function control(guest: TestDomain, command: number, domain: number, ...own: bigint[]): number {
  guest.enter();
  guest.poke(ARGUMENTS, (BigInt(XEN_DOMCTL_INTERFACE_VERSION) << 32n) | BigInt(command), domain, ...own);
  return guest.call(domctl, ARGUMENTS);
}

function host(): { dom0: TestDomain; domU: TestDomain } {
  const hypervisor = testHost(1024);
  return { dom0: new TestDomain(hypervisor, 0, 32, 1, true), domU: new TestDomain(hypervisor, 1, 32) };
}

test('ports reach a device for who was given them, and only while', () => {
  const { dom0, domU } = host();
  const day = (): number => {
    writePort(dom0.hypervisor, domU.domain, RTC_INDEX, 1, RTC_DAY);
    return readPort(dom0.hypervisor, domU.domain, RTC_DATA, 1);
  };
  const give = (allow: bigint): number =>
    control(dom0, abi.XEN_DOMCTL_ioport_permission, 1, BigInt(RTC_DATA) | (1n << 32n), allow);
  expect(day()).toBe(0xff);
  expect(give(1n)).toBe(0);
  expect(day()).toBe(1);
  expect(give(0n)).toBe(0);
  expect(day()).toBe(0xff);
});

test('nobody gives what he has not', () => {
  const { dom0, domU } = host();
  const serial = BigInt(0x3f8) | (BigInt(UART_PORTS) << 32n);
  expect(control(dom0, abi.XEN_DOMCTL_ioport_permission, 1, serial, 1n)).toBe(-EPERM);
  expect(control(domU, abi.XEN_DOMCTL_ioport_permission, 1, BigInt(RTC_DATA) | (1n << 32n), 1n)).toBe(-EPERM);
  // What makes no sense is said before who asks matters.
  expect(control(domU, abi.XEN_DOMCTL_ioport_permission, 1, 0xffffn | (9n << 32n), 1n)).toBe(-EINVAL);
  expect(domU.domain.ports).toEqual([]);
});

test('a line is bound by who was given it', () => {
  const { dom0, domU } = host();
  const bind = (): number => {
    domU.enter();
    domU.poke(ARGUMENTS, 9n, 0n);
    return domU.call(eventChannelOp, EVTCHNOP_bind_pirq, ARGUMENTS);
  };
  expect(bind()).toBe(-EPERM);
  expect(control(dom0, abi.XEN_DOMCTL_irq_permission, 1, 9n | (1n << 32n))).toBe(0);
  expect(bind()).toBe(0);
  expect(dom0.hypervisor.gsis[9]!.domain).toBe(1);
});

test('a VIRQ of the machine goes to who was named, and back to domain 0 when that is gone', () => {
  const { dom0, domU } = host();
  const { hypervisor } = dom0;
  const ports = [dom0, domU].map(({ domain }) => {
    const channel = domain.events.allocate()!;
    channel.state = ECS_VIRQ;
    channel.virq = VIRQ_CON_RING;
    domain.vcpus[0]!.virqPorts[VIRQ_CON_RING] = channel.port;
    return channel.port;
  });
  expect(control(dom0, abi.XEN_DOMCTL_set_virq_handler, 1, BigInt(VIRQ_CON_RING))).toBe(0);
  sendGlobalVirq(hypervisor, VIRQ_CON_RING);
  expect(isPortPending(hypervisor, domU.domain, ports[1]!)).toBe(true);
  expect(isPortPending(hypervisor, dom0.domain, ports[0]!)).toBe(false);
  expect(control(dom0, abi.XEN_DOMCTL_destroydomain, 1)).toBe(0);
  sendGlobalVirq(hypervisor, VIRQ_CON_RING);
  expect(isPortPending(hypervisor, dom0.domain, ports[0]!)).toBe(true);
});
