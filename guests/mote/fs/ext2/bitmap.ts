/** The map of a group: a bit for each of its blocks or inodes, set where that is in use. */

/** Finds a clear bit among the first `bits`, from `from` on and then from the start; -1: there is none. */
export function findClear(map: usize, bits: u32, from: u32): i32 {
  for (let count: u32 = 0; count < bits; count++) {
    let bit = from + count;
    if (bit >= bits) bit -= bits;
    // Whole bytes that are full are passed at once.
    if ((bit & 7) == 0 && load<u8>(map + (bit >> 3)) == 0xff && bit + 8 <= bits) {
      count += 7;
      continue;
    }
    if (!isSet(map, bit)) return bit;
  }
  return -1;
}

export function isSet(map: usize, bit: u32): bool {
  return ((load<u8>(map + (bit >> 3)) >> (bit & 7)) & 1) != 0;
}
