/** What all that packs by matches does: it repeats what it has already unpacked. */
import { load64, load8, store64, store8 } from 'programs/lib/intrinsics';

/**
 * Writes `length` bytes to `to` that are those from `distance` bytes before it on. Where it ends. Up to seven bytes behind
 * the end are written too, below `room`.
 */
export function copyMatch(to: u64, distance: u64, length: u64, room: u64): u64 {
  const stop = to + length;
  // What repeats within a word: it is written once more, so that it repeats at twice the distance.
  while (distance < 8 && distance < stop - to) {
    const near = to + distance;
    while (to < near) {
      store8(to, load8(to - distance));
      to++;
    }
    distance += distance;
  }
  if (distance >= 8) {
    while (stop - to >= 8) {
      store64(to, load64(to - distance));
      to += 8;
    }
    if (room - to >= 8) {
      store64(to, load64(to - distance));
      return stop;
    }
  }
  while (to < stop) {
    store8(to, load8(to - distance));
    to++;
  }
  return stop;
}
