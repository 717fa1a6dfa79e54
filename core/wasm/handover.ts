/** From the interpreter's loop to whoever decides what executes a block (tiers.ts), and the module's host, which translates. */

/** Translates the block and what belongs to it: sets BLOCK_CODE and BLOCK_ENTRY, or leaves them. */
// @ts-ignore: decorator
@external("env", "translate")
export declare function translate(block: u32): void;

/** All blocks are gone, and with them what was translated. */
// @ts-ignore: decorator
@external("env", "dropTranslations")
export declare function dropTranslations(): void;

let handed: u32 = 0;

/** The loop comes to a block that is translated, or has become hot: it leaves. */
export function handOver(next: u32, remaining: i32): i32 {
  handed = next;
  return remaining;
}

/** The block that was handed over, once; 0: none. */
export function takeHanded(): u32 {
  const block = handed;
  handed = 0;
  return block;
}
