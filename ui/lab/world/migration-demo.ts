/**
 * A domain goes from one host to another while somebody fetches from it, to be shown to others: a recording with a bookmark for
 * each moment that is worth a word, and a snapshot at each, so that one walks through them without waiting.
 */
import type { Lab } from '../lab.ts';
import type { Migration, Stage } from '../migration.ts';
import type { Bookmark } from '../time/shown.ts';
import { goToTicks } from '../time/travel.ts';
import type { WorldImages } from './images.ts';
import { playInWorld, TOUR_WORLD, WORLD_TOUR } from './tour.ts';
import { writeWorldRecording } from './world-file.ts';
import { World } from './world.ts';

const NAME = 'mote';
const GOES = 'xm migrate --live mote 10.0.0.101';
/** Of the tour of two hosts: it is let in; it goes, the second time that this is typed; and what is to be seen behind that. */
const REFUSED = WORLD_TOUR.findIndex(({ types }) => types === GOES);
const LEAVES = WORLD_TOUR.findLastIndex(({ types }) => types === GOES);
const [A, B] = [0, 1];
/** Into the first round, in ns: some pages have gone, some have not. */
const MIDST_NS = 20_000_000;
/** How long it is fetched from before it goes, and when it is there. */
const SERVES_NS = 100_000_000;

type Says = Pick<Bookmark, 'host' | 'lens' | 'says'>;

/** Rejects with an Error where it does not go as it should; `images`: `mote` and `dom0`. */
export async function recordMigration(
  core: WebAssembly.Module,
  images: WorldImages,
): Promise<Uint8Array<ArrayBuffer>> {
  const world = await World.make(core, TOUR_WORLD, images);
  const [a, b] = world.hosts.map(({ lab }) => lab) as [Lab, Lab];
  for (const lab of [a, b]) lab.witness.watch();
  const steps = WORLD_TOUR.slice(0, LEAVES + 3);
  const bookmarks: Bookmark[] = [];
  const mark = (ns: number, says: Says): void => {
    bookmarks.push({ ...says, ns, pane: null });
  };
  for (const [n, step] of steps.entries()) {
    if (n === REFUSED) continue;
    if (n === LEAVES) {
      await world.run({ ns: world.ns + SERVES_NS });
      world.past.keep();
      mark(a.ns, {
        host: A,
        lens: 'network',
        says: 'Two hosts on one wire. On A runs mote, a web server in 16 MiB; B fetches a megabyte from it, again and again.',
      });
    }
    if (!(await playInWorld(world, step))) throw new Error(`the demo stops at: ${step.tells}`);
    if (n === LEAVES) await world.run({ ns: world.ns + SERVES_NS });
  }
  const [out, came] = [a, b].map(({ witness }) => witness.migrations.all.at(-1)) as [Migration, Migration];
  mark(begins(out, 'iterative pre-copy') + MIDST_NS, {
    host: A,
    lens: 'migration',
    says: `On A, somebody has typed xm migrate --live ${NAME}. First all of its memory goes, while it runs and serves: what it writes meanwhile has to go again.`,
  });
  mark(begins(out, 'stop-and-copy'), {
    host: A,
    lens: 'migration',
    says: 'Little is left: now it stands still, and the last pages go.',
  });
  mark(came.resumedNs!, {
    host: B,
    lens: 'migration',
    says: `It runs on B. It stood still for ${String(Math.round((came.resumedNs! - out.suspendedNs!) / 1e6))} ms.`,
  });
  mark(came.resumedNs! + SERVES_NS, {
    host: B,
    lens: 'migration',
    says: 'What its clients get, above the ruler: no less than before, but for the time that it stood still.',
  });
  mark(b.ns, {
    host: B,
    lens: 'processors',
    says: 'It is one of B’s domains; A has forgotten it. No fetch has failed on the way: its address and its connections came along.',
  });
  for (const { host, ns } of bookmarks) {
    const lab = world.hosts[host]!.lab;
    if (!goToTicks(lab, Math.round(ns / lab.periodNs)))
      throw new Error('the demo does not go that way again');
    world.past.keep();
  }
  const at = { host: A, ns: bookmarks[0]!.ns, lens: bookmarks[0]!.lens, pane: null };
  return writeWorldRecording(world, core, [], { withSnapshots: true, shown: { at, bookmarks } });
}

/** When a stage began, in ns of the host that sends. */
function begins({ stages }: Migration, wanted: Stage): number {
  const found = stages.find(({ stage }) => stage === wanted);
  if (found === undefined) throw new Error(`it has not come to ${wanted}`);
  return found.atNs;
}
