/**
 * `npm run soak:worlds`: A pings B and fetches 32 MiB from it over a LAN that loses 1 % of its frames; then the same again from
 * the log of its inputs, with the hosts in turns and each in a thread, from a file of the middle, in Chromium too, where it is, and
 * back and forth in its past.
 * Exit status 1: not the same, or not as it was.
 */
import { createHash } from 'node:crypto';
import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { dom0Images } from '../guests/toolchain/mote-node.ts';
import { noise } from '../guests/tests/dom0/testing-integrity.ts';
import { loadCore } from '../ui/lab/core-node.ts';
import { startNodeThread } from '../ui/lab/world/node-threads.ts';
import { openSnapshot } from '../ui/lab/snapshot/format.ts';
import { BROWSER_ARGS, CHROMIUM } from '../ui/web/chromium.ts';
import { ISOLATED } from '../ui/web/isolation.ts';
import { ask, open, openLab, save, SITE } from './page-lab.ts';
import { goToTicks } from '../ui/lab/time/travel.ts';
import { ThreadedWorld } from '../ui/lab/world/threaded-world.ts';
import { World } from '../ui/lab/world/world.ts';
import { restoreWorldFile, saveWorldFile } from '../ui/lab/world/world-file.ts';

const MIB = 32;
const PROMPT = /\n\/ \$ $/;
const PATIENCE_NS = 3600e9;
/** Into the fetch. */
const MIDDLE_NS = 300e6;
const [A, B] = [0, 1];

const data = noise(MIB);
const { kernel, ramdisk } = await dom0Images();
const images = { mote: kernel, dom0: ramdisk, data };
const host = { kernel: 'mote', ramdisk: 'dom0', hostMb: 256, memoryMb: 160 };
const description = {
  hosts: [
    { ...host, name: 'A' },
    { ...host, name: 'B', files: { data: 'data' } },
  ],
  lans: [{ name: 'lan', megabitsPerSecond: 1000, loss: 0.01 }],
};

let isGood = true;
function tell(what: string, good: boolean, started: number, more: string): void {
  isGood &&= good;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${what}: ${good ? 'well' : 'WRONG'}, ${seconds} s; ${more}\n`);
}

/** What a file comes to in the built page's lab, as a file. */
async function goOnInChromium(
  executablePath: string,
  file: Uint8Array,
  seconds: number,
): Promise<Uint8Array> {
  const server = await preview({
    ...{ configFile: false, logLevel: 'error', build: { outDir: SITE } },
    preview: { headers: ISOLATED },
  });
  const browser = await chromium.launch({ timeout: 0, executablePath, args: BROWSER_ARGS });
  try {
    const page = await openLab(browser, server.resolvedUrls!.local[0]!);
    await open(page, file, kernel, ramdisk, data);
    // That it stands is told once more when its sources are there.
    for (let ns = 0; ns < seconds * 1e9;)
      ({ ns } = (await ask(page, { type: 'runUntil', seconds })).state.hosts[0]!);
    return await save(page);
  } finally {
    await browser.close();
    await server.close();
  }
}

const begun = performance.now();
const world = await World.make(loadCore(), description, images);
let screen = '';
world.onConsole(A, (bytes) => (screen += new TextDecoder('latin1').decode(bytes).replaceAll('\r', '')));

function run(index: number, command: string): void {
  world.type(index, new TextEncoder().encode(`${command}\r`));
  const until = { text: { host: index, pattern: PROMPT }, ns: world.ns + PATIENCE_NS };
  if (world.run(until)?.kind !== 'host') throw new Error(`${command}: no prompt; ${screen}`);
}
for (const index of [A, B])
  world.run({ text: { host: index, pattern: /\/ \$ $/ }, ns: world.ns + PATIENCE_NS });
run(B, 'httpd /lab &');
run(A, 'ping -c 5 10.0.0.101');
const fetchedFrom = world.ns;
world.past.isKept = true;
const command = 'wget -O /tmp/data http://10.0.0.101/data; sha256sum /tmp/data';
world.type(A, new TextEncoder().encode(`${command}\r`));
world.run({ ns: world.ns + MIDDLE_NS });
const middle = { file: await saveWorldFile(world, loadCore()), ticks: world.places[A]!.ticks };
const rest = { text: { host: A, pattern: PROMPT }, ns: world.ns + PATIENCE_NS };
if (world.run(rest)?.kind !== 'host') throw new Error(`${command}: no prompt; ${screen}`);
const guestSeconds = (world.ns - fetchedFrom) / 1e9;
const endNs = Math.ceil(world.ns / 1e9 + 1) * 1e9;
world.run({ ns: endNs });
const hash = await world.hash();
const came = screen.includes(createHash('sha256').update(data).digest('hex'));
const { lost, sent } = world.exchange.lans[0]!.counts;
const detail = `${guestSeconds.toFixed(2)} s of the guests' time, ${String(lost)} of ${String(sent)} frames lost`;
tell(`${String(MIB)} MiB from B to A`, came, begun, `${detail}, ${hash}`);

const inFile = performance.now();
const image = ({ name }: { readonly name: string }): Promise<Uint8Array | undefined> =>
  Promise.resolve(images[name as keyof typeof images]);
const restored = await restoreWorldFile(loadCore(), await openSnapshot(middle.file), { image });
restored.run({ ns: endNs });
const fromFile = await restored.hash();
const mebibytes = (middle.file.length / 2 ** 20).toFixed(1);
tell('from a file of the middle', fromFile === hash, inFile, `${mebibytes} MiB`);

if (CHROMIUM !== undefined) {
  const inChromium = performance.now();
  // Where one host has stopped, the other may be a turn ahead: where both are at one time, they are compared.
  const later = await goOnInChromium(CHROMIUM, middle.file, endNs / 1e9 - 0.5);
  const again = await restoreWorldFile(loadCore(), await openSnapshot(later), { image });
  const { ns } = again;
  const isThere = ns > endNs - 1e9 && ns < endNs;
  again.run({ ns: endNs });
  const fromPage = isThere ? await again.hash() : `it came to ${(ns / 1e9).toFixed(3)} s`;
  tell('from that file in Chromium', fromPage === hash, inChromium, fromPage);
}

const inPast = performance.now();
const { lab } = world.hosts[A]!;
const went = goToTicks(lab, middle.ticks);
world.run({ ns: endNs });
const fromPast = await world.hash();
const moments = String(world.past.moments.length);
tell('back to the middle, and on', went && fromPast === hash, inPast, `${moments} snapshots`);

const again = performance.now();
const replayed = await World.make(loadCore(), description, images, world.past.inputs.all);
replayed.order = [B, A];
replayed.run({ ns: endNs });
const second = await replayed.hash();
tell('from its log, in other turns', second === hash, again, second);

const atOnce = performance.now();
const threaded = await ThreadedWorld.make(
  loadCore(),
  description,
  images,
  startNodeThread,
  world.past.inputs.all,
);
await threaded.run({ ns: endNs });
const third = await threaded.hash();
threaded.close();
tell('from its log, in two threads', third === hash, atOnce, third);
process.exitCode = isGood ? 0 : 1;
