/** Writes a stream: bytes, from linear memory or from beyond, gathered in a buffer; records with their headers. */
import { SYS_write } from 'mote/abi';
import { copy, syscall3 } from 'programs/lib/intrinsics';
import { RECORD_ALIGN } from './format';

const BUFFER_BYTES: u64 = 1 << 16;

export class Writer {
  /** The first negative errno; what comes after it is dropped. */
  failed: i32 = 0;
  bytes: u64 = 0;
  private buffer: ArrayBuffer = new ArrayBuffer(<i32>BUFFER_BYTES);
  private used: u64 = 0;
  private padding: u64 = 0;

  constructor(private fd: i32) {}

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
    for (let done: u64 = 0; done < this.used && this.failed == 0;) {
      const put = syscall3(SYS_write, this.fd, changetype<usize>(this.buffer) + done, this.used - done);
      if (put < 0) this.failed = <i32>put;
      else done += put;
    }
    this.used = 0;
  }
}

const word = new ArrayBuffer(8);
