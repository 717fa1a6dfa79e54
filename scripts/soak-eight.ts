/**
 * `npm run soak:eight`: as many hosts as a world has, on a slow LAN that loses frames: they boot, each pings the next, and what was saved
 * in the midst of that goes on to the same bits, from a file and in threads. Exit status 1: not the same, or somebody was not reached.
 */
import { dom0Images } from '../guests/toolchain/mote-node.ts';
import { loadCore } from '../ui/lab/core-node.ts';
import { imagesAmong } from '../ui/lab/own-images.ts';
import { openSnapshot } from '../ui/lab/snapshot/format.ts';
import { startNodeThread } from '../ui/lab/world/node-threads.ts';
import { Consoles, mote } from '../ui/lab/world/testing.ts';
import { ThreadedWorld } from '../ui/lab/world/threaded-world.ts';
import { restoreWorldFile, saveWorldFile } from '../ui/lab/world/world-file.ts';
import { World } from '../ui/lab/world/world.ts';

const NETWORK_IS_UP = /10\.0\.0\.10\d by[^]*\/ \$ $/;
const PATIENCE_NS = 60e9;
/** Where it is saved, and how far it goes then. */
const MIDDLE_NS = 1_002_000_000;
const REST_NS = 4_000_000_000;

const { kernel, ramdisk } = await dom0Images();
const images = { mote: kernel, dom0: ramdisk };
const hosts = [...'ABCDEFGH'].map((name) => mote(name, { hostMb: 56, memoryMb: 32 }));
const description = { hosts, lans: [{ name: 'lan', latencyNs: 1_000_000, loss: 0.01 }], seed: 8 };

let isGood = true;
let begun = performance.now();
function tell(what: string, good: boolean, more = ''): void {
  isGood &&= good;
  const now = performance.now();
  process.stdout.write(
    `${what}: ${good ? 'well' : 'WRONG'}, ${((now - begun) / 1000).toFixed(1)} s; ${more}\n`,
  );
  begun = now;
}

const world = await World.make(loadCore(), description, images);
const { screens } = new Consoles(world);
const isUp = [...hosts.keys()].map(
  (host) => world.run({ text: { host, pattern: NETWORK_IS_UP }, ns: PATIENCE_NS })?.kind === 'host',
);
tell('eight hosts have booted', !isUp.includes(false), `${(world.ns / 1e9).toFixed(2)} s of their time`);

const next = (host: number): string => `10.0.0.${String(100 + ((host + 1) % hosts.length))}`;
for (const host of hosts.keys()) world.type(host, new TextEncoder().encode(`ping -c 4 ${next(host)}\r`));
world.run({ ns: world.ns + MIDDLE_NS });
const file = await saveWorldFile(world, loadCore());
const endNs = world.ns + REST_NS;
world.run({ ns: endNs });
const lost = screens.map((screen) => Number(/(\d+)% packet loss/.exec(screen)?.[1] ?? 100));
tell(
  'each has pinged the next',
  lost.every((part) => part <= 50),
  `${lost.join('%, ')}% lost`,
);
const hash = await world.hash();

const image = imagesAmong([kernel, ramdisk]);
const restored = await restoreWorldFile(loadCore(), await openSnapshot(file), { image });
restored.run({ ns: endNs });
tell('from a file', (await restored.hash()) === hash, `${(file.length / 2 ** 20).toFixed(1)} MiB, ${hash}`);

const inputs = world.past.inputs.all;
const threaded = await ThreadedWorld.make(loadCore(), description, images, startNodeThread, inputs);
await threaded.run({ ns: endNs });
tell('from its log, in eight threads', (await threaded.hash()) === hash);
threaded.close();
process.exitCode = isGood ? 0 : 1;
