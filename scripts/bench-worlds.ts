/**
 * `npm run bench:worlds`: two busy hosts in one thread and in two, in one run: how much faster two are, and that they do the
 * same. Exit status 1: they do not.
 */
import { dom0Images } from '../guests/toolchain/mote-node.ts';
import { loadCore } from '../ui/lab/core-node.ts';
import { startNodeThread } from '../ui/lab/world/node-threads.ts';
import { ThreadedWorld } from '../ui/lab/world/threaded-world.ts';
import { World } from '../ui/lab/world/world.ts';

const BUSY = 'while true; do seq 1 3000 | sort | wc > /dev/null; done\r';
const BUSY_NS = 2e9;
const PATIENCE_NS = 60e9;
const PROMPT = /\/ \$ $/;

type AnyWorld = World | ThreadedWorld;

const { kernel, ramdisk } = await dom0Images();
const images = { mote: kernel, dom0: ramdisk };
const description = {
  hosts: ['A', 'B'].map((name) => ({ name, kernel: 'mote', ramdisk: 'dom0', hostMb: 128, memoryMb: 64 })),
};
const hosts = [...description.hosts.keys()];

async function instructions(world: AnyWorld): Promise<number> {
  const facts = await Promise.all(hosts.map((host) => world.facts(host)));
  return facts.reduce((sum, each) => sum + each.instructions, 0);
}

/** Millions of instructions a second, of all hosts together; ns of processors' time for one; the world's hash behind them. */
async function measure(world: AnyWorld): Promise<{ rate: number; costNs: number; hash: string }> {
  for (const host of hosts) await world.run({ text: { host, pattern: PROMPT }, ns: PATIENCE_NS });
  for (const host of hosts) world.type(host, new TextEncoder().encode(BUSY));
  await world.run({ ns: world.ns + BUSY_NS / 10 });
  const before = await instructions(world);
  const started = performance.now();
  const used = process.cpuUsage();
  await world.run({ ns: world.ns + BUSY_NS });
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(used);
  const done = (await instructions(world)) - before;
  return { rate: done / seconds / 1e6, costNs: ((user + system) * 1000) / done, hash: await world.hash() };
}

const one = await measure(await World.make(loadCore(), description, images));
const threaded = await ThreadedWorld.make(loadCore(), description, images, startNodeThread);
const two = await measure(threaded);
threaded.close();
const isSame = one.hash === two.hash;
process.stdout.write(
  `one thread: ${one.rate.toFixed(0)} million instructions a second, two: ${two.rate.toFixed(0)}; ` +
    `ratio ${(two.rate / one.rate).toFixed(2)}; an instruction takes ${(two.costNs / one.costNs).toFixed(2)} of the ` +
    `processors' time; ${isSame ? 'the same hash' : 'OTHER HASHES'}\n`,
);
process.exitCode = isSame ? 0 : 1;
