/**
 * No new circles of imports in the guests' sources: `node scripts/run.js scripts/check-circles.ts`, a part of `npm run lint`.
 * A group of files each of which leads to each other one is a circle. Those that there are stand in KNOWN; what is not
 * there is an error, and so is what stands there and is none any more. Exit status: 0, or 1 with what is wrong on stderr.
 */
import { importsOf } from '../guests/toolchain/parts.ts';
import { readSources } from '../guests/toolchain/node.ts';

/** Circles, each as its files in order. Two halves of one idea may need each other; what is longer is to be cut. */
const KNOWN: readonly (readonly string[])[] = [
  ['kernel/store/watches.ts', 'kernel/store/xenbus.ts'],
  ['kernel/threads/threads.ts', 'kernel/threads/wait.ts'],
  ['mote/address-space.ts', 'mote/tables.ts'],
  ['mote/fpu.ts', 'mote/process.ts', 'mote/signals.ts', 'mote/syscall-table.ts', 'mote/user-memory.ts'],
  ['mote/fs/9p/file-system.ts', 'mote/fs/9p/node.ts'],
  ['mote/fs/ext2/file-system.ts', 'mote/fs/ext2/node.ts'],
  ['mote/net/arp.ts', 'mote/net/ethernet.ts'],
  ['mote/net/interface.ts', 'mote/net/packet.ts'],
];

/** Groups of two and more that lead to each other, given all that each file leads to. */
function circles(reached: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const seen = new Set<string>();
  const groups: string[][] = [];
  for (const [path, others] of reached) {
    if (seen.has(path)) continue;
    const group = [...others].filter((other) => reached.get(other)?.has(path));
    for (const member of group) seen.add(member);
    if (group.length > 1) groups.push(group.sort());
  }
  return groups;
}

const sources = readSources();
const files = [...sources.keys()].filter((path) => path.endsWith('.ts'));
const reached = new Map(files.map((path) => [path, new Set(importsOf(sources, [path]).keys())] as const));
const found = new Set(circles(reached).map((circle) => circle.join(' ')));
const known = new Set(KNOWN.map((circle) => circle.join(' ')));
const faults = [
  ...[...found].filter((circle) => !known.has(circle)).map((circle) => `imports in a circle: ${circle}`),
  ...[...known].filter((circle) => !found.has(circle)).map((circle) => `no circle any more: ${circle}`),
];
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
