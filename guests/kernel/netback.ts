/**
 * The network backend: takes the packets that a frontend sends, and puts those for it into the buffers that it offers. Xen
 * copies either way; nobody waits, so a packet for which there is no buffer is lost, as on a wire.
 */
import * as xen from 'xen';
import { netif_rx_request, netif_rx_response, netif_tx_request, netif_tx_response } from 'xen';
import { Backend } from './backend';
import { BackRing } from './back-ring';
import { bindInterdomain, closePort, MAX_PORTS, sendEvent } from './events';
import { copyGranted, finishCopies, GrantedPages } from './granted';
import { alloc, dispose, free } from './heap';
import { allocatePages, PAGE_SIZE, putPage } from './pages';
import { readNumber } from './store';

/** The longest packet without its checksum and segments left to us, in requests and bytes. */
const MAX_PARTS: u32 = 18;
const BUFFER_PAGES: u32 = 4;
const MAX_BYTES: u32 = BUFFER_PAGES * <u32>PAGE_SIZE;
/** Of an entry for each direction: requests are the longer ones. */
const TX_BYTES: usize = netif_tx_request.SIZE;
const RX_BYTES: usize = netif_rx_request.SIZE;

export abstract class NetworkBackend extends Backend {
  private sent: GrantedPages = new GrantedPages();
  private wanted: GrantedPages = new GrantedPages();
  private sendRing: BackRing | null = null;
  private receiveRing: BackRing | null = null;
  /** By direction of the frontend; the same one, unless it has asked for two. */
  private sendPort: u32 = 0;
  private receivePort: u32 = 0;
  private buffer: usize = 0;
  private parts: usize = alloc(MAX_PARTS * TX_BYTES);
  private request: usize = alloc(RX_BYTES);
  /** What the frontend has sent and received; packets that were lost for want of a buffer, or not in order. */
  sentPackets: u64 = 0;
  sentBytes: u64 = 0;
  receivedPackets: u64 = 0;
  receivedBytes: u64 = 0;
  dropped: u64 = 0;

  /** The frontend has sent a packet: `bytes` at `packet`, until it returns; its checksum may be left to us. */
  protected abstract received(packet: usize, bytes: u32, needsChecksum: bool): void;

  protected describe(transaction: u32): i32 {
    return 0;
  }

  protected connect(): bool {
    if (readNumber(this.frontend, 'request-rx-copy') != 1) return this.fail('it does not ask for copies');
    if (!this.map()) return this.fail('its rings cannot be mapped');
    return this.bind() || this.fail('its event channels cannot be bound');
  }

  private fail(what: string): bool {
    this.complain(what);
    this.disconnect();
    return false;
  }

  private map(): bool {
    const sendRef = readNumber(this.frontend, 'tx-ring-ref');
    const receiveRef = readNumber(this.frontend, 'rx-ring-ref');
    this.buffer = allocatePages(BUFFER_PAGES);
    if (sendRef < 0 || receiveRef < 0 || this.buffer == 0) return false;
    if (!this.sent.add(this.domid, <u32>sendRef, 1)) return false;
    if (!this.wanted.add(this.domid, <u32>receiveRef, 1)) return false;
    this.sendRing = new BackRing(this.sent.at, 1, TX_BYTES);
    this.receiveRing = new BackRing(this.wanted.at, 1, RX_BYTES);
    return true;
  }

  private bind(): bool {
    const one = readNumber(this.frontend, 'event-channel');
    const send = one >= 0 ? one : readNumber(this.frontend, 'event-channel-tx');
    const receive = one >= 0 ? one : readNumber(this.frontend, 'event-channel-rx');
    if (send < 0 || receive < 0) return false;
    this.sendPort = this.bindOne(<u32>send);
    this.receivePort = one >= 0 ? this.sendPort : this.bindOne(<u32>receive);
    return this.sendPort != 0 && this.receivePort != 0;
  }

  private bindOne(remotePort: u32): u32 {
    const port = bindInterdomain(this.domid, remotePort, serve);
    if (port < 0) return 0;
    connected[port] = this;
    return port;
  }

  protected disconnect(): void {
    this.unbind(this.sendPort);
    if (this.receivePort != this.sendPort) this.unbind(this.receivePort);
    this.sendPort = 0;
    this.receivePort = 0;
    this.sent.release(1);
    this.wanted.release(1);
    const sendRing = this.sendRing;
    if (sendRing != null) dispose(sendRing);
    const receiveRing = this.receiveRing;
    if (receiveRing != null) dispose(receiveRing);
    this.sendRing = null;
    this.receiveRing = null;
    if (this.buffer != 0) putPage(this.buffer);
    this.buffer = 0;
  }

