/** Saves a world of several hosts, with what is on its way between them, and gives it back what was saved. */
import { CLASSES } from '../snapshot/host-saver.ts';
import { SnapshotError } from '../snapshot/errors.ts';
import type { SavedWorld } from '../snapshot/format.ts';
import { readGraph } from '../snapshot/graph-reader.ts';
import { writeGraph } from '../snapshot/graph-writer.ts';
import type { Exchange } from './exchange.ts';
import type { WorldHost } from './host.ts';

/** What a world is made of (world.ts). */
interface Parts {
  readonly hosts: readonly WorldHost[];
  readonly exchange: Exchange;
}

/** All hosts in one graph: what two of them have (a frame that went to both) is there once. */
function rootOf({ hosts, exchange }: Parts): object {
  return { hosts: hosts.map(({ root }) => root), exchange };
}

/** A world as it is: nobody's to write to, most of it shared with what was saved before. Throws SnapshotError. */
export function saveWorld(world: Parts): SavedWorld {
  return {
    machines: world.hosts.map(({ lab }) => lab.saver.machine.save()),
    graph: writeGraph(rootOf(world), CLASSES),
  };
}

/** Throws SnapshotError for what is of a world that was made otherwise; this one is of no use then. */
export function restoreWorld(world: Parts, { machines, graph }: SavedWorld): void {
  const { hosts } = world;
  if (machines.length !== hosts.length)
    throw new SnapshotError(
      `it is a world of ${String(machines.length)} hosts, not of ${String(hosts.length)}`,
    );
  readGraph(graph, rootOf(world), CLASSES);
  for (const [index, { lab }] of hosts.entries()) {
    lab.saver.machine.restore(machines[index]!);
    lab.restored();
  }
}
