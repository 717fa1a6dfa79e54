/** The FIFO ABI: queues by priority, linked through the guest's own words, of which it may make what it likes. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as abi from '../abi/event-channel.ts';
import { EINVAL, ENOENT, ENOSPC, ENOSYS, EOPNOTSUPP } from '../abi/errno.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import { destroyDomain } from '../domain/destroy.ts';
import { writeByte, writeWord } from '../memory/guest-frames.ts';
import { L1_PFN, TestDomain, testHost } from '../memory/testing.ts';
import { eventWord } from './fifo.ts';
import { isPortMasked, isPortPending, setPortPending } from './send.ts';
import { eventOp, upcallOf } from './testing.ts';

const CONTROL_PFN = 10;
const SECOND_CONTROL_PFN = 11;
const ARRAY_PFN = 12;
const PENDING = 2 ** abi.EVTCHN_FIFO_PENDING;
const MASKED = 2 ** abi.EVTCHN_FIFO_MASKED;
const LINKED = 2 ** abi.EVTCHN_FIFO_LINKED;
const { offset } = abi.evtchn_fifo_control_block;

let guest: TestDomain;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, 32, 2);
});

function initialise(pfn: number, at: number, vcpu: number): number {
  return eventOp(guest, abi.EVTCHNOP_init_control, guest.mfns[pfn]!, 0, at, vcpu).result;
}

function expand(pfn: number): number {
  return eventOp(guest, abi.EVTCHNOP_expand_array, guest.mfns[pfn]!).result;
}

/** The FIFO ABI with control blocks for both vcpus, one page of words, and `ports` IPIs for vcpu 0. */
function setUp(ports: number): void {
  for (let port = 0; port < ports; port++) eventOp(guest, abi.EVTCHNOP_bind_ipi, 0);
  expect(initialise(CONTROL_PFN, 0, 0)).toBe(0);
  expect(initialise(SECOND_CONTROL_PFN, 64, 1)).toBe(0);
  expect(expand(ARRAY_PFN)).toBe(0);
}

function raise(port: number): void {
  setPortPending(guest.hypervisor, guest.domain, guest.domain.events.at(port)!);
}

const priority = (port: number, value: number): number =>
  eventOp(guest, abi.EVTCHNOP_set_priority, port, value).result;

function wordAt(pfn: number, at: number): number {
  return guest.hypervisor.machine.words[(guest.mfns[pfn]! * 4096 + at) / 4]!;
}
const wordOf = (port: number): number => wordAt(ARRAY_PFN, port * 4);
function setWord(port: number, value: number): void {
  writeWord(guest.hypervisor.frames, guest.mfns[ARRAY_PFN]! * 4096 + port * 4, value);
}

/** A vcpu's queue as a guest would consume it: pending ports in order; their words are left as a guest leaves them. */
function consume(queue: number, pfn = CONTROL_PFN, at = 0): number[] {
  const ports: number[] = [];
  let port = wordAt(pfn, at + offset.head + queue * 4);
  while (port !== 0) {
    const word = wordOf(port);
    setWord(port, word & ~(LINKED | abi.EVTCHN_FIFO_LINK_MASK | PENDING));
    if (word >= PENDING) ports.push(port);
    port = word & abi.EVTCHN_FIFO_LINK_MASK;
  }
  writeWord(guest.hypervisor.frames, guest.mfns[pfn]! * 4096 + at + offset.head + queue * 4, 0);
  const ready = guest.mfns[pfn]! * 4096 + at + offset.ready;
  writeWord(guest.hypervisor.frames, ready, wordAt(pfn, at + offset.ready) & ~(1 << queue));
  writeByte(guest.hypervisor.frames, guest.vcpu.info, 0);
  return ports;
}

