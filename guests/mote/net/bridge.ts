/**
 * A learning bridge: joins ports into one network, and is an interface of this machine on it. A frame goes to the port behind
 * which its destination has been seen, or to all others.
 */
import { now, SECOND } from 'kernel/events/clock';
import { completeChecksum } from './offload';
import { EthernetInterface, HARDWARE_BYTES } from './ethernet';
import { IFF_RUNNING } from './interface';

const ENTRIES: i32 = 256;
/** After so long without a frame from there, it is asked for anew: IEEE 802.1D's value. */
const LIFETIME_NS: u64 = 300 * SECOND;
const GROUP_BIT: u8 = 1;

/** Something that is plugged into a bridge. */
export abstract class BridgePort {
  /** As `brctl show` tells it. NUL-terminated. */
  name: usize = 0;
  next: BridgePort | null = null;

  /** Whether it takes frames whose checksums are blank: the sum of the pseudo-header is there, the rest is left to it. */
  get takesBlank(): bool {
    return false;
  }

  /** Takes a frame, which stays the caller's. */
  abstract deliver(at: usize, bytes: u32, isBlank: bool): void;
}

/** Behind which port an address has been seen last; null: this machine's own. */
class Entry {
  hardware: StaticArray<u8> = new StaticArray<u8>(HARDWARE_BYTES);
  port: BridgePort | null = null;
  deadlineNs: u64 = 0;
}

export class Bridge extends EthernetInterface {
  first: BridgePort | null = null;
  private table: StaticArray<Entry> = new StaticArray<Entry>(ENTRIES);
  losses: Losses = new Losses();

  constructor(name: string) {
    super(name);
    for (let index = 0; index < ENTRIES; index++) this.table[index] = new Entry();
    this.flags |= IFF_RUNNING;
  }

  add(port: BridgePort): void {
    let last = this.first;
    while (last != null && last.next != null) last = last.next;
    if (last == null) this.first = port;
    else last.next = port;
    port.next = null;
  }

  remove(port: BridgePort): void {
    let before: BridgePort | null = null;
    let each = this.first;
    while (each != null && each != port) {
      before = each;
      each = each.next;
    }
    if (each == null) return;
    if (before == null) this.first = port.next;
    else before.next = port.next;
    for (let index = 0; index < ENTRIES; index++)
      if (this.table[index].port == port) this.table[index].deadlineNs = 0;
  }

  /** A frame of this machine's own. */
  protected transmit(at: usize, bytes: u32): void {
    if (!this.losses.strike()) this.forward(null, this.find(at), at, bytes, false);
  }

  /** A frame has come in by a port: `bytes` at `at`, until it returns. Its checksum may be blank. */
  input(from: BridgePort, at: usize, bytes: u32, isBlank: bool = false): void {
    if (bytes < 2 * HARDWARE_BYTES || this.losses.strike()) return;
    this.learn(from, at + HARDWARE_BYTES);
    const isGroup = (load<u8>(at) & GROUP_BIT) != 0;
    const isMine = memory.compare(at, changetype<usize>(this.hardware), HARDWARE_BYTES) == 0;
    const to = this.find(at);
    // Where it goes to several, or to one who does not, it is completed once for all.
    let staysBlank = false;
    if (isBlank && !isMine && to != null) staysBlank = to.takesBlank;
    if (isBlank && !staysBlank) completeChecksum(at, bytes);
    if (!isMine) this.forward(from, to, at, bytes, staysBlank);
    if (isMine || isGroup) this.frameArrived(at, bytes);
  }

  private forward(
    from: BridgePort | null,
    to: BridgePort | null,
    at: usize,
    bytes: u32,
    isBlank: bool,
  ): void {
    if (to != null) {
      if (to != from) to.deliver(at, bytes, isBlank);
      return;
    }
    for (let each = this.first; each != null; each = each!.next)
      if (each != from) each.deliver(at, bytes, isBlank);
  }

  private slot(hardware: usize): i32 {
    const last = load<u8>(hardware + 5);
    return (last ^ (load<u8>(hardware + 4) * 31)) & (ENTRIES - 1);
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

/** A network that loses frames, the same ones each time. */
export class Losses {
  perMille: u32 = 0;
  /** Frames that were lost. */
  count: u64 = 0;
  private state: u32 = 1;

  /** Of all frames, so many in a thousand are lost from now on; which ones, the seed says. */
  set(perMille: u32, seed: u32): void {
    this.perMille = perMille;
    this.state = max<u32>(seed, 1);
  }

  /** Whether this frame is lost (xorshift32, Marsaglia 2003). */
  strike(): bool {
    if (this.perMille == 0) return false;
    this.state ^= this.state << 13;
    this.state ^= this.state >> 17;
    this.state ^= this.state << 5;
    if (this.state % 1000 >= this.perMille) return false;
    this.count++;
    return true;
  }
}

const BRIDGE_NAME = 'xenbr0';
let bridge: Bridge | null = null;

/** The bridge of a host; null: this is none. */
export function hostBridge(): Bridge | null {
  return bridge;
}

/** Makes the bridge of a host. Until it has a card, its address is the one that Xen's vifs have. */
export function makeHostBridge(): Bridge {
  const made = new Bridge(BRIDGE_NAME);
  memory.fill(changetype<usize>(made.hardware), 0xff, HARDWARE_BYTES);
  store<u8>(changetype<usize>(made.hardware), 0xfe);
  bridge = made;
  return made;
}
