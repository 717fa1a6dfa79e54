import { expect, test } from 'vitest';
import { read16, write16 } from '../little-endian.ts';
import { TestInterrupts, TestMemory } from '../testing.ts';
import { PciBus } from '../pci/bus.ts';
import { readChain, writeChain } from './chain.ts';
import { CommonConfig } from './common-config.ts';
import { F_EVENT_IDX, F_INDIRECT_DESC, F_VERSION_1, VirtioDevice } from './device.ts';
import { DESC_INDIRECT, DESC_NEXT, DESC_WRITE, TestDriver } from './testing.ts';

/** Gives back what it is sent, reversed. */
class Echo extends VirtioDevice {
  constructor(memory: TestMemory) {
    super(memory, { type: 42, classCode: 0, features: [3], queueSizes: [64], configBytes: 4 });
    this.config.set([1, 2, 3, 4]);
  }
  protected override work(): void {
    for (let chain = this.take(0); chain !== null; chain = this.take(0)) {
      const data = new Uint8Array(chain.readableBytes);
      readChain(this.memory, chain, 0, data);
      this.give(0, chain, writeChain(this.memory, chain, 0, data.reverse()));
    }
  }
}

function setup(size = 16, without: readonly number[] = []): { guest: TestDriver; device: Echo } {
  const memory = new TestMemory();
  const device = new Echo(memory);
  const guest = new TestDriver(memory, device);
  guest.start(size, without);
  return { guest, device };
}

test('chains of several buffers, one after the other, around the ring many times', () => {
  const { guest } = setup(8);
  for (let round = 0; round < 40_000; round++) {
    const data = Uint8Array.of(round, round >>> 8, 3, 4, 5);
    const out = { address: 0x40000, length: 3, write: false };
    const more = { address: 0x40010, length: 2, write: false };
    const room = [
      { address: 0x40020, length: 1, write: true },
      { address: 0x40030, length: 9, write: true },
    ];
    guest.memory.bytes.set(data.subarray(0, 3), out.address);
    guest.memory.bytes.set(data.subarray(3), more.address);
    if (guest.request(0, [out, more, ...room]) !== 5) throw new Error('lost bytes');
    const read = room.flatMap((buffer) => [...guest.bytesOf(buffer)]).slice(0, 5);
    if (read.join() !== [...data].reverse().join()) throw new Error(`round ${String(round)} differs`);
    guest.memory.written.length = 0;
  }
});

test('as many chains as the ring holds are taken at once', () => {
  const { guest } = setup(16);
  const heads = Array.from({ length: 16 }, (_, n) => guest.add(0, [guest.out(Uint8Array.of(n))]));
  guest.kick(0);
  expect(guest.used(0).map(({ head }) => head)).toEqual(heads);
});

test('addresses of a queue are written and read in halves, until it is enabled', () => {
  const ENABLE = 0x1c;
  const common = new CommonConfig(new Echo(new TestMemory()));
  for (const [area, at] of [
    ['desc', 0x20],
    ['driver', 0x28],
    ['device', 0x30],
  ] as const) {
    common.write(at + 4, 4, 0x12);
    common.write(at, 4, 0xfedc_b000);
    common.write(at + 4, 4, 0x34);
    expect(common.queue![area], area).toBe(0x34_fedc_b000);
    expect([common.read(at, 4), common.read(at + 4, 4)], area).toEqual([0xfedc_b000, 0x34]);
  }
  common.write(ENABLE, 2, 1);
  common.write(0x20, 4, 0x1000);
  expect(common.read(0x20, 4)).toBe(0xfedc_b000);
});

test('a ring may reach to the end of memory, and no further', () => {
  const NEEDS_RESET = 0x40;
  const memory = new TestMemory();
  const device = new Echo(memory);
  /** The status when the area that the driver writes ends so many bytes before the end: flags, index, 16 heads, the event. */
  const statusAt = (left: number): number => {
    class Edge extends TestDriver {
      override driver(): number {
        return memory.bytes.length - 38 - left;
      }
    }
    const guest = new Edge(memory, device);
    guest.start(16);
    guest.kick(0);
    return guest.status & NEEDS_RESET;
  };
  expect(statusAt(0)).toBe(0);
  expect(statusAt(-2)).toBe(NEEDS_RESET);
});

test('an indirect table is followed', () => {
  const { guest } = setup();
  const room = guest.room(3);
  guest.addIndirect(0, [guest.out(Uint8Array.of(1, 2)), guest.out(Uint8Array.of(3)), room]);
  guest.kick(0);
  expect(guest.used(0)).toEqual([{ head: 0, written: 3 }]);
  expect([...guest.bytesOf(room)]).toEqual([3, 2, 1]);
});