describe('setting it up', () => {
  test('what init_control and expand_array refuse', () => {
    expect(expand(ARRAY_PFN)).toBe(-EOPNOTSUPP);
    expect(initialise(CONTROL_PFN, 0, 2)).toBe(-ENOENT);
    expect(initialise(CONTROL_PFN, 4, 0)).toBe(-EINVAL);
    expect(initialise(CONTROL_PFN, 4096 - 64, 0)).toBe(-EINVAL);
    expect(initialise(L1_PFN, 0, 0)).toBe(-EINVAL);
    expect(eventOp(guest, abi.EVTCHNOP_init_control, 0xffff_ffff, 0xf_ffff, 0, 0).result).toBe(-EINVAL);
    expect(guest.domain.events.fifo).toBe(null);
    expect(eventOp(guest, abi.EVTCHNOP_init_control, guest.mfns[CONTROL_PFN]!, 0, 0, 0)).toMatchObject({
      result: 0,
    });
    expect(initialise(SECOND_CONTROL_PFN, 0, 0)).toBe(-EINVAL);
    expect(expand(L1_PFN)).toBe(-EINVAL);
    expect(guest.check()).toEqual([]);
  });

  test('it tells the bits of a link, and holds the guest’s pages until a reset', () => {
    const { words } = eventOp(guest, abi.EVTCHNOP_init_control, guest.mfns[CONTROL_PFN]!, 0, 8, 0);
    expect(words[4]! & 0xff).toBe(abi.EVTCHN_FIFO_LINK_BITS);
    expect(expand(ARRAY_PFN)).toBe(0);
    const { frames } = guest.hypervisor;
    const counts = (): number[] => [CONTROL_PFN, ARRAY_PFN].map((pfn) => frames.typeCount[guest.mfns[pfn]!]!);
    expect(counts()).toEqual([2, 2]);
    expect(guest.check()).toEqual([]);
    expect(eventOp(guest, abi.EVTCHNOP_reset, DOMID_SELF).result).toBe(0);
    expect(counts()).toEqual([1, 1]);
    expect(guest.domain.events.limit).toBe(abi.EVTCHN_2L_NR_CHANNELS);
    expect(guest.check()).toEqual([]);
    setUp(1);
    destroyDomain(guest.hypervisor, guest.domain);
    expect(frames.remains.size).toBe(0);
    expect(guest.check()).toEqual([]);
  });

  test('the array has room for no more than the ABI’s ports', () => {
    initialise(CONTROL_PFN, 0, 0);
    for (let page = 0; page < 128; page++) expect(expand(ARRAY_PFN)).toBe(0);
    expect(expand(ARRAY_PFN)).toBe(-ENOSPC);
    expect(guest.check()).toEqual([]);
  });

  test('what was pending before is raised when its word comes', () => {
    for (let port = 0; port < 2; port++) eventOp(guest, abi.EVTCHNOP_bind_ipi, 0);
    raise(2);
    initialise(CONTROL_PFN, 0, 0);
    expect(eventWord(guest.hypervisor, guest.domain, 2)).toBe(null);
    expect(isPortMasked(guest.hypervisor, guest.domain, 2)).toBe(true);
    raise(1);
    expect(expand(ARRAY_PFN)).toBe(0);
    expect(consume(abi.EVTCHN_FIFO_PRIORITY_DEFAULT)).toEqual([1, 2]);
  });
});

describe('a queue', () => {
  test('has the events in the order they were raised, each once', () => {
    setUp(4);
    for (const port of [3, 1, 3, 4]) raise(port);
    expect(upcallOf(guest).pending).toBe(1);
    expect(wordAt(CONTROL_PFN, offset.ready)).toBe(1 << 7);
    expect(wordOf(3)).toBe((PENDING | LINKED | 1) >>> 0);
    expect(consume(7)).toEqual([3, 1, 4]);
    expect(isPortPending(guest.hypervisor, guest.domain, 3)).toBe(false);
    raise(4);
    raise(2);
    expect(consume(7)).toEqual([4, 2]);
  });

  test('an event that was consumed alone and comes again does not follow itself', () => {
    setUp(1);
    raise(1);
    consume(7);
    raise(1);
    expect(wordOf(1)).toBe((PENDING | LINKED) >>> 0);
    expect(wordAt(CONTROL_PFN, offset.head + 7 * 4)).toBe(1);
    expect(consume(7)).toEqual([1]);
  });

  test('the tail that the guest has consumed is not linked to', () => {
    setUp(2);
    raise(1);
    setWord(1, 0);
    raise(2);
    expect(wordOf(1)).toBe(0);
    expect(wordAt(CONTROL_PFN, offset.head + 7 * 4)).toBe(2);
  });

  test('is told to be ready, and the vcpu woken up, only when it was empty', () => {
    setUp(2);
    raise(1);
    writeByte(guest.hypervisor.frames, guest.vcpu.info, 0);
    raise(2);
    expect(upcallOf(guest).pending).toBe(0);
    expect(consume(7)).toEqual([1, 2]);
  });

  test('of each priority its own, in the control block of the event’s vcpu', () => {
    setUp(3);
    eventOp(guest, abi.EVTCHNOP_bind_ipi, 1);
    expect(priority(1, 0)).toBe(0);
    expect(priority(2, 15)).toBe(0);
    for (const port of [1, 2, 3, 4]) raise(port);
    expect(wordAt(CONTROL_PFN, offset.ready)).toBe((1 << 0) | (1 << 7) | (1 << 15));
    expect([consume(0), consume(7), consume(15)]).toEqual([[1], [3], [2]]);
    expect(wordAt(SECOND_CONTROL_PFN, 64 + offset.ready)).toBe(1 << 7);
    expect(consume(7, SECOND_CONTROL_PFN, 64)).toEqual([4]);
  });

  test('set_priority refuses what is none, and the 2-level ABI', () => {
    eventOp(guest, abi.EVTCHNOP_bind_ipi, 0);
    expect(priority(1, 3)).toBe(-ENOSYS);
    setUp(0);
    expect(priority(1, 16)).toBe(-EINVAL);
    expect(priority(9, 0)).toBe(-EINVAL);
    expect(guest.domain.events.at(1)!.priority).toBe(abi.EVTCHN_FIFO_PRIORITY_DEFAULT);
  });
});

