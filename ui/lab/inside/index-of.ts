/** Where bytes are in others. */

/** The first place from `from` on; -1: nowhere. */
export function indexOf(image: Uint8Array, wanted: Uint8Array, from = 0): number {
  for (let at = image.indexOf(wanted[0]!, from); at >= 0; at = image.indexOf(wanted[0]!, at + 1))
    if (wanted.every((byte, n) => image[at + n] === byte)) return at;
  return -1;
}
