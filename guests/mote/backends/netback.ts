/**
 * The network backend: takes the packets that a frontend sends, and puts those for it into the buffers that it offers. Xen
 * copies either way. Nobody waits but packets for the frontend (held-packets.ts): until it offers a buffer; and where the domain has just
 * come from another host, until the frontend is here, and the page of the buffer.
 */
import * as xen from 'xen';
import { netif_rx_request, netif_rx_response, netif_tx_request } from 'xen';
import { Backend } from './backend';
import { BackRing } from './back-ring';
import { bindInterdomain, closePort, MAX_PORTS, sendEvent } from '../../kernel/events/events';
import { AGAIN_NS, copyGranted, finishCopies, GrantedPages, mustCopyAgain } from './granted';
import { HeldPackets } from './held-packets';
import { now } from '../../kernel/events/clock';
import { Timer } from '../../kernel/events/timers';
import { alloc, dispose, free } from '../../kernel/memory/heap';
import { allocatePages, PAGE_SIZE, putPage } from '../../kernel/memory/pages';
import { Credit } from './credit';
import { MAX_BYTES, SentPacket } from './sent-packet';
import { readNumber } from '../../kernel/store/store';

/** Room for the longest packet. */
const BUFFER_PAGES: u32 = (MAX_BYTES + 1) / <u32>PAGE_SIZE;
/** Before a packet for the frontend, if it asks for that (xdp-headroom), at most. */
const MAX_HEADROOM: u32 = 0x7fff;
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
  private packet: SentPacket = new SentPacket();
  /** Bytes before each packet for the frontend. */
  private headroom: u32 = 0;
  /** Whether the frontend takes packets of any kind with their checksums left to it. */
  takesBlank: bool = false;
  /** How much the frontend may send. */
  protected credit: SendCredit = new SendCredit(this);
  private request: usize = alloc(RX_BYTES);
  private held: HeldPackets = new HeldPackets();
  private heldTimer: HeldTimer = new HeldTimer(this);
  /** The packet that the frontend sent last waits for pages of its own: those behind it wait for it. */
  private isGathering: bool = false;
  private gatherTimer: GatherTimer = new GatherTimer(this);
  /** The frontend has not connected yet. */
  private isNew: bool = true;
  /** What the frontend has sent and received; packets that were lost for want of a buffer, or not in order. */
  sentPackets: u64 = 0;
  sentBytes: u64 = 0;
  receivedPackets: u64 = 0;
  receivedBytes: u64 = 0;
  dropped: u64 = 0;

  /**
   * The frontend has sent a packet: `bytes` at `packet`, until it returns. Its checksum may be left to us (blank), and so may
   * be cutting it into segments of `segmentBytes` of data, 0: it stays whole.
   */
  protected abstract received(packet: usize, bytes: u32, isBlank: bool, segmentBytes: u32): void;

  protected describe(transaction: u32): i32 {
    return 0;
  }

  protected connect(): bool {
    if (readNumber(this.frontend, 'request-rx-copy') != 1) return this.fail('it does not ask for copies');
    if (!this.map()) return this.fail('its rings cannot be mapped');
    this.takesBlank =
      readNumber(this.frontend, 'feature-no-csum-offload') != 1 &&
      readNumber(this.frontend, 'feature-ipv6-csum-offload') == 1;
    this.reconfigure();
    if (!this.bind()) return this.fail('its event channels cannot be bound');
    this.deliverHeld();
    return true;
  }

  private fail(what: string): bool {
    this.complain(what);
    this.disconnect();
    return false;
  }

  protected reconfigure(): void {
    this.headroom = <u32>min(max(readNumber(this.frontend, 'xdp-headroom'), 0), MAX_HEADROOM);
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
    this.isNew = false;
    this.isGathering = false;
    this.gatherTimer.cancel();
    this.forgetHeld();
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

  private forgetHeld(): void {
    this.held.clear();
    this.heldTimer.cancel();
  }

  protected release(): void {
    this.forgetHeld();
    dispose(this.held);
    dispose(this.heldTimer);
    this.gatherTimer.cancel();
    dispose(this.gatherTimer);
    this.credit.cancel();
    dispose(this.credit);
    this.packet.release();
    dispose(this.packet);
    free(this.request);
    dispose(this.sent);
    dispose(this.wanted);
  }

  /** Takes all that the frontend has sent. */
  serve(): void {
    const ring = this.sendRing;
    if (ring == null) return;
    while ((this.isGathering || ring.isWaiting()) && this.credit.isThere) {
      if (!this.takePacket(ring)) {
        ring.broken = true;
        this.accuse('the rest of a packet is not there');
        return;
      }
      if (this.isGathering) return;
    }
    if (ring.broken) this.accuse('there are more packets than its ring has room for');
  }

  /** False: the rest of the packet is not there, though it was said to be. */
  private takePacket(ring: BackRing): bool {
    const packet = this.packet;
    if (!this.isGathering && !packet.take(ring)) return false;
    const bytes = packet.gather(this.domid, this.buffer);
    this.isGathering = packet.isLater;
    if (this.isGathering) {
      this.gatherTimer.set(now() + AGAIN_NS);
      return true;
    }
    packet.answer(ring, bytes != 0);
    if (ring.push()) sendEvent(this.sendPort);
    if (bytes == 0) {
      this.dropped++;
      return true;
    }
    this.sentPackets++;
    this.sentBytes += bytes;
    this.credit.spend(bytes);
    this.received(this.buffer, bytes, packet.isBlank, packet.segmentBytes);
    return true;
  }

  /**
   * Gives the frontend a packet, which fits in a page, one with a blank checksum only if it takes such; now, or when it can have it.
   */
  deliver(packet: usize, bytes: u32, isBlank: bool): void {
    if (this.headroom + bytes <= <u32>PAGE_SIZE) {
      if (this.held.first == null && this.give(packet, bytes, isBlank)) return;
      const mayCome = this.isNew || this.receiveRing != null;
      if (mayCome && this.held.hold(packet, bytes, isBlank)) {
        if (!this.heldTimer.armed) this.heldTimer.set(this.held.first!.deadlineNs);
        return;
      }
    }
    this.dropped++;
  }

  /** Gives it those that have waited, as far as it can have them. */
  deliverHeld(): void {
    this.heldTimer.cancel();
    this.dropped += this.held.dropOld();
    for (let first = this.held.first; first != null; first = this.held.first) {
      if (!this.give(first.at, first.bytes, first.isBlank)) break;
      this.held.drop();
    }
    if (this.held.first != null && !this.heldTimer.armed) this.heldTimer.set(this.held.first!.deadlineNs);
  }

  /** False: it cannot have it yet. */
  private give(packet: usize, bytes: u32, isBlank: bool): bool {
    const ring = this.receiveRing;
    if (ring == null) return false;
    if (!ring.isWaiting() || !ring.look(this.request, 0)) {
      if (ring.broken) this.accuse('there are more buffers than its ring has room for');
      return false;
    }
    const at = this.headroom;
    copyGranted(this.domid, load<u32>(this.request + netif_rx_request.gref), at, packet, bytes, true);
    const isLater = mustCopyAgain();
    const isGood = finishCopies();
    if (isLater) {
      this.awaitBuffers(ring);
      return false;
    }
    ring.pass();
    if (isGood) {
      this.receivedPackets++;
      this.receivedBytes += bytes;
    } else this.dropped++;
    const response = ring.nextResponse();
    store<u16>(response + netif_rx_response.id, load<u16>(this.request + netif_rx_request.id));
    store<u16>(response + netif_rx_response.offset, <u16>at);
    const flags = isBlank ? xen.NETRXF_csum_blank | xen.NETRXF_data_validated : 0;
    store<u16>(response + netif_rx_response.flags, <u16>flags);
    store<u16>(response + netif_rx_response.status, <u16>(isGood ? <i32>bytes : xen.NETIF_RSP_ERROR));
    if (ring.push()) sendEvent(this.receivePort);
    return true;
  }

  /**
   * The domain has just come from another host, and the page of a buffer is not here yet: the others that it offers are not either. A
   * byte of each is asked for, so that they come, and it is looked again in a while.
   */
  private awaitBuffers(ring: BackRing): void {
    for (let index: u32 = 0; ring.look(this.request, index); index++)
      copyGranted(this.domid, load<u32>(this.request + netif_rx_request.gref), 0, this.buffer, 1, false);
    finishCopies();
    this.heldTimer.set(now() + AGAIN_NS);
  }
}

/** Packets wait: it is looked whether they can be given by now, or have waited too long. */
class HeldTimer extends Timer {
  constructor(private backend: NetworkBackend) {
    super();
  }

  fire(): void {
    this.backend.deliverHeld();
  }
}

/** Pages of a packet that the frontend sends were asked for: it is looked whether they have come. */
class GatherTimer extends Timer {
  constructor(private backend: NetworkBackend) {
    super();
  }

  fire(): void {
    this.backend.serve();
  }
}

class SendCredit extends Credit {
  constructor(private backend: NetworkBackend) {
    super();
  }

  fire(): void {
    this.backend.serve();
  }
}

/** Those that are connected, by port. */
const connected = new StaticArray<NetworkBackend | null>(MAX_PORTS);

/** Whose event has come. */
function serve(port: u32): void {
  const backend = connected[port];
  if (backend == null) return;
  backend.serve();
  backend.deliverHeld();
}
