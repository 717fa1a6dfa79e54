/** The demo of a block request: each bookmark can be gone to by who opens it, with no more images than come with Xenoscope. */
import { expect, test } from 'vitest';
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import { openFile } from '../opening.ts';
import { imagesAmong } from '../own-images.ts';
import { goToTicks } from '../time/travel.ts';
import { recordBlock } from './block-demo.ts';

test('nine bookmarks, from what is typed in the guest to its upcall', async () => {
  const core = loadCore();
  const { kernel, ramdisk } = await dom0Images();
  const file = await recordBlock(core, { mote: kernel, dom0: ramdisk });
  const { opened, shown } = await openFile(core, { file }, { image: imagesAmong([kernel, ramdisk]) });
  const { bookmarks } = shown!;
  const { lab } = opened.hosts[0]!;
  expect(bookmarks.map(({ lens }) => lens)).toEqual([
    ...['rings', 'rings', 'events', 'processors', 'memory', 'processors', 'rings', 'events', 'processors'],
  ]);
  expect(bookmarks[5]!.says).toMatch(/the disk has written sector \d+/);
  for (const { ns } of bookmarks) {
    expect(goToTicks(lab, Math.round(ns / lab.periodNs))).toBe(true);
    expect(lab.ns).toBe(ns);
  }
});
