/**
 * `npm run bench:worlds`: two busy hosts in one thread and in two, by turns: how much faster two are, and that they do the same.
 * Beside that the same hosts without a LAN, which never wait for each other: the most that there is to be had on this machine.
 * Exit status 1: they do not do the same.
 */
import { dom0Images } from '../guests/toolchain/mote-node.ts';
import { loadCore } from '../ui/lab/core-node.ts';
import { startNodeThread } from '../ui/lab/world/node-threads.ts';
import { ThreadedWorld } from '../ui/lab/world/threaded-world.ts';
import { World } from '../ui/lab/world/world.ts';
import { shareWaited, whenQuiet } from './quiet.ts';

const BUSY = 'while true; do seq 1 3000 | sort | wc > /dev/null; done\r';
const WARM_NS = 3e8;
const SAMPLE_NS = 1e7;
const SAMPLES = 20;
const PATIENCE_NS = 60e9;
/** How long it looks for moments in which nobody else works on the machine, in ms. */
const PATIENCE_MS = 120_000;
const MOST_WAITED = 0.02;
const PROMPT = /\/ \$ $/;

type AnyWorld = World | ThreadedWorld;

interface Sample {
  /** Millions of instructions a second, of all hosts together; ns of processors' time for one. */
  readonly rate: number;
  readonly costNs: number;
  /** Somebody else had a processor meanwhile. */
  readonly isDisturbed: boolean;
}

const { kernel, ramdisk } = await dom0Images();
const images = { mote: kernel, dom0: ramdisk };
const hosts = ['A', 'B'].map((name) => ({
  name,
  kernel: 'mote',
  ramdisk: 'dom0',
  hostMb: 128,
  memoryMb: 64,
}));
const ON_LAN = { hosts };
const APART = { hosts, lans: [] };

async function instructions(world: AnyWorld): Promise<number> {
  const facts = await Promise.all(hosts.map((_, host) => world.facts(host)));
  return facts.reduce((sum, each) => sum + each.instructions, 0);
}

async function makeBusy<W extends AnyWorld>(world: W): Promise<W> {
  for (const host of hosts.keys()) await world.run({ text: { host, pattern: PROMPT }, ns: PATIENCE_NS });
  for (const host of hosts.keys()) world.type(host, new TextEncoder().encode(BUSY));
  await world.run({ ns: world.ns + WARM_NS });
  return world;
}

async function sample(world: AnyWorld): Promise<Sample> {
  const before = await instructions(world);
  const used = process.cpuUsage();
  let seconds = 0;
  const waited = await shareWaited(async () => {
    const begun = performance.now();
    await world.run({ ns: world.ns + SAMPLE_NS });
    seconds = (performance.now() - begun) / 1000;
  });
  const { user, system } = process.cpuUsage(used);
  const done = (await instructions(world)) - before;
  return {
    rate: done / seconds / 1e6,
    costNs: ((user + system) * 1000) / done,
    isDisturbed: waited > MOST_WAITED,
  };
}

const one = await makeBusy(await World.make(loadCore(), ON_LAN, images));
const two = await makeBusy(await ThreadedWorld.make(loadCore(), ON_LAN, images, startNodeThread));
const oneApart = await makeBusy(await World.make(loadCore(), APART, images));
const twoApart = await makeBusy(await ThreadedWorld.make(loadCore(), APART, images, startNodeThread));
const worlds = [one, two, oneApart, twoApart];

/** Of each world, in turns, until there are enough in which nobody else worked; all of them, where there are none. */
async function measure(): Promise<{ samples: readonly Sample[][]; areQuiet: boolean }> {
  const untilMs = performance.now() + PATIENCE_MS;
  const all: Sample[][] = worlds.map(() => []);
  const quiet = (): Sample[][] => all.map((each) => each.filter(({ isDisturbed }) => !isDisturbed));
  const fewest = (of: readonly Sample[][]): number => Math.min(...of.map(({ length }) => length));
  while (fewest(quiet()) < SAMPLES && (performance.now() < untilMs || fewest(all) < SAMPLES))
    for (const [index, world] of worlds.entries()) {
      await whenQuiet(untilMs);
      all[index]!.push(await sample(world));
    }
  const areQuiet = fewest(quiet()) > 0;
  return { samples: areQuiet ? quiet() : all, areQuiet };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const { samples, areQuiet } = await measure();
const isSame =
  (await one.hash()) === (await two.hash()) && (await oneApart.hash()) === (await twoApart.hash());
two.close();
twoApart.close();
const [rates, costs] = [
  samples.map((each) => median(each.map(({ rate }) => rate))),
  samples.map((each) => median(each.map(({ costNs }) => costNs))),
];
const say = (line: string): unknown => process.stdout.write(`${line}\n`);
for (const [place, from] of [
  ['on a LAN', 0],
  ['without a LAN', 2],
] as const) {
  const [slow, fast] = [rates[from]!, rates[from + 1]!];
  say(
    `${place}: one thread ${slow.toFixed(0)} million instructions a second, two ${fast.toFixed(0)}; ` +
      `ratio ${(fast / slow).toFixed(2)}; of the processors' time, two take ${(costs[from + 1]! / costs[from]!).toFixed(2)}; ` +
      `${samples[from]!.length} and ${samples[from + 1]!.length} samples`,
  );
}
if (!areQuiet) say('others worked on this machine all the time: ratios of speed mean little');
say(isSame ? 'the same hashes' : 'OTHER HASHES');
process.exitCode = isSame ? 0 : 1;
