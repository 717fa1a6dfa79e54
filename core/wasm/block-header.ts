/**
 * A block is a header and records (record.ts), the last of which ends it:
 *
 * | at | u32 |
 * |---|---|
 * | 0 | machine address of its first instruction |
 * | 4 | version of the frame |
 * | 8 | instructions it retires when run to its end |
 * | 12 | next block with the same hash |
 * | 16 | u16 offset behind its last instruction, from the start of its page (beyond 4095 when that crosses); u16 records |
 * | 20 | u8 mode (segments.ts `modeOf`) |
 * | 21 | u8 a run may have to stop in front of it (breakpoints.ts): only a look-up comes to it |
 * | 22 | u16 which of the translation's entries it is |
 * | 24 | block at the target of its final jump, when that lies in the same page and was found before |
 * | 28 | block behind it, likewise |
 * | 32 | i32 how often it is entered until it is hot; 0 and translated: always (tiers.ts) |
 * | 36 | table index of its translation, or 0 |
 * | 40 | block that it went on with last, where a look-up was needed, or 0 |
 * | 44 | what the count at 32 began with: what it has lost is how often the block was entered |
 */

export const BLOCK_VERSION: u32 = 4;
export const BLOCK_COUNT: u32 = 8;
export const BLOCK_NEXT: u32 = 12;
export const BLOCK_END: u32 = 16;
export const BLOCK_LENGTH: u32 = 18;
export const BLOCK_MODE: u32 = 20;
export const BLOCK_STOPS: u32 = 21;
export const BLOCK_ENTRY: u32 = 22;
export const BLOCK_TAKEN: u32 = 24;
export const BLOCK_FALL: u32 = 28;
export const BLOCK_HEAT: u32 = 32;
export const BLOCK_CODE: u32 = 36;
export const BLOCK_LAST: u32 = 40;
export const BLOCK_BEGAN: u32 = 44;
export const BLOCK_RECORDS: u32 = 48;
