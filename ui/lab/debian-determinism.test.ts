/** Debian's kernel goes the same way each time: again, traced, and on several processors. */
import { describe, expect, it } from 'vitest';
import { Guest, images, SLICE_TICKS } from './debian-testing.ts';
import { stateHash } from './state-hash.ts';

describe.skipIf(images === undefined)("Debian's cloud kernel", () => {
  it('runs four vcpus on two physical processors, the same way each time', async () => {
    const guest = await Guest.boot(images!.cloud, 4, 2);
    guest.until(/INIT-REACHED/);
    guest.until(/# /);
    expect(guest.shell('for i in 1 2 3; do (echo $i | md5sum >/dev/null; echo $i) & done; wait')).toMatch(
      /3/,
    );
    expect(guest.invariant()).toEqual([]);
    const again = await Guest.boot(images!.cloud, 4, 2);
    again.until(/INIT-REACHED/);
    again.until(/# /);
    expect(again.shell('for i in 1 2 3; do (echo $i | md5sum >/dev/null; echo $i) & done; wait')).toMatch(
      /3/,
    );
    expect(again.lab.instructions).toBe(guest.lab.instructions);
    expect(await stateHash(again.lab.hypervisor)).toBe(await stateHash(guest.lab.hypervisor));
  });

  it('is the same run twice, and traced', async () => {
    const hashes = new Set<string>();
    for (const traced of [false, true]) {
      const guest = await Guest.boot(images!.cloud, 1);
      let events = 0;
      const sink = { event: () => void events++, end: () => undefined };
      if (traced) guest.lab.hypervisor.trace.add(sink);
      guest.until(/INIT-REACHED/);
      guest.until(/# /);
      const instructions = 2_800_000_000;
      expect(guest.lab.instructions).toBeLessThan(instructions);
      while (guest.lab.run({ instructions }, SLICE_TICKS) === undefined);
      expect(guest.lab.instructions).toBe(instructions);
      expect(events > 100_000).toBe(traced);
      hashes.add(await stateHash(guest.lab.hypervisor));
    }
    expect(hashes.size).toBe(1);
  });
});
