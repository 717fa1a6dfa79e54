/**
 * Packets for a domain that cannot take them yet, in their order. As in Linux's netback they wait: so much of them at most
 * (XENVIF_RX_QUEUE_BYTES), and not for ever (rx_drain_timeout_msecs).
 */
import { now, SECOND } from '../../kernel/events/clock';
import { alloc, dispose, free } from '../../kernel/memory/heap';
import { isMemoryLow } from '../../kernel/memory/pages';

/** Half a megabyte in Linux, whose domain 0 is larger. */
const MOST_BYTES: u32 = 1 << 17;
const PATIENCE_NS: u64 = 10 * SECOND;

export class HeldPacket {
  next: HeldPacket | null = null;
  /** A copy. */
  at: usize;
  deadlineNs: u64 = now() + PATIENCE_NS;

  constructor(
    packet: usize,
    public bytes: u32,
    public isBlank: bool,
  ) {
    this.at = alloc(bytes);
    memory.copy(this.at, packet, bytes);
  }

  release(): void {
    free(this.at);
    dispose(this);
  }
}

export class HeldPackets {
  /** The one that has waited for longest; null: none waits. */
  first: HeldPacket | null = null;
  private last: HeldPacket | null = null;
  private bytes: u32 = 0;

  /** Keeps a copy behind the others. False: there is no room for it. */
  hold(packet: usize, bytes: u32, isBlank: bool): bool {
    if (this.bytes + bytes > MOST_BYTES || isMemoryLow()) return false;
    const held = new HeldPacket(packet, bytes, isBlank);
    const last = this.last;
    if (last == null) this.first = held;
    else last.next = held;
    this.last = held;
    this.bytes += bytes;
    return true;
  }

  /** The first one waits no more. */
  drop(): void {
    const held = this.first!;
    this.first = held.next;
    if (held.next == null) this.last = null;
    this.bytes -= held.bytes;
    held.release();
  }

  /** Drops those that have waited too long: how many. */
  dropOld(): u64 {
    let count: u64 = 0;
    for (; this.first != null && this.first!.deadlineNs <= now(); count++) this.drop();
    return count;
  }

  clear(): void {
    while (this.first != null) this.drop();
  }
}
