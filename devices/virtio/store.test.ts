import { expect, test } from 'vitest';
import { MemoryImage } from '../disk/memory-image.ts';
import { Overlay } from '../disk/overlay.ts';
import { SharedStore, StoreLink } from '../disk/shared-store.ts';
import { write32, write64 } from '../little-endian.ts';
import { TestClock, TestMemory } from '../testing.ts';
import * as block from './block.ts';
import { VirtioStore } from './store.ts';
import { TestDriver } from './testing.ts';
import type { Buffer } from './testing.ts';

const SECTORS = 8;
const LATENCY_NS = 100;

interface Machine {
  readonly memory: TestMemory;
  readonly clock: TestClock;
  readonly link: StoreLink;
  readonly device: VirtioStore;
  readonly driver: TestDriver;
}

function machine(): Machine {
  const [memory, clock, link] = [new TestMemory(), new TestClock(), new StoreLink(SECTORS)];
  const device = new VirtioStore(memory, clock, link, 'shared');
  const driver = new TestDriver(memory, device);
  driver.start();
  return { memory, clock, link, device, driver };
}

const store = (machines: number): SharedStore =>
  new SharedStore(new Overlay(new MemoryImage(new Uint8Array(SECTORS * 512))), machines, LATENCY_NS);

/** A request: its data, or room for so many bytes, and its status, which is 255 until there is one. */
function ask({ driver, memory }: Machine, type: number, sector: number, data: Uint8Array | number): Buffer[] {
  const header = new Uint8Array(16);
  write32(header, 0, type);
  write64(header, 8, sector);
  const body = typeof data === 'number' ? driver.room(data) : driver.out(data);
  const status = driver.room(1);
  memory.bytes[status.address] = 255;
  driver.add(0, [driver.out(header), ...(body.length === 0 ? [] : [body]), status]);
  driver.kick(0);
  return [body, status];
}

const filled = (value: number): Uint8Array => new Uint8Array(512).fill(value);

/** Carries requests to the store, lets time pass there and at the machines, and carries the answers back. */
function pass(shared: SharedStore, machines: readonly Machine[], nowNs: number): void {
  for (const [n, { link }] of machines.entries())
    for (const each of link.sent.splice(0)) shared.send(n, each);
  shared.advance(nowNs);
  for (const [n, { link, clock, device }] of machines.entries()) {
    link.coming.push(...shared.takeUntil(n, nowNs));
    clock.ns = nowNs;
    device.advance(nowNs);
  }
}

test('a request is answered after the way to the store and back; a write that is done is seen by all', () => {
  const [shared, one, two] = [store(2), machine(), machine()];
  const [, written] = ask(one, block.T_OUT, 3, filled(7));
  pass(shared, [one, two], LATENCY_NS);
  expect(one.driver.bytesOf(written!)[0]).toBe(255);
  expect(shared.nextNs()).toBe(2 * LATENCY_NS);
  pass(shared, [one, two], 2 * LATENCY_NS);
  expect(one.driver.bytesOf(written!)[0]).toBe(block.S_OK);
  expect(one.driver.isr()).toBe(1);
  const [body, status] = ask(two, block.T_IN, 3, 512);
  pass(shared, [one, two], 4 * LATENCY_NS);
  expect([two.driver.bytesOf(status!)[0], two.driver.bytesOf(body!)]).toEqual([block.S_OK, filled(7)]);
});

test('of two writes the later one holds; at one time, that of the later machine', () => {
  const [shared, one, two] = [store(2), machine(), machine()];
  ask(two, block.T_OUT, 0, filled(2));
  ask(one, block.T_OUT, 0, filled(1));
  ask(two, block.T_OUT, 1, filled(2));
  pass(shared, [one, two], 50);
  ask(one, block.T_OUT, 1, filled(1));
  pass(shared, [one, two], 1000);
  const [first, second] = [ask(one, block.T_IN, 0, 512)[0]!, ask(one, block.T_IN, 1, 512)[0]!];
  pass(shared, [one, two], 2000);
  expect([first, second].map((body) => one.driver.bytesOf(body)[0])).toEqual([2, 1]);
});

test('a flush is done when what was written before is; what lies outside is refused at once', () => {
  const [shared, one] = [store(1), machine()];
  ask(one, block.T_OUT, 0, filled(9));
  const [, flushed] = ask(one, block.T_FLUSH, 0, 0);
  const [, outside] = ask(one, block.T_IN, SECTORS, 512);
  expect([flushed, outside].map((status) => one.driver.bytesOf(status!)[0])).toEqual([255, block.S_IOERR]);
  pass(shared, [one], 2 * LATENCY_NS);
  expect(one.driver.bytesOf(flushed!)[0]).toBe(block.S_OK);
  expect(one.device.nextNs()).toBe(Infinity);
});

test('who resets the device gets no answer to what it asked before', () => {
  const [shared, one] = [store(1), machine()];
  const [body, status] = ask(one, block.T_IN, 0, 512);
  one.memory.bytes.fill(0xee, body!.address, body!.address + 512);
  one.driver.status = 0;
  one.driver.start();
  pass(shared, [one], 1000);
  expect([one.driver.bytesOf(status!)[0], one.driver.bytesOf(body!)[0]]).toEqual([255, 0xee]);
});

test('buffers that may no longer be written when the answer comes are not: the device needs a reset', () => {
  const [shared, one] = [store(1), machine()];
  const [body, status] = ask(one, block.T_IN, 0, 512);
  one.memory.contains = (address, length) => address + length <= body!.address;
  pass(shared, [one], 1000);
  expect(one.driver.bytesOf(status!)[0]).toBe(255);
  expect(one.driver.status & 64).toBe(64);
});
