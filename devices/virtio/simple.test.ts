/** The two simplest devices: console and entropy source. */
import { expect, test } from 'vitest';
import { TestMemory } from '../testing.ts';
import { VirtioConsole } from './console.ts';
import { VirtioEntropy } from './entropy.ts';
import { TestDriver } from './testing.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

test('a console prints, and what is typed waits until there are buffers', () => {
  const memory = new TestMemory();
  const device = new VirtioConsole(memory);
  let printed = '';
  device.onOutput = (output) => {
    printed += text(output);
  };
  device.typed(bytes('early '));
  const guest = new TestDriver(memory, device);
  guest.start();
  guest.request(1, [guest.out(bytes('hello, ')), guest.out(bytes('world'))]);
  expect(printed).toBe('hello, world');
  guest.isr();
  const rooms = [guest.room(4), guest.room(4), guest.room(8)];
  guest.add(0, [rooms[0]!]);
  guest.kick(0);
  expect(guest.used(0).map(({ written }) => written)).toEqual([4]);
  guest.add(0, [rooms[1]!]);
  guest.kick(0);
  expect(guest.used(0).map(({ written }) => written)).toEqual([2]);
  guest.add(0, [rooms[2]!]);
  guest.isr();
  device.typed(bytes('late'));
  expect(guest.isr() & 1).toBe(1);
  expect(guest.used(0).map(({ written }) => written)).toEqual([4]);
  expect(rooms.map((room) => text(guest.bytesOf(room)).replaceAll('\0', ''))).toEqual(['earl', 'y ', 'late']);
});

test('entropy is the seed’s', () => {
  const draw = (seed: number): number[] => {
    const memory = new TestMemory();
    const guest = new TestDriver(memory, new VirtioEntropy(memory, seed));
    guest.start();
    const room = guest.room(64);
    expect(guest.request(0, [room])).toBe(64);
    return [...guest.bytesOf(room)];
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(new Set(draw(7)).size).toBeGreaterThan(40);
});

test('a reset forgets which features were taken: they are to be chosen again', () => {
  const memory = new TestMemory();
  const guest = new TestDriver(memory, new VirtioConsole(memory));
  guest.start();
  guest.status = 0;
  for (const status of [1, 3, 11]) guest.status = status;
  expect(guest.status).toBe(3);
});
