/**
 * The x86 branch filter of XZ, undone. A packer turned the 32-bit displacement of each `call` (e8) and `jmp` (e9) into the
 * address it goes to, for calls of one function then look alike. Only displacements whose top byte is 00 or ff were
 * turned; and where the bytes of a candidate could belong to a candidate one to three bytes earlier, the packer left
 * it or turned it in another way, which the `recent` bits decide.
 * Source: the .xz file format 1.2.1, section 5.3.2, and the filter that every XZ implementation shares.
 */

const OPERAND_BYTES = 4;

/** With these sets of recent candidates the present one may still have been turned. Bit 0 is the byte before. */
const mayBeTurned = [true, true, true, false, true, false, false, false];
/** Which byte of the operand the earlier candidate's top byte would be, counted from the operand's end. */
const sharedByte = [0, 1, 2, 2, 3, 3, 3, 3];

function isSignByte(byte: number): boolean {
  return byte === 0x00 || byte === 0xff;
}

/** The displacement that became `address` when the packer turned it, given the candidates before it. */
function displacementOf(address: number, next: number, recent: number): number {
  let turned = address;
  for (;;) {
    const displacement = (turned - next) | 0;
    if (recent === 0) return displacement;
    const shift = 8 * sharedByte[recent]!;
    if (!isSignByte((displacement >>> (24 - shift)) & 0xff)) return displacement;
    turned = displacement ^ (2 ** (32 - shift) - 1);
  }
}

/** Undoes the filter in place, on the whole of one block. */
export function unfilterX86(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let recent = 0; // candidates that were not turned, among the last three bytes
  let candidate = -1 - OPERAND_BYTES;
  for (let at = 0; at + OPERAND_BYTES < bytes.length; at++) {
    if ((bytes[at]! & 0xfe) !== 0xe8) continue;
    const distance = at - candidate;
    candidate = at;
    recent = distance > 3 ? 0 : (recent << (distance - 1)) & 7;
    const isBlocked =
      recent !== 0 && (!mayBeTurned[recent]! || isSignByte(bytes[at + OPERAND_BYTES - sharedByte[recent]!]!));
    if (isBlocked || !isSignByte(bytes[at + OPERAND_BYTES]!)) {
      recent = ((recent << 1) | 1) & 7;
      continue;
    }
    const next = at + 1 + OPERAND_BYTES;
    const displacement = displacementOf(view.getUint32(at + 1, true), next, recent);
    // a displacement of 25 bits, its sign in the top byte
    view.setInt32(at + 1, (displacement << 7) >> 7, true);
    at += OPERAND_BYTES;
    candidate = at;
    recent = 0;
  }
}
