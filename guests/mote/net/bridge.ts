/**
 * Learning bridges: each joins ports into one network, and is an interface of this machine on it. A frame goes to the port behind
 * which its destination has been seen, or to all others. A port in no bridge is an interface as others are.
 */
import { now, SECOND } from 'kernel/events/clock';
import { completeChecksum, MOST_TO_CUT, Segments } from './offload';
import { get16 } from './bytes';
import { EthernetInterface } from './ethernet';
import { HARDWARE_BYTES, TYPE_IPV4 } from './frame';
import { IFF_RUNNING } from './interface';
import { Losses } from './losses';

/** Places in a bridge's table. */
export const BRIDGE_ENTRIES: i32 = 256;
/** After so long without a frame from there, it is asked for anew: IEEE 802.1D's value. */
const LIFETIME_NS: u64 = 300 * SECOND;
const GROUP_BIT: u8 = 1;
const USUAL_DELAY: u32 = 1500;

/** An interface that can be plugged into a bridge. */
export abstract class BridgePort extends EthernetInterface {
  bridge: Bridge | null = null;
  /** The next one in the bridge. */
  nextPort: BridgePort | null = null;

  /** Whether it takes frames whose checksums are blank: the sum of the pseudo-header is there, the rest is left to it. */
  get takesBlank(): bool {
    return false;
  }

  /** Takes a frame, which stays the caller's; to be cut into segments of so much data, if it takes such, 0: as it is. */
  abstract deliver(at: usize, bytes: u32, isBlank: bool, segmentBytes: u32): void;

  protected transmit(at: usize, bytes: u32, segmentBytes: u32): void {
    this.deliver(at, bytes, segmentBytes != 0, segmentBytes);
  }

  /**
   * A frame has come in by it: `bytes` at `at`, until it returns. Its checksum may be blank, and is where it is TCP's data for several
   * segments (`segmentBytes`).
   */
  arrived(at: usize, bytes: u32, isBlank: bool = false, segmentBytes: u32 = 0): void {
    if (!this.isUp) return;
    const bridge = this.bridge;
    if (bridge == null) {
      if (isBlank && segmentBytes == 0) completeChecksum(at, bytes);
      this.frameArrived(at, bytes, segmentBytes);
      return;
    }
    this.receivedPackets++;
    this.receivedBytes += bytes;
    // Its VLANs come before its bridge, as with Linux.
    if (this.takeTagged(at, bytes)) return;
    bridge.input(this, at, bytes, isBlank, segmentBytes);
  }

  /** The bridge gives it a frame. */
  forward(at: usize, bytes: u32, isBlank: bool, segmentBytes: u32): void {
    if (!this.isUp) return;
    this.sentPackets++;
    this.sentBytes += bytes;
    this.deliver(at, bytes, isBlank, segmentBytes);
  }
}

/** Behind which port an address has been seen last; null: this machine's own. */
export class BridgeEntry {
  hardware: StaticArray<u8> = new StaticArray<u8>(HARDWARE_BYTES);
  port: BridgePort | null = null;
  deadlineNs: u64 = 0;
}

/** Of Xen's vifs, and of a bridge that has no card: no address of a card is higher. */
export function setHighest(hardware: StaticArray<u8>): void {
  memory.fill(changetype<usize>(hardware), 0xff, HARDWARE_BYTES);
  hardware[0] = 0xfe;
}

/** While one that has come in is cut, answers may go out that are cut, too. */
const incoming = new Segments();
const outgoing = new Segments();

export class Bridge extends EthernetInterface {
  first: BridgePort | null = null;
  private table: StaticArray<BridgeEntry> = new StaticArray<BridgeEntry>(BRIDGE_ENTRIES);
  losses: Losses = new Losses();
  /** What `brctl setfd` said, in hundredths of a second: without a spanning tree no port waits. */
  forwardDelay: u32 = USUAL_DELAY;
  /** Of those that are there no more, the next one. */
  nextSpare: Bridge | null = null;

  constructor(name: string) {
    super(name);
    for (let index = 0; index < BRIDGE_ENTRIES; index++) this.table[index] = new BridgeEntry();
    this.flags |= IFF_RUNNING;
    setHighest(this.hardware);
  }

  add(port: BridgePort): void {
    let last = this.first;
    while (last != null && last.nextPort != null) last = last.nextPort;
    if (last == null) this.first = port;
    else last.nextPort = port;
    port.nextPort = null;
    port.bridge = this;
  }

