/**
 * A domain's console: a ring in a page that it shares (io/console.h). What it prints is taken at once, so that it never waits
 * for room, into a log and into memory, where clients read the last of it.
 */
import { xencons_interface, XENCONS_IN_BYTES, XENCONS_OUT_BYTES } from 'xen';
import { EventChannels } from 'dom0/lib/event-channels';
import * as hyper from 'dom0/lib/hypercalls';
import { Log } from 'dom0/lib/log';
import { close } from 'programs/lib/calls';
import { load32, load8, store32, store8 } from 'programs/lib/intrinsics';

const IN: u32 = XENCONS_IN_BYTES;
const OUT: u32 = XENCONS_OUT_BYTES;
/** Bytes of output that are kept. */
const KEPT: u32 = 32768;

const piece = new ArrayBuffer(<i32>OUT);

export class Console {
  /** All bytes that were ever printed. The last KEPT are in `kept`, each at what its number leaves modulo KEPT. */
  printed: u64 = 0;
  private kept: StaticArray<u8> = new StaticArray<u8>(<i32>KEPT);
  /** What was typed and found no room yet. */
  private typed: u8[] = [];
  /** It prints no more: it has shut down, or is gone. */
  isOver: bool = false;
  private outCons: u32;
  private inProd: u32;

  /** `ring`: the address of its page, 0 once it is gone. */
  constructor(
    public domid: u32,
    private ring: u64,
    public port: u32,
    readonly log: Log,
    /** Where clients come in who want this console; -1: nowhere. */
    public door: i32,
  ) {
    this.outCons = <u32>load32(ring + xencons_interface.out_cons);
    this.inProd = <u32>load32(ring + xencons_interface.in_prod);
  }

  /** Does what the domain has raised its port for: takes output, finds room for input. */
  serve(events: EventChannels): void {
    if (this.ring == 0) return;
    const count = this.takeOutput();
    if (count > 0) this.log.add(changetype<usize>(piece), count);
    if (this.pushInput() || count > 0) events.notify(this.port);
  }

  /** Bytes that it has printed, now in `piece`. Where the ring's indices make no sense there are none. */
  private takeOutput(): i32 {
    const count = <u32>load32(this.ring + xencons_interface.out_prod) - this.outCons;
    if (count == 0 || count > OUT) return 0;
    for (let n: u32 = 0; n < count; n++) {
      const byte = <u8>load8(this.ring + xencons_interface.out + ((this.outCons + n) & (OUT - 1)));
      store<u8>(changetype<usize>(piece) + n, byte);
      this.kept[<i32>(this.printed++ % KEPT)] = byte;
    }
    this.outCons += count;
    store32(this.ring + xencons_interface.out_cons, this.outCons);
    return count;
  }

  /** Whether something found room. */
  private pushInput(): bool {
    const used = this.inProd - <u32>load32(this.ring + xencons_interface.in_cons);
    const count = min(used > IN ? <u32>0 : IN - used, <u32>this.typed.length);
    for (let n: u32 = 0; n < count; n++)
      store8(this.ring + xencons_interface.in_ + (this.inProd++ & (IN - 1)), this.typed[<i32>n]);
    if (count == 0) return false;
    this.typed = this.typed.slice(<i32>count);
    store32(this.ring + xencons_interface.in_prod, this.inProd);
    return true;
  }

  /** Whether what is typed now would wait: clients are not listened to then. */
  get isFull(): bool {
    return this.typed.length >= <i32>IN;
  }

  type(from: usize, count: i32): void {
    for (let n = 0; n < count; n++) this.typed.push(load<u8>(from + n));
  }

  /** The first byte of the output that is still kept. */
  get firstKept(): u64 {
    return this.printed > KEPT ? this.printed - KEPT : 0;
  }
  /** Where the byte of a number is, and how many follow it there in a row. */
  placeOf(number: u64): usize {
    return changetype<usize>(this.kept) + <usize>(number % KEPT);
  }
  rowFrom(number: u64): i32 {
    return <i32>min<u64>(this.printed - number, KEPT - (number % KEPT));
  }

  /** The domain is gone: what it said last is taken, and its page and port are let go. */
  release(events: EventChannels): void {
    this.serve(events);
    this.log.flush();
    this.isOver = true;
    if (this.ring == 0) return;
    events.unbind(this.port);
    hyper.unmap(this.ring, 1);
    this.ring = 0;
    if (this.door >= 0) close(this.door);
    this.door = -1;
  }
}
