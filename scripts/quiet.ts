/** Whether a machine that others work on, too, has left this process alone: as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

const TASKS = '/proc/self/task';
const LOOK_MS = 3;

/** How long threads of this process have been ready, and others had the processors, in ms. */
function waitedMs(): number {
  let ns = 0;
  for (const thread of readdirSync(TASKS))
    try {
      ns += Number(readFileSync(`${TASKS}/${thread}/schedstat`, 'utf8').split(' ')[1]);
    } catch {
      // It has ended meanwhile.
    }
  return ns / 1e6;
}

/** How many threads of the whole machine have a processor, or want one: this one does. */
function running(): number {
  return Number(/ (\d+)\//.exec(readFileSync('/proc/loadavg', 'utf8'))![1]);
}

/** Waits until nobody else works, or until `untilMs` by performance.now. */
export async function whenQuiet(untilMs: number): Promise<void> {
  while (running() > 1 && performance.now() < untilMs)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

/** What share of its time a work's threads had to wait for a processor. */
export async function shareWaited(work: () => Promise<void>): Promise<number> {
  const [begun, before] = [performance.now(), waitedMs()];
  await work();
  return (waitedMs() - before) / (performance.now() - begun);
}
