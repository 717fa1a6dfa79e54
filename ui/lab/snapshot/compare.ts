/** Whether two saved worlds are the same, to the bit: for tests and long runs. */
import type { SavedWorld } from './format.ts';

/** The first byte in which two arrays of one length differ; -1: none. */
function differsAt(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return at;
  return -1;
}

function areSame(one: Uint8Array, other: Uint8Array): boolean {
  return one === other || (one.length === other.length && differsAt(one, other) < 0);
}

/** Where two worlds differ, in words; null: nowhere. */
export function differenceOf(one: SavedWorld, other: SavedWorld): string | null {
  if (one.machines.length !== other.machines.length) return 'they have not as many hosts';
  for (const [host, machine] of one.machines.entries()) {
    const { processor, pages } = other.machines[host]!;
    const at = differsAt(machine.processor, processor);
    if (at >= 0) return `byte ${String(at)} of the processor's state of host ${String(host)} differs`;
    if (machine.pages.length !== pages.length) return `host ${String(host)} is of another size`;
    const frame = machine.pages.findIndex((page, mfn) => !areSame(page, pages[mfn]!));
    if (frame >= 0) return `frame ${String(frame)} of host ${String(host)} differs`;
  }
  if (!areSame(one.graph.bytes, other.graph.bytes)) return "the hypervisors' and devices' data differ";
  const block = one.graph.blocks.findIndex((each, index) => !areSame(each, other.graph.blocks[index]!));
  return block < 0 ? null : `block ${String(block)} of the data differs`;
}
