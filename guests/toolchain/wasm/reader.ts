/** Reading the binary format of WebAssembly (core specification, chapter 5): bytes, LEB128 numbers, names. */

/** The module is not one, or needs what is not there. The message says where. */
export class WasmError extends Error {
  override readonly name = 'WasmError';
}

export class Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) throw new WasmError(`the module ends early, at byte ${String(this.at)}`);
    return this.bytes[this.at++]!;
  }

  /** LEB128, unsigned, below 2^32. */
  u32(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    throw new WasmError(`number too long at byte ${String(this.at)}`);
  }

  /** LEB128, signed, 32 bits. */
  i32(): number {
    return Number(BigInt.asIntN(32, this.signed(5)));
  }

  /** LEB128, signed, 64 bits. */
  i64(): bigint {
    return BigInt.asIntN(64, this.signed(10));
  }

  private signed(limit: number): bigint {
    let result = 0n;
    for (let count = 0; count < limit; count++) {
      const byte = this.byte();
      result |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte >= 0x80) continue;
      return byte & 0x40 ? result - (1n << BigInt(7 * (count + 1))) : result;
    }
    throw new WasmError(`number too long at byte ${String(this.at)}`);
  }

  /** The bits of a float constant of 4 or 8 bytes. */
  bits(count: 4 | 8): bigint {
    let result = 0n;
    for (let n = 0; n < count; n++) result |= BigInt(this.byte()) << BigInt(8 * n);
    return result;
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.end) throw new WasmError(`the module ends early, at byte ${String(this.end)}`);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.u32()));
  }

  /** A vector: its length, then that many elements. */
  vector<T>(element: () => T): T[] {
    return Array.from({ length: this.u32() }, element);
  }
}
