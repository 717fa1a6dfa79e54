/** What hypercalls are given in their caller's memory, and why checks say no, as the trace is told of it. */
import { beforeEach, describe, expect, test } from 'vitest';
import { EINVAL, ENOSPC } from '../abi/errno.ts';
import * as abi from '../abi/event-channel.ts';
import { struct, i16, i64, u16, u32, u64, u8, union, array } from '../abi/layout.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import { eventOp } from '../events/testing.ts';
import { PAGE_ACCESSED } from '../memory/entries.ts';
import { copyFromGuest, peekAtGuest, walkTo } from '../memory/guest-access.ts';
import { rawMemory } from '../memory/raw-memory.ts';
import { ARGUMENTS, TestDomain, testHost } from '../memory/testing.ts';
import type { TraceDetail } from './event.ts';
import { givenTo } from './given.ts';
import { plainOf } from './plain.ts';
import { Tracer } from './tracer.ts';

let guest: TestDomain;
let other: TestDomain;
let heard: TraceDetail[];

beforeEach(() => {
  const host = testHost(2048);
  other = new TestDomain(host, 2, 32);
  guest = new TestDomain(host, 1, 32);
  heard = [];
  guest.hypervisor.trace.add({ event: ({ detail }) => heard.push(detail), end: () => undefined });
});

test('a structure’s members by their paths: signed where C has them so; wide ones to the last bit', () => {
  const layout = struct({
    a: u8,
    b: i16,
    c: struct({ d: u32, e: union({ f: u16, g: u64 }) }),
    h: i64,
    i: array(u8, 3),
  });
  const bytes = new DataView(new ArrayBuffer(layout.size));
  bytes.setUint8(0, 200);
  bytes.setInt16(2, -3, true);
  bytes.setUint32(layout.offset['c.d'], 0xffff_ffff, true);
  bytes.setBigUint64(layout.offset['c.e.g'], 0x8000_0000_0000_0001n, true);
  bytes.setBigInt64(layout.offset.h, -5n, true);
  expect(plainOf(layout, bytes)).toEqual({
    ...{ a: 200, b: -3, 'c.d': 0xffff_ffff, 'c.e.f': 1, 'c.e.g': '0x8000000000000001', h: -5 },
  });
});

test('which command it is, and what lies there; of many, the first; nothing where it cannot be read', () => {
  const bytes = new Uint8Array(64);
  new DataView(bytes.buffer).setUint32(0, 5, true);
  const peek = (_: number, target: Uint8Array): boolean => {
    target.set(bytes.subarray(0, target.length));
    return true;
  };
  const words = (...low: number[]): Uint32Array => Uint32Array.from(low.flatMap((each) => [each, 0]));
  expect(givenTo('event_channel_op', words(abi.EVTCHNOP_close, 4096), peek)).toEqual({
    ...{ command: 'EVTCHNOP_close', count: 1, structures: [{ port: 5 }] },
  });
  expect(givenTo('event_channel_op', words(abi.EVTCHNOP_close, 4096), () => false).structures).toEqual([]);
  const many = givenTo('mmuext_op', words(4096, 0x8000_0000 + 300), (_, target) => target.fill(0).length > 0);
  expect([many.count, many.structures.length, many.command]).toEqual([300, 4, 'MMUEXT_PIN_L1_TABLE']);
  expect(givenTo('event_channel_op', words(99, 4096), peek)).toEqual({
    command: null,
    count: 0,
    structures: [],
  });
  expect(givenTo('iret', words(), peek)).toEqual({ command: null, count: 0, structures: [] });
});

