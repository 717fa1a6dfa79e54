/**
 * Debian's kernel goes the same way each time: again, interpreted, traced, on several processors. What a run is compared with was booted by
 * whoever came first, saved, and goes on here: so these tests say, too, that hosts that were kept are what a boot comes to today.
 */
import { describe, expect, it } from 'vitest';
import { Guest, images, SLICE_TICKS } from './debian-testing.ts';
import type { Lab } from './lab.ts';
import { stateHash } from './state-hash.ts';

/** A while behind the prompt. */
const INSTRUCTIONS = 2_800_000_000;

async function expectSameState(one: Guest, other: Guest): Promise<void> {
  expect(one.lab.instructions).toBe(other.lab.instructions);
  expect(await stateHash(one.lab.hypervisor)).toBe(await stateHash(other.lab.hypervisor));
}

describe.skipIf(images === undefined)("Debian's cloud kernel", () => {
  it('runs four vcpus on two physical processors, the same way each time', async () => {
    const guest = await Guest.booted(images!.cloud, 4, 2);
    const again = await Guest.boot(images!.cloud, 4, { cpus: 2 });
    expect(again.log).toBe(guest.log);
    await expectSameState(again, guest);
    for (const each of [guest, again]) {
      expect(each.shell('for i in 1 2 3; do (echo $i | md5sum >/dev/null; echo $i) & done; wait')).toMatch(
        /3/,
      );
      expect(each.invariant()).toEqual([]);
    }
    await expectSameState(again, guest);
  });

  it('is the same run twice, translated, and interpreted and traced', async () => {
    const plain = await Guest.booted(images!.cloud, 1);
    let events = 0;
    const watch = ({ hypervisor }: Lab): void => {
      hypervisor.trace.add({ event: () => void events++, end: () => undefined });
    };
    const traced = await Guest.boot(images!.cloud, 1, { hotEntries: 0, watch });
    expect(events).toBeGreaterThan(100_000);
    expect(traced.log).toBe(plain.log);
    for (const { lab } of [plain, traced]) {
      expect(lab.instructions).toBeLessThan(INSTRUCTIONS);
      while (lab.run({ instructions: INSTRUCTIONS }, SLICE_TICKS) === undefined);
      expect(lab.instructions).toBe(INSTRUCTIONS);
    }
    await expectSameState(traced, plain);
  });
});
