/**
 * Writes a stream: bytes, from linear memory or from beyond, gathered in a buffer; records with their headers. As fast as they are
 * taken, or so fast and no faster.
 */
import { EAGAIN, ETIMEDOUT } from 'xen';
import { CLOCK_MONOTONIC, IPPROTO_TCP, SYS_write, TCP_NODELAY } from 'mote/abi';
import { clock, setNonBlocking, sleepNs } from 'programs/lib/calls';
import { copy, syscall3 } from 'programs/lib/intrinsics';
import { setOption, waitToWrite } from 'programs/lib/sockets';
import { RECORD_ALIGN } from './format';

const BUFFER_BYTES: u64 = 1 << 16;
const SECOND: u64 = 1_000_000_000;
/** How long nothing is done, at most, where somebody has something to do meanwhile. */
const TICK_NS: u64 = 2_000_000;
const TICK_MS: i32 = 2;
const NS_PER_MS: u64 = 1_000_000;

/** Somebody who has something to do again and again while a stream is written. */
export abstract class Ticker {
  /** At least every few ms, and with each buffer. */
  abstract tick(): void;
}

export class Writer {
  /** The first negative errno; what comes after it is dropped. */
  failed: i32 = 0;
  bytes: u64 = 0;
  ticker: Ticker | null = null;
  private buffer: ArrayBuffer = new ArrayBuffer(<i32>BUFFER_BYTES);
  private used: u64 = 0;
  private padding: u64 = 0;
  /** Bytes a second, 0: as they are taken; and since when, with what was written by then. */
  pace: u64 = 0;
  private paceStartNs: u64 = 0;
  private paceStartBytes: u64 = 0;
  private written: u64 = 0;

  /** `patienceMs`: how long a connection may take nothing; -1: for ever, as a file. */
  constructor(
    private fd: i32,
    private patienceMs: i32 = -1,
  ) {
    if (patienceMs >= 0) {
      setNonBlocking(fd);
      // What is flushed is the end of something that the other side waits for.
      setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
  }

  /** From now on so many bytes a second, and no more; 0: as many as are taken. */
  setPace(bytesPerSecond: u64): void {
    this.pace = bytesPerSecond;
    this.paceStartNs = clock(CLOCK_MONOTONIC);
    this.paceStartBytes = this.written;
  }

  put(from: u64, bytes: u64): void {
    this.bytes += bytes;
    while (bytes > 0 && this.failed == 0) {
      if (this.used == BUFFER_BYTES) this.flush();
      const part = min(bytes, BUFFER_BYTES - this.used);
      copy(changetype<usize>(this.buffer) + this.used, from, part);
      this.used += part;
      from += part;
      bytes -= part;
    }
  }

  put32(value: u32): void {
    store<u32>(changetype<usize>(word), value);
    this.put(changetype<usize>(word), 4);
  }
  put64(value: u64): void {
    store<u64>(changetype<usize>(word), value);
    this.put(changetype<usize>(word), 8);
  }

  /** Begins a record of so many bytes, which are to follow, and `endRecord`. */
  beginRecord(type: u32, bytes: u64): void {
    this.put32(type);
    this.put32(<u32>bytes);
    this.padding = (RECORD_ALIGN - (bytes % RECORD_ALIGN)) % RECORD_ALIGN;
  }
  endRecord(): void {
    store<u64>(changetype<usize>(word), 0);
    this.put(changetype<usize>(word), this.padding);
  }

  record(type: u32, from: u64, bytes: u64): void {
    this.beginRecord(type, bytes);
    this.put(from, bytes);
    this.endRecord();
  }

  flush(): void {
    this.tick();
    for (let done: u64 = 0; done < this.used && this.failed == 0;) {
      const put = syscall3(SYS_write, this.fd, changetype<usize>(this.buffer) + done, this.used - done);
      if (put >= 0) done += put;
      else if (put != -EAGAIN || this.patienceMs < 0) this.failed = <i32>put;
      else if (!this.isTaken()) this.failed = -ETIMEDOUT;
    }
    this.written += this.used;
    this.used = 0;
    if (this.pace > 0) this.keepPace();
  }

  private tick(): void {
    const ticker = this.ticker;
    if (ticker != null) ticker.tick();
  }

  /** Waits until the other side takes something. False: it does not. */
  private isTaken(): bool {
    if (this.ticker == null) return waitToWrite(this.fd, this.patienceMs) != 0;
    const end = clock(CLOCK_MONOTONIC) + <u64>this.patienceMs * NS_PER_MS;
    while (waitToWrite(this.fd, TICK_MS) == 0) {
      if (clock(CLOCK_MONOTONIC) >= end) return false;
      this.tick();
    }
    return true;
  }

  private keepPace(): void {
    const bytes = this.written - this.paceStartBytes;
    const dueNs = this.paceStartNs + (bytes * SECOND) / this.pace;
    for (let now = clock(CLOCK_MONOTONIC); now < dueNs; now = clock(CLOCK_MONOTONIC)) {
      const restNs = dueNs - now;
      sleepNs(this.ticker == null ? restNs : min(restNs, TICK_NS));
      this.tick();
    }
  }
}

const word = new ArrayBuffer(8);
