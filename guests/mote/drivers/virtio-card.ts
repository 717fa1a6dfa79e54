/**
 * A virtio network card (virtio 1.2, section 5.1) as an interface, peth0, which is in the host's bridge from the beginning; the
 * bridge takes the card's address. The card is left checksums to make and TCP's data to cut, and joins segments that come for us.
 */
import { allocatePage, allocatePages, PAGE_SIZE } from 'kernel/memory/pages';
import { in8 } from 'kernel/pci/ports';
import { VirtioDriver } from 'kernel/pci/virtio';
import { QUEUE_SIZE, Virtqueue } from 'kernel/pci/virtqueue';
import { Bridge, BridgePort } from '../net/bridge';
import { HARDWARE_BYTES } from '../net/frame';
import { addInterface, IFF_RUNNING, IFF_UP } from '../net/interface';
import { checksumAt, coveredFrom, findChecksum, headersOf } from '../net/offload';

const CSUM: u32 = 1 << 0;
const GUEST_CSUM: u32 = 1 << 1;
const MAC: u32 = 1 << 5;
const GUEST_TSO4: u32 = 1 << 7;
const HOST_TSO4: u32 = 1 << 11;
const MRG_RXBUF: u32 = 1 << 15;
const RECEIVE: u32 = 0;
const SEND: u32 = 1;
/** virtio_net_hdr, before each frame, and where things are in it. */
const HEADER_BYTES: u32 = 12;
const HDR_GSO_TYPE: u32 = 1;
const HDR_HDR_LEN: u32 = 2;
const HDR_GSO_SIZE: u32 = 4;
const HDR_CSUM_START: u32 = 6;
const HDR_CSUM_OFFSET: u32 = 8;
const HDR_NUM_BUFFERS: u32 = 10;
const NEEDS_CSUM: u8 = 1;
const GSO_TCPV4: u8 = 1;
/** With the tag of a VLAN. */
const MAX_FRAME: u32 = 1518;
/** Pages into which frames come; one that was joined of several is in as many as it needs. */
const RECEIVE_PAGES: u32 = QUEUE_SIZE;
/** Buffers for frames that go out, two of them in a page; and for those that the card cuts, which are longer. */
const BUFFERS: u32 = 32;
const BUFFER_BYTES: usize = PAGE_SIZE / 2;
const WHOLE_BUFFERS: u32 = 2;
const WHOLE_PAGES: u32 = 16;
const NO_BUFFER: u32 = BUFFERS + WHOLE_BUFFERS;

export class VirtioCard extends VirtioDriver {
  private receiving: Virtqueue = new Virtqueue();
  private sending: Virtqueue = new Virtqueue();
  private receivePages: StaticArray<usize> = new StaticArray<usize>(RECEIVE_PAGES);
  /** Where a frame is put together that has come in several pages. */
  private whole: usize = allocatePages(WHOLE_PAGES + 1);
  private sendBuffers: StaticArray<usize> = new StaticArray<usize>(NO_BUFFER);
  /** By token: the page; and which buffers of the sending side are under way. */
  private received: StaticArray<u32> = new StaticArray<u32>(QUEUE_SIZE);
  private sent: StaticArray<u32> = new StaticArray<u32>(QUEUE_SIZE);
  private busy: StaticArray<bool> = new StaticArray<bool>(NO_BUFFER);
  private port: CardPort | null = null;

  constructor(slot: u32) {
    super(slot);
    for (let index: u32 = 0; index < RECEIVE_PAGES; index++) this.receivePages[index] = allocatePage();
    for (let index: u32 = 0; index < BUFFERS; index++)
      this.sendBuffers[index] =
        (index & 1) == 0 ? allocatePage() : this.sendBuffers[index - 1] + BUFFER_BYTES;
    for (let index = BUFFERS; index < NO_BUFFER; index++)
      this.sendBuffers[index] = allocatePages(WHOLE_PAGES);
    assert(this.sendBuffers[NO_BUFFER - 1] != 0 && this.whole != 0, "no memory for a card's buffers");
  }

  /** Brings the card up and plugs it into a bridge. */
  plug(name: string, bridge: Bridge): bool {
    if (!this.start()) return false;
    const port = new CardPort(name, this);
    for (let index: u32 = 0; index < HARDWARE_BYTES; index++)
      port.hardware[index] = <u8>in8(this.config + index);
    memory.copy(changetype<usize>(bridge.hardware), changetype<usize>(port.hardware), HARDWARE_BYTES);
    this.port = port;
    addInterface(port);
    bridge.add(port);
    for (let index: u32 = 0; index < RECEIVE_PAGES; index++) this.offer(index);
    this.notify(this.receiving);
    return true;
  }

  protected get wanted(): u32 {
    return CSUM | GUEST_CSUM | MAC | GUEST_TSO4 | HOST_TSO4 | MRG_RXBUF;
  }
  protected makeQueues(): void {
    this.addQueue(RECEIVE, this.receiving);
    this.addQueue(SEND, this.sending);
    // What has gone out is looked for when the next one does.
    this.sending.wantsNoInterrupt();
  }

  get makesChecksums(): bool {
    return (this.features & CSUM) != 0;
  }
  get cuts(): bool {
    return (this.features & (CSUM | HOST_TSO4)) == (CSUM | HOST_TSO4);
  }

