/** Why frames and entries are refused, as the trace is told. Functions give the negative errno. */
import { EINVAL } from '../abi/errno.ts';
import type { FrameTable } from './frame-table.ts';
import { TYPE_NAMES } from './frame-table.ts';

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** A frame is in use as another type: -EINVAL. */
export function inUse({ trace, type, typeCount }: FrameTable, mfn: number, wanted: number): number {
  if (!trace.on) return -EINVAL;
  const why = 'frame {} is in use as {} ({} times), and cannot be {} meanwhile';
  return trace.refuse(-EINVAL, why, hex(mfn), TYPE_NAMES[type[mfn]!]!, typeCount[mfn]!, TYPE_NAMES[wanted]!);
}

/** A frame that a domain cannot refer to: -EINVAL. */
export function notOwned({ trace, owner, frames }: FrameTable, mfn: number, domain: number): number {
  if (!trace.on) return -EINVAL;
  if (!(mfn >= 0 && mfn < frames)) return trace.refuse(-EINVAL, 'the machine has no such frame');
  return trace.refuse(-EINVAL, 'frame {} is of domain {}, not of domain {}', hex(mfn), owner[mfn]!, domain);
}

/** An entry with bits that a guest’s must not have: -EINVAL. */
export function badBits({ trace }: FrameTable, bits: number): number {
  return trace.refuse(-EINVAL, 'the entry has bits {} set, which it must not have', hex(bits >>> 0));
}

/** A frame in an entry, for what is said of it. */
export function refuseFrame({ trace }: FrameTable, error: number, mfn: number, why: string): number {
  return trace.refuse(error, 'frame {} {}', hex(mfn), why);
}
