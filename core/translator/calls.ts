/**
 * Functions of the processor that translated code calls instead of taking their bodies in: what is rare or large. Everything
 * else that an operation calls becomes part of the code.
 */
import { I32, I64 } from './opcodes.ts';

/** What a call may do beyond its arguments and its result. */
export interface Effects {
  /** It reads or writes general registers or status flags: they are in memory while it runs. */
  readonly registers: boolean;
  /** It may write to memory that code was decoded from. */
  readonly writes: boolean;
}

/**
 * Functions that translated code calls on its own behalf, and what they take and give: of core/wasm/index.ts, and that by which it is
 * followed by other translated code (module.ts).
 */
export const TURN_TO = 'turnTo';
export const RELAY = 'relay';
export const OWN_CALLS: Readonly<
  Record<string, { readonly takes: readonly number[]; readonly gives: number }>
> = {
  [TURN_TO]: { takes: [I64, I32, I32], gives: I32 },
  [RELAY]: { takes: [I32, I32, I32], gives: I32 },
};

const MEMORY_READ: Effects = { registers: false, writes: false };
const MEMORY_WRITE: Effects = { registers: false, writes: true };
const ANYTHING: Effects = { registers: true, writes: true };

/** By file and name, as AssemblyScript names them in core/wasm/. */
export const CALLS: Readonly<Record<string, Effects>> = {
  'memory/readSlow': MEMORY_READ,
  'memory/readable': MEMORY_READ,
  'memory/writeSlow': MEMORY_WRITE,
  'memory/writable': MEMORY_WRITE,
  'memory/noteAccess': MEMORY_READ,
  'fault/raise': MEMORY_READ,
  'fault/raiseNonCanonical': MEMORY_READ,
  'leave/abort': MEMORY_READ,
  'leave/again': MEMORY_READ,
  'leave/stopped': MEMORY_READ,
  'leave/countRetired': MEMORY_READ,
  'leave/leaveControl': ANYTHING,
  'leave/afterControl': ANYTHING,
  'leave/sseExempt': MEMORY_READ,
  'leave/fpuAvailable': MEMORY_READ,
  'leave/compatibilityAddress': ANYTHING,
  'float/sse-arithmetic/sseAdd64': MEMORY_READ,
  'float/sse-arithmetic/sseSub64': MEMORY_READ,
  'float/sse-arithmetic/sseMul64': MEMORY_READ,
  'float/sse-arithmetic/sseDiv64': MEMORY_READ,
  'simd/operands/simdException': MEMORY_READ,
  'multiply/digit': MEMORY_READ,
  'bits/checksum': ANYTHING,
  'exchange/compareExchangePair': ANYTHING,
  'string/string': ANYTHING,
  'stack/stack': ANYTHING,
  'stack/stackControl': ANYTHING,
  'control/control': ANYTHING,
  'system/system': ANYTHING,
  'x87/x87/x87': ANYTHING,
  'simd/sse0f/sse0f': ANYTHING,
  'simd/sse38/sse38': ANYTHING,
  'simd/sse3a/sse3a': ANYTHING,
};