test('features: VERSION_1 is a must, and what was not offered is refused', () => {
  const { guest } = setup();
  expect(() => {
    guest.start(16, [F_VERSION_1]);
  }).toThrow('features refused');
  guest.status = 0;
  guest.status = 3;
  guest.setCommon(8, 4, 1);
  guest.setCommon(12, 4, 1);
  guest.setCommon(8, 4, 0);
  guest.setCommon(12, 4, 0x10);
  guest.status = 11;
  expect(guest.status).toBe(3);
  guest.status = 15;
  expect(guest.status).toBe(3);
  guest.setCommon(12, 4, 0x8);
  guest.status = 11;
  expect(guest.status).toBe(11);
});

test('features are what they were when the driver said FEATURES_OK', () => {
  const { guest } = setup();
  guest.setCommon(8, 4, 0);
  const chosen = guest.common(12, 4);
  expect(chosen & 8).toBe(8);
  guest.setCommon(12, 4, chosen & ~8);
  expect(guest.common(12, 4)).toBe(chosen);
});

test('reset: status 0, queues at their largest and disabled, no interrupt', () => {
  const { guest } = setup();
  guest.request(0, [guest.out(Uint8Array.of(1)), guest.room(1)]);
  expect(guest.pci.readConfig(6, 2) & 8).toBe(8);
  guest.status = 0;
  expect(guest.pci.readConfig(6, 2) & 8).toBe(0);
  expect([guest.status, guest.common(0x18, 2), guest.common(0x1c, 2), guest.common(0x20, 4)]).toEqual([
    0, 64, 0, 0,
  ]);
  guest.setCommon(0x16, 2, 7);
  expect(guest.common(0x18, 2)).toBe(0);
});

test('the interrupt stays until ISR status is read; the ring can say that none is wanted', () => {
  const { guest } = setup(16, [F_EVENT_IDX]);
  const send = (): void => {
    guest.request(0, [guest.out(Uint8Array.of(1)), guest.room(1)]);
  };
  send();
  expect(guest.isr()).toBe(1);
  expect(guest.isr()).toBe(0);
  write16(guest.memory.bytes, guest.driver(0), 1);
  send();
  expect(guest.isr()).toBe(0);
  write16(guest.memory.bytes, guest.driver(0), 0);
  send();
  expect(guest.isr()).toBe(1);
});

test('event index: interrupts only past used_event, and avail_event says what was taken', () => {
  const { guest } = setup(16);
  const usedEvent = guest.driver(0) + 4 + 2 * 16;
  write16(guest.memory.bytes, usedEvent, 2);
  const seen = [1, 2, 3, 4].map(() => {
    guest.add(0, [guest.out(Uint8Array.of(1)), guest.room(1)]);
    guest.kick(0);
    return guest.isr();
  });
  expect(seen).toEqual([0, 0, 1, 0]);
  expect(read16(guest.memory.bytes, guest.device(0) + 4 + 8 * 16)).toBe(4);
});

test('the window in configuration space reaches the same structures', () => {
  const { guest, device } = setup();
  const { pci } = guest;
  let window = pci.readConfig(0x34, 1);
  while (pci.readConfig(window + 3, 1) !== 5) window = pci.readConfig(window + 1, 1);
  const aim = (offset: number, bytes: number): void => {
    pci.writeConfig(window + 4, 1, 4);
    pci.writeConfig(window + 8, 4, offset);
    pci.writeConfig(window + 12, 4, bytes);
  };
  aim(0x80, 4);
  expect(pci.readConfig(window + 16, 4)).toBe(0x0403_0201);
  aim(0x14, 1);
  expect(pci.readConfig(window + 16, 1)).toBe(15);
  pci.writeConfig(window + 16, 1, 0);
  expect(device.status).toBe(0);
  // Not aligned, of no width, outside.
  for (const [offset, bytes] of [
    [0x2002, 4],
    [0x2000, 3],
    [0xffff_fffc, 4],
  ] as const) {
    aim(offset, bytes);
    pci.writeConfig(window + 16, 4, 0x1234_5678);
    expect(pci.readConfig(window + 16, 4)).toBe(0x1234_5678);
  }
});

test('no bus master, no DMA', () => {
  const { guest } = setup();
  guest.pci.writeConfig(4, 2, 2);
  guest.add(0, [guest.out(Uint8Array.of(1)), guest.room(1)]);
  guest.kick(0);
  expect(guest.used(0)).toEqual([]);
  guest.pci.writeConfig(4, 2, 6);
  guest.kick(0);
  expect(guest.used(0)).toHaveLength(1);
});

test('on a bus, the interrupt line follows ISR status', () => {
  const interrupts = new TestInterrupts();
  const { guest } = setup();
  const bus = new PciBus(interrupts);
  bus.add(guest.pci);
  guest.request(0, [guest.out(Uint8Array.of(1)), guest.room(1)]);
  expect([...interrupts.asserted]).toEqual([11]);
  guest.isr();
  expect([...interrupts.asserted]).toEqual([]);
});

