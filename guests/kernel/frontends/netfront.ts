/**
 * The network frontend: one ring of packets to send, one of empty buffers that the backend fills. Buffers are pages that stay
 * granted; a packet is copied to or from them.
 */
import * as xen from 'xen';
import { ENOBUFS, netif_rx_request, netif_rx_response, netif_tx_request, netif_tx_response } from 'xen';
import { sendEvent } from '../events/events';
import { dispose } from '../memory/heap';
import { Frontend, grantRing, reclaim } from './frontend';
import { grantAccess } from '../grants/grants';
import { allocatePage, PAGE_SIZE } from '../memory/pages';
import { FrontRing } from '../grants/ring';
import { readText, writeNumber } from '../store/store';

/** Buffers of each direction: a request's id is its buffer's number. */
const BUFFERS: u32 = 64;
const ENTRIES: u32 = xen.NETIF_RING_SIZE;
/** The largest packet, with its Ethernet header. */
/** With the tag of a VLAN. */
export const MAX_PACKET: u32 = 1518;
const ENTRY: usize = 12;
const RX_ENTRY: usize = 8;

export abstract class NetworkFrontend extends Frontend {
  /** The hardware address. */
  address: StaticArray<u8> = new StaticArray<u8>(6);
  /** Between backends. */
  private isDown: bool = false;
  private sending: FrontRing;
  private receiving: FrontRing;
  private sendRef: u32 = 0;
  private receiveRef: u32 = 0;
  private sendPages: StaticArray<usize> = new StaticArray<usize>(BUFFERS);
  private sendRefs: StaticArray<u32> = new StaticArray<u32>(BUFFERS);
  private sendBusy: StaticArray<bool> = new StaticArray<bool>(BUFFERS);
  private receivePages: StaticArray<usize> = new StaticArray<usize>(BUFFERS);
  private receiveRefs: StaticArray<u32> = new StaticArray<u32>(BUFFERS);

  constructor(directory: usize) {
    super(directory);
    this.sending = new FrontRing(page(), ENTRY, ENTRIES);
    this.receiving = new FrontRing(page(), RX_ENTRY, ENTRIES);
    for (let index: u32 = 0; index < BUFFERS; index++) {
      this.sendPages[index] = page();
      this.receivePages[index] = page();
    }
  }

  /** A packet has come: `bytes` at `packet`, until it returns. */
  protected abstract received(packet: usize, bytes: u32): void;

  protected publish(transaction: u32): i32 {
    if (this.sendRef == 0) {
      this.sendRef = grantRing(this.domid, this.sending.page);
      this.receiveRef = grantRing(this.domid, this.receiving.page);
      for (let index: u32 = 0; index < BUFFERS; index++) {
        this.sendRefs[index] = grantAccess(this.domid, this.sendPages[index], true);
        this.receiveRefs[index] = grantAccess(this.domid, this.receivePages[index], false);
        assert(this.receiveRefs[index] != 0, "no grants for the network's buffers");
        this.offer(index);
      }
      this.receiving.push();
    }
    let result = writeNumber(transaction, this.directory, 'tx-ring-ref', this.sendRef);
    if (result == 0) result = writeNumber(transaction, this.directory, 'rx-ring-ref', this.receiveRef);
    // Buffers are filled by copies; packets come with their checksums; an event per packet will do.
    if (result == 0) result = writeNumber(transaction, this.directory, 'request-rx-copy', 1);
    if (result == 0) result = writeNumber(transaction, this.directory, 'feature-rx-notify', 1);
    if (result == 0) result = writeNumber(transaction, this.directory, 'feature-no-csum-offload', 1);
    return result;
  }

  /** Packets that were under way are lost. */
  protected reset(): void {
    this.isDown = true;
    this.sending.reset();
    this.receiving.reset();
    this.sendRef = 0;
    for (let index: u32 = 0; index < BUFFERS; index++) this.sendBusy[index] = false;
  }