  private unbind(port: u32): void {
    if (port == 0) return;
    connected[port] = null;
    closePort(port);
  }

  protected release(): void {
    free(this.parts);
    free(this.request);
    dispose(this.sent);
    dispose(this.wanted);
  }

  /** Takes all that the frontend has sent. */
  serve(): void {
    const ring = this.sendRing;
    if (ring == null) return;
    while (ring.isWaiting())
      if (!this.takePacket(ring)) {
        ring.broken = true;
        this.accuse('the rest of a packet is not there');
        return;
      }
    if (ring.broken) this.accuse('there are more packets than its ring has room for');
  }

  private part(index: u32): usize {
    return this.parts + index * TX_BYTES;
  }
  private flags(index: u32): i32 {
    return load<u16>(this.part(index) + netif_tx_request.flags);
  }

  /**
   * Takes a packet's requests: one for each of its parts; those behind the first that say more of the packet (extra) are not
   * understood, for nothing was offered that needs them. False: the rest of the packet is not there, though it was said to be.
   */
  private takePacket(ring: BackRing): bool {
    let count: u32 = 0;
    let more = true;
    let isGood = true;
    while (more) {
      if (!ring.take(this.part(count))) return false;
      more = (this.flags(count) & xen.NETTXF_more_data) != 0;
      if ((this.flags(count) & xen.NETTXF_extra_info) != 0) isGood = false;
      if (++count < MAX_PARTS || !more) continue;
      isGood = false;
      this.answer(ring, count, false);
      count = 0;
    }
    const bytes = isGood ? this.gather(count) : 0;
    this.answer(ring, count, bytes != 0);
    if (bytes == 0) {
      this.dropped++;
      return true;
    }
    this.sentPackets++;
    this.sentBytes += bytes;
    this.received(this.buffer, bytes, (this.flags(0) & xen.NETTXF_csum_blank) != 0);
    return true;
  }

  /** Copies the parts of a packet into the buffer: its bytes, 0: it is not in order. */
  private gather(count: u32): u32 {
    const total = <u32>load<u16>(this.part(0) + netif_tx_request.size);
    let others: u32 = 0;
    for (let index: u32 = 1; index < count; index++)
      others += load<u16>(this.part(index) + netif_tx_request.size);
    if (total > MAX_BYTES || others >= total) return 0;
    let at = this.buffer;
    for (let index: u32 = 0; index < count; index++) {
      const offset = <u32>load<u16>(this.part(index) + netif_tx_request.offset);
      const bytes = index == 0 ? total - others : <u32>load<u16>(this.part(index) + netif_tx_request.size);
      if (offset + bytes > <u32>PAGE_SIZE) return 0;
      copyGranted(this.domid, load<u32>(this.part(index) + netif_tx_request.gref), offset, at, bytes, false);
      at += bytes;
    }
    return finishCopies() ? total : 0;
  }

  private answer(ring: BackRing, count: u32, isGood: bool): void {
    for (let index: u32 = 0; index < count; index++) {
      const response = ring.nextResponse();
      store<u16>(response + netif_tx_response.id, load<u16>(this.part(index) + netif_tx_request.id));
      store<u16>(
        response + netif_tx_response.status,
        <u16>(isGood ? xen.NETIF_RSP_OKAY : xen.NETIF_RSP_ERROR),
      );
    }
    if (ring.push()) sendEvent(this.sendPort);
  }

  /** Gives the frontend a packet of a page at most. */
  deliver(packet: usize, bytes: u32): void {
    const ring = this.receiveRing;
    if (ring == null || bytes > <u32>PAGE_SIZE || !ring.take(this.request)) {
      this.dropped++;
      if (ring != null && ring.broken) this.accuse('there are more buffers than its ring has room for');
      return;
    }
    copyGranted(this.domid, load<u32>(this.request + netif_rx_request.gref), 0, packet, bytes, true);
    const isGood = finishCopies();
    if (isGood) {
      this.receivedPackets++;
      this.receivedBytes += bytes;
    } else this.dropped++;
    const response = ring.nextResponse();
    store<u16>(response + netif_rx_response.id, load<u16>(this.request + netif_rx_request.id));
    store<u16>(response + netif_rx_response.offset, 0);
    store<u16>(response + netif_rx_response.flags, 0);
    store<u16>(response + netif_rx_response.status, <u16>(isGood ? <i32>bytes : xen.NETIF_RSP_ERROR));
    if (ring.push()) sendEvent(this.receivePort);
  }
}

/** Those that are connected, by port. */
const connected = new StaticArray<NetworkBackend | null>(MAX_PORTS);

/** Whose event has come. */
function serve(port: u32): void {
  const backend = connected[port];
  if (backend != null) backend.serve();
}
