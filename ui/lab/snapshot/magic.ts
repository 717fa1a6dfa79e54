/** How a snapshot's file begins. */
export const MAGIC: Uint8Array = new TextEncoder().encode('XENOSNAP');

/** Whether this is to be one, of whatever version. */
export function isSnapshot(file: Uint8Array): boolean {
  return MAGIC.every((byte, at) => file[at] === byte);
}
