/**
 * Floating point of SSE: scalar operations on the bits of float64 (u64) and float32 (u32). Everything honours MXCSR and
 * collects exceptions; **an instruction ends with one call of `sseException()`**, before it writes its result: it adds
 * what all the scalars since the last call have met to MXCSR, and tells whether that makes the instruction #XM.
 */
import { MXCSR } from '../layout';
import { ALL_EXCEPTIONS, anySignalled, takeExceptions } from './status';

export * from './sse-arithmetic';
export * from './sse-compare';
export * from './sse-convert';

/** Commits the exceptions of one instruction to MXCSR. True: raise #XM and write no result. */
// @ts-ignore: decorator
@inline
export function sseException(): bool {
  return anySignalled() && commit();
}

function commit(): bool {
  const mxcsr = load<u32>(MXCSR);
  const masked = (mxcsr >> 7) & ALL_EXCEPTIONS;
  const exceptions = takeExceptions(masked);
  store<u32>(MXCSR, mxcsr | exceptions);
  return (exceptions & ~masked) != 0;
}
