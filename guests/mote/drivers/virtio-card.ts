/**
 * A virtio network card (virtio 1.2, section 5.1) as an interface, peth0, which is in the host's bridge from the beginning; the
 * bridge takes the card's address.
 */
import { allocatePage, PAGE_SIZE } from 'kernel/memory/pages';
import { in8 } from 'kernel/pci/ports';
import { VirtioDriver } from 'kernel/pci/virtio';
import { QUEUE_SIZE, Virtqueue } from 'kernel/pci/virtqueue';
import { Bridge, BridgePort } from '../net/bridge';
import { HARDWARE_BYTES } from '../net/ethernet';
import { addInterface, IFF_RUNNING, IFF_UP } from '../net/interface';

const MAC: u32 = 1 << 5;
const RECEIVE: u32 = 0;
const SEND: u32 = 1;
/** virtio_net_hdr, before each frame. */
const HEADER_BYTES: u32 = 12;
/** With the tag of a VLAN. */
const MAX_FRAME: u32 = 1518;
/** Buffers of each direction, two of them in a page. */
const BUFFERS: u32 = 32;
const BUFFER_BYTES: usize = PAGE_SIZE / 2;

export class VirtioCard extends VirtioDriver {
  private receiving: Virtqueue = new Virtqueue();
  private sending: Virtqueue = new Virtqueue();
  private receivePages: StaticArray<usize> = new StaticArray<usize>(BUFFERS / 2);
  private sendPages: StaticArray<usize> = new StaticArray<usize>(BUFFERS / 2);
  /** By token: the buffer; and which buffers of the sending side are under way. */
  private received: StaticArray<u32> = new StaticArray<u32>(QUEUE_SIZE);
  private sent: StaticArray<u32> = new StaticArray<u32>(QUEUE_SIZE);
  private busy: StaticArray<bool> = new StaticArray<bool>(BUFFERS);
  private port: CardPort | null = null;

  constructor(slot: u32) {
    super(slot);
    for (let index: u32 = 0; index < BUFFERS / 2; index++) {
      this.receivePages[index] = allocatePage();
      this.sendPages[index] = allocatePage();
      assert(this.sendPages[index] != 0, "no memory for a card's buffers");
    }
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
    for (let index: u32 = 0; index < BUFFERS; index++) this.offer(index);
    this.notify(this.receiving);
    return true;
  }

  protected get wanted(): u32 {
    return MAC;
  }
  protected makeQueues(): void {
    this.addQueue(RECEIVE, this.receiving);
    this.addQueue(SEND, this.sending);
  }

  private buffer(pages: StaticArray<usize>, index: u32): usize {
    return pages[index / 2] + (index & 1) * BUFFER_BYTES;
  }

  private offer(index: u32): void {
    this.receiving.add(this.buffer(this.receivePages, index), <u32>BUFFER_BYTES, true);
    this.received[this.receiving.offer()] = index;
  }

  protected served(): void {
    for (let token = this.sending.take(); token >= 0; token = this.sending.take())
      this.busy[this.sent[token]] = false;
    let any = false;
    for (let token = this.receiving.take(); token >= 0; token = this.receiving.take()) {
      const index = this.received[token];
      const bytes = this.receiving.written;
      const at = this.buffer(this.receivePages, index);
      if (bytes > HEADER_BYTES && bytes <= <u32>BUFFER_BYTES)
        this.port!.arrived(at + HEADER_BYTES, bytes - HEADER_BYTES);
      this.offer(index);
      any = true;
    }
    if (any) this.notify(this.receiving);
  }

  /** Sends a frame, which stays the caller's. False: there is no room for it. */
  send(at: usize, bytes: u32): bool {
    let index: u32 = 0;
    while (index < BUFFERS && this.busy[index]) index++;
    if (index == BUFFERS || bytes > MAX_FRAME) return false;
    this.busy[index] = true;
    const buffer = this.buffer(this.sendPages, index);
    memory.fill(buffer, 0, HEADER_BYTES);
    memory.copy(buffer + HEADER_BYTES, at, bytes);
    this.sending.add(buffer, HEADER_BYTES + bytes, false);
    this.sent[this.sending.offer()] = index;
    this.notify(this.sending);
    return true;
  }
}

class CardPort extends BridgePort {
  private card: VirtioCard;

  constructor(name: string, card: VirtioCard) {
    super(name);
    this.card = card;
    this.flags |= IFF_UP | IFF_RUNNING;
  }

  deliver(at: usize, bytes: u32, isBlank: bool): void {
    if (!this.card.send(at, bytes)) this.dropped++;
  }
}
