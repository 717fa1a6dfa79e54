/**
 * Xen's own console: the serial line of the machine, whose input goes to domain 0 or, as debug keys, to Xen (Ctrl-a three
 * times switches), and a ring of what was printed, for `dmesg`. Domain 0 writes to the line as it likes; what Xen and the
 * others print are whole lines with a mark of whose they are. Compare drivers/char/console.c.
 */
import type { Serial } from './serial.ts';

/** Bytes of the ring that sysctl's readconsole reads (conring_size). */
const RING_BYTES = 16384;
const CR = 13;
const LF = 10;

/** What a terminal needs to be sent: it takes a newline for less than we do. */
function onLine(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes].flatMap((byte) => (byte === LF ? [CR, LF] : [byte])));
}

export class XenConsole {
  /** Told what goes out on the line. No part of the state. */
  onOutput: ((bytes: Uint8Array) => void) | null = null;
  /** The ring: the byte with number n is at n modulo its size; numbers of the oldest byte and of the next. */
  readonly ring = new Uint8Array(RING_BYTES);
  oldest = 0;
  next = 0;
  /** Bytes of the ring's beginning that did not go out on the line. */
  quietBytes = 0;
  /** Bytes that were typed and not read yet. */
  readonly input: number[] = [];
  /** Whether what is typed is for Xen; how many Ctrl-a are held back until it is clear what they mean. */
  isInputForXen = false;
  held = 0;
  private readonly serial: Serial;

  constructor(serial: Serial) {
    this.serial = serial;
  }

  /** Writes to the line. */
  write(bytes: Uint8Array): void {
    const sent = this.serial.send(onLine(bytes));
    this.onOutput?.(sent);
  }

  /** Prints a line, on the line and in the ring. */
  print(text: string): void {
    this.write(this.keep(text));
  }

  private keep(text: string): Uint8Array {
    const bytes = new TextEncoder().encode(`${text}\n`);
    for (const byte of bytes) this.ring[this.next++ % RING_BYTES] = byte;
    this.oldest = Math.max(this.oldest, this.next - RING_BYTES);
    return bytes;
  }

  /** What Xen says on its screen as it boots, before all else: it is in the ring alone. */
  note(text: string): void {
    this.keep(`(XEN) ${text}`);
    this.quietBytes = this.next;
  }

  /** Prints what Xen itself says. */
  log(text: string): void {
    for (const line of text.split('\n')) this.print(`(XEN) ${line}`);
  }

  /** Tells who listens late what is in the ring. */
  replay(listener: (bytes: Uint8Array) => void): void {
    const { bytes } = this.readRing(this.quietBytes, RING_BYTES, false);
    if (bytes.length > 0) listener(onLine(bytes));
  }

  /** The next byte that has come in on the line; -1: there is none. */
  receive(): number {
    return this.serial.receive();
  }

  /**
   * What the ring holds from the byte with number `from` on (what is older is gone), at most `count` bytes; the number of the
   * byte behind it. `clear`: for who asks next, all of it is gone.
   */
  readRing(
    from: number,
    count: number,
    clear: boolean,
  ): { readonly bytes: Uint8Array; readonly next: number } {
    const first = Math.max(from, this.oldest);
    const next = Math.min(this.next, first + count);
    const bytes = Uint8Array.from(
      { length: Math.max(next - first, 0) },
      (_, n) => this.ring[(first + n) % RING_BYTES]!,
    );
    if (clear) this.oldest = this.next;
    return { bytes, next };
  }
}