  /** Nothing is sent any more. */
  down(): void {
    this.isDown = true;
  }
  protected giveBack(): void {
    reclaim(this.sendRef, this.sending.page);
    reclaim(this.sendRef == 0 ? 0 : this.receiveRef, this.receiving.page);
    for (let index: u32 = 0; index < BUFFERS; index++) {
      reclaim(this.sendRefs[index], this.sendPages[index]);
      reclaim(this.receiveRefs[index], this.receivePages[index]);
    }
    dispose(this.sending);
    dispose(this.receiving);
    dispose(this.address);
    dispose(this.sendPages);
    dispose(this.sendRefs);
    dispose(this.sendBusy);
    dispose(this.receivePages);
    dispose(this.receiveRefs);
  }

  protected get publishedState(): i32 {
    return xen.XenbusStateConnected;
  }

  protected connected(): void {
    this.isDown = false;
    if (readText(this.directory, 'mac', macText, 32) >= 17) this.parseAddress();
    if (this.receiving.push()) sendEvent(this.port);
    sendEvent(this.port);
  }

  /** xx:xx:xx:xx:xx:xx */
  private parseAddress(): void {
    for (let index = 0; index < 6; index++)
      this.address[index] = <u8>((digit(macText + index * 3) << 4) | digit(macText + index * 3 + 1));
  }

  /** Offers a buffer to be filled. */
  private offer(index: u32): void {
    const request = this.receiving.nextRequest();
    store<u16>(request + netif_rx_request.id, <u16>index);
    store<u32>(request + netif_rx_request.gref, this.receiveRefs[index]);
  }

  /** Sends a packet of at most MAX_PACKET bytes: 0, or -ENOBUFS: all buffers are under way, or there is no backend. */
  send(packet: usize, bytes: u32): i32 {
    assert(bytes <= MAX_PACKET, 'a packet is too long');
    let index: u32 = 0;
    while (index < BUFFERS && this.sendBusy[index]) index++;
    if (this.isDown || index == BUFFERS || this.sending.room == 0) return -ENOBUFS;
    this.sendBusy[index] = true;
    memory.copy(this.sendPages[index], packet, bytes);
    const request = this.sending.nextRequest();
    store<u32>(request + netif_tx_request.gref, this.sendRefs[index]);
    store<u16>(request + netif_tx_request.offset, 0);
    store<u16>(request + netif_tx_request.flags, 0);
    store<u16>(request + netif_tx_request.id, <u16>index);
    store<u16>(request + netif_tx_request.size, <u16>bytes);
    if (this.sending.push()) sendEvent(this.port);
    return 0;
  }

  /** Takes what has come and what has gone: what its event does. */
  serve(): void {
    for (let response = this.sending.nextResponse(); response != 0; response = this.sending.nextResponse()) {
      const id = <u32>load<u16>(response + netif_tx_response.id);
      if (id < BUFFERS) this.sendBusy[id] = false;
    }
    for (
      let response = this.receiving.nextResponse();
      response != 0;
      response = this.receiving.nextResponse()
    ) {
      const id = <u32>load<u16>(response + netif_rx_response.id);
      const bytes = <i32>load<i16>(response + netif_rx_response.status);
      const offset = <u32>load<u16>(response + netif_rx_response.offset);
      if (id >= BUFFERS) continue;
      if (bytes > 0 && offset + bytes <= <u32>PAGE_SIZE) this.received(this.receivePages[id] + offset, bytes);
      this.offer(id);
    }
    if (this.receiving.push()) sendEvent(this.port);
  }
}

const macText: usize = memory.data(32);

function digit(at: usize): u32 {
  const code = load<u8>(at) | 32;
  return code >= 97 ? code - 87 : code - 48;
}

function page(): usize {
  const page = allocatePage();
  assert(page != 0, "no memory for the network's buffers");
  return page;
}