test('looking at a guest’s memory leaves no trace there: not even that it was accessed', () => {
  const { machine, frames } = guest.hypervisor;
  guest.poke(ARGUMENTS, 7n);
  const entry = walkTo(frames, guest.vcpu.kernelRoot, ARGUMENTS, 1);
  rawMemory(frames).words[entry]! &= ~PAGE_ACCESSED;
  const before = machine.bytes.slice();
  const [seen, read] = [new Uint8Array(8), new Uint8Array(8)];
  expect(peekAtGuest(frames, guest.vcpu, ARGUMENTS, seen)).toBe(true);
  expect(peekAtGuest(frames, guest.vcpu, 0x1000, seen)).toBe(false);
  expect(Buffer.compare(machine.bytes.slice(), before)).toBe(0);
  expect(copyFromGuest(frames, guest.vcpu, ARGUMENTS, read)).toBe(true);
  expect(seen).toEqual(read);
  expect(Buffer.compare(machine.bytes.slice(), before)).not.toBe(0);
});

describe('why a check says no', () => {
  const refusals = (): string[] => heard.flatMap((detail) => (detail.kind === 'refusal' ? [detail.why] : []));

  test('with the numbers that it looked at; nobody is told who does not watch', () => {
    expect(eventOp(guest, abi.EVTCHNOP_bind_interdomain, 2, 9).result).toBe(-EINVAL);
    expect(refusals()).toEqual([
      'port 9 of domain 2 is closed, where one that is unbound, for domain 1, is needed',
    ]);
    other.domain.events.maxPort = 1;
    eventOp(other, abi.EVTCHNOP_alloc_unbound, DOMID_SELF);
    expect(eventOp(other, abi.EVTCHNOP_alloc_unbound, DOMID_SELF).result).toBe(-ENOSPC);
    expect(refusals().at(-1)).toBe('all ports of domain 2 are in use');
  });

  test('stays with the call around it, not with those around that', () => {
    const trace = new Tracer();
    expect(trace.refuse(-EINVAL, 'nobody hears')).toBe(-EINVAL);
    const refused: (string | null)[] = [];
    trace.add({
      event: () => undefined,
      end: ({ detail }) => refused.push(detail.kind === 'hypercall' ? detail.refusal : ''),
    });
    const call = (name: string): TraceDetail => ({
      ...{ kind: 'hypercall', number: 1, name, words: [], args: '', result: null, gave: [], refusal: null },
      given: { command: null, count: 0, structures: [] },
    });
    const batch = trace.begin(call('multicall'));
    const inner = trace.begin(call('mmu_update'));
    const table = trace.begin({ kind: 'validate', mfn: 1, level: 4 });
    trace.refuse(-EINVAL, 'frame {} is of domain {}', '0x10', 7);
    trace.end(table);
    trace.end(inner);
    trace.end(batch);
    expect(refused).toEqual(['', 'frame 0x10 is of domain 7', null]);
  });
});

test('a port’s life: made, bound, the other end too, closed, the other end unbound', () => {
  const told = (): string[] =>
    heard.flatMap((d) =>
      d.kind === 'channel' ? [`${String(d.domain)}/${String(d.port)}: ${d.from} -> ${d.to}`] : [],
    );
  const [, port] = eventOp(guest, abi.EVTCHNOP_alloc_unbound, DOMID_SELF | (2 << 16)).words;
  const bound = eventOp(other, abi.EVTCHNOP_bind_interdomain, 1, port!).words[2]!;
  eventOp(other, abi.EVTCHNOP_close, bound);
  eventOp(guest, abi.EVTCHNOP_bind_virq, 0, 0);
  expect(told()).toEqual([
    '1/1: closed -> unbound, for domain 2, to vcpu 0',
    '2/1: closed -> bound to port 1 of domain 1, to vcpu 0',
    '1/1: unbound, for domain 2, to vcpu 0 -> bound to port 1 of domain 2, to vcpu 0',
    '1/1: bound to port 1 of domain 2, to vcpu 0 -> unbound, for domain 2, to vcpu 0',
    '2/1: bound to port 1 of domain 1, to vcpu 0 -> closed',
    '1/2: closed -> bound to VIRQ_TIMER, to vcpu 0',
  ]);
});
