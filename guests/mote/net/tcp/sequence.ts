/** Sequence numbers: 32 bits that wrap around. One is before another if it is less than half the circle behind it. */

// @ts-ignore: decorator
@inline
export function before(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}
// @ts-ignore: decorator
@inline
export function notAfter(a: u32, b: u32): bool {
  return <i32>(a - b) <= 0;
}
/** The one that comes behind the other. */
// @ts-ignore: decorator
@inline
export function later(a: u32, b: u32): u32 {
  return before(a, b) ? b : a;
}
