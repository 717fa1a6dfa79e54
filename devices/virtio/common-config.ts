/** The common configuration structure (virtio 1.2, section 4.1.4.3): a table of fields, each read and written whole. */
import type { VirtioDevice } from './device.ts';
import type { Virtqueue } from './queue.ts';

const NO_VECTOR = 0xffff;

interface Field {
  readonly at: number;
  readonly bytes: number;
  read(common: CommonConfig): number;
  write?(common: CommonConfig, value: number): void;
}

/** Lower and upper half of a queue's address; they cannot be changed once the queue is enabled. */
function address(at: number, area: 'desc' | 'driver' | 'device'): Field[] {
  const put = (common: CommonConfig, low: number, high: number): void => {
    if (common.settable !== null) common.settable[area] = high * 0x1_0000_0000 + low;
  };
  const low = (common: CommonConfig): number => (common.queue?.[area] ?? 0) % 0x1_0000_0000;
  const high = (common: CommonConfig): number => Math.floor((common.queue?.[area] ?? 0) / 0x1_0000_0000);
  return [
    {
      at,
      bytes: 4,
      read: low,
      write: (common, value) => {
        put(common, value, high(common));
      },
    },
    {
      at: at + 4,
      bytes: 4,
      read: high,
      write: (common, value) => {
        put(common, low(common), value);
      },
    },
  ];
}

const FIELDS: readonly Field[] = [
  {
    at: 0x00,
    bytes: 4,
    read: (common) => common.deviceFeatureSelect,
    write: (common, value) => {
      common.deviceFeatureSelect = value;
    },
  },
  { at: 0x04, bytes: 4, read: (common) => common.device.offered[common.deviceFeatureSelect] ?? 0 },
  {
    at: 0x08,
    bytes: 4,
    read: (common) => common.driverFeatureSelect,
    write: (common, value) => {
      common.driverFeatureSelect = value;
    },
  },
  {
    at: 0x0c,
    bytes: 4,
    read: (common) => common.device.accepted[common.driverFeatureSelect] ?? 0,
    write: (common, value) => {
      common.device.writeFeatures(common.driverFeatureSelect, value);
    },
  },
  { at: 0x10, bytes: 2, read: () => NO_VECTOR },
  { at: 0x12, bytes: 2, read: (common) => common.device.queues.length },
  {
    at: 0x14,
    bytes: 1,
    read: (common) => common.device.status,
    write: (common, value) => {
      common.device.writeStatus(value);
    },
  },
  // Configuration changes only while the driver is not there: one generation.
  { at: 0x15, bytes: 1, read: () => 0 },
  {
    at: 0x16,
    bytes: 2,
    read: (common) => common.queueSelect,
    write: (common, value) => {
      common.queueSelect = value;
    },
  },
  {
    at: 0x18,
    bytes: 2,
    read: (common) => common.queue?.size ?? 0,
    write: (common, value) => {
      const queue = common.settable;
      const valid = value > 0 && (value & (value - 1)) === 0;
      if (queue !== null && valid && value <= queue.maxSize) queue.size = value;
    },
  },
  { at: 0x1a, bytes: 2, read: () => NO_VECTOR },
  {
    at: 0x1c,
    bytes: 2,
    read: (common) => (common.queue?.enabled === true ? 1 : 0),
    write: (common, value) => {
      if (value === 1 && common.settable !== null) common.settable.enabled = true;
    },
  },
  { at: 0x1e, bytes: 2, read: (common) => (common.queue === null ? 0 : common.queueSelect) },
  ...address(0x20, 'desc'),
  ...address(0x28, 'driver'),
  ...address(0x30, 'device'),
];

export class CommonConfig {
  readonly device: VirtioDevice;
  deviceFeatureSelect = 0;
  driverFeatureSelect = 0;
  queueSelect = 0;

  constructor(device: VirtioDevice) {
    this.device = device;
  }

  /** The selected queue, if there is one. */
  get queue(): Virtqueue | null {
    return this.device.queues[this.queueSelect] ?? null;
  }
  /** The same, while it is not enabled. */
  get settable(): Virtqueue | null {
    return this.queue?.enabled === false ? this.queue : null;
  }

  /** A field by its width, as drivers must; a part of one reads its part. */
  read(offset: number, bytes: number): number {
    const field = FIELDS.find(({ at, bytes: wide }) => offset >= at && offset + bytes <= at + wide);
    if (field === undefined) return 0;
    const value = Math.floor(field.read(this) / 2 ** (8 * (offset - field.at)));
    return value % 2 ** (8 * bytes);
  }

  /** Writes of other widths than the field's do nothing. */
  write(offset: number, bytes: number, value: number): void {
    const field = FIELDS.find(({ at, bytes: wide }) => offset === at && bytes === wide);
    field?.write?.(this, value >>> 0);
  }
}
