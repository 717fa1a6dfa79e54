/** The terminal: the console with a line discipline, and the process group in its foreground, which gets its signals. */
import { EAGAIN, EFAULT, EINTR, EINVAL, EIO } from 'xen';
import { consoleRoom, pumpInput, setInputSink } from 'kernel/console/input';
import { writeConsole, writeWhole } from 'kernel/console/print';
import { interrupted, WaitQueue } from 'kernel/threads/wait';
import * as abi from './abi';
import { wakePollers } from './fs/pollers';
import { LineDiscipline } from './line-discipline';
import { currentProcess, INIT_PID } from './process';
import { signalGroup } from './signals';
import { copyIn, copyOut } from './user-memory';

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

const RETURN: u8 = 13;
const NEWLINE: u8 = 10;

const byteBuffer: usize = memory.data(2);
const argument: usize = memory.data(40, 8);

export class Terminal extends LineDiscipline {
  /** The process group in the foreground; 0: nobody has set one. */
  foreground: i32 = 0;
  /** Who reads. */
  readers: WaitQueue = new WaitQueue();

  protected show(byte: u8): void {
    store<u8>(byteBuffer, byte);
    writeConsole(byteBuffer, 1);
  }

  protected signal(signal: i32): void {
    if (this.foreground > INIT_PID) signalGroup(this.foreground, signal);
    else signalGroup(INIT_PID, signal);
  }

  protected ready(): void {
    this.readers.wake();
    wakePollers();
  }

  /** What can be done at once: POLL*. Output waits for room, but not for long. */
  poll(): i32 {
    return this.available > 0 ? abi.POLLIN | abi.POLLOUT : abi.POLLOUT;
  }

  /** Reads to the kernel's memory: bytes, 0 at the end of the file, -EINTR, or -EAGAIN where it may not wait. */
  read(to: usize, bytes: usize, mayWait: bool): i32 {
    while (this.available == 0 || this.isBackground) {
      if (this.isBackground) {
        signalGroup(currentProcess().pgid, abi.SIGTTIN);
        return interrupted() ? -EINTR : -EIO;
      }
      if (!mayWait) return -EAGAIN;
      this.readers.sleep();
      if (interrupted()) return -EINTR;
    }
    const taken = this.take(to, bytes);
    pumpInput();
    return taken;
  }

  private get isBackground(): bool {
    return this.foreground != 0 && currentProcess().pgid != this.foreground;
  }

  /** Writes from the kernel's memory, waiting for room: bytes, -EINTR where nothing was written, or -EAGAIN. */
  write(from: usize, bytes: usize, mayWait: bool): i32 {
    let written: usize = 0;
    while (written < bytes) {
      const part = this.addsReturn
        ? this.writeLine(from + written, bytes - written)
        : writeConsole(from + written, bytes - written);
      written += part;
      if (part > 0) continue;
      if (!mayWait) return written > 0 ? <i32>written : -EAGAIN;
      consoleRoom().sleep();
      if (interrupted()) return written > 0 ? <i32>written : -EINTR;
    }
    return <i32>written;
  }

  /** The line feed that begins, with a return before it, or what comes before the next line feed. Bytes taken. */
  private writeLine(from: usize, bytes: usize): usize {
    if (load<u8>(from) == NEWLINE) {
      store<u8>(byteBuffer, RETURN);
      store<u8>(byteBuffer + 1, NEWLINE);
      return writeWhole(byteBuffer, 2) ? 1 : 0;
    }
    let length: usize = 1;
    while (length < bytes && load<u8>(from + length) != NEWLINE) length++;
    return writeConsole(from, length);
  }

  /** ioctl: 0, or -EINVAL for a request that is not for terminals, -EFAULT. */
  control(request: i32, at: u64): i32 {
    if (request == abi.TCGETS) return copyOut(at, changetype<usize>(this.settings), abi.termios.SIZE);
    if (request == abi.TCSETS) {
      const failed = copyIn(changetype<usize>(this.settings), at, abi.termios.SIZE);
      if (failed == 0) this.changed();
      return failed;
    }
    if (request == abi.TIOCSPGRP) {
      // Only who ignores SIGTTOU takes the terminal from the background: the shell.
      if (this.isBackground && (currentProcess().ignored & (1 << abi.SIGTTOU)) == 0) {
        signalGroup(currentProcess().pgid, abi.SIGTTOU);
        return -EINTR;
      }
      if (copyIn(argument, at, 4) < 0) return -EFAULT;
      this.foreground = load<i32>(argument);
      return 0;
    }
    if (request == abi.TIOCGPGRP) store<i32>(argument, this.foreground);
    else if (request == abi.FIONREAD) store<i32>(argument, this.available);
    else if (request == abi.TIOCGWINSZ) {
      store<u64>(argument, ROWS | ((<u64>COLUMNS) << 16));
      return copyOut(at, argument, 8);
    } else return -EINVAL;
    return copyOut(at, argument, 4);
  }
}

/** The console's terminal: /dev/console. */
export const terminal = new Terminal();

/** Connects it with the console. */
export function initTerminal(): void {
  setInputSink((byte: u8): bool => terminal.type(byte));
}
