/** What an inspector says of a thing. */
import type { RingEntry } from '../../lab/timeline/way.ts';
import type { Thing } from '../stage/selected.ts';

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** Another thing that the value names. */
  readonly thing?: Thing;
}

export interface Description {
  readonly title: string;
  /** What it is, in a sentence or two. */
  readonly says: readonly string[];
  readonly facts: readonly Fact[];
  /** Where it stands in Xen's public headers, and in the source of the hypervisor here. */
  readonly header: string;
  readonly source: string;
  /** Events that concern it, as a person types them: the last one and the next one can be gone to. */
  readonly event: string | null;
  /** A request whose way can be told, and how it is called. */
  readonly way?: { readonly entry: RingEntry; readonly label: string };
}

export function fact(name: string, value: string | number, thing?: Thing): Fact {
  return { name, value: String(value), ...(thing === undefined ? {} : { thing }) };
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
