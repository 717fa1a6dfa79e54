/** Traps of wasm as faults: UD2 and a byte behind it that says which. Division faults by itself (#DE). */

export const TRAP_UNREACHABLE = 0;
export const TRAP_TABLE_BOUNDS = 1;
export const TRAP_SIGNATURE = 2;
export const TRAP_CONVERSION = 3;
export const TRAP_MEMORY_BOUNDS = 4;

/** By the byte behind UD2: what to tell people. */
export const TRAP_MESSAGES: readonly string[] = [
  'unreachable code was reached',
  'a function pointer is outside of the table',
  'a function pointer is null or of another type',
  'a float does not fit the integer it is converted to',
  'a bulk operation is outside of its memory or segment',
];
