/** UUIDs (RFC 4122): a domain's handle is one, of sixteen bytes. */
import { CLOCK_REALTIME } from 'mote/abi';
import { clock } from 'programs/lib/calls';
import { hex } from 'programs/lib/text';

export const UUID_BYTES: i32 = 16;

/** 100 ns between 1582-10-15 and 1970-01-01. */
const GREGORIAN: u64 = 0x01b2_1dd2_1381_4000;

/** One of version 1's form, from the time: on one host no two are alike. */
export function makeHandle(handle: StaticArray<u8>): void {
  const ticks = clock(CLOCK_REALTIME) / 100 + GREGORIAN;
  for (let n = 0; n < 4; n++) handle[n] = <u8>(ticks >> (24 - n * 8));
  handle[4] = <u8>(ticks >> 40);
  handle[5] = <u8>(ticks >> 32);
  handle[6] = <u8>(0x10 | ((ticks >> 56) & 15));
  handle[7] = <u8>(ticks >> 48);
  handle[8] = 0x80;
  // The node of a host without a card: its group bit is set.
  handle[10] = 0x01;
}

/** The text of the sixteen bytes at an address. */
export function uuidAt(handle: usize): string {
  let text = '';
  for (let n = 0; n < UUID_BYTES; n++) {
    if (n == 4 || n == 6 || n == 8 || n == 10) text += '-';
    text += hex(load<u8>(handle + n), 2);
  }
  return text;
}

/** Reads the text of one into its bytes; false: it is none. */
export function parseUuid(text: string, handle: StaticArray<u8>): bool {
  const digits = text.replaceAll('-', '').toLowerCase();
  if (digits.length != UUID_BYTES * 2) return false;
  for (let n = 0; n < digits.length; n++) {
    const value = '0123456789abcdef'.indexOf(digits.charAt(n));
    if (value < 0) return false;
    handle[n / 2] = <u8>((handle[n / 2] << 4) | value);
  }
  return uuidAt(changetype<usize>(handle)) == text.toLowerCase();
}