  remove(port: BridgePort): void {
    let before: BridgePort | null = null;
    let each = this.first;
    while (each != null && each != port) {
      before = each;
      each = each.nextPort;
    }
    if (each == null) return;
    if (before == null) this.first = port.nextPort;
    else before.nextPort = port.nextPort;
    port.bridge = null;
    for (let index = 0; index < BRIDGE_ENTRIES; index++)
      if (this.table[index].port == port) this.table[index].deadlineNs = 0;
  }

  get mostToCut(): u32 {
    return MOST_TO_CUT;
  }
  get takesWhole(): bool {
    return true;
  }

  /** A frame of this machine's own. */
  protected transmit(at: usize, bytes: u32, segmentBytes: u32): void {
    const to = this.find(at);
    if (segmentBytes == 0) {
      if (!this.losses.strike()) this.forward(null, to, at, bytes, false, 0);
    } else if (this.mayPassWhole(at, to)) this.forward(null, to, at, bytes, true, segmentBytes);
    else if (outgoing.begin(at, bytes, segmentBytes))
      while (outgoing.next()) this.transmit(outgoing.at, outgoing.bytes, 0);
  }

  /** Whether a port is given a frame that is still to be cut. Frames are lost one by one, as on a wire. */
  private mayPassWhole(at: usize, to: BridgePort | null): bool {
    if (to == null || !to.takesWhole) return false;
    return this.losses.perMille == 0 && get16(at + 2 * HARDWARE_BYTES) == TYPE_IPV4;
  }

  /** A frame has come in by a port, as `BridgePort.arrived` has it. */
  input(from: BridgePort, at: usize, bytes: u32, isBlank: bool, segmentBytes: u32): void {
    if (bytes < 2 * HARDWARE_BYTES) return;
    const isMine = memory.compare(at, changetype<usize>(this.hardware), HARDWARE_BYTES) == 0;
    const to = this.find(at);
    if (segmentBytes != 0 && !(isMine ? this.losses.perMille == 0 : this.mayPassWhole(at, to))) {
      if (incoming.begin(at, bytes, segmentBytes))
        while (incoming.next()) this.input(from, incoming.at, incoming.bytes, false, 0);
      return;
    }
    if (this.losses.strike()) return;
    this.learn(from, at + HARDWARE_BYTES);
    const isGroup = (load<u8>(at) & GROUP_BIT) != 0;
    // Where it goes to several, or to one who does not, it is completed once for all.
    let staysBlank = segmentBytes != 0;
    if (isBlank && !isMine && to != null && to.takesBlank) staysBlank = true;
    if (isBlank && !staysBlank) completeChecksum(at, bytes);
    if (!isMine) this.forward(from, to, at, bytes, isBlank && staysBlank, segmentBytes);
    if (isMine || isGroup) this.frameArrived(at, bytes, segmentBytes);
    // A VLAN may be a port of another bridge, whose addresses are not this one's.
    else this.takeTagged(at, bytes);
  }

  private forward(
    from: BridgePort | null,
    to: BridgePort | null,
    at: usize,
    bytes: u32,
    isBlank: bool,
    segmentBytes: u32,
  ): void {
    if (to != null) {
      if (to != from) to.forward(at, bytes, isBlank, segmentBytes);
      return;
    }
    for (let each = this.first; each != null; each = each!.nextPort)
      if (each != from) each.forward(at, bytes, isBlank, segmentBytes);
  }

  private slot(hardware: usize): i32 {
    const last = load<u8>(hardware + 5);
    return (last ^ (load<u8>(hardware + 4) * 31)) & (BRIDGE_ENTRIES - 1);
  }

  /** Where an address has been seen; null: nowhere, or it is a group's. Addresses share a place: the last one has it. */
  private find(hardware: usize): BridgePort | null {
    const entry = this.table[this.slot(hardware)];
    const isIt = memory.compare(changetype<usize>(entry.hardware), hardware, HARDWARE_BYTES) == 0;
    return isIt && entry.deadlineNs > now() ? entry.port : null;
  }

  private learn(port: BridgePort, hardware: usize): void {
    if ((load<u8>(hardware) & GROUP_BIT) != 0) return;
    const entry = this.table[this.slot(hardware)];
    memory.copy(changetype<usize>(entry.hardware), hardware, HARDWARE_BYTES);
    entry.port = port;
    entry.deadlineNs = now() + LIFETIME_NS;
  }
}
