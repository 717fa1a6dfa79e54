/**
 * A network card (virtio 1.2, section 5.1) at a port of a Lan: one pair of queues; checksums and the cutting of TCP's data into
 * segments, which the driver leaves to the device; and segments that come, which it joins for a driver that takes them so.
 */
import { read16, write16 } from '../little-endian.ts';
import { checksum, MAC_BYTES, MOST_FRAME_BYTES, put16 } from '../lan/ethernet.ts';
import { frameWords } from '../lan/frame-words.ts';
import type { NetworkPort } from '../lan/lan.ts';
import type { MachineClock, MachineMemory } from '../machine.ts';
import { nowNs } from '../machine.ts';
import { readChain, writeChain } from './chain.ts';
import type { Chain } from './chain.ts';
import { VirtioDevice } from './device.ts';
import { JoinedFrames } from './joined-frames.ts';
import { segmentsOf } from './segmentation.ts';
import { TCP_CHECKSUM } from './tcp-frame.ts';

const TYPE = 1;
const CLASS_ETHERNET = 0x02_00_00;
const QUEUE_SIZE = 256;
const RECEIVE = 0;
const TRANSMIT = 1;

const F_CSUM = 0;
const F_GUEST_CSUM = 1;
const F_MAC = 5;
const F_GUEST_TSO4 = 7;
const F_HOST_TSO4 = 11;
const F_MRG_RXBUF = 15;
const F_STATUS = 16;

const CONFIG_STATUS = 6;
const CONFIG_BYTES = 8;
const LINK_UP = 1;

/** struct virtio_net_hdr, with num_buffers. */
export const HEADER_BYTES = 12;
const HDR_GSO_TYPE = 1;
const HDR_HDR_LEN = 2;
const HDR_GSO_SIZE = 4;
const HDR_CSUM_START = 6;
const HDR_CSUM_OFFSET = 8;
const HDR_NUM_BUFFERS = 10;
const HDR_F_NEEDS_CSUM = 1;
const HDR_GSO_TCPV4 = 1;
const HDR_GSO_ECN = 0x80;
/** The longest frame that is left to be cut. */
const MOST_WHOLE_BYTES = 18 + 65_535;
/**
 * For so long after the last frame that came, the next one waits for others that can be joined to it: a card's moderation of interrupts.
 * What comes when all was quiet, or says that nothing follows (PSH), does not wait.
 */
const HOLD_NS = 100_000;
/** Buffers that one frame may be in. */
const MOST_BUFFERS = 64;

export class VirtioNet extends VirtioDevice {
  readonly port: NetworkPort;
  private readonly clock: MachineClock;
  /** Whether the driver has left no buffer for what has arrived: it waits until the driver notifies. */
  private starved = false;
  /** What others may be joined to, and until when; when a frame was given to the driver last, in ns. */
  private joined: JoinedFrames | null = null;
  private joinedUntilNs = 0;
  private givenNs = -Infinity;

