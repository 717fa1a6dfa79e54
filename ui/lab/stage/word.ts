/** A word that somebody points at, of a register or of what was printed: what it is to a domain, if it is an address there. */
import { getM2p } from '../../../hypervisor/memory/m2p.ts';
import type { Vcpu } from '../../../hypervisor/state/vcpu.ts';
import type { KernelNames } from '../inside/kernel-names.ts';
import type { Lab } from '../lab.ts';
import { mappingAt, pageAt } from '../page-tables.ts';
import { placeOf } from '../symbols.ts';
import { bytesAt } from '../views.ts';

/** The word, and whose it is: 16 hexadecimal digits at most. */
export interface WordPlace {
  readonly domain: number;
  readonly vcpu: number;
  readonly value: string;
}

export interface WordView extends WordPlace {
  /** The function that it is an address in, and where in the sources; null: it is none, or nothing is known of the code there. */
  readonly code: { readonly function: string; readonly place: string } | null;
  /** What the domain has mapped there; null: nothing. */
  readonly mapping: {
    readonly mfn: number;
    readonly pfn: number;
    readonly writable: boolean;
  } | null;
  /** What is there, as far as it is mapped: two digits each. */
  readonly bytes: readonly string[];
  /** It can be an address: what its highest bits must be. */
  readonly isAddress: boolean;
  /** The machine has a frame of this number. */
  readonly isFrame: boolean;
}

const SHOWN_BYTES = 16;
/** Addresses are sign-extended from so many bits. */
const ADDRESS_BITS = 48;

/** Null: there is no such vcpu. */
export function wordView(
  lab: Lab,
  names: KernelNames,
  { domain: id, vcpu: n, value }: WordPlace,
): WordView | null {
  const domain = lab.hypervisor.domains.get(id);
  const vcpu = domain?.vcpus[n];
  if (vcpu === undefined) return null;
  const { frames } = lab.hypervisor;
  const bits = BigInt.asIntN(64, BigInt(`0x${value}`));
  const isAddress = BigInt.asIntN(ADDRESS_BITS, bits) === bits;
  const address = Number(bits);
  const root = rootFor(vcpu, address);
  const mapping = isAddress && root !== 0 ? mappingAt(frames, root, address) : null;
  const read = (page: number): Uint8Array | null => (root === 0 ? null : pageAt(frames, root, page));
  return {
    domain: id,
    vcpu: n,
    value,
    code: mapping === null ? null : codeAt(lab, names, vcpu, read, address),
    mapping: mapping === null ? null : { ...mapping, pfn: getM2p(frames, mapping.mfn) },
    bytes:
      mapping === null
        ? []
        : [...bytesAt(read, address, SHOWN_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')),
    isAddress,
    isFrame: bits >= 0n && bits < BigInt(frames.frames),
  };
}

/** Xen gives a kernel and its programs tables of their own; a kernel may have no other. */
function rootFor({ kernelRoot, userRoot }: Vcpu, address: number): number {
  return address < 0 || userRoot === 0 ? kernelRoot : userRoot;
}

function codeAt(
  { code }: Lab,
  names: KernelNames,
  vcpu: Vcpu,
  read: (page: number) => Uint8Array | null,
  address: number,
): WordView['code'] {
  const symbols = code.symbolsIn(read, address);
  const place = symbols === null ? null : placeOf(symbols, address);
  if (place !== null) return { function: place.function, place: `${place.file}:${String(place.line)}` };
  const name = names.nameOf(vcpu, address);
  return name === null ? null : { function: name, place: '' };
}