const MALFORMED: [string, (guest: TestDriver) => void][] = [
  [
    'a loop',
    (guest) => {
      guest.describe(guest.desc(0), 0, guest.out(Uint8Array.of(1)), DESC_NEXT, 1);
      guest.describe(guest.desc(0), 1, guest.out(Uint8Array.of(1)), DESC_NEXT, 0);
    },
  ],
  [
    'a next outside the table',
    (guest) => {
      guest.describe(guest.desc(0), 0, guest.out(Uint8Array.of(1)), DESC_NEXT, 16);
    },
  ],
  [
    'a buffer behind memory',
    (guest) => {
      guest.describe(guest.desc(0), 0, { address: (1 << 20) - 4, length: 5 }, DESC_WRITE, 0);
    },
  ],
  [
    'a buffer at the end of all addresses',
    (guest) => {
      guest.describe(guest.desc(0), 0, { address: 2 ** 63, length: 5 }, DESC_WRITE, 0);
    },
  ],
  [
    'readable behind writable',
    (guest) => {
      guest.describe(guest.desc(0), 0, guest.room(4), DESC_WRITE | DESC_NEXT, 1);
      guest.describe(guest.desc(0), 1, guest.room(4), 0, 0);
    },
  ],
  [
    'an indirect table of half a descriptor',
    (guest) => {
      guest.describe(guest.desc(0), 0, { address: 0x40000, length: 24 }, DESC_INDIRECT, 0);
    },
  ],
  [
    'an indirect table behind memory',
    (guest) => {
      guest.describe(guest.desc(0), 0, { address: (1 << 20) - 16, length: 32 }, DESC_INDIRECT, 0);
    },
  ],
  [
    'an indirect table in an indirect table',
    (guest) => {
      guest.describe(0x40000, 0, { address: 0x40000, length: 16 }, DESC_INDIRECT, 0);
      guest.describe(guest.desc(0), 0, { address: 0x40000, length: 16 }, DESC_INDIRECT, 0);
    },
  ],
  [
    'an indirect table with a next',
    (guest) => {
      guest.describe(guest.desc(0), 0, { address: 0x40000, length: 16 }, DESC_INDIRECT | DESC_NEXT, 1);
    },
  ],
];

test.each(MALFORMED)(
  '%s: the device needs a reset, has written nothing, and works after it',
  (_what, spoil) => {
    const { guest, device } = setup();
    spoil(guest);
    guest.publish(0, 0);
    guest.memory.written.length = 0;
    guest.kick(0);
    expect(guest.status & 64).toBe(64);
    expect(device.trouble).not.toBe('');
    expect(guest.memory.written).toEqual([]);
    expect(guest.isr()).toBe(2);
    expect(guest.used(0)).toEqual([]);
    guest.start();
    expect(guest.request(0, [guest.out(Uint8Array.of(1)), guest.room(1)])).toBe(1);
  },
);

test.each<[string, (guest: TestDriver) => void]>([
  [
    'a head outside the table',
    (guest) => {
      guest.publish(0, 16);
    },
  ],
  [
    'more available than there can be',
    (guest) => {
      write16(guest.memory.bytes, guest.driver(0) + 2, 17);
    },
  ],
])('%s', (_what, spoil) => {
  const { guest } = setup();
  spoil(guest);
  guest.kick(0);
  expect(guest.status & 64).toBe(64);
});

test.each([
  ['descriptors', 0x20, (1 << 20) - 16 * 16 + 16],
  ['descriptors', 0x20, 8],
  ['the available ring', 0x28, (1 << 20) - 32],
  ['the available ring', 0x28, 0x12001],
  ['the used ring', 0x30, 0x13002],
  ['the used ring', 0x30, (1 << 20) - 128],
  ['the used ring', 0x30, 0xffff_ffff],
])('%s not in memory, or not aligned (%i, %i)', (_what, register, address) => {
  const { guest } = setup();
  guest.status = 0;
  guest.status = 3;
  guest.setCommon(8, 4, 1);
  guest.setCommon(12, 4, 1);
  guest.status = 11;
  guest.setCommon(0x18, 2, 16);
  for (const [at, value] of [
    [0x20, guest.desc(0)],
    [0x28, guest.driver(0)],
    [0x30, guest.device(0)],
    [register, address],
  ] as const)
    guest.setCommon(at, 4, value);
  guest.setCommon(0x1c, 2, 1);
  guest.status = 15;
  guest.kick(0);
  expect(guest.status & 64).toBe(64);
});

test('an indirect table where it was not negotiated', () => {
  const { guest } = setup(16, [F_INDIRECT_DESC]);
  guest.addIndirect(0, [guest.out(Uint8Array.of(1))]);
  guest.kick(0);
  expect(guest.status & 64).toBe(64);
});