  constructor(memory: MachineMemory, clock: MachineClock, port: NetworkPort, mac: Uint8Array) {
    super(memory, {
      type: TYPE,
      classCode: CLASS_ETHERNET,
      features: [F_CSUM, F_GUEST_CSUM, F_MAC, F_GUEST_TSO4, F_HOST_TSO4, F_MRG_RXBUF, F_STATUS],
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
    this.joined = null;
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
    if (this.starved) return this.port.advanceNs();
    return this.joined === null ? this.port.nextNs() : Math.min(this.port.nextNs(), this.joinedUntilNs);
  }

  private get joins(): boolean {
    return this.accepts(F_GUEST_TSO4) && this.accepts(F_GUEST_CSUM) && this.accepts(F_MRG_RXBUF);
  }

  private receive(now: number): void {
    this.starved = false;
    while (this.live) {
      const frame = this.port.first(now);
      const { joined } = this;
      if (joined !== null) {
        if (frame !== null && joined.add(frame)) this.port.receive(now);
        else if (frame === null && !joined.isComplete && now < this.joinedUntilNs) return;
        else if (!this.giveFrame(joined.frame(), now, joined)) return;
        else this.joined = null;
        continue;
      }
      if (frame === null) return;
      const begun = this.joins ? JoinedFrames.begin(frame, this.config.subarray(0, MAC_BYTES)) : null;
      if (begun === null && !this.giveFrame(frame, now, null)) return;
      if (begun !== null) {
        this.joined = begun;
        this.joinedUntilNs = Math.max(now, this.givenNs + HOLD_NS);
      }
      this.port.receive(now);
    }
  }

  /** Gives the driver a frame. False: it has left no buffer for it, or has broken the rules. */
  private giveFrame(frame: Uint8Array, now: number, joined: JoinedFrames | null): boolean {
    const bytes = new Uint8Array(HEADER_BYTES + frame.length);
    bytes.set(frame, HEADER_BYTES);
    const chains = this.takeRoom(bytes.length);
    if (chains === null) return false;
    bytes[HDR_NUM_BUFFERS] = chains.length;
    if (joined !== null && !joined.isOne) {
      bytes[0] = HDR_F_NEEDS_CSUM;
      bytes[HDR_GSO_TYPE] = HDR_GSO_TCPV4;
      write16(bytes, HDR_HDR_LEN, joined.headerBytes);
      write16(bytes, HDR_GSO_SIZE, joined.segmentBytes);
      write16(bytes, HDR_CSUM_START, joined.tcp);
      write16(bytes, HDR_CSUM_OFFSET, TCP_CHECKSUM);
    }
    this.tell(
      chains.reduce((sum, { writable }) => sum + writable.length, 0),
      'receive',
      frame,
    );
    let done = 0;
    for (const chain of chains) {
      const written = writeChain(this.memory, chain, 0, bytes.subarray(done));
      this.give(RECEIVE, chain, written);
      done += written;
    }
    this.givenNs = now;
    return true;
  }

  /** Buffers for so many bytes: one, or several where the driver takes what is in several. Null: there are not enough, or it is too small. */
  private takeRoom(bytes: number): Chain[] | null {
    const chains: Chain[] = [];
    const most = this.accepts(F_MRG_RXBUF) ? MOST_BUFFERS : 1;
    let room = 0;
    while (room < bytes && chains.length < most) {
      const chain = this.take(RECEIVE);
      if (chain === null) {
        this.untake(RECEIVE, chains.length);
        this.starved = true;
        return null;
      }
      chains.push(chain);
      room += chain.writableBytes;
    }
    if (room >= bytes && chains[0]!.writableBytes >= HEADER_BYTES) return chains;
    this.fail('a receive buffer too small for a frame');
    return null;
  }

  private transmit(): void {
    const now = nowNs(this.clock);
    const most = HEADER_BYTES + (this.accepts(F_HOST_TSO4) ? MOST_WHOLE_BYTES : MOST_FRAME_BYTES + 1);
    for (let chain = this.take(TRANSMIT); chain !== null; chain = this.take(TRANSMIT)) {
      const bytes = new Uint8Array(Math.min(chain.readableBytes, most));
      readChain(this.memory, chain, 0, bytes);
      // What is too long is cut off, and so stays too long: the network drops it.
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
    if ((bytes[HDR_GSO_TYPE]! & ~HDR_GSO_ECN) === HDR_GSO_TCPV4 && this.accepts(F_HOST_TSO4)) {
      for (const segment of segmentsOf(frame, read16(bytes, HDR_GSO_SIZE))) this.port.send(segment, now);
      return;
    }
    const start = read16(bytes, HDR_CSUM_START);
    const at = start + read16(bytes, HDR_CSUM_OFFSET);
    if ((bytes[0]! & HDR_F_NEEDS_CSUM) !== 0 && this.accepts(F_CSUM) && at + 2 <= frame.length)
      // The field holds the pseudo-header's sum. Zero would mean "none" in UDP, where all ones says the same.
      put16(frame, at, checksum(frame.subarray(start)) || 0xffff);
    this.port.send(frame, now);
  }
}
