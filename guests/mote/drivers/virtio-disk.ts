/** A virtio disk (virtio 1.2, section 5.2): vda, vdb, … Who asks for something sleeps until the device is done. */
import { EIO, ENOMEM, EROFS } from 'xen';
import { alloc, free, tryAlloc } from 'kernel/memory/heap';
import { PAGE_SIZE } from 'kernel/memory/pages';
import { in32 } from 'kernel/pci/ports';
import { VirtioDriver } from 'kernel/pci/virtio';
import { QUEUE_SIZE, Virtqueue } from 'kernel/pci/virtqueue';
import { WaitQueue } from 'kernel/threads/wait';
import { BlockDevice, SECTOR, SERIAL_BYTES } from '../block/device';

const READ_ONLY: u32 = 1 << 5;
const FLUSH: u32 = 1 << 9;
const READ: u32 = 0;
const WRITE: u32 = 1;
const FLUSH_REQUEST: u32 = 4;
const GET_ID: u32 = 8;
/** A request's header, and its status behind it. */
const HEADER_BYTES: u32 = 16;
const REQUEST_BYTES: usize = 32;
const STATUS: usize = 16;
/** Data of one request at most: with header and status it fits the queue, wherever pages begin. */
const MAX_SECTORS: u32 = ((QUEUE_SIZE / 2) * <u32>PAGE_SIZE) / SECTOR;
const MAX_DESCRIPTORS: u32 = QUEUE_SIZE / 2 + 3;

class DiskDriver extends VirtioDriver {
  queue: Virtqueue = new Virtqueue();
  private done: WaitQueue = new WaitQueue();
  /** By token: the request that is under way, 0 none. */
  private requests: StaticArray<usize> = new StaticArray<usize>(QUEUE_SIZE);

  protected get wanted(): u32 {
    return READ_ONLY | FLUSH;
  }
  protected makeQueues(): void {
    this.addQueue(0, this.queue);
  }

  protected served(): void {
    for (let token = this.queue.take(); token >= 0; token = this.queue.take()) this.requests[token] = 0;
    this.done.wake();
  }

  get sectors(): u64 {
    return (<u64>in32(this.config)) | ((<u64>in32(this.config + 4)) << 32);
  }
  get readOnly(): bool {
    return (this.features & READ_ONLY) != 0;
  }
  get mayFlush(): bool {
    return (this.features & FLUSH) != 0;
  }

  /** Makes a request: 0, or -EIO. */
  request(type: u32, sector: u64, at: usize, bytes: u32): i32 {
    while (this.queue.free < MAX_DESCRIPTORS) this.done.sleep();
    const request = alloc(REQUEST_BYTES);
    store<u32>(request, type);
    store<u32>(request + 4, 0);
    store<u64>(request + 8, sector);
    store<u8>(request + STATUS, 0xff);
    this.queue.add(request, HEADER_BYTES, false);
    this.queue.add(at, bytes, type == READ || type == GET_ID);
    this.queue.add(request + STATUS, 1, true);
    const token = this.queue.offer();
    this.requests[token] = request;
    this.notify(this.queue);
    while (this.requests[token] == request) this.done.sleep();
    const isGood = load<u8>(request + STATUS) == 0;
    free(request);
    return isGood ? 0 : -EIO;
  }
}

export class VirtioDisk extends BlockDevice {
  private driver: DiskDriver;

  private constructor(driver: DiskDriver) {
    super();
    this.driver = driver;
    this.sectors = driver.sectors;
    this.readOnly = driver.readOnly;
  }

  /** The disk in a slot; null: it does not come up. */
  static open(slot: u32): VirtioDisk | null {
    const driver = new DiskDriver(slot);
    return driver.start() ? new VirtioDisk(driver) : null;
  }

  transfer(write: bool, sector: u64, at: usize, count: u32): i32 {
    if (write && this.readOnly) return -EROFS;
    if (sector > this.sectors || count > this.sectors - sector) return -EIO;
    let failed = 0;
    while (count > 0 && failed == 0) {
      const part = min(count, MAX_SECTORS);
      failed = this.driver.request(write ? WRITE : READ, sector, at, part * SECTOR);
      sector += part;
      at += part * SECTOR;
      count -= part;
    }
    return failed;
  }

  sync(): i32 {
    return this.driver.mayFlush ? this.driver.request(FLUSH_REQUEST, 0, 0, 0) : 0;
  }

  serial(to: usize): i32 {
    const page = tryAlloc(SERIAL_BYTES);
    if (page == 0) return -ENOMEM;
    const failed = this.driver.request(GET_ID, 0, page, SERIAL_BYTES);
    memory.copy(to, page, SERIAL_BYTES);
    free(page);
    return failed;
  }
}
