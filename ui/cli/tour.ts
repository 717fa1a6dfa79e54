/** `xenoscope tour`: a host shown, step by step, as a person would use it. */
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { Lab } from '../lab/lab.ts';
import { stateHash } from '../lab/state-hash.ts';
import { play, TOUR, TOUR_HOST } from '../lab/tour.ts';
import { EXIT_ENDED_EARLY, EXIT_OK } from './exit-codes.ts';
import { ready } from './ready.ts';

/** Plays the tour; returns the exit status. What is told of a step stands before what the console prints. */
export async function tour(options: { readonly hash?: boolean }): Promise<number> {
  const { core, files } = await ready(dom0Images);
  const lab = await Lab.boot(core, { ...TOUR_HOST, ...files });
  lab.onConsole((bytes) => process.stdout.write(bytes));
  for (const [n, step] of TOUR.entries()) {
    process.stdout.write(`\n\n--- ${String(n + 1)} of ${String(TOUR.length)}: ${step.tells}\n`);
    if (!play(lab, step)) {
      process.stderr.write(`\nxenoscope: this has not happened, in half a minute of the host's time\n`);
      return EXIT_ENDED_EARLY;
    }
  }
  process.stdout.write('\n');
  if (options.hash === true)
    process.stdout.write(`${await stateHash(lab.hypervisor)} at instruction ${String(lab.instructions)}\n`);
  return EXIT_OK;
}
