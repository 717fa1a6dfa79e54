/**
 * The Internet checksum (RFC 1071): the complement of the sum, with carries brought back in, of all 16-bit words. It comes
 * out the same whichever byte of a word counts as the first, so that words are added as the processor loads them, and the
 * result is stored the same way.
 */

/** Adds bytes to a sum. All pieces but the last must have an even length. */
export function addBytes(sum: u64, at: usize, bytes: u32): u64 {
  // Most are many: what a loop takes besides is paid for once for eight words.
  while (bytes >= 32) {
    sum += <u64>load<u32>(at) + load<u32>(at, 4) + load<u32>(at, 8) + load<u32>(at, 12);
    sum += <u64>load<u32>(at, 16) + load<u32>(at, 20) + load<u32>(at, 24) + load<u32>(at, 28);
    at += 32;
    bytes -= 32;
  }
  while (bytes >= 4) {
    sum += load<u32>(at);
    at += 4;
    bytes -= 4;
  }
  if (bytes >= 2) {
    sum += load<u16>(at);
    at += 2;
    bytes -= 2;
  }
  return bytes == 0 ? sum : sum + load<u8>(at);
}

/** The sum of what UDP and TCP count in besides themselves: addresses, protocol and length. */
export function pseudoHeader(source: u32, destination: u32, protocol: u32, bytes: u32): u64 {
  const addresses = <u64>bswap<u32>(source) + bswap<u32>(destination);
  return addresses + (protocol << 8) + bswap<u16>(<u16>bytes);
}

/** The checksum of a sum, to be stored as it is; over data that contain their right checksum it is 0. */
export function finish(sum: u64): u16 {
  sum = (sum & 0xffff_ffff) + (sum >> 32);
  sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return <u16>~sum;
}
