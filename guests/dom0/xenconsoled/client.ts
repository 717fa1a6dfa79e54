/**
 * Somebody at a domain's console: a connection on the loopback. It begins with a line that says the domain's id; from then on
 * bytes go both ways as they are, first the output that is kept. It ends with the domain.
 */
import { EAGAIN } from 'xen';
import { POLLIN, POLLOUT, SYS_write } from 'mote/abi';
import { read } from 'programs/lib/calls';
import { syscall3 } from 'programs/lib/intrinsics';
import { bad, number } from 'programs/lib/text';
import { Console } from './console';

const NEWLINE: u8 = 10;
const MAX_LINE: i32 = 16;
const PIECE: i32 = 512;
const buffer = new ArrayBuffer(PIECE);

export class Client {
  console: Console | null = null;
  isGone: bool = false;
  private line: string = '';
  /** The number of the output's byte that it gets next. */
  private next: u64 = 0;

  /** `fd` does not block. */
  constructor(public fd: i32) {}

  /** POLL* that it waits for. */
  get wants(): i32 {
    const console = this.console;
    if (console == null) return POLLIN;
    return (console.isFull ? 0 : POLLIN) | (this.next < console.printed ? POLLOUT : 0);
  }

  /** Takes what was typed: to the domain, or, at first, to say which domain is meant. */
  listen(consoles: Console[]): void {
    const got = read(this.fd, buffer, PIECE);
    if (got == -EAGAIN) return;
    if (got <= 0) this.isGone = true;
    for (let n = 0; n < got; n++) {
      const console = this.console;
      if (console != null) {
        console.type(changetype<usize>(buffer) + n, got - n);
        return;
      }
      const byte = load<u8>(changetype<usize>(buffer) + n);
      if (byte == NEWLINE) this.attach(consoles);
      else this.line += String.fromCharCode(byte);
      if (this.line.length > MAX_LINE) this.isGone = true;
      if (this.isGone) return;
    }
  }

  private attach(consoles: Console[]): void {
    const domid = number(this.line);
    this.isGone = true;
    for (let n = 0; n < consoles.length && !bad; n++) {
      if (<i64>consoles[n].domid != domid) continue;
      this.stand(consoles[n]);
      this.isGone = false;
    }
  }

  /** It is at this console from now on. */
  stand(console: Console): void {
    this.console = console;
    this.next = console.firstKept;
  }

  /** Shows what is new. Who is too slow misses what is kept no more. */
  show(): void {
    const console = this.console;
    if (console == null || this.isGone) return;
    this.next = max(this.next, console.firstKept);
    while (this.next < console.printed) {
      const count = console.rowFrom(this.next);
      const sent = <i32>syscall3(SYS_write, this.fd, console.placeOf(this.next), count);
      if (sent < 0 && sent != -EAGAIN) this.isGone = true;
      if (sent <= 0) return;
      this.next += sent;
    }
    if (console.isOver) this.isGone = true;
  }
}
