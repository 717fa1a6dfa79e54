/** A block device (virtio 1.2, section 5.2): read, write, flush and get-id, one request after the other. */
import type { Disk } from '../disk/disk.ts';
import { SECTOR_BYTES } from '../disk/disk.ts';
import { read32, read64, write32, write64 } from '../little-endian.ts';
import type { MachineMemory } from '../machine.ts';
import { readChain, writeChain } from './chain.ts';
import type { Chain } from './chain.ts';
import type { DiskFaults } from './disk-faults.ts';
import { VirtioDevice } from './device.ts';

const TYPE = 2;
const CLASS_STORAGE = 0x01_80_00;
const QUEUE_SIZE = 256;

const F_SEG_MAX = 2;
export const F_RO = 5;
const F_BLK_SIZE = 6;
const F_FLUSH = 9;

export const T_IN = 0;
export const T_OUT = 1;
export const T_FLUSH = 4;
export const T_GET_ID = 8;

export const S_OK = 0;
export const S_IOERR = 1;
export const S_UNSUPP = 2;

/** struct virtio_blk_config as far as the offered features reach. */
const CONFIG_CAPACITY = 0;
const CONFIG_SEG_MAX = 12;
const CONFIG_BLK_SIZE = 20;
const CONFIG_BYTES = 24;
/** Data buffers in a request: the ring less header and status. */
const SEG_MAX = QUEUE_SIZE - 2;

export const HEADER_BYTES = 16;
const ID_BYTES = 20;

export class VirtioBlock extends VirtioDevice {
  readonly disk: Disk;
  /** What it calls itself to its driver: 20 bytes, filled up with NUL. */
  readonly id: Uint8Array;
  /** Whether the request that is next waits for the disk's bytes. */
  private waits = false;
  /** What makes requests slow, or fail. */
  faults: DiskFaults | undefined;

  /** `id` is what GET_ID answers: up to 20 bytes of ASCII. */
  constructor(memory: MachineMemory, disk: Disk, id: string, faults?: DiskFaults) {
    super(memory, {
      type: TYPE,
      classCode: CLASS_STORAGE,
      features: [F_SEG_MAX, F_BLK_SIZE, F_FLUSH, ...(disk.readOnly ? [F_RO] : [])],
      queueSizes: [QUEUE_SIZE],
      configBytes: CONFIG_BYTES,
    });
    this.disk = disk;
    this.faults = faults;
    this.id = new Uint8Array(ID_BYTES);
    this.id.set(new TextEncoder().encode(id).subarray(0, ID_BYTES));
    write64(this.config, CONFIG_CAPACITY, disk.sectors);
    write32(this.config, CONFIG_SEG_MAX, SEG_MAX);
    write32(this.config, CONFIG_BLK_SIZE, SECTOR_BYTES);
  }

  override get outside(): object {
    return this.disk;
  }

  override reset(): void {
    super.reset();
    this.waits = false;
    this.faults?.forget();
  }

  override nextNs(): number {
    return this.faults?.nextNs() ?? Infinity;
  }

  /** Late requests are served; one that waited is tried again: the disk may have been filled in. */
  override advance(now = this.faults?.nowNs ?? 0): void {
    const { faults } = this;
    const isDue = faults !== undefined && faults.nextNs() <= now;
    if (isDue) this.serveLate(faults, now);
    if (this.waits) this.work();
    else if (!isDue) return;
    this.settle(0);
  }

  /** Serves what is due, as far as the disk has its bytes. */
  private serveLate(faults: DiskFaults, now: number): void {
    faults.waits = false;
    while (this.live && faults.nextNs() <= now) {
      const chain = faults.first!;
      if (!this.hasRoom(chain)) return;
      faults.waits = !this.serve(chain);
      if (faults.waits) return;
      faults.served();
    }
  }

  /** What the driver's buffers are used for may have changed since it came: they are asked about again. */
  protected hasRoom({ readable, writable }: Chain): boolean {
    const { memory } = this;
    const isRoom =
      readable.every(({ address, length }) => memory.contains(address, length, false)) &&
      writable.every(({ address, length }) => memory.contains(address, length, true));
    if (!isRoom) this.fail('a block request whose buffers are of no use any more');
    return isRoom;
  }

  /** Whether the machine has to stand still until the disk has been filled in. */
  get waiting(): boolean {
    return this.waits || this.faults?.waits === true;
  }

  protected override work(): void {
    // Whether one that has waited is late was decided when it came.
    let isDecided = this.waits;
    this.waits = false;
    for (;;) {
      const chain = this.take(0);
      if (chain === null) return;
      if (chain.readableBytes < HEADER_BYTES || chain.writableBytes < 1) {
        this.fail('a block request without header or status');
        return;
      }
      if (!isDecided && this.faults?.holdsUp(chain) === true) continue;
      isDecided = false;
      if (!this.serve(chain)) {
        this.untake(0, 1);
        this.waits = true;
        return;
      }
    }
  }

  /** Serves a request. False: not now, the disk lacks bytes. */
  private serve(chain: Chain): boolean {
    const header = new Uint8Array(HEADER_BYTES);
    readChain(this.memory, chain, 0, header);
    const sector = read64(header, 8);
    const room = chain.writableBytes - 1;
    if (this.faults?.fails() === true) {
      this.answer(chain, 0, S_IOERR);
      return true;
    }
    switch (read32(header, 0)) {
      case T_IN:
        return this.transfer(chain, sector, room, false);
      case T_OUT:
        return this.transfer(chain, sector, chain.readableBytes - HEADER_BYTES, true);
      case T_FLUSH:
        this.flush(chain);
        return true;
      case T_GET_ID:
        this.answer(chain, writeChain(this.memory, chain, 0, this.id.subarray(0, room)), S_OK);
        return true;
      default:
        this.answer(chain, 0, S_UNSUPP);
        return true;
    }
  }

  /** What was written is on the disk already. */
  protected flush(chain: Chain): void {
    this.tell(chain, 'flush', 0, 0);
    this.answer(chain, 0, S_OK);
  }

  protected transfer(chain: Chain, sector: number, bytes: number, write: boolean): boolean {
    const { disk } = this;
    const count = bytes / SECTOR_BYTES;
    const inside = Number.isInteger(count) && sector + count <= disk.sectors;
    if (!inside || (write && disk.readOnly)) {
      this.answer(chain, 0, S_IOERR);
      return true;
    }
    if (!disk.ready(sector, count, write)) return false;
    const data = new Uint8Array(bytes);
    this.tell(chain, write ? 'write' : 'read', sector, bytes);
    if (write) {
      readChain(this.memory, chain, HEADER_BYTES, data);
      disk.write(sector, data);
      this.answer(chain, 0, S_OK);
    } else {
      disk.read(sector, data);
      this.answer(chain, writeChain(this.memory, chain, 0, data), S_OK);
    }
    return true;
  }

  /** Tells whoever watches: buffers without those of header and status. */
  private tell(chain: Chain, action: 'read' | 'write' | 'flush', sector: number, bytes: number): void {
    if (!this.memory.isWatched) return;
    const buffers = action === 'write' ? chain.readable.length - 1 : chain.writable.length - 1;
    this.memory.tell({ device: 'disk', action, sector, bytes, buffers, text: '' });
  }

  /** The status is the last byte that the device may write. What lies before it unwritten does not count as used. */
  protected answer(chain: Chain, written: number, status: number): void {
    writeChain(this.memory, chain, chain.writableBytes - 1, Uint8Array.of(status));
    this.give(0, chain, written === chain.writableBytes - 1 ? written + 1 : written);
  }
}
