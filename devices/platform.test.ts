/** The machine's devices together, seen through ports alone, as a kernel finds them. */
import { expect, test, vi } from 'vitest';
import { SparseImage } from './disk/sparse-image.ts';
import { FileTree } from './fs/tree.ts';
import { DEFAULT_GATEWAY, Gateway } from './lan/gateway.ts';
import { Lan, LATENCY_NS } from './lan/lan.ts';
import { BROADCAST, ETHERTYPE_ARP, frame } from './lan/ethernet.ts';
import { IO_BASE, Platform } from './platform.ts';
import type { VirtioBlock } from './virtio/block.ts';
import { TestClock, TestInterrupts, TestMemory } from './testing.ts';

function setup(): { platform: Platform; clock: TestClock; interrupts: TestInterrupts; lan: Lan } {
  const clock = new TestClock();
  const interrupts = new TestInterrupts();
  const lan = new Lan();
  lan.join(new Gateway(DEFAULT_GATEWAY));
  const platform = new Platform(
    { memory: new TestMemory(), interrupts, clock },
    {
      epochSeconds: 1_767_225_600,
      devices: [
        { kind: 'block', disk: new SparseImage(100), id: 'sda' },
        { kind: 'net', port: lan.join(), mac: '52:54:00:12:34:56' },
        { kind: 'console' },
        { kind: 'entropy', seed: 1 },
        { kind: '9p', tag: 'share', tree: new FileTree() },
      ],
    },
  );
  return { platform, clock, interrupts, lan };
}

function config(platform: Platform, slot: number, register: number, bytes = 4): number {
  platform.writePort(0xcf8, 4, (0x8000_0000 | (slot << 11) | (register & 0xfc)) >>> 0);
  return platform.readPort(0xcfc + (register & 3), bytes);
}

test('PCI has the configured devices, in order, each with ports of its own', () => {
  const { platform } = setup();
  const ids = Array.from({ length: 7 }, (_, slot) => config(platform, slot, 0));
  expect(ids).toEqual(
    [0x1237_8086, 0x1042_1af4, 0x1041_1af4, 0x1043_1af4, 0x1044_1af4, 0x1049_1af4, 0xffff_ffff].map(
      (id) => id >>> 0,
    ),
  );
  const bars = [1, 2, 3, 4, 5].map((slot) => config(platform, slot, 0x20));
  expect(bars).toEqual([0, 1, 2, 3, 4].map((index) => IO_BASE + index * 0x100 + 1));
  expect([1, 2, 3, 4, 5].map((slot) => config(platform, slot, 0x3c, 1))).toEqual([11, 5, 9, 10, 11]);
  // The 9p device's tag: length, then the name.
  const tag = bars[4]! - 1 + 0x80;
  expect(platform.readPort(tag, 2)).toBe(5);
  expect(platform.readPort(tag + 2, 4)).toBe(0x7261_6873);
  expect(platform.readPort(0xff00, 4)).toBe(0xffff_ffff);
});

test('ports: the serial line, the clock, and all ones where nothing is', () => {
  const { platform, interrupts } = setup();
  const sent: number[] = [];
  platform.uart.onOutput = (byte) => sent.push(byte);
  platform.writePort(0x3f8, 1, 0x41);
  expect(sent).toEqual([0x41]);
  platform.writePort(0x3f9, 1, 1);
  platform.writePort(0x3fc, 1, 8);
  platform.uart.receive(Uint8Array.of(0x42));
  expect([...interrupts.asserted]).toEqual([4]);
  expect(platform.readPort(0x3f8, 1)).toBe(0x42);
  platform.writePort(0x70, 1, 9);
  expect(platform.readPort(0x71, 1)).toBe(0x26);
  expect([platform.readPort(0x2f8, 1), platform.readPort(0x60, 4)]).toEqual([0xff, 0xffff_ffff]);
});

test('nextTicks says when something is due, in the machine’s ticks', () => {
  const { platform, clock, lan } = setup();
  expect(platform.nextTicks()).toBe(Infinity);
  const sender = lan.join();
  sender.send(frame(BROADCAST, Uint8Array.of(2, 0, 0, 0, 0, 1), ETHERTYPE_ARP, new Uint8Array(28)), 0);
  expect(platform.nextTicks()).toBe(LATENCY_NS / clock.periodNs);
  platform.advance(LATENCY_NS / clock.periodNs);
  expect(platform.nextTicks()).toBe(Infinity);
  expect(platform.waiting).toBe(false);
});

test('what is due of a device comes behind that of the one before it, which may wait for its bytes first', () => {
  const platform = new Platform(
    { memory: new TestMemory(), interrupts: new TestInterrupts(), clock: new TestClock() },
    {
      epochSeconds: 0,
      devices: ['sda', 'sdb'].map((id) => ({ kind: 'block' as const, disk: new SparseImage(100), id })),
    },
  );
  const order: number[] = [];
  for (const [n, device] of platform.devices.entries())
    vi.spyOn(device, 'advance').mockImplementation(() => {
      order.push(n);
    });
  const waits = vi.spyOn(platform.devices[0] as VirtioBlock, 'waiting', 'get').mockReturnValue(true);
  platform.advance(10);
  expect([order, platform.waiting]).toEqual([[0], true]);
  waits.mockReturnValue(false);
  platform.advance(10);
  expect([order, platform.waiting]).toEqual([[0, 0, 1], false]);
});

test('a configuration that cannot be is refused', () => {
  const make = (mac: string): Platform =>
    new Platform(
      { memory: new TestMemory(), interrupts: new TestInterrupts(), clock: new TestClock() },
      { epochSeconds: 0, devices: [{ kind: 'net', port: new Lan().join(), mac }] },
    );
  expect(() => make('52:54')).toThrow(RangeError);
  const consoles = Array.from({ length: 32 }, () => ({ kind: 'console' as const }));
  expect(
    () =>
      new Platform(
        { memory: new TestMemory(), interrupts: new TestInterrupts(), clock: new TestClock() },
        { epochSeconds: 0, devices: consoles },
      ),
  ).toThrow(RangeError);
});
