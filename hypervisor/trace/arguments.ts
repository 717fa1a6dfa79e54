/** Hypercall arguments as text. */
import { fromHalves, hex64 } from '../../core/machine.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import type { Hypercall, HypercallArgument } from '../hypercalls/hypercall.ts';

/** `name=value, …` of a hypercall's arguments, from their u32 halves. */
export function decodeArguments(call: Hypercall, words: Uint32Array): string {
  return call.args
    .map(
      (argument, index) => `${argument.name}=${decode(argument, words[index * 2]!, words[index * 2 + 1]!)}`,
    )
    .join(', ');
}

function decode(argument: HypercallArgument, low: number, high: number): string {
  const value = fromHalves(low, high);
  switch (argument.kind) {
    case 'va':
    case 'pte':
      return hex64(value);
    case 'mfn':
    case 'flags':
      return `0x${value.toString(16)}`;
    case 'unsigned':
      return String(high * 0x1_0000_0000 + low);
    case 'domid':
      return low === DOMID_SELF ? 'DOMID_SELF' : String(low);
    case 'command':
      return argument.commands?.[value] ?? String(value);
    case 'int':
      return String(value);
  }
}
