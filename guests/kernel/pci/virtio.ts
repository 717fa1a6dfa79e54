/**
 * A virtio device on PCI (virtio 1.2, section 4.1), the driver's side: its registers are ports. A driver is a class of its
 * own, which says what it wants, makes the queues, and is told of interrupts.
 */
import { Interrupting, serveLine } from '../events/irq';
import * as pci from './pci';
import { in16, in32, in8, out16, out32, out8 } from './ports';
import { QUEUE_SIZE, Virtqueue } from './virtqueue';

const VENDOR: u32 = 0x1af4;
const FIRST_DEVICE: u32 = 0x1040;
/** Device types (chapter 5). */
export const TYPE_NETWORK: u32 = 1;
export const TYPE_BLOCK: u32 = 2;
export const TYPE_9P: u32 = 9;

const CAPABILITY_VENDOR: u32 = 9;
// cfg_type of a capability, and where its members are.
const COMMON: u32 = 1;
const NOTIFY: u32 = 2;
const ISR: u32 = 3;
const DEVICE: u32 = 4;
const CAP_TYPE: u32 = 3;
const CAP_BAR: u32 = 4;
const CAP_OFFSET: u32 = 8;
const CAP_MULTIPLIER: u32 = 16;

// The common configuration (section 4.1.4.3).
const DEVICE_FEATURE_SELECT: u32 = 0x00;
const DEVICE_FEATURE: u32 = 0x04;
const DRIVER_FEATURE_SELECT: u32 = 0x08;
const DRIVER_FEATURE: u32 = 0x0c;
const STATUS: u32 = 0x14;
const QUEUE_SELECT: u32 = 0x16;
const QUEUE_SIZE_AT: u32 = 0x18;
const QUEUE_ENABLE: u32 = 0x1c;
const QUEUE_NOTIFY_OFF: u32 = 0x1e;
const QUEUE_DESC: u32 = 0x20;
const QUEUE_DRIVER: u32 = 0x28;
const QUEUE_DEVICE: u32 = 0x30;

const ACKNOWLEDGE: u32 = 1;
const DRIVER: u32 = 2;
const DRIVER_OK: u32 = 4;
const FEATURES_OK: u32 = 8;
const FAILED: u32 = 128;
/** VIRTIO_F_VERSION_1 is bit 32. */
const VERSION_1: u32 = 1;

/** The type of the virtio device in a slot; 0: there is none. */
export function virtioType(slot: u32): u32 {
  const identity = pci.identity(slot);
  const device = identity >> 16;
  return (identity & 0xffff) == VENDOR && device > FIRST_DEVICE ? device - FIRST_DEVICE : 0;
}

export abstract class VirtioDriver extends Interrupting {
  slot: u32;
  private common: u32 = 0;
  private isr: u32 = 0;
  private notifyAt: u32 = 0;
  private multiplier: u32 = 0;
  /** The first port of the device's own configuration. */
  config: u32 = 0;
  /** Features, bits 0 to 31, that both sides know. */
  features: u32 = 0;

  constructor(slot: u32) {
    super();
    this.slot = slot;
  }

  /** Features that the driver knows. */
  protected abstract get wanted(): u32;
  /** Sets its queues up, by `addQueue`. */
  protected abstract makeQueues(): void;
  /** Something was used, or the configuration is another. */
  protected abstract served(): void;

  /** Brings the device up. False: it is not what this driver knows. */
  start(): bool {
    if (!this.findPorts()) return false;
    pci.enable(this.slot);
    out8(this.common + STATUS, 0);
    out8(this.common + STATUS, ACKNOWLEDGE | DRIVER);
    if (!this.negotiate() || serveLine(pci.interruptLine(this.slot), this) < 0) {
      out8(this.common + STATUS, FAILED);
      return false;
    }
    this.makeQueues();
    out8(this.common + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    return true;
  }

  private findPorts(): bool {
    let at = pci.firstCapability(this.slot);
    for (; at != 0; at = pci.nextCapability(this.slot, at)) {
      if (pci.read8(this.slot, at) != CAPABILITY_VENDOR) continue;
      const base = pci.portsOf(this.slot, pci.read8(this.slot, at + CAP_BAR));
      if (base == 0) continue;
      const first = base + pci.read32(this.slot, at + CAP_OFFSET);
      const type = pci.read8(this.slot, at + CAP_TYPE);
      if (type == COMMON) this.common = first;
      else if (type == ISR) this.isr = first;
      else if (type == DEVICE) this.config = first;
      else if (type == NOTIFY) {
        this.notifyAt = first;
        this.multiplier = pci.read32(this.slot, at + CAP_MULTIPLIER);
      }
    }
    return this.common != 0 && this.isr != 0 && this.notifyAt != 0;
  }

  private negotiate(): bool {
    out32(this.common + DEVICE_FEATURE_SELECT, 0);
    this.features = in32(this.common + DEVICE_FEATURE) & this.wanted;
    out32(this.common + DEVICE_FEATURE_SELECT, 1);
    const isModern = (in32(this.common + DEVICE_FEATURE) & VERSION_1) != 0;
    out32(this.common + DRIVER_FEATURE_SELECT, 0);
    out32(this.common + DRIVER_FEATURE, this.features);
    out32(this.common + DRIVER_FEATURE_SELECT, 1);
    out32(this.common + DRIVER_FEATURE, VERSION_1);
    out8(this.common + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    return isModern && (in8(this.common + STATUS) & FEATURES_OK) != 0;
  }

  /** Makes a queue the device's. */
  protected addQueue(index: u32, queue: Virtqueue): void {
    out16(this.common + QUEUE_SELECT, index);
    out16(this.common + QUEUE_SIZE_AT, QUEUE_SIZE);
    this.setAddress(QUEUE_DESC, queue.descriptors);
    this.setAddress(QUEUE_DRIVER, queue.available);
    this.setAddress(QUEUE_DEVICE, queue.used);
    const offset = in16(this.common + QUEUE_NOTIFY_OFF);
    queue.doorbell = this.notifyAt + offset * this.multiplier;
    queue.index = index;
    out16(this.common + QUEUE_ENABLE, 1);
  }

  private setAddress(at: u32, address: u64): void {
    out32(this.common + at, <u32>address);
    out32(this.common + at + 4, <u32>(address >> 32));
  }

  /** Tells the device that something is offered. */
  protected notify(queue: Virtqueue): void {
    out16(queue.doorbell, queue.index);
  }

  interrupt(): void {
    if (in8(this.isr) != 0) this.served();
  }
}
