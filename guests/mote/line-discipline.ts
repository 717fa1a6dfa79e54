/**
 * The line discipline: what a terminal does between the keys and the program. In canonical mode it collects a line, shows it,
 * lets it be corrected, and hands it over whole; raw, it hands over every byte. Some keys are signals.
 *
 * Input stands in a ring with three free-running indices: `read` up to `committed` can be read, from there to `edited` is
 * the line being typed. The key of end-of-file is in the ring itself: a read ends before it, and one that begins with it
 * gets nothing.
 */
import * as abi from './abi';

const INPUT_BYTES: u32 = 4096;

/** Indices of termios.c_cc, and the keys at first: Ctrl-C, Ctrl-\, DEL, Ctrl-U, Ctrl-D, Ctrl-Z. */
const C_CC: usize = abi.termios.c_cc;
const BACKSPACE: u8 = 8;
const NEWLINE: u8 = 10;
const RETURN: u8 = 13;
const SPACE: u8 = 32;

export abstract class LineDiscipline {
  /** struct termios. */
  protected settings: StaticArray<u8> = new StaticArray<u8>(36);
  protected input: StaticArray<u8> = new StaticArray<u8>(4096);
  protected readAt: u32 = 0;
  protected committed: u32 = 0;
  protected edited: u32 = 0;

  constructor() {
    const at = changetype<usize>(this.settings);
    store<u32>(at + abi.termios.c_iflag, abi.ICRNL);
    store<u32>(at + abi.termios.c_oflag, abi.OPOST | abi.ONLCR);
    store<u32>(at + abi.termios.c_lflag, abi.ISIG | abi.ICANON | abi.ECHO);
    store<u8>(at + C_CC + abi.VINTR, 3);
    store<u8>(at + C_CC + abi.VQUIT, 28);
    store<u8>(at + C_CC + abi.VERASE, 127);
    store<u8>(at + C_CC + abi.VKILL, 21);
    store<u8>(at + C_CC + abi.VEOF, 4);
    store<u8>(at + C_CC + abi.VSUSP, 26);
  }

  /** Shows a byte, as it is. What finds no room is lost. */
  protected abstract show(byte: u8): void;
  /** A key means a signal for the processes in the foreground. */
  protected abstract signal(signal: i32): void;
  /** There is something to read now. */
  protected abstract ready(): void;

  protected get local(): u32 {
    return load<u32>(changetype<usize>(this.settings) + abi.termios.c_lflag);
  }

  private key(index: i32): u8 {
    return load<u8>(changetype<usize>(this.settings) + C_CC + index);
  }

  get isCanonical(): bool {
    return (this.local & abi.ICANON) != 0;
  }

  /** Bytes that can be read. */
  get available(): u32 {
    return this.committed - this.readAt;
  }

  /** The settings have changed: what has been typed is not lost. */
  protected changed(): void {
    if (this.isCanonical) return;
    this.committed = this.edited;
    if (this.available > 0) this.ready();
  }

  /** A key. False: there is no room; it comes again when something has been read. */
  type(typed: u8): bool {
    let byte = typed;
    if (byte == RETURN && (load<u32>(changetype<usize>(this.settings)) & abi.ICRNL) != 0) byte = NEWLINE;
    if ((this.local & abi.ISIG) != 0 && this.typeSignal(byte)) return true;
    if (this.isCanonical && this.correct(byte)) return true;
    if (this.edited - this.readAt == INPUT_BYTES) {
      // A line that fills the buffer can only be handed over as it is.
      if (this.committed == this.readAt) this.commit();
      return false;
    }
    this.input[this.edited++ % INPUT_BYTES] = byte;
    if (byte != this.key(abi.VEOF) || !this.isCanonical) this.echo(byte);
    if (!this.isCanonical || byte == NEWLINE || byte == this.key(abi.VEOF)) this.commit();
    return true;
  }

  private commit(): void {
    this.committed = this.edited;
    this.ready();
  }

  private typeSignal(byte: u8): bool {
    let signal = 0;
    if (byte == this.key(abi.VINTR)) signal = abi.SIGINT;
    else if (byte == this.key(abi.VQUIT)) signal = abi.SIGQUIT;
    else if (byte == this.key(abi.VSUSP)) signal = abi.SIGTSTP;
    else return false;
    this.edited = this.committed;
    this.echo(byte);
    if ((this.local & abi.ECHO) != 0) this.newLine();
    this.signal(signal);
    return true;
  }

  /** Keys that correct the line. */
  private correct(byte: u8): bool {
    if (byte == this.key(abi.VERASE) || byte == BACKSPACE) {
      if (this.edited != this.committed) this.erase();
      return true;
    }
    if (byte != this.key(abi.VKILL)) return false;
    while (this.edited != this.committed) this.erase();
    return true;
  }

  /** Takes back the last character, all bytes of its UTF-8. */
  private erase(): void {
    let byte: u8;
    do byte = this.input[--this.edited % INPUT_BYTES];
    while ((byte & 0xc0) == 0x80 && this.edited != this.committed);
    if ((this.local & abi.ECHO) == 0) return;
    const width = byte < SPACE ? 2 : 1;
    for (let column = 0; column < width; column++) {
      this.show(BACKSPACE);
      this.show(SPACE);
      this.show(BACKSPACE);
    }
  }

  private echo(byte: u8): void {
    if ((this.local & abi.ECHO) == 0) return;
    if (byte == NEWLINE) this.newLine();
    else if (byte < SPACE && byte != 9) {
      this.show(94);
      this.show(byte + 64);
    } else this.show(byte);
  }

  private newLine(): void {
    if (this.addsReturn) this.show(RETURN);
    this.show(NEWLINE);
  }

  /** Whether output has CR put before every LF. */
  get addsReturn(): bool {
    const output = load<u32>(changetype<usize>(this.settings) + abi.termios.c_oflag);
    return (output & abi.OPOST) != 0 && (output & abi.ONLCR) != 0;
  }

  /** Takes what can be read, at most a line in canonical mode: bytes; 0: the end of the file was typed. */
  take(to: usize, bytes: usize): i32 {
    let taken: usize = 0;
    while (taken < bytes && this.readAt != this.committed) {
      const byte = this.input[this.readAt % INPUT_BYTES];
      if (this.isCanonical && byte == this.key(abi.VEOF)) {
        if (taken == 0) this.readAt++;
        break;
      }
      this.readAt++;
      store<u8>(to + taken++, byte);
      if (this.isCanonical && byte == NEWLINE) break;
    }
    return <i32>taken;
  }
}
