/**
 * What all virtio devices have in common (virtio 1.2, chapters 2 and 3): status, features, queues, device configuration,
 * and that a driver which breaks the rules finds DEVICE_NEEDS_RESET set.
 */
import type { MachineMemory } from '../machine.ts';
import type { Chain } from './chain.ts';
import { Virtqueue } from './queue.ts';
import type { RingFeatures } from './queue.ts';

const STATUS_DRIVER_OK = 4;
const STATUS_FEATURES_OK = 8;
const STATUS_NEEDS_RESET = 64;

export const F_INDIRECT_DESC = 28;
export const F_EVENT_IDX = 29;
export const F_VERSION_1 = 32;

const ISR_QUEUE = 1;
const ISR_CONFIG = 2;

/** What carries a device: whether it may reach memory, and its interrupt. */
export interface Transport {
  readonly isMaster: boolean;
  setInterrupt(pending: boolean): void;
}

interface VirtioOptions {
  /** The device type (chapter 5). */
  readonly type: number;
  /** Class, subclass, programming interface on PCI. */
  readonly classCode: number;
  /** Feature bits of the type; those of the ring and VERSION_1 are always offered. */
  readonly features: readonly number[];
  /** Largest size of each queue: a power of two. */
  readonly queueSizes: readonly number[];
  readonly configBytes: number;
}

export abstract class VirtioDevice {
  readonly type: number;
  readonly classCode: number;
  readonly queues: readonly Virtqueue[];
  /** Device-specific configuration, as the driver reads it. */
  readonly config: Uint8Array;
  /** Feature bits 0 to 31 and 32 to 63: offered, and accepted by the driver. */
  readonly offered = new Uint32Array(2);
  readonly accepted = new Uint32Array(2);
  status = 0;
  isr = 0;
  /** Why the device needs a reset; empty while it does not. For who looks from outside. */
  trouble = '';
  protected readonly memory: MachineMemory;
  private transport: Transport | null = null;

  constructor(memory: MachineMemory, options: VirtioOptions) {
    this.memory = memory;
    this.type = options.type;
    this.classCode = options.classCode;
    this.queues = options.queueSizes.map((size) => new Virtqueue(size));
    this.config = new Uint8Array(options.configBytes);
    for (const bit of [...options.features, F_INDIRECT_DESC, F_EVENT_IDX, F_VERSION_1])
      this.offered[bit >>> 5]! |= 1 << (bit & 31);
  }

  /** A driver notified a queue that may be worked on: takes what it can from it. */
  protected abstract work(index: number): void;

  carriedBy(transport: Transport): void {
    this.transport = transport;
  }

  accepts(feature: number): boolean {
    return ((this.accepted[feature >>> 5]! >>> (feature & 31)) & 1) !== 0;
  }

  private get ring(): RingFeatures {
    return { indirect: this.accepts(F_INDIRECT_DESC), eventIndex: this.accepts(F_EVENT_IDX) };
  }

  /** Whether the driver has set the device up, it is whole, and it may reach memory. */
  get live(): boolean {
    const { status } = this;
    const up = (status & STATUS_DRIVER_OK) !== 0 && (status & STATUS_NEEDS_RESET) === 0;
    return up && this.transport !== null && this.transport.isMaster;
  }

  /** The driver writes device_status (section 3.1): 0 resets, other bits are only ever added. */
  writeStatus(value: number): void {
    if (value === 0) {
      this.reset();
      return;
    }
    // A driver must take VERSION_1 and nothing that was not offered; it reads back whether FEATURES_OK stayed.
    const acceptable =
      this.accepts(F_VERSION_1) && this.accepted.every((bits, word) => (bits & ~this.offered[word]!) === 0);
    const refused = acceptable || (this.status & STATUS_FEATURES_OK) !== 0 ? 0 : STATUS_FEATURES_OK;
    this.status |= value & ~(refused | STATUS_NEEDS_RESET);
    if ((this.status & STATUS_FEATURES_OK) === 0) this.status &= ~STATUS_DRIVER_OK;
  }

  reset(): void {
    this.status = 0;
    this.trouble = '';
    this.accepted.fill(0);
    for (const queue of this.queues) queue.reset();
    this.setIsr(0);
  }

  /** Features can be chosen until FEATURES_OK. */
  writeFeatures(word: number, bits: number): void {
    if (word < this.accepted.length && (this.status & STATUS_FEATURES_OK) === 0) this.accepted[word] = bits;
  }

  /** Reading ISR status acknowledges it. */
  readIsr(): number {
    const { isr } = this;
    this.setIsr(0);
    return isr;
  }

  private setIsr(isr: number): void {
    this.isr = isr;
    this.transport?.setInterrupt(isr !== 0);
  }

  /** The driver notifies a queue. */
  notify(index: number): void {
    const queue = this.queues[index];
    if (queue === undefined || !this.live) return;
    this.work(index);
    this.settle(index);
  }

  /** What it is a way to, outside of the machine: that stays as it is while the machine starts anew. */
  get outside(): object | null {
    return null;
  }

  /** Does what is due. Devices that never wait have nothing to do. */
  advance?(nowNs: number): void;
  /** When `advance` is next due, in ns of system time. */
  nextNs(): number {
    return Infinity;
  }

  /** The next chain of a queue, or null. */
  protected take(index: number): Chain | null {
    const queue = this.queues[index]!;
    const chain = this.live ? queue.pop(this.memory, this.ring) : null;
    if (queue.broken !== '') this.fail(`queue ${String(index)}: ${queue.broken}`);
    return chain;
  }

  /** Puts the chains of a queue that were taken last back: they will be taken again. */
  protected untake(index: number, count: number): void {
    for (let n = 0; n < count; n++) this.queues[index]!.unpop();
  }

  /** Gives a chain back. */
  protected give(index: number, chain: Chain, written: number): void {
    this.queues[index]!.push(this.memory, chain.head, written);
  }

  /** After work on a queue: interrupts the driver if it wants that, and says what to be notified of. */
  protected settle(index: number): void {
    const queue = this.queues[index]!;
    if (!this.live) return;
    const { ring } = this;
    queue.askForNotification(this.memory, ring);
    if (queue.wantsInterrupt(this.memory, ring)) this.setIsr(this.isr | ISR_QUEUE);
    if (queue.broken !== '') this.fail(`queue ${String(index)}: ${queue.broken}`);
  }

  /** The driver broke the rules: nothing more is done until it resets the device (section 2.1.2). */
  protected fail(reason: string): void {
    if ((this.status & STATUS_NEEDS_RESET) !== 0) return;
    this.trouble = reason;
    this.status |= STATUS_NEEDS_RESET;
    this.setIsr(this.isr | ISR_CONFIG);
  }
}
