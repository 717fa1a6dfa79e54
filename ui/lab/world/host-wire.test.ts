/** A host's state from one thread to another, and back. */
import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../../core/machine.ts';
import { ZERO_PAGE } from '../snapshot/machine-saver.ts';
import { HostWire } from './host-wire.ts';
import type { SavedHost } from './host-wire.ts';

const page = (value: number): Uint8Array => new Uint8Array(PAGE_BYTES).fill(value);
const host = (pages: readonly Uint8Array[], blocks: readonly Uint8Array[]): SavedHost => ({
  machine: { processor: Uint8Array.of(1, 2), pages },
  graph: { bytes: Uint8Array.of(3), blocks },
});

test('it arrives as it is, and again only with what is another; both ways', () => {
  const image = page(9);
  const [here, there] = [new HostWire([image]), new HostWire([image.slice()])];
  const [one, two, block] = [page(1), page(2), page(3)];
  const first = host([ZERO_PAGE, one, two, ZERO_PAGE], [block, image.subarray(8, 24)]);
  const taken = there.take(here.send(first));
  expect(taken).toEqual(first);
  const sent = there.send(
    host([taken.machine.pages[0]!, taken.machine.pages[1]!, ZERO_PAGE, page(4)], [taken.graph.blocks[1]!]),
  );
  expect(sent.pages.length).toBe(PAGE_BYTES);
  expect(sent.blocks).toEqual([1]);
  const back = here.take(sent);
  expect(back).toEqual(host([ZERO_PAGE, one, ZERO_PAGE, page(4)], [image.subarray(8, 24)]));
  // What was the same is the same, not alike.
  expect(back.machine.pages[1]).toBe(one);
});
