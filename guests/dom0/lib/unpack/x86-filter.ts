/**
 * The x86 branch filter of xz, undone. A packer turned the 32-bit displacement of each `call` (e8) and `jmp` (e9) into the
 * address it goes to, for calls of one function then look alike. Only displacements whose top byte is 00 or ff were turned;
 * and where the bytes of a candidate could belong to a candidate one to three bytes earlier, the packer left it or turned it
 * in another way, which the `recent` bits decide. (The .xz file format 1.2.1, section 5.3.2.)
 */
import { load32, load64, load8, store32 } from 'programs/lib/intrinsics';

const OPERAND_BYTES: u64 = 4;
const BRANCHES: u64 = 0xe8e8_e8e8_e8e8_e8e8;
const ONES: u64 = 0x0101_0101_0101_0101;

/** With these sets of recent candidates the present one may still have been turned. Bit 0 is the byte before. */
const MAY_BE_TURNED: u32 = 0b0001_0111;
/** Which byte of the operand the earlier candidate's top byte would be, counted from the operand's end. */
const SHARED_BYTE: usize = memory.data<u8>([0, 1, 2, 2, 3, 3, 3, 3]);

// @ts-ignore: decorator
@inline
function isSign(byte: u64): bool {
  return byte == 0 || byte == 0xff;
}

/** Where the next candidate is, from `at` on below `end`. */
function nextBranch(at: u64, end: u64): u64 {
  while (at + 8 <= end) {
    // A byte of zeroes where there is one.
    const word = (load64(at) ^ BRANCHES) & ~ONES;
    const zeroes = (word - ONES) & ~word & (ONES << 7);
    if (zeroes != 0) return at + (ctz(zeroes) >> 3);
    at += 8;
  }
  while (at < end && (load8(at) & 0xfe) != 0xe8) at++;
  return at;
}

/** The displacement that became `address` when the packer turned it, given the candidates before it. */
function displacementOf(address: u32, next: u32, recent: u32): u32 {
  let turned = address;
  while (true) {
    const displacement = turned - next;
    if (recent == 0) return displacement;
    const shift = (<u32>load<u8>(SHARED_BYTE + recent)) << 3;
    if (!isSign((displacement >> (24 - shift)) & 0xff)) return displacement;
    turned = displacement ^ (((<u32>1) << (32 - shift)) - 1);
  }
}

/** Undoes the filter in place, on the whole of one block. */
export function unfilterX86(start: u64, bytes: u64): void {
  if (bytes <= OPERAND_BYTES) return;
  // The last bytes have no room for an operand.
  const end = start + bytes - OPERAND_BYTES;
  let recent: u32 = 0;
  let candidate = start - 1 - OPERAND_BYTES;
  let at = nextBranch(start, end);
  while (at < end) {
    const distance = at - candidate;
    candidate = at;
    recent = distance > 3 ? 0 : (recent << (<u32>distance - 1)) & 7;
    let blocked = !isSign(load8(at + OPERAND_BYTES));
    if (recent != 0) {
      const shared = load8(at + OPERAND_BYTES - load<u8>(SHARED_BYTE + recent));
      if (((MAY_BE_TURNED >> recent) & 1) == 0 || isSign(shared)) blocked = true;
    }
    if (blocked) recent = ((recent << 1) | 1) & 7;
    else {
      const next = <u32>(at - start) + 5;
      const displacement = displacementOf(<u32>load32(at + 1), next, recent);
      // A displacement of 25 bits, its sign in the top byte.
      store32(at + 1, <u32>((<i32>(displacement << 7)) >> 7));
      at += OPERAND_BYTES;
      candidate = at;
      recent = 0;
    }
    at = nextBranch(at + 1, end);
  }
}
