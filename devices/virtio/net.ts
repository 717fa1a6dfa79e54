/**
 * A network card (virtio 1.2, section 5.1) at a port of a Lan: one pair of queues, and checksums that the driver leaves to
 * the device.
 */
import { read16 } from '../little-endian.ts';
import { checksum, frameWords, MAC_BYTES, MOST_FRAME_BYTES, put16 } from '../lan/ethernet.ts';
import type { NetworkPort } from '../lan/lan.ts';
import type { MachineClock, MachineMemory } from '../machine.ts';
import { nowNs } from '../machine.ts';
import { readChain, writeChain } from './chain.ts';
import { VirtioDevice } from './device.ts';

const TYPE = 1;
const CLASS_ETHERNET = 0x02_00_00;
const QUEUE_SIZE = 256;
const RECEIVE = 0;
const TRANSMIT = 1;

const F_CSUM = 0;
const F_MAC = 5;
const F_STATUS = 16;

const CONFIG_STATUS = 6;
const CONFIG_BYTES = 8;
const LINK_UP = 1;

/** struct virtio_net_hdr, with num_buffers. */
export const HEADER_BYTES = 12;
const HDR_CSUM_START = 6;
const HDR_CSUM_OFFSET = 8;
const HDR_NUM_BUFFERS = 10;
const HDR_F_NEEDS_CSUM = 1;

export class VirtioNet extends VirtioDevice {
  readonly port: NetworkPort;
  private readonly clock: MachineClock;
  /** Whether the driver has left no buffer for what has arrived: it waits until the driver notifies. */
  private starved = false;

  constructor(memory: MachineMemory, clock: MachineClock, port: NetworkPort, mac: Uint8Array) {
    super(memory, {
      type: TYPE,
      classCode: CLASS_ETHERNET,
      features: [F_CSUM, F_MAC, F_STATUS],
      queueSizes: [QUEUE_SIZE, QUEUE_SIZE],
      configBytes: CONFIG_BYTES,
    });
    this.clock = clock;
    this.port = port;
    this.config.set(mac.subarray(0, MAC_BYTES));
    this.config[CONFIG_STATUS] = LINK_UP;
  }

  override get outside(): object {
    return this.port;
  }

  override reset(): void {
    super.reset();
    this.starved = false;
  }

  protected override work(index: number): void {
    if (index === TRANSMIT) this.transmit();
    else this.receive(nowNs(this.clock));
  }

  /** Frames that have arrived; without a driver they are lost, as on any card that is not set up. */
  override advance(now: number): void {
    if (!this.live) while (this.port.receive(now) !== null);
    else if (!this.starved) {
      this.receive(now);
      this.settle(RECEIVE);
    } else this.port.advance(now);
  }

  override nextNs(): number {
    return this.starved ? this.port.advanceNs() : this.port.nextNs();
  }

  private receive(now: number): void {
    this.starved = false;
    while (this.port.hasArrived(now)) {
      const chain = this.take(RECEIVE);
      if (chain === null) {
        this.starved = true;
        return;
      }
      const frame = this.port.receive(now)!;
      const bytes = new Uint8Array(HEADER_BYTES + frame.length);
      bytes[HDR_NUM_BUFFERS] = 1;
      bytes.set(frame, HEADER_BYTES);
      if (bytes.length > chain.writableBytes) {
        this.fail('a receive buffer too small for a frame');
        return;
      }
      this.tell(chain.writable.length, 'receive', frame);
      this.give(RECEIVE, chain, writeChain(this.memory, chain, 0, bytes));
    }
  }

  private transmit(): void {
    const now = nowNs(this.clock);
    for (let chain = this.take(TRANSMIT); chain !== null; chain = this.take(TRANSMIT)) {
      const bytes = new Uint8Array(Math.min(chain.readableBytes, HEADER_BYTES + MOST_FRAME_BYTES + 1));
      readChain(this.memory, chain, 0, bytes);
      // What is too long is cut, and so stays too long: the network drops it.
      this.tell(chain.readable.length, 'send', bytes.subarray(HEADER_BYTES));
      if (bytes.length > HEADER_BYTES) this.send(bytes, now);
      this.give(TRANSMIT, chain, 0);
    }
  }

  private tell(buffers: number, action: 'send' | 'receive', frame: Uint8Array): void {
    if (!this.memory.isWatched) return;
    const common = { device: 'network card', action, sector: 0, buffers } as const;
    this.memory.tell({ ...common, bytes: frame.length, text: frameWords(frame) });
  }

  private send(bytes: Uint8Array, now: number): void {
    const frame = bytes.subarray(HEADER_BYTES);
    const start = read16(bytes, HDR_CSUM_START);
    const at = start + read16(bytes, HDR_CSUM_OFFSET);
    if ((bytes[0]! & HDR_F_NEEDS_CSUM) !== 0 && this.accepts(F_CSUM) && at + 2 <= frame.length)
      // The field holds the pseudo-header's sum. Zero would mean "none" in UDP, where all ones says the same.
      put16(frame, at, checksum(frame.subarray(start)) || 0xffff);
    this.port.send(frame, now);
  }
}
