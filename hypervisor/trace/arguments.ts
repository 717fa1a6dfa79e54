/** Hypercall arguments as text. */
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

/** 16 digits of a value in two halves. */
export function wide(low: number, high: number): string {
  return `0x${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}

function decode(argument: HypercallArgument, low: number, high: number): string {
  const unsigned = (BigInt(high) << 32n) | BigInt(low);
  const signed = String(BigInt.asIntN(64, unsigned));
  switch (argument.kind) {
    case 'va':
    case 'pte':
      return wide(low, high);
    case 'mfn':
    case 'flags':
      return `0x${unsigned.toString(16)}`;
    case 'unsigned':
      return String(unsigned);
    case 'domid':
      return low === DOMID_SELF ? 'DOMID_SELF' : String(low);
    case 'command':
      return argument.commands?.[Number(signed)] ?? signed;
    case 'int':
      return signed;
  }
}
