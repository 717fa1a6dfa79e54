/** A thread that tries seeds: it is told what to try, and answers with what came of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { setTranslates } from '../../lab/core-node.ts';
import { HostCrash } from '../../lab/host-crash.ts';
import { Trials } from '../../lab/scenario/trials.ts';
import type { Trial } from '../../lab/scenario/trials.ts';
import { told } from '../failure-text.ts';
import { scenarioNamed } from '../scenario-files.ts';
import type { ThreadData, Tried, Try } from './messages.ts';

const port = parentPort;
if (port === null) throw new Error('this is to be run as a thread');
const { file, name, translates } = workerData as ThreadData;
setTranslates(translates);
const trials = new Trials(await scenarioNamed(file, name));

const FINE: Tried = { failure: null, isHostCrash: false, variations: [], recording: null };

async function answer({ vary, isRecorded }: Try): Promise<Tried> {
  const trial = await trials.try(vary).catch((error: unknown) => error as Error);
  // It has not come to where the scenario begins: nothing varied by then.
  if (trial instanceof Error) return { ...FINE, ...failed(trial) };
  const { failure, variations } = trial;
  if (failure === null) return FINE;
  return { ...failed(failure), variations, recording: isRecorded ? await record(trial) : null };
}

function failed(failure: Error): { failure: string; isHostCrash: boolean } {
  return { failure: told(failure), isHostCrash: failure instanceof HostCrash };
}

/** A scenario may go back, or elsewhere: what it has come to has no recording then. */
async function record({ subject }: Trial): Promise<string | null> {
  return subject.isRepeatable ? new TextDecoder().decode(await subject.recording()) : null;
}

port.on('message', (order: Try) => {
  void answer(order).then((tried) => {
    port.postMessage(tried);
  });
});
