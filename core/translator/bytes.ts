/** Reading and writing the numbers of WebAssembly's binary format (LEB128; core specification, 5.2.2). */

/** What bytes are appended to. */
export interface Sink {
  push(byte: number): unknown;
}

export interface BranchHint {
  readonly at: number;
  readonly likely: boolean;
}

/** Bytes that grow. */
export class ByteWriter implements Sink {
  /** Of branches: where they are, and whether they are likely to be taken (module.ts). */
  readonly hints: BranchHint[] = [];
  private bytes = new Uint8Array(1 << 14);
  length = 0;

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.length + count, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
  }
  push(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }
  append(bytes: ArrayLike<number>): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
  /** Of the branch that is written next. */
  hint(likely: boolean): void {
    this.hints.push({ at: this.length, likely });
  }
  /** A copy of what was written. */
  taken(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}

/** Appends an unsigned number. */
export function unsigned(out: Sink, value: number): void {
  let rest = value >>> 0;
  while (rest >= 0x80) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
}

/** Appends a signed 32-bit number. */
export function signed32(out: Sink, value: number): void {
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) {
      out.push(byte);
      return;
    }
    out.push(byte | 0x80);
  }
}

/** Appends a signed 64-bit number. */
export function signed64(out: Sink, value: bigint): void {
  let rest = BigInt.asIntN(64, value);
  if (rest >= -0x8000_0000n && rest < 0x8000_0000n) {
    signed32(out, Number(rest));
    return;
  }
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0)) {
      out.push(byte);
      return;
    }
    out.push(byte | 0x80);
  }
}

/** Reads bytes one after another. */
export class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  byte(): number {
    return this.bytes[this.at++]!;
  }
  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }
  signed32(): number {
    return Number(this.signed64());
  }
  signed64(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      return BigInt.asIntN(64, (byte & 0x40) !== 0 ? value | (-1n << (shift + 7n)) : value);
    }
  }
  take(count: number): number[] {
    const taken = Array.from(this.bytes.subarray(this.at, this.at + count));
    this.at += count;
    return taken;
  }
  text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.take(this.unsigned())));
  }
}
