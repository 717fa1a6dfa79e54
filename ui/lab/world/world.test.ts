/** Two hosts with Mote on a LAN that loses frames: what they say to each other, and that it is the same however it is run. */
import { createHash } from 'node:crypto';
import { beforeAll, expect, test, vi } from 'vitest';
import { Random } from '../../../devices/random.ts';
import { loadCore } from '../core-node.ts';
import type { WorldDescription } from './description.ts';
import type { Input } from './inputs.ts';
import { startNodeThread } from './node-threads.ts';
import { Consoles, mote, moteFiles, moteWorld } from './testing.ts';
import { ThreadedWorld } from './threaded-world.ts';
import { World } from './world.ts';

/** Code is hot sooner than in runs that are to be fast: much of what is compared here is translated. */
const core = loadCore(1000);

const [A, B] = [0, 1];
const KIB = 1024;
const SECOND_NS = 1e9;
/** When all that is said below has been said. */
const END_NS = 60 * SECOND_NS;

const data = new Uint8Array(256 * KIB);
new Random(3).fill(data);

const TWO: WorldDescription = {
  hosts: [mote('A'), mote('B', { files: { data: 'data' } })],
  lans: [{ name: 'lan', megabitsPerSecond: 1000, loss: 0.01 }],
  seed: 7,
};

const make = (inputs: readonly Input[] = []): Promise<World> => moteWorld(TWO, { data }, inputs, [], core);

/** A pings B and fetches a file from it. */
function talk(consoles: Consoles): { readonly pings: string; readonly sum: string } {
  for (const host of [A, B]) consoles.until(host, /\/ \$ $/);
  consoles.run(B, 'httpd /lab &');
  const pings = consoles.run(A, 'ping -c 3 10.0.0.101');
  const sum = consoles.run(A, 'wget -q -O /tmp/data http://10.0.0.101/data; sha256sum /tmp/data');
  consoles.to(END_NS);
  return { pings, sum };
}

let first: World;
let consoles: Consoles;
let said: ReturnType<typeof talk>;
let hash: string;
beforeAll(async () => {
  first = await make();
  consoles = new Consoles(first);
  said = talk(consoles);
  hash = await first.hash();
});

test('hosts have names and addresses in their order, and reach each other in twice the LAN’s latency', () => {
  expect(said.pings).toMatch(/^64 bytes from 10\.0\.0\.101: icmp_seq=3 ttl=64 time=0\.2[0-4]\d ms$/m);
});

test('a file comes over a LAN that loses frames as it was', () => {
  expect(said.sum).toContain(createHash('sha256').update(data).digest('hex'));
  expect(first.exchange.lans[0]!.counts.lost).toBeGreaterThan(0);
});

test('it is the same interpreted, in whatever order hosts run, and however the run is cut', async () => {
  expect(first.hosts.every(({ lab }) => lab.hypervisor.machine.translations!.instructions > 2_000_000)).toBe(
    true,
  );
  const other = await moteWorld(TWO, { data }, [], [], loadCore(0));
  expect(other.hosts.map(({ lab }) => lab.hypervisor.machine.translations)).toEqual([null, null]);
  other.order = [B, A];
  const cut = new Consoles(other);
  cut.sliceNs = 1_234_567;
  expect(talk(cut)).toEqual(said);
  expect([other.ns, await other.hash()]).toEqual([END_NS, hash]);
});

test('it is the same when its inputs come again at their instants', async () => {
  expect(first.past.inputs.all.length).toBeGreaterThan(2);
  const again = await make(first.past.inputs.all);
  expect(again.run({ ns: END_NS })).toEqual({ kind: 'time' });
  expect(await again.hash()).toBe(hash);
});

test('it is the same with each host in a thread of its own', async () => {
  const images = { ...(await moteFiles()), data };
  const threaded = await ThreadedWorld.make(core, TWO, images, startNodeThread, first.past.inputs.all);
  const heard: string[] = [];
  const stretches = vi.spyOn(threaded.exchange, 'beginStretch');
  threaded.onConsole(A, (bytes) => heard.push(new TextDecoder('latin1').decode(bytes)));
  expect(await threaded.run({ ns: SECOND_NS / 10 })).toEqual({ kind: 'time' });
  expect(stretches.mock.results.filter(({ value }) => value !== undefined).length).toBeGreaterThan(3);
  expect(await threaded.run({ text: { host: A, pattern: /loss/ } })).toMatchObject({ kind: 'host' });
  expect(await threaded.run({ ns: END_NS })).toEqual({ kind: 'time' });
  expect(await threaded.hash()).toBe(hash);
  expect(heard.join('')).toContain(said.pings.split('\n')[0]);
  const { instructions, translations } = await threaded.facts(B);
  expect(instructions).toBe(first.hosts[B]!.lab.instructions);
  expect(translations!.instructions).toBeGreaterThan(2_000_000);
  threaded.close();
});

test('another seed loses other frames', async () => {
  const other = await moteWorld({ ...TWO, seed: 8 }, { data });
  const { sum } = talk(new Consoles(other));
  expect(sum).toBe(said.sum);
  expect(other.exchange.lans[0]!.counts).not.toEqual(first.exchange.lans[0]!.counts);
});

test('hosts that idle cost nothing: the world goes to the next deadline', () => {
  const begin = vi.spyOn(first.exchange, 'begin');
  const before = first.hosts.map(({ lab }) => lab.instructions);
  consoles.to(END_NS + 3600 * SECOND_NS);
  const instructions = first.hosts.map(({ lab }, index) => lab.instructions - before[index]!);
  expect(begin.mock.calls.length).toBeLessThan(10_000);
  expect(Math.max(...instructions)).toBeLessThan(20_000_000);
  expect(first.hosts.map(({ lab }) => lab.ns)).toEqual([first.ns, first.ns]);
});

test('a host that is off takes no part; when all are, the world has ended', () => {
  expect(consoles.run(A, 'hostname')).toBe('A\n');
  consoles.type(B, 'poweroff\r');
  consoles.to(first.ns + SECOND_NS);
  expect(first.hosts[B]!.lab.domain.shutdown).not.toBe(null);
  expect(consoles.run(A, 'ping -c 2 10.0.0.101')).toContain(' 0 received');
  consoles.type(A, 'poweroff\r');
  expect(first.run({})).toEqual({ kind: 'ended' });
});

test('images that are not given, or that only a disk may be, are named', async () => {
  const kernel = (image: string): Promise<World> =>
    World.make(loadCore(), { hosts: [mote('A'), mote('B', { kernel: image })] }, images);
  const images = { ...(await moteFiles()), far: { size: 1, slice: () => new Blob() } };
  await expect(kernel('other')).rejects.toThrow('hosts[1].kernel: there is no image other');
  await expect(kernel('far')).rejects.toThrow("hosts[1].kernel: only a host's own disk can be elsewhere");
});
