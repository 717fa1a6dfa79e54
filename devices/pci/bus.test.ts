import { expect, test } from 'vitest';
import { allOnes } from '../machine.ts';
import { TestInterrupts } from '../testing.ts';
import { CONFIG_ADDRESS, CONFIG_DATA, PciBus } from './bus.ts';
import { PciFunction } from './function.ts';

class Card extends PciFunction {
  readonly memory = new Map<number, number>();
  constructor() {
    super({
      vendor: 0x1af4,
      device: 0x1041,
      revision: 1,
      classCode: 0x02_00_00,
      subsystemVendor: 0x1af4,
      subsystem: 0x1041,
      barBytes: [0x100, 0, 0, 0, 0x100, 0],
      interruptPin: 1,
    });
    this.addCapability(9, Uint8Array.of(4, 1));
    this.addCapability(9, Uint8Array.of(6, 2, 3, 4));
  }
  override readBar(bar: number, offset: number): number {
    return this.memory.get(bar * 0x10000 + offset) ?? 0;
  }
  override writeBar(bar: number, offset: number, _bytes: number, value: number): void {
    this.memory.set(bar * 0x10000 + offset, value);
  }
}

function setup(cards = 1): { bus: PciBus; interrupts: TestInterrupts; cards: Card[] } {
  const interrupts = new TestInterrupts();
  const bus = new PciBus(interrupts);
  const made = Array.from({ length: cards }, () => new Card());
  for (const card of made) bus.add(card);
  bus.assignBars(0xc000);
  return { bus, interrupts, cards: made };
}

function read(bus: PciBus, slot: number, register: number, bytes = 4): number {
  bus.writePort(CONFIG_ADDRESS, 4, (0x8000_0000 | (slot << 11) | (register & 0xfc)) >>> 0);
  return bus.readPort(CONFIG_DATA + (register & 3), bytes);
}
function write(bus: PciBus, slot: number, register: number, bytes: number, value: number): void {
  bus.writePort(CONFIG_ADDRESS, 4, (0x8000_0000 | (slot << 11) | (register & 0xfc)) >>> 0);
  bus.writePort(CONFIG_DATA + (register & 3), bytes, value);
}

test('enumeration by mechanism #1: a host bridge, the cards, and nothing elsewhere', () => {
  const { bus } = setup(2);
  expect(read(bus, 0, 0)).toBe(0x1237_8086);
  expect(read(bus, 1, 0)).toBe(0x1041_1af4);
  expect(read(bus, 1, 9, 1)).toBe(0);
  expect(read(bus, 1, 0xb, 1)).toBe(2);
  expect(read(bus, 1, 2, 2)).toBe(0x1041);
  expect(read(bus, 3, 0)).toBe(0xffff_ffff);
  expect(bus.readPort(CONFIG_ADDRESS, 4)).toBe(0x8000_1800);
  // Other functions, other buses, mechanism disabled, an access across the register's end.
  for (const address of [0x8000_0900, 0x8001_0800, 0x0000_0800]) {
    bus.writePort(CONFIG_ADDRESS, 4, address);
    expect(bus.readPort(CONFIG_DATA, 4)).toBe(0xffff_ffff);
  }
  bus.writePort(CONFIG_ADDRESS, 4, 0x8000_0800);
  expect(bus.readPort(CONFIG_DATA + 3, 2)).toBe(0xffff);
  // Narrow accesses to the address port are none.
  bus.writePort(CONFIG_ADDRESS, 1, 0);
  expect(bus.readPort(CONFIG_DATA, 4)).toBe(0x1041_1af4);
});

test('BARs: assigned, sized by writing ones, moved, and only decoded while ports are enabled', () => {
  const { bus, cards } = setup();
  const [card] = cards as [Card];
  const placed = [read(bus, 1, 0x10), read(bus, 1, 0x20)];
  expect(placed).toEqual([0xc001, 0xc101]);
  write(bus, 1, 0x20, 4, 0xffff_ffff);
  expect(read(bus, 1, 0x20)).toBe(0xffff_ff01);
  write(bus, 1, 0x14, 4, 0xffff_ffff);
  expect(read(bus, 1, 0x14)).toBe(0);
  write(bus, 1, 0x20, 4, 0xd700);
  bus.writeIo(0xd7fc, 4, 77);
  expect(card.memory.get(0x400fc)).toBe(77);
  expect(bus.readIo(0xd7fc, 4)).toBe(77);
  expect(bus.readIo(0xd7fe, 4)).toBe(allOnes(4));
  write(bus, 1, 4, 2, 0);
  expect(bus.readIo(0xd7fc, 4)).toBe(allOnes(4));
});

test('what is read-only stays, the capability list can be followed', () => {
  const { bus } = setup();
  write(bus, 1, 0, 4, 0);
  write(bus, 1, 0x34, 4, 0);
  expect(read(bus, 1, 0)).toBe(0x1041_1af4);
  expect(read(bus, 1, 6, 2) & 0x10).toBe(0x10);
  const found: number[] = [];
  for (let at = read(bus, 1, 0x34, 1); at !== 0; at = read(bus, 1, at + 1, 1))
    found.push(read(bus, 1, at + 3, 1));
  expect(found).toEqual([1, 2]);
});

test('a line is asserted while any of its pins is, and not for who has disabled it', () => {
  const { bus, interrupts, cards } = setup(5);
  // Slots 1 and 5 share a line.
  const line = read(bus, 1, 0x3c, 1);
  expect(read(bus, 5, 0x3c, 1)).toBe(line);
  expect(read(bus, 2, 0x3c, 1)).not.toBe(line);
  cards[0]!.setInterrupt(true);
  cards[4]!.setInterrupt(true);
  expect([...interrupts.asserted]).toEqual([line]);
  expect(read(bus, 1, 6, 2) & 8).toBe(8);
  cards[0]!.setInterrupt(false);
  expect([...interrupts.asserted]).toEqual([line]);
  write(bus, 5, 4, 2, 0x400);
  expect([...interrupts.asserted]).toEqual([]);
  write(bus, 5, 4, 2, 0);
  expect([...interrupts.asserted]).toEqual([line]);
});
