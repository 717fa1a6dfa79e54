/** Saved at any instant, a world goes on elsewhere as it would have here. */
import { beforeAll, describe, expect, test } from 'vitest';
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import { Lab } from '../lab.ts';
import { begin, TOUR, TOUR_HOST } from '../tour.ts';
import { differenceOf } from './compare.ts';
import { restoreLab, saveLab } from './file.ts';
import { openSnapshot } from './format.ts';
import { tryInstants } from './instants.ts';

const core = loadCore();
const SLICE_TICKS = 50_000_000;

describe('a host of Mote, with domains', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.boot(core, { ...TOUR_HOST, ...(await dom0Images()) });
    for (const step of TOUR.slice(0, 6)) {
      const until = begin(lab, step);
      while (lab.run(until, SLICE_TICKS) === undefined);
    }
    // Something is under way: a domain is built, a disk written.
    begin(lab, { tells: '', types: 'xm create db; mke2fs /tmp/more.img 4096; xm list', until: '' });
  });

  test('goes on alike from random instants', async () => {
    let other = Lab.restore(core, lab.request, lab.save());
    const faults = await tryInstants(lab, {
      ...{ count: 40, seed: 1, apartTicks: 4_000_000, onTicks: 4_000_000 },
      elsewhere: (saved, n) => {
        if (n % 10 === 0) other = Lab.restore(core, lab.request, saved);
        else other.goTo(saved);
        return other;
      },
    });
    expect(faults).toEqual([]);
  });

  test('goes back to where it was, and the same way again', () => {
    const saved = lab.save();
    lab.run({}, SLICE_TICKS);
    const later = lab.save();
    lab.goTo(saved);
    expect(differenceOf(lab.save(), saved)).toBe(null);
    lab.run({}, SLICE_TICKS);
    expect(differenceOf(lab.save(), later)).toBe(null);
  });

  test('is a file, which needs kernel and ramdisk for their symbols alone', async () => {
    const saved = lab.save();
    const file = await saveLab(lab, core);
    const images = await dom0Images();
    const asked: string[] = [];
    let kernel: Uint8Array | undefined;
    const other = await restoreLab(core, await openSnapshot(file), {
      image: async ({ name }) => {
        asked.push(name);
        return name === 'kernel' ? kernel : images.ramdisk;
      },
    });
    expect(differenceOf(other.save(), saved)).toBe(null);
    // Nor do they have to be here to save it again, to the same bytes.
    expect(Buffer.from(await saveLab(other, core)).equals(file)).toBe(true);
    expect(asked).toEqual([]);
    expect(other.here()).toBe(null);
    await expect(other.bringCode()).rejects.toThrow(
      /^it needs its kernel \(SHA-256 [0-9a-f]{64}\), which is not here$/,
    );
    kernel = images.ramdisk;
    await expect(other.bringCode()).rejects.toThrow('its kernel is another than the one that is here');
    kernel = images.kernel;
    await other.bringCode();
    expect(other.here()).toEqual(lab.here());
    expect(other.lacksCode).toBe(false);
  });
});
