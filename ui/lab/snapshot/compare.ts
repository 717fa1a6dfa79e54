/** Whether two saved worlds are the same, to the bit: for tests and long runs. */
import type { SavedWorld } from './format.ts';

function areSame(one: Uint8Array, other: Uint8Array): boolean {
  return one === other || (one.length === other.length && one.every((byte, at) => byte === other[at]));
}

/** Where two worlds differ, in words; null: nowhere. */
export function differenceOf(one: SavedWorld, other: SavedWorld): string | null {
  if (one.machines.length !== other.machines.length) return 'they have not as many hosts';
  for (const [host, machine] of one.machines.entries()) {
    const { processor, pages } = other.machines[host]!;
    const at = machine.processor.findIndex((byte, offset) => byte !== processor[offset]);
    if (at >= 0) return `byte ${String(at)} of the processor's state of host ${String(host)} differs`;
    if (machine.pages.length !== pages.length) return `host ${String(host)} is of another size`;
    const frame = machine.pages.findIndex((page, mfn) => !areSame(page, pages[mfn]!));
    if (frame >= 0) return `frame ${String(frame)} of host ${String(host)} differs`;
  }
  if (!areSame(one.graph.bytes, other.graph.bytes)) return "the hypervisors' and devices' data differ";
  const block = one.graph.blocks.findIndex((each, index) => !areSame(each, other.graph.blocks[index]!));
  return block < 0 ? null : `block ${String(block)} of the data differs`;
}
