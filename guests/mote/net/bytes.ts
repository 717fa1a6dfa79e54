/** Numbers in the network's order: the most significant byte first. */

// @ts-ignore: decorator
@inline
export function get16(at: usize): u32 {
  return bswap<u16>(load<u16>(at));
}
// @ts-ignore: decorator
@inline
export function get32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}
// @ts-ignore: decorator
@inline
export function put16(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(<u16>value));
}
// @ts-ignore: decorator
@inline
export function put32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}
