/** Hypercall arguments as text. */
import { fromHalves, hex64 } from '../../core/machine.ts';
import { DOMID_SELF } from '../abi/xen.ts';

/** How the trace shows an argument. `pte` and `flags` in hexadecimal, `va` as a 64-bit address, `int` as signed. */
export type ArgumentKind = 'int' | 'unsigned' | 'va' | 'pte' | 'mfn' | 'flags' | 'domid' | 'command';

export interface HypercallArgument {
  readonly name: string;
  readonly kind: ArgumentKind;
  /** Names of a command's values, e.g. { 0: 'SCHEDOP_yield' }. */
  readonly commands?: Readonly<Record<number, string>>;
}

/** `name=value, …` of a hypercall's arguments, from their u32 halves. */
export function decodeArguments(args: readonly HypercallArgument[], words: Uint32Array): string {
  return args
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