describe('an event that changes its queue', () => {
  test('is forgotten as the tail of the old one: what comes there is not linked into the new', () => {
    setUp(3);
    raise(1);
    consume(7);
    priority(1, 2);
    raise(1);
    // Port 1 was the tail of queue 7, and is linked: in queue 2.
    raise(2);
    expect(consume(2)).toEqual([1]);
    expect(consume(7)).toEqual([2]);
  });

  test('and so where it goes to another vcpu', () => {
    const { words } = eventOp(guest, abi.EVTCHNOP_alloc_unbound, DOMID_SELF);
    const port = words[1]!;
    setUp(1);
    raise(port);
    consume(7);
    expect(eventOp(guest, abi.EVTCHNOP_bind_vcpu, port, 1).result).toBe(0);
    raise(port);
    raise(2);
    expect(consume(7, SECOND_CONTROL_PFN, 64)).toEqual([port]);
    expect(consume(7)).toEqual([2]);
  });

  test('stays where it is as long as it is linked', () => {
    setUp(2);
    raise(1);
    priority(1, 0);
    raise(1);
    raise(2);
    expect(wordAt(CONTROL_PFN, offset.ready)).toBe(1 << 7);
    expect(consume(7)).toEqual([1, 2]);
  });
});

describe('masks', () => {
  test('a masked event is pending and in no queue until it is unmasked', () => {
    setUp(1);
    setWord(1, MASKED);
    raise(1);
    expect(wordOf(1)).toBe((PENDING | MASKED) >>> 0);
    expect(upcallOf(guest).pending).toBe(0);
    expect(eventOp(guest, abi.EVTCHNOP_unmask, 1).result).toBe(0);
    expect(wordOf(1)).toBe((PENDING | LINKED) >>> 0);
    expect(consume(7)).toEqual([1]);
  });

  test('unmasking what is not pending links nothing', () => {
    setUp(1);
    setWord(1, MASKED);
    eventOp(guest, abi.EVTCHNOP_unmask, 1);
    expect(wordOf(1)).toBe(0);
  });

  test('closing takes the pending bit, and leaves the link for the guest to find', () => {
    setUp(2);
    raise(1);
    raise(2);
    expect(eventOp(guest, abi.EVTCHNOP_close, 1).result).toBe(0);
    expect(wordOf(1)).toBe((LINKED | 2) >>> 0);
    expect(consume(7)).toEqual([2]);
  });
});

test('a vcpu without a control block gets no events, and its ports stay pending', () => {
  eventOp(guest, abi.EVTCHNOP_bind_ipi, 1);
  initialise(CONTROL_PFN, 0, 0);
  expand(ARRAY_PFN);
  raise(1);
  expect(wordOf(1)).toBe(PENDING);
  expect(upcallOf(guest, guest.domain.vcpus[1]!).pending).toBe(0);
});