  private offer(index: u32): void {
    this.receiving.add(this.receivePages[index], <u32>PAGE_SIZE, true);
    this.received[this.receiving.offer()] = index;
  }

  protected served(): void {
    let any = false;
    for (let token = this.receiving.take(); token >= 0; token = this.receiving.take()) {
      this.takeFrame(token);
      any = true;
    }
    if (any) this.notify(this.receiving);
  }

  /** Takes a frame, which begins in the page of a token. */
  private takeFrame(token: i32): void {
    const first = this.received[token];
    const header = this.receivePages[first];
    const bytes = this.receiving.written;
    if (bytes <= HEADER_BYTES || bytes > <u32>PAGE_SIZE) {
      this.offer(first);
      return;
    }
    const buffers = (this.features & MRG_RXBUF) != 0 ? load<u16>(header + HDR_NUM_BUFFERS) : 1;
    const segmentBytes = load<u8>(header + HDR_GSO_TYPE) == GSO_TCPV4 ? load<u16>(header + HDR_GSO_SIZE) : 0;
    const isBlank = (load<u8>(header) & NEEDS_CSUM) != 0;
    if (buffers == 1) {
      this.port!.arrived(header + HEADER_BYTES, bytes - HEADER_BYTES, isBlank, segmentBytes);
      this.offer(first);
      return;
    }
    memory.copy(this.whole, header, bytes);
    this.offer(first);
    const all = this.takeRest(bytes, buffers - 1);
    if (all > 0) this.port!.arrived(this.whole + HEADER_BYTES, all - HEADER_BYTES, isBlank, segmentBytes);
  }

  /** Puts what is in the next pages behind the first bytes: how many there are then, 0: the card has not said the truth. */
  private takeRest(bytes: u32, buffers: u32): u32 {
    let isWell = true;
    for (; buffers > 0; buffers--) {
      const token = this.receiving.take();
      if (token < 0) return 0;
      const index = this.received[token];
      const part = this.receiving.written;
      if (part > <u32>PAGE_SIZE || bytes + part > (WHOLE_PAGES + 1) * <u32>PAGE_SIZE) isWell = false;
      else memory.copy(this.whole + bytes, this.receivePages[index], part);
      bytes += part;
      this.offer(index);
    }
    return isWell ? bytes : 0;
  }

  /** A buffer that is free for a frame; NO_BUFFER: none is, or none is long enough. */
  private freeBuffer(bytes: u32): u32 {
    const isLong = bytes > MAX_FRAME;
    if (isLong && HEADER_BYTES + bytes > WHOLE_PAGES * <u32>PAGE_SIZE) return NO_BUFFER;
    const end = isLong ? NO_BUFFER : BUFFERS;
    for (let index: u32 = isLong ? BUFFERS : 0; index < end; index++) if (!this.busy[index]) return index;
    return NO_BUFFER;
  }

  /** Sends a frame, which stays the caller's, as `BridgePort.deliver` has it. False: there is no room for it. */
  send(at: usize, bytes: u32, isBlank: bool, segmentBytes: u32): bool {
    for (let token = this.sending.take(); token >= 0; token = this.sending.take())
      this.busy[this.sent[token]] = false;
    const index = this.freeBuffer(bytes);
    if (index == NO_BUFFER || this.sending.free <= bytes / <u32>PAGE_SIZE + 1) return false;
    this.busy[index] = true;
    const buffer = this.sendBuffers[index];
    memory.fill(buffer, 0, HEADER_BYTES);
    if (isBlank) this.leave(buffer, at, bytes, segmentBytes);
    memory.copy(buffer + HEADER_BYTES, at, bytes);
    this.sending.add(buffer, HEADER_BYTES + bytes, false);
    this.sent[this.sending.offer()] = index;
    this.notify(this.sending);
    return true;
  }

  /** Leaves the card a frame's checksum, and the cutting of it, by the header in a buffer. */
  private leave(buffer: usize, at: usize, bytes: u32, segmentBytes: u32): void {
    if (!findChecksum(at, bytes)) return;
    store<u8>(buffer, NEEDS_CSUM);
    store<u16>(buffer + HDR_CSUM_START, <u16>coveredFrom);
    store<u16>(buffer + HDR_CSUM_OFFSET, <u16>(checksumAt - coveredFrom));
    if (segmentBytes == 0) return;
    store<u8>(buffer + HDR_GSO_TYPE, GSO_TCPV4);
    store<u16>(buffer + HDR_GSO_SIZE, <u16>segmentBytes);
    store<u16>(buffer + HDR_HDR_LEN, <u16>headersOf(at, bytes));
  }
}

class CardPort extends BridgePort {
  private card: VirtioCard;

  constructor(name: string, card: VirtioCard) {
    super(name);
    this.card = card;
    this.flags |= IFF_UP | IFF_RUNNING;
  }

  get takesBlank(): bool {
    return this.card.makesChecksums;
  }
  get takesWhole(): bool {
    return this.card.cuts;
  }
  deliver(at: usize, bytes: u32, isBlank: bool, segmentBytes: u32): void {
    if (!this.card.send(at, bytes, isBlank, segmentBytes)) this.dropped++;
  }
}
