import { expect, test } from 'vitest';
import { FetchedImage } from '../disk/fetched-image.ts';
import { MemoryImage } from '../disk/memory-image.ts';
import { SparseImage } from '../disk/sparse-image.ts';
import type { Disk } from '../disk/disk.ts';
import { write32, write64 } from '../little-endian.ts';
import { TestClock, TestMemory } from '../testing.ts';
import * as block from './block.ts';
import { VirtioBlock } from './block.ts';
import { DiskFaults } from './disk-faults.ts';
import { TestDriver } from './testing.ts';

function driver(disk: Disk, faults?: DiskFaults): { driver: TestDriver; device: VirtioBlock } {
  const memory = new TestMemory();
  const device = new VirtioBlock(memory, disk, 'disk-0', faults);
  const made = new TestDriver(memory, device);
  made.start();
  return { driver: made, device };
}

function header(type: number, sector: number): Uint8Array {
  const bytes = new Uint8Array(16);
  write32(bytes, 0, type);
  write64(bytes, 8, sector);
  return bytes;
}

function pattern(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, n) => (n * 7 + (n >>> 8)) & 0xff);
}

/** Writes, or reads when there is no data. */
function transfer(
  with_: TestDriver,
  sector: number,
  data: Uint8Array | number,
): [number, Uint8Array, number] {
  const status = with_.room(1);
  const head = with_.out(header(typeof data === 'number' ? block.T_IN : block.T_OUT, sector));
  const body = typeof data === 'number' ? with_.room(data) : with_.out(data);
  const written = with_.request(0, [head, body, status]);
  return [with_.bytesOf(status)[0]!, with_.bytesOf(body), written];
}

test('what is written is read back, through buffers of any shape; who watches is told', () => {
  const { driver: guest } = driver(new SparseImage(2048));
  const data = pattern(5 * 512);
  expect(transfer(guest, 3, data)[0]).toBe(block.S_OK);
  expect(transfer(guest, 3, data.length)).toEqual([block.S_OK, data, data.length + 1]);
  // Sectors that lie across buffers, the status in the buffer of the data.
  const [first, second] = [guest.room(700), guest.room(512 * 2 - 700 + 1)];
  guest.request(0, [guest.out(header(block.T_IN, 4)), first, second]);
  const read = [...guest.bytesOf(first), ...guest.bytesOf(second)];
  expect(read).toEqual([...data.subarray(512, 512 * 3), block.S_OK]);
  expect(guest.memory.told).toMatchObject([
    { device: 'disk', action: 'write', sector: 3, bytes: 5 * 512, buffers: 1 },
    { device: 'disk', action: 'read', sector: 3, bytes: 5 * 512, buffers: 1 },
    { device: 'disk', action: 'read', sector: 4, bytes: 2 * 512 },
  ]);
});

test('the configuration says size, segments and block size; a read-only disk says so and refuses', () => {
  const { driver: guest } = driver(new MemoryImage(pattern(1000)));
  expect([guest.config(0, 4), guest.config(4, 4), guest.config(12, 4), guest.config(20, 4)]).toEqual([
    2, 0, 254, 512,
  ]);
  expect((guest.offered(0) >>> block.F_RO) & 1).toBe(1);
  expect(transfer(guest, 0, pattern(512))[0]).toBe(block.S_IOERR);
  const [status, bytes] = transfer(guest, 1, 512);
  expect(status).toBe(block.S_OK);
  expect(bytes.subarray(0, 488)).toEqual(pattern(1000).subarray(512));
  expect(bytes.subarray(488)).toEqual(new Uint8Array(24));
  expect((driver(new SparseImage(1)).driver.offered(0) >>> block.F_RO) & 1).toBe(0);
});

test('flush, get id, and what is not there', () => {
  const { driver: guest } = driver(new SparseImage(16));
  const status = guest.room(1);
  guest.request(0, [guest.out(header(block.T_FLUSH, 0)), status]);
  expect(guest.bytesOf(status)[0]).toBe(block.S_OK);
  const id = guest.room(20);
  guest.request(0, [guest.out(header(block.T_GET_ID, 0)), id, status]);
  expect(new TextDecoder().decode(guest.bytesOf(id))).toBe('disk-0'.padEnd(20, '\0'));
  guest.request(0, [guest.out(header(77, 0)), status]);
  expect(guest.bytesOf(status)[0]).toBe(block.S_UNSUPP);
});

test.each([
  ['behind the end', 15, 1024],
  ['far behind the end', 2 ** 52, 512],
  ['no whole sectors', 0, 100],
])('a read %s is an error, not a crash', (_what, sector, bytes) => {
  const { driver: guest } = driver(new SparseImage(16));
  expect(transfer(guest, sector, bytes)[0]).toBe(block.S_IOERR);
  expect(guest.status & 64).toBe(0);
});

test('a request without header or status: the device needs a reset, and works after it', () => {
  const { driver: guest, device } = driver(new SparseImage(16));
  guest.add(0, [guest.out(header(block.T_FLUSH, 0)), guest.room(1)]);
  guest.add(0, [guest.out(new Uint8Array(8)), guest.room(1)]);
  guest.kick(0);
  expect(guest.status & 64).toBe(64);
  expect(device.trouble).toContain('without header');
  expect(guest.isr()).toBe(2);
  guest.start();
  expect(transfer(guest, 0, 512)[0]).toBe(block.S_OK);
});

