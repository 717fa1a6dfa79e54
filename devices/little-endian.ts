/** Little-endian numbers in bytes. Whoever calls has checked that they are inside. */

export function read16(bytes: ArrayLike<number>, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function read32(bytes: ArrayLike<number>, at: number): number {
  return (read16(bytes, at) | (read16(bytes, at + 2) << 16)) >>> 0;
}

/** A u64 as a number: exact below 2^53, and no less than 2^53 above. */
export function read64(bytes: ArrayLike<number>, at: number): number {
  return read32(bytes, at + 4) * 0x1_0000_0000 + read32(bytes, at);
}

/** Reads 1 to 4 bytes. */
export function read(bytes: ArrayLike<number>, at: number, count: number): number {
  let value = 0;
  for (let index = count - 1; index >= 0; index--) value = value * 256 + bytes[at + index]!;
  return value;
}

/** Writes the lowest 1 to 4 bytes of a value. */
export function write(bytes: Uint8Array, at: number, count: number, value: number): void {
  for (let index = 0; index < count; index++) bytes[at + index] = value >>> (8 * index);
}

export function write16(bytes: Uint8Array, at: number, value: number): void {
  write(bytes, at, 2, value);
}

export function write32(bytes: Uint8Array, at: number, value: number): void {
  write(bytes, at, 4, value);
}

/** A number from 0 to 2^53 as a u64. */
export function write64(bytes: Uint8Array, at: number, value: number): void {
  write32(bytes, at, value % 0x1_0000_0000);
  write32(bytes, at + 4, Math.floor(value / 0x1_0000_0000));
}
