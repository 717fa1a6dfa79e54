/** Ethernet: frames from one card to another. Whom an IPv4 address belongs to, ARP finds out (arp.ts). */
import { get16, put16 } from './bytes';
import { arpInput, ArpCache } from './arp';
import { ETHERNET_HEADER, HARDWARE_BYTES, TYPE_ARP, TYPE_IPV4, TYPE_VLAN } from './frame';
import { drain, receive } from './input';
import { BROADCAST, IFF_BROADCAST, Interface } from './interface';
import { Segments } from './offload';
import { Packet } from './packet';

const outgoing = new Segments();
const everybody: usize = memory.data<u8>([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

/** Who takes frames of VLANs off an interface (vlan.ts). */
export abstract class TaggedInput {
  /** Takes a frame that has a tag, which stays the caller's. False: it is of no VLAN that is known here. */
  abstract take(at: usize, bytes: u32): bool;
  /** The interface is gone, and all VLANs with it. */
  abstract dropAll(): void;
}

export abstract class EthernetInterface extends Interface {
  /** Its VLANs. */
  tagged: TaggedInput | null = null;
  cache: ArpCache = new ArpCache();
  /** It answers for addresses that are reached by way of this machine. */
  proxyArp: bool = false;

  constructor(name: string) {
    super(name, IFF_BROADCAST);
  }

  /** Whether it takes frames that are still to be cut. */
  get takesWhole(): bool {
    return false;
  }

  /** Sends a frame, which stays the caller's; to be cut into segments of so much data, if it takes such, 0: as it is. */
  protected abstract transmit(at: usize, bytes: u32, segmentBytes: u32): void;

  /** Sends a frame that somebody has made, which stays the caller's. */
  emit(at: usize, bytes: u32): void {
    if (!this.isUp) return;
    this.sentPackets++;
    this.sentBytes += bytes;
    this.transmit(at, bytes, 0);
  }

  /** Whether a frame that has come in, which stays the caller's, was one of a VLAN's. */
  protected takeTagged(at: usize, bytes: u32): bool {
    const tagged = this.tagged;
    if (tagged == null || bytes < ETHERNET_HEADER || get16(at + 12) != TYPE_VLAN) return false;
    return tagged.take(at, bytes);
  }

  leaving(): void {
    const tagged = this.tagged;
    if (tagged != null) tagged.dropAll();
  }

  send(packet: Packet, nextHop: u32): void {
    if (nextHop == BROADCAST || nextHop == this.broadcast) {
      this.sendFrame(packet, everybody, TYPE_IPV4);
      return;
    }
    const to = this.cache.find(nextHop);
    if (to != 0) this.sendFrame(packet, to, TYPE_IPV4);
    else this.cache.ask(this, packet, nextHop);
  }

  /** Sends a packet, which it takes, to a card. */
  sendFrame(packet: Packet, to: usize, type: u32): void {
    const header = packet.push(ETHERNET_HEADER);
    memory.copy(header, to, HARDWARE_BYTES);
    memory.copy(header + HARDWARE_BYTES, changetype<usize>(this.hardware), HARDWARE_BYTES);
    put16(header + 12, type);
    this.countSent(packet);
    if (packet.segmentBytes == 0 || this.takesWhole)
      this.transmit(packet.at, packet.bytes, packet.segmentBytes);
    else if (outgoing.begin(packet.at, packet.bytes, packet.segmentBytes))
      while (outgoing.next()) this.transmit(outgoing.at, outgoing.bytes, 0);
    packet.free();
  }

  /** Sends to all cards. */
  sendToAll(packet: Packet, type: u32): void {
    this.sendFrame(packet, everybody, type);
  }

  /** A frame has come in: `bytes` at `at`, until it returns; `segmentBytes` as in Packet. */
  frameArrived(at: usize, bytes: u32, segmentBytes: u32 = 0): void {
    if (bytes < ETHERNET_HEADER || !this.isUp || this.takeTagged(at, bytes)) return;
    const mine = memory.compare(at, changetype<usize>(this.hardware), HARDWARE_BYTES) == 0;
    if (!mine && memory.compare(at, everybody, HARDWARE_BYTES) != 0) return;
    const packet = Packet.make(bytes - ETHERNET_HEADER);
    if (packet == null) {
      this.dropped++;
      return;
    }
    memory.copy(packet.at, at + ETHERNET_HEADER, packet.bytes);
    packet.interface_ = this;
    packet.segmentBytes = segmentBytes;
    const type = get16(at + 12);
    if (type == TYPE_IPV4) receive(packet);
    else {
      this.countReceived(packet);
      if (type == TYPE_ARP) arpInput(this, packet);
      packet.free();
    }
    drain();
  }
}
