/** Physical interrupts: a level-triggered line, and the one domain that serves it. */
import { beforeEach, expect, test } from 'vitest';
import * as abi from '../abi/event-channel.ts';
import { EBUSY, EEXIST, EINVAL, EPERM } from '../abi/errno.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import { HypervisorBug } from '../bug.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { addRange } from '../state/range-set.ts';
import { changeLine, endPirq } from './pirq.ts';
import { isPortPending, clearPortPending } from './send.ts';
import { eventOp } from './testing.ts';

const LINE = 11;

let guest: TestDomain;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, 32);
  addRange(guest.domain.lines, 5, LINE);
});

const bind = (pirq: number, flags = 0): { result: number; port: number } => {
  const { result, words } = eventOp(guest, abi.EVTCHNOP_bind_pirq, pirq, flags);
  return { result, port: words[2]! };
};

/** Whether the port is pending, and not any more. */
function take(port: number): boolean {
  const was = isPortPending(guest.hypervisor, guest.domain, port);
  clearPortPending(guest.hypervisor, guest.domain, guest.domain.events.at(port)!);
  return was;
}

test('a line is bound once, by who was given it', () => {
  expect(bind(56).result).toBe(-EINVAL);
  expect(bind(4).result).toBe(-EPERM);
  expect(bind(LINE, 2).result).toBe(-EINVAL);
  expect(bind(LINE, abi.BIND_PIRQ__WILL_SHARE).result).toBe(0);
  expect(bind(LINE).result).toBe(-EEXIST);
  const xens = guest.hypervisor.gsis.findIndex(({ isXens }) => isXens);
  addRange(guest.domain.lines, xens, xens);
  expect(bind(xens).result).toBe(-EBUSY);
});

test('one event until the domain has served it; then another, if a device still asserts the line', () => {
  const { port } = bind(LINE);
  const { hypervisor, domain } = guest;
  changeLine(hypervisor, LINE, true);
  expect(take(port)).toBe(true);
  changeLine(hypervisor, LINE, true);
  expect(take(port)).toBe(false);
  expect(endPirq(hypervisor, domain, LINE)).toBe(0);
  expect(take(port)).toBe(true);
  changeLine(hypervisor, LINE, false);
  expect(endPirq(hypervisor, domain, LINE)).toBe(0);
  expect(take(port)).toBe(false);
  expect(endPirq(hypervisor, domain, 4)).toBe(-EINVAL);
  expect(endPirq(hypervisor, domain, 40)).toBe(-EINVAL);
});

test('what was asserted before somebody serves it is told at once', () => {
  changeLine(guest.hypervisor, LINE, true);
  expect(take(bind(LINE).port)).toBe(true);
});

test('a closed port leaves the line to the next, unmasked', () => {
  const first = bind(LINE);
  changeLine(guest.hypervisor, LINE, true);
  expect(eventOp(guest, abi.EVTCHNOP_close, first.port).result).toBe(0);
  const second = bind(LINE);
  expect(second.result).toBe(0);
  expect(take(second.port)).toBe(true);
});

test('another domain’s word does not end an interrupt', () => {
  const other = new TestDomain(guest.hypervisor, 2, 32);
  addRange(other.domain.lines, LINE, LINE);
  guest.enter();
  const { port } = bind(LINE);
  changeLine(guest.hypervisor, LINE, true);
  take(port);
  expect(endPirq(guest.hypervisor, other.domain, LINE)).toBe(0);
  expect(take(port)).toBe(false);
});

test('a port may go to another vcpu, and tells its line', () => {
  const { port } = bind(LINE);
  expect(eventOp(guest, abi.EVTCHNOP_status, DOMID_SELF, port).words.slice(2, 5)).toEqual([
    abi.EVTCHNSTAT_pirq,
    0,
    LINE,
  ]);
});

test('a line that is not the port’s is a bug that stops the host', () => {
  const { port } = bind(LINE);
  guest.hypervisor.gsis[LINE]!.port = port + 1;
  expect(() => eventOp(guest, abi.EVTCHNOP_close, port)).toThrow(HypervisorBug);
});

test('a page tells of the lines whose end the domain must say: those that may be shared, of the ones bound since', () => {
  const told = (): number => Number(guest.peek(TEST_BASE + 20 * PAGE_BYTES));
  expect(bind(5, abi.BIND_PIRQ__WILL_SHARE).result).toBe(0);
  guest.domain.pirqEoiMfn = guest.mfns[20]!;
  expect(bind(9, abi.BIND_PIRQ__WILL_SHARE).result).toBe(0);
  expect(bind(10).result).toBe(0);
  expect(told()).toBe(1 << 9);
  const { port } = bind(LINE, abi.BIND_PIRQ__WILL_SHARE);
  expect(told()).toBe((1 << 9) | (1 << LINE));
  eventOp(guest, abi.EVTCHNOP_close, port);
  expect(bind(LINE).result).toBe(0);
  expect(told()).toBe(1 << 9);
});
