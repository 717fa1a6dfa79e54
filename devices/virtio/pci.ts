/**
 * The virtio-pci transport, modern (virtio 1.2, section 4.1): one memory BAR with a page for each structure, a capability
 * that tells where each is, and one that reaches them through configuration space. Interrupts are INTx; there is no MSI-X,
 * so vectors read as VIRTIO_MSI_NO_VECTOR.
 */
import { read, read32, write, write32 } from '../little-endian.ts';
import { PciFunction } from '../pci/function.ts';
import { CAPABILITY_VENDOR } from '../pci/registers.ts';
import { CommonConfig } from './common-config.ts';
import type { VirtioDevice } from './device.ts';

const VIRTIO_VENDOR = 0x1af4;
const DEVICE_BASE = 0x1040;

/** cfg_type of the capabilities. */
export const CAP_COMMON = 1;
export const CAP_NOTIFY = 2;
export const CAP_ISR = 3;
export const CAP_DEVICE = 4;
const CAP_PCI = 5;

/** The BAR, and where the structures are in it. */
const BAR = 4;
/** A BAR of ports has 256 bytes at most. */
const BAR_BYTES = 0x100;
const COMMON_AT = 0x00;
const ISR_AT = 0x40;
const NOTIFY_AT = 0x60;
const DEVICE_AT = 0x80;
const NOTIFY_MULTIPLIER = 4;

/** struct virtio_pci_cap without its first two bytes. */
function capability(type: number, offset: number, length: number, extra = 0): Uint8Array {
  const body = new Uint8Array(14 + extra);
  body[0] = 2 + body.length;
  body[1] = type;
  body[2] = BAR;
  write32(body, 6, offset);
  write32(body, 10, length);
  return body;
}

export class VirtioPci extends PciFunction {
  readonly device: VirtioDevice;
  private readonly common: CommonConfig;
  /** Offset of the capability that reaches the BAR through configuration space. */
  private readonly window: number;

  constructor(device: VirtioDevice) {
    super({
      vendor: VIRTIO_VENDOR,
      device: DEVICE_BASE + device.type,
      revision: 1,
      classCode: device.classCode,
      subsystemVendor: VIRTIO_VENDOR,
      subsystem: DEVICE_BASE + device.type,
      barBytes: [0, 0, 0, 0, BAR_BYTES, 0],
      interruptPin: 1,
    });
    this.device = device;
    this.common = new CommonConfig(device);
    device.carriedBy(this);
    this.addCapability(CAPABILITY_VENDOR, capability(CAP_COMMON, COMMON_AT, ISR_AT - COMMON_AT));
    this.addCapability(CAPABILITY_VENDOR, capability(CAP_ISR, ISR_AT, 1));
    if (device.config.length > 0)
      this.addCapability(CAPABILITY_VENDOR, capability(CAP_DEVICE, DEVICE_AT, BAR_BYTES - DEVICE_AT));
    const notify = capability(CAP_NOTIFY, NOTIFY_AT, DEVICE_AT - NOTIFY_AT, 4);
    write32(notify, 14, NOTIFY_MULTIPLIER);
    this.addCapability(CAPABILITY_VENDOR, notify);
    const access = capability(CAP_PCI, 0, 0, 4);
    access.fill(0, 6, 14);
    this.window = this.addCapability(CAPABILITY_VENDOR, access);
    // The driver says which BAR, offset and length; then pci_cfg_data is what is there (section 4.1.4.9).
    this.writable.fill(0xff, this.window + 4, this.window + 5);
    this.writable.fill(0xff, this.window + 8, this.window + 20);
  }

  private isWindow(offset: number, bytes: number): boolean {
    return offset >= this.window + 16 && offset + bytes <= this.window + 20;
  }

  /** Bytes of the access that the window stands for, or 0 when it is none. */
  private windowBytes(): number {
    const at = read32(this.config, this.window + 8);
    const bytes = read32(this.config, this.window + 12);
    const valid = (bytes === 1 || bytes === 2 || bytes === 4) && at % bytes === 0 && at + bytes <= BAR_BYTES;
    return valid && this.config[this.window + 4] === BAR ? bytes : 0;
  }

  override readConfig(offset: number, bytes: number): number {
    const count = this.isWindow(offset, bytes) ? this.windowBytes() : 0;
    if (count > 0) {
      const value = this.readBar(BAR, read32(this.config, this.window + 8), count);
      write(this.config, this.window + 16, count, value);
    }
    return super.readConfig(offset, bytes);
  }

  override writeConfig(offset: number, bytes: number, value: number): void {
    super.writeConfig(offset, bytes, value);
    const count = this.isWindow(offset, bytes) ? this.windowBytes() : 0;
    if (count === 0) return;
    const at = read32(this.config, this.window + 8);
    this.writeBar(BAR, at, count, read(this.config, this.window + 16, count));
  }

  override readBar(_bar: number, offset: number, bytes: number): number {
    if (offset < ISR_AT) return this.common.read(offset - COMMON_AT, bytes);
    if (offset === ISR_AT) return this.device.readIsr();
    const { config } = this.device;
    const at = offset - DEVICE_AT;
    return at >= 0 && at + bytes <= config.length ? read(config, at, bytes) : 0;
  }

  /** No device here has configuration for the driver to write. */
  override writeBar(_bar: number, offset: number, bytes: number, value: number): void {
    if (offset < ISR_AT) this.common.write(offset - COMMON_AT, bytes, value);
    const doorbell = offset - NOTIFY_AT;
    // The address tells the queue; so does the value, unless drivers pass more in it.
    if (doorbell >= 0 && offset < DEVICE_AT && doorbell % NOTIFY_MULTIPLIER === 0)
      this.device.notify(doorbell / NOTIFY_MULTIPLIER);
  }
}
