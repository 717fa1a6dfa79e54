/** What compiled code means by UD2 and the byte behind it (guests/toolchain/translate/traps.ts). */

const MESSAGES: StaticArray<string> = [
  'unreachable code was reached',
  'a function pointer is outside of the table',
  'a function pointer is null or of another type',
  'a float does not fit the integer it is converted to',
  'a bulk operation is outside of its memory or segment',
];

/** The bytes of UD2, as a number. */
const UD2: u32 = 0x0b0f;

/** What the three bytes at an undefined instruction say, or null: it is not one of these. */
export function trapMessage(code: usize): string | null {
  if (load<u16>(code) != UD2) return null;
  const reason = load<u8>(code, 2);
  return reason < <u8>MESSAGES.length ? MESSAGES[reason] : null;
}
