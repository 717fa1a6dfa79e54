/**
 * A split virtqueue (virtio 1.2, section 2.7), the driver's side: a table of descriptors, a ring of what is offered to the
 * device, a ring of what it has used. A page holds all three. What is offered is named by a token, the first descriptor of
 * its chain.
 */
import { alloc } from '../memory/heap';
import { allocatePage, PAGE_SIZE } from '../memory/pages';
import { machineAddress } from '../memory/pagetable';

export const QUEUE_SIZE: u32 = 64;
const DESCRIPTOR: usize = 16;
/** Where in the page the rings are. */
const AVAILABLE: usize = 1024;
const USED: usize = 2048;

const NEXT: u16 = 1;
const WRITE: u16 = 2;
/** In the flags of the ring of what is offered. */
const NO_INTERRUPT: u16 = 1;

export class Virtqueue {
  private page: usize = allocatePage();
  /** By descriptor: the next free one. */
  private links: usize = alloc(QUEUE_SIZE * 2);
  private firstFree: u32 = 0;
  free: u32 = QUEUE_SIZE;
  private offered: u16 = 0;
  private seen: u16 = 0;
  /** The chain that is being made. */
  private head: u32 = QUEUE_SIZE;
  private last: u32 = QUEUE_SIZE;
  /** Its number, and the port by which the device is told of what is offered. */
  index: u32 = 0;
  doorbell: u32 = 0;
  /** Bytes that the device has written for the token that `used` gave last. */
  written: u32 = 0;

  constructor() {
    assert(this.page != 0, 'no memory for a queue');
    memory.fill(this.page, 0, PAGE_SIZE);
    for (let index: u32 = 0; index < QUEUE_SIZE; index++)
      store<u16>(this.links + index * 2, <u16>(index + 1));
  }

  /** The device need not tell when it is done: somebody looks. */
  wantsNoInterrupt(): void {
    store<u16>(this.page + AVAILABLE, NO_INTERRUPT);
  }

  /** Machine addresses of the three parts. */
  get descriptors(): u64 {
    return machineAddress(this.page);
  }
  get available(): u64 {
    return machineAddress(this.page + AVAILABLE);
  }
  get used(): u64 {
    return machineAddress(this.page + USED);
  }

  /** Adds memory to the chain that is being made: a descriptor for each page. There must be enough that are free. */
  add(at: usize, bytes: u32, deviceWrites: bool): void {
    while (bytes > 0) {
      const part = min(bytes, <u32>(PAGE_SIZE - (at & (PAGE_SIZE - 1))));
      this.addPart(at, part, deviceWrites);
      at += part;
      bytes -= part;
    }
  }

  private addPart(at: usize, bytes: u32, deviceWrites: bool): void {
    assert(this.free > 0, 'a queue is full');
    const index = this.firstFree;
    this.firstFree = load<u16>(this.links + index * 2);
    this.free--;
    const descriptor = this.page + index * DESCRIPTOR;
    store<u64>(descriptor, machineAddress(at));
    store<u32>(descriptor + 8, bytes);
    store<u16>(descriptor + 12, deviceWrites ? WRITE : 0);
    if (this.head == QUEUE_SIZE) this.head = index;
    else {
      const before = this.page + this.last * DESCRIPTOR;
      store<u16>(before + 12, load<u16>(before + 12) | NEXT);
      store<u16>(before + 14, <u16>index);
    }
    this.last = index;
  }

  /** Offers the chain: its token. The device is to be notified. */
  offer(): u32 {
    const token = this.head;
    store<u16>(this.page + AVAILABLE + 4 + (this.offered & (QUEUE_SIZE - 1)) * 2, <u16>token);
    atomic.store<u16>(this.page + AVAILABLE + 2, ++this.offered);
    this.head = QUEUE_SIZE;
    return token;
  }

  /** The next chain that the device is done with, whose descriptors are free from now on: its token, -1: there is none. */
  take(): i32 {
    if (atomic.load<u16>(this.page + USED + 2) == this.seen) return -1;
    const element = this.page + USED + 4 + (this.seen++ & (QUEUE_SIZE - 1)) * 8;
    const token = load<u32>(element) & (QUEUE_SIZE - 1);
    this.written = load<u32>(element + 4);
    let index = token;
    while (true) {
      const descriptor = this.page + index * DESCRIPTOR;
      const flags = load<u16>(descriptor + 12);
      store<u16>(this.links + index * 2, <u16>this.firstFree);
      this.firstFree = index;
      this.free++;
      if ((flags & NEXT) == 0) return token;
      index = load<u16>(descriptor + 14);
    }
  }
}