test('a disk that is elsewhere: requests wait until it is filled in, in their order', () => {
  const disk = new FetchedImage(400_000);
  const { driver: guest, device } = driver(disk);
  const [late, next] = [guest.room(512), guest.room(512)];
  guest.add(0, [guest.out(header(block.T_IN, 600)), late, guest.room(1)]);
  guest.add(0, [guest.out(header(block.T_IN, 1)), next, guest.room(1)]);
  guest.kick(0);
  expect(guest.used(0)).toEqual([]);
  expect(device.waiting).toBe(true);
  expect([...disk.wanted]).toEqual([1]);
  const image = pattern(400_000);
  for (const chunk of [1, 0]) {
    const { offset, bytes } = disk.range(chunk);
    disk.fill(chunk, image.subarray(offset, offset + bytes));
    device.advance();
  }
  expect(device.waiting).toBe(false);
  expect(guest.used(0).map(({ written }) => written)).toEqual([513, 513]);
  expect(guest.bytesOf(late)).toEqual(image.subarray(600 * 512, 601 * 512));
  expect(guest.bytesOf(next)).toEqual(image.subarray(512, 1024));
});

test('after a reset no request waits any more', () => {
  const { driver: guest, device } = driver(new FetchedImage(1000));
  guest.add(0, [guest.out(header(block.T_IN, 0)), guest.room(512), guest.room(1)]);
  guest.kick(0);
  expect(device.waiting).toBe(true);
  guest.status = 0;
  expect(device.waiting).toBe(false);
});

/** A disk whose requests take 1000 ns, and what is read of a sector. */
function slow(
  disk: Disk,
): ReturnType<typeof driver> & { faults: DiskFaults; clock: TestClock; read(sector: number): number } {
  const clock = new TestClock();
  const faults = new DiskFaults(clock);
  faults.delayNs = 1000;
  const made = driver(disk, faults);
  const read = (sector: number): number => {
    const { driver: guest } = made;
    const head = guest.add(0, [guest.out(header(block.T_IN, sector)), guest.room(512), guest.room(1)]);
    guest.kick(0);
    return head;
  };
  return { ...made, faults, clock, read };
}

test('a slow disk: requests are served when their time has come, and later ones may pass', () => {
  const { driver: guest, device, faults, clock, read } = slow(new SparseImage(16));
  const heads = [read(0)];
  faults.delayNs = 100;
  clock.ns = 500;
  heads.push(read(1));
  expect([guest.used(0), device.nextNs()]).toEqual([[], 600]);
  device.advance(599);
  expect(guest.used(0)).toEqual([]);
  device.advance(600);
  expect(guest.used(0).map(({ head }) => head)).toEqual([heads[1]]);
  expect([device.nextNs(), guest.isr() & 1]).toEqual([1000, 1]);
  device.advance(5000);
  expect(guest.used(0).map(({ head }) => head)).toEqual([heads[0]]);
  expect(device.nextNs()).toBe(Infinity);
  // A reset forgets what is on its way.
  read(2);
  guest.start();
  device.advance(9999);
  expect(guest.used(0)).toEqual([]);
});

test('a slow disk that is elsewhere waits with what is due', () => {
  const disk = new FetchedImage(400_000);
  const { driver: guest, device, read } = slow(disk);
  read(600);
  read(1);
  expect(device.waiting).toBe(false);
  device.advance(1000);
  expect([device.waiting, [...disk.wanted]]).toEqual([true, [1]]);
  for (const chunk of [1, 0]) {
    const { offset, bytes } = disk.range(chunk);
    disk.fill(chunk, pattern(400_000).subarray(offset, offset + bytes));
    device.advance(1000);
  }
  expect(device.waiting).toBe(false);
  expect(guest.used(0).map(({ written }) => written)).toEqual([513, 513]);
});

test('requests fail as often as they are to, and no more wait than a ring holds', () => {
  const faults = new DiskFaults(new TestClock());
  const { driver: guest } = driver(new SparseImage(16), faults);
  faults.failing = 2;
  expect([0, 1, 2].map((sector) => transfer(guest, sector, 512)[0])).toEqual([
    block.S_IOERR,
    block.S_IOERR,
    block.S_OK,
  ]);
  faults.delayNs = 10;
  for (let n = 0; n < 300; n++) {
    guest.add(0, [guest.out(header(block.T_IN, 0)), guest.room(512), guest.room(1)]);
    guest.kick(0);
  }
  expect(guest.used(0)).toHaveLength(300 - 256);
});

test('a request that has waited for its bytes is not late besides', () => {
  const disk = new FetchedImage(1000);
  const { driver: guest, device, faults, read } = slow(disk);
  faults.delayNs = 0;
  read(0);
  expect(device.waiting).toBe(true);
  faults.delayNs = 1000;
  const { bytes } = disk.range(0);
  disk.fill(0, pattern(bytes));
  device.advance(0);
  expect([device.waiting, guest.used(0).length]).toEqual([false, 1]);
});
