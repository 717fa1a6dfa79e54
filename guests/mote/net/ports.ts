/** Ports that nobody asked for by number: given out in turn, from the range that is kept for it (RFC 6335). */
const FIRST: u32 = 49152;
const COUNT: u32 = 16384;

let next: u32 = 0;

/** The next port for which `isFree` holds; 0: there is none. */
export function ephemeralPort(isFree: (port: u32) => bool): u32 {
  for (let tries: u32 = 0; tries < COUNT; tries++) {
    const port = FIRST + (next++ % COUNT);
    if (isFree(port)) return port;
  }
  return 0;
}
