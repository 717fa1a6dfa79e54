/** The tour of a host, as a person would type it; twice, and the same both times. */
import { expect, test } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { loadCore } from '../../../ui/lab/core-node.ts';
import { Lab } from '../../../ui/lab/lab.ts';
import { stateHash } from '../../../ui/lab/state-hash.ts';
import { play, TOUR, TOUR_HOST } from '../../../ui/lab/tour.ts';
import { dom0Images } from '../../toolchain/mote-node.ts';

async function tour(): Promise<Lab> {
  const lab = await Lab.boot(loadCore(), { ...TOUR_HOST, ...(await dom0Images()) });
  let screen = '';
  lab.onConsole((bytes) => (screen += new TextDecoder('latin1').decode(bytes)));
  for (const step of TOUR) {
    screen = '';
    expect(play(lab, step), `${step.types}\n${screen}`).toBe(true);
  }
  return lab;
}

test('the tour goes as it is told, leaves nothing behind, and goes the same way again', async () => {
  const { hypervisor } = await tour();
  expect([...hypervisor.domains.keys()]).toEqual([0]);
  expect(checkFrameTable(hypervisor.frames, hypervisor.domains)).toEqual([]);
  const again = await tour();
  expect(await stateHash(again.hypervisor)).toBe(await stateHash(hypervisor));
});
