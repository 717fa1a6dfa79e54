/**
 * Whatever a driver writes into rings, buffers, registers and configuration space: no exception, no byte of ours outside the
 * machine's memory, and after a reset the device works.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Chance } from '../chance.ts';
import { SparseImage } from '../disk/sparse-image.ts';
import { FileTree } from '../fs/tree.ts';
import { Lan } from '../lan/lan.ts';
import { Gateway, DEFAULT_GATEWAY } from '../lan/gateway.ts';
import { TestClock, TestMemory } from '../testing.ts';
import { VirtioNineP } from './9p.ts';
import { DiskFaults } from './disk-faults.ts';
import { VirtioBlock } from './block.ts';
import { VirtioConsole } from './console.ts';
import type { VirtioDevice } from './device.ts';
import { VirtioEntropy } from './entropy.ts';
import { VirtioNet } from './net.ts';
import { TestDriver } from './testing.ts';

const MEMORY = 1 << 20;

const DEVICES: Record<string, (memory: TestMemory, clock: TestClock) => VirtioDevice> = {
  block: (memory) => new VirtioBlock(memory, new SparseImage(64), 'x'),
  'slow block': (memory, clock) => {
    const faults = new DiskFaults(clock, new Chance({ seed: 4 }, 'host'));
    faults.failing = 1;
    return new VirtioBlock(memory, new SparseImage(64), 'x', faults);
  },
  console: (memory) => new VirtioConsole(memory),
  entropy: (memory) => new VirtioEntropy(memory, 1),
  '9p': (memory, clock) => new VirtioNineP(memory, clock, 0, new FileTree(), 'share'),
  net: (memory, clock) => {
    const lan = new Lan();
    lan.join(new Gateway(DEFAULT_GATEWAY));
    return new VirtioNet(memory, clock, lan.join(), Uint8Array.of(2, 0, 0, 0, 0, 9));
  },
};

const address = fc.oneof(
  fc.nat(MEMORY),
  fc.integer({ min: 0x10000, max: 0x18000 }),
  fc.constantFrom(MEMORY - 1, MEMORY, 0xffff_fff0, 2 ** 52, 2 ** 63),
);
const length = fc.oneof(fc.nat(64), fc.nat(8192), fc.constantFrom(0xffff_ffff, MEMORY, 0x8000_0000));

type Step = (guest: TestDriver, device: VirtioDevice, clock: TestClock) => void;

const describe = fc
  .tuple(fc.nat(15), address, length, fc.nat(7), fc.nat(17), fc.nat(1))
  .map(([index, at, bytes, flags, next, queue]): Step => (guest) => {
    guest.describe(guest.desc(queue), index, { address: at, length: bytes }, flags, next);
  });
const publish = fc.tuple(fc.nat(17), fc.nat(1)).map(([head, queue]): Step => (guest) => {
  guest.publish(queue, head);
  guest.kick(queue);
});
/** Chains that are right, with anything in them. */
const request = fc
  .tuple(fc.uint8Array({ maxLength: 80 }), fc.nat(64), fc.nat(1), fc.boolean())
  .map(([data, room, queue, indirect]): Step => (guest) => {
    const buffers = [guest.out(data), guest.room(room)];
    if (indirect) guest.addIndirect(queue, buffers);
    else guest.add(queue, buffers);
    guest.kick(queue);
  });
const scribble = fc
  .tuple(fc.integer({ min: 0x10000, max: 0x18000 }), fc.uint8Array({ maxLength: 32 }))
  .map(([at, bytes]): Step => (guest) => {
    guest.memory.bytes.set(bytes, at);
  });
const register = fc
  .tuple(fc.nat(0x3fff), fc.constantFrom(1, 2, 4), fc.nat(0xffff_ffff))
  .map(([offset, bytes, value]): Step => (guest) => {
    guest.pci.writeBar(4, offset, bytes, value);
    guest.pci.readBar(4, offset, bytes);
  });
const configure = fc
  .tuple(fc.nat(63), fc.constantFrom(1, 2, 4), fc.nat(0xffff_ffff))
  .map(([dword, bytes, value]): Step => (guest) => {
    guest.pci.writeConfig(dword * 4, bytes, value);
    guest.pci.readConfig(dword * 4, bytes);
  });
const time = fc.nat(50_000).map((ns): Step => (_guest, device, clock) => {
  clock.ns += ns;
  device.advance?.(clock.ns);
  if (device instanceof VirtioConsole) device.typed(Uint8Array.of(1, 2, 3));
});
const restart = fc.constantFrom(2, 8, 16).map((size): Step => (guest) => {
  guest.pci.writeConfig(4, 2, 6);
  guest.start(size);
});

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: describe },
    { weight: 4, arbitrary: publish },
    { weight: 4, arbitrary: request },
    { weight: 1, arbitrary: scribble },
    { weight: 1, arbitrary: register },
    { weight: 1, arbitrary: configure },
    { weight: 2, arbitrary: time },
    { weight: 1, arbitrary: restart },
  ),
  { maxLength: 60 },
);

test.each(Object.keys(DEVICES))('a driver of %s that does anything', (kind) => {
  fc.assert(
    fc.property(steps, (list) => {
      const memory = new TestMemory(MEMORY);
      const clock = new TestClock();
      const device = DEVICES[kind]!(memory, clock);
      const guest = new TestDriver(memory, device);
      guest.start();
      for (const step of list) step(guest, device, clock);
      for (const written of memory.written)
        expect(memory.contains(written.address, written.length)).toBe(true);
      expect(memory.surroundingsIntact).toBe(true);
      guest.pci.writeConfig(4, 2, 6);
      guest.start();
      expect(guest.status).toBe(15);
    }),
    { numRuns: 300, seed: 1 },
  );
});
