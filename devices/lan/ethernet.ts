/** Ethernet frames without their check sequence, and the numbers above them, which are big-endian. */

export const MAC_BYTES = 6;
export const DESTINATION = 0;
export const SOURCE = 6;
export const ETHERTYPE = 12;
export const HEADER_BYTES = 14;
/** The header, a VLAN tag, and a payload of 1500 bytes. */
export const MOST_FRAME_BYTES = 1518;

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
/** Its tag stands before the type of what is in it. */
export const ETHERTYPE_VLAN = 0x8100;

export const BROADCAST = Uint8Array.of(255, 255, 255, 255, 255, 255);

export function get16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
export function get32(bytes: Uint8Array, at: number): number {
  return ((get16(bytes, at) << 16) | get16(bytes, at + 2)) >>> 0;
}
export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
export function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value);
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** A frame. */
export function frame(to: Uint8Array, from: Uint8Array, type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  bytes.set(to, DESTINATION);
  bytes.set(from, SOURCE);
  put16(bytes, ETHERTYPE, type);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** The Internet checksum (RFC 1071) of bytes, added to a sum begun before. */
export function checksum(bytes: Uint8Array, begun = 0): number {
  let sum = begun;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** A MAC address as text, `52:54:00:12:34:56`. Throws RangeError for any other text. */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new RangeError(`${text} is no MAC address`);
  return Uint8Array.from(text.split(':'), (part) => Number.parseInt(part, 16));
}

/** An IPv4 address as a u32. Throws RangeError for anything but four decimal numbers. */
export function parseIpv4(text: string): number {
  const parts = text.split('.').map(Number);
  if (!/^\d+(\.\d+){3}$/.test(text) || parts.some((part) => part > 255))
    throw new RangeError(`${text} is no IPv4 address`);
  return parts.reduce((value, part) => value * 256 + part, 0);
}
