/**
 * A stretch of a world's time in which nothing is on its way between hosts: nobody has to be told anything until somebody sends
 * something. Hosts in threads of their own run it slot by slot, and look only at how many slots the others have finished.
 *
 * Two slots are shorter than the shortest latency. What a host sends within a slot arrives behind the end of the next one: a host
 * may begin a slot when all others have finished the one before the last, so that who is slow for a moment holds up nobody. Who
 * sends, asks or stops leaves the stretch at the end of that slot, and the others leave it too, where they are: a slot further
 * or not. That changes nothing of what any of them sees.
 */
import type { Report, WorldHost } from './host.ts';
import type { Job } from './exchange.ts';
import type { Work } from './turns.ts';
import { waitForWord } from './waiting.ts';

/** Of a job that goes over many slots. */
export interface Stretch {
  readonly beginNs: number;
  readonly slotNs: number;
  /** Who has something to do in it. */
  readonly hosts: readonly number[];
}

/** The slots that the others may be behind. */
const SLACK = 2;
/** What a host has finished that has left: all that there will ever be of it; or it has left early, and nobody is to go on. */
const ALL = 0x7fff_ffff;
const LEFT = -1;
/** Who waits for longer leaves, and it is looked what has become of the other. */
const PATIENCE_MS = 1000;

/** How far each host is, in slots of the stretch: shared memory. */
export class Board {
  readonly shared: SharedArrayBuffer;
  private readonly finished: Int32Array;
  private readonly patienceMs: number;

  /** `shared`: the board of another thread. `patienceMs`: how long a host is waited for, by the wall clock. */
  constructor(hosts: number, shared = new SharedArrayBuffer(4 * hosts), patienceMs = PATIENCE_MS) {
    this.patienceMs = patienceMs;
    this.shared = shared;
    this.finished = new Int32Array(shared);
  }

  /** Everybody is at the beginning: none of them is under way. */
  clear(): void {
    for (const host of this.finished.keys()) Atomics.store(this.finished, host, 0);
  }

  finish(host: number, slots: number): void {
    Atomics.store(this.finished, host, slots);
    Atomics.notify(this.finished, host);
  }

  leave(host: number, isAtEnd: boolean): void {
    this.finish(host, isAtEnd ? ALL : LEFT);
  }

  /** Waits until a host may begin a slot; false: somebody has left, or does not come. */
  mayBegin(slot: number, host: number, hosts: readonly number[]): boolean {
    return hosts.every((other) => other === host || this.waitFor(other, slot - SLACK + 1));
  }

  private waitFor(host: number, slots: number): boolean {
    const { finished, patienceMs } = this;
    const isThere = waitForWord(finished, host, (done) => done >= slots || done === LEFT, patienceMs);
    return isThere && Atomics.load(finished, host) !== LEFT;
  }
}

/** Does what a host is to do in a turn. `run`: how it does a job. */
export function runWork(
  host: WorldHost,
  index: number,
  work: Work,
  board: Board,
  run = (job: Job): Report => host.run(job, work.text),
): Report {
  const { job, stretch } = work;
  return stretch === undefined ? run(job) : runStretch(host, run, index, job, stretch, board);
}

/** Does a job slot by slot, as far as the others let it, or until it has something to tell. */
function runStretch(
  host: WorldHost,
  run: (job: Job) => Report,
  index: number,
  job: Job,
  stretch: Stretch,
  board: Board,
): Report {
  const { beginNs, slotNs, hosts } = stretch;
  const first = Math.floor(beginNs / slotNs);
  let report: Report = { ...host.progress, sent: [], requests: [], taken: 0, stop: null };
  let [taken, reachedNs, slot, isAtEnd] = [0, beginNs, 0, false];
  try {
    while (!isAtEnd && !hasNews(report) && board.mayBegin(slot, index, hosts)) {
      reachedNs = Math.min((first + slot + 1) * slotNs, job.untilNs);
      if (reachedNs > report.nowNs) {
        report = run({ ...job, untilNs: reachedNs, inputs: job.inputs.slice(taken) });
        taken += report.taken;
      }
      const dueNs = (job.inputs[taken]?.ticks ?? Infinity) * report.periodNs;
      const nextNs = Math.max(reachedNs, Math.min(report.activityNs, dueNs));
      isAtEnd = nextNs >= job.untilNs;
      // Nothing comes for it: what it does not do, it has done.
      slot = Math.floor(nextNs / slotNs) - first;
      if (!isAtEnd && !hasNews(report)) board.finish(index, slot);
    }
  } finally {
    // What it has sent at last comes to others before the end, be there nothing more for it to do until then.
    board.leave(index, isAtEnd && !hasNews(report));
  }
  return { ...report, taken, reachedNs };
}

/** Whether it has to tell somebody what it has done. */
function hasNews({ sent, requests, stop }: Report): boolean {
  return stop !== null || [...sent, ...requests].some(({ length }) => length > 0);
}
