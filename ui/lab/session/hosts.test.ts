/** A session of a world of two hosts, and of a recording: what a page is told of them. */
import { expect, test } from 'vitest';
import { dom0Images, moteImages } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import { Lab } from '../lab.ts';
import { imagesAmong } from '../own-images.ts';
import type { LabState, Update } from '../protocol.ts';
import type { Place } from '../timeline/view.ts';
import { Session } from './session.ts';
import { LabRun } from '../time/lab-run.ts';
import { Marks } from '../time/marks.ts';
import { startNodeThread } from '../world/node-threads.ts';
import { writeRecording } from '../time/recording.ts';

const core = loadCore();
const images = await dom0Images();
const own = imagesAmong(Object.values(images));

/** A session, with what it has posted. */
class Posted {
  readonly updates: Update[] = [];
  readonly session: Session;

  constructor(startThread?: ConstructorParameters<typeof Session>[3]) {
    const post = (update: Update): unknown => this.updates.push(structuredClone(update));
    this.session = new Session(core, post, own, startThread);
  }

  last<Type extends Update['type']>(type: Type): Extract<Update, { type: Type }> {
    const found = this.updates.findLast((update) => update.type === type);
    return found as Extract<Update, { type: Type }>;
  }
  get state(): LabState {
    return this.last('state').state;
  }
  /** What a host has printed. */
  printed(host: number): string {
    return this.updates
      .filter((update) => update.type === 'console')
      .map((update) => (update.host === host ? new TextDecoder().decode(update.bytes) : ''))
      .join('');
  }
  type(keys: string): Promise<void> {
    return this.session.command({ type: 'keys', bytes: new TextEncoder().encode(keys) });
  }
  until(text: string): Promise<void> {
    return this.session.command({ type: 'runUntil', text, seconds: 60 });
  }
}

function lanesOf(host: string): string[] {
  return ['cpu0', 'Xen', 'd0v0'].map((lane) => `${host} ${lane}`);
}

test('two hosts: one is looked at and gets the keys, both go on; they are saved, opened and gone back with together', async () => {
  const one = new Posted();
  const request = { ...images, commandLine: '', memoryMb: 64, hostMb: 128, vcpus: 1, isDom0: true };
  await one.session.command({ type: 'boot', hosts: 2, ...request });
  expect(one.last('booted').hosts).toBe(2);
  await one.session.command({ type: 'pace', realTime: false });
  await one.until('\\$ $');
  expect(one.state.hosts.map(({ name }) => name)).toEqual(['A', 'B']);
  await one.session.command({ type: 'lookAtHost', host: 1 });
  expect(one.last('looking')).toBeDefined();
  await one.type('hostname; ping -c 1 10.0.0.100\r');
  await one.until('1 received[^]*\\$ $');
  expect(one.state).toMatchObject({ host: 1, running: false });
  expect(one.printed(1)).toMatch(/\nB\r?\n[^]*1 received/);
  expect(one.printed(0)).not.toContain('1 received');
  // Who pauses while another host comes to the front has paused it.
  const running = one.session.command({ type: 'run' });
  const looking = one.session.command({ type: 'lookAtHost', host: 0 });
  const paused = one.session.command({ type: 'pause' });
  await Promise.all([running, looking, paused]);
  expect(one.state).toMatchObject({ host: 0, running: false });
  const [a, b] = one.state.hosts;
  expect(Math.abs(a!.ns - b!.ns)).toBeLessThan(200_000);
  const span = { fromNs: a!.ns - 3e6, toNs: a!.ns, limit: 20_000, filter: 'hypercall' };
  await one.session.command({ type: 'timeline', id: 1, ...span });
  const { lanes, arrows, found } = one.last('timeline').view!;
  expect(lanes.map(({ name }) => name)).toEqual([...'AB'].flatMap((host) => lanesOf(host)));
  const hostOf = (place: Place): string => lanes[place.lane]!.name[0]!;
  const journeys = arrows.filter(({ why }) => why === 'sent');
  for (const { from, to } of arrows.filter(({ why }) => why !== 'sent'))
    expect(hostOf(from)).toBe(hostOf(to));
  // There and back again, in the latency of the LAN at least.
  expect(new Set(journeys.map(({ from, to }) => hostOf(from) + hostOf(to)))).toEqual(new Set(['AB', 'BA']));
  for (const { from, to } of journeys) {
    const [sent, came] = [from, to].map(({ lane, item }) => lanes[lane]!.items[item]!);
    expect([sent!.kind, came!.kind]).toEqual(['device', 'device']);
    expect(came!.fromNs - sent!.fromNs).toBeGreaterThanOrEqual(100_000);
  }
  expect(found.every(({ lane, item }) => lanes[lane]!.items[item]!.kind === 'hypercall')).toBe(true);
  expect(new Set(found.map(hostOf))).toEqual(new Set('AB'));
  await one.session.command({ type: 'save', purpose: 'file' });
  await one.session.command({ type: 'hash' });
  const other = new Posted();
  await other.session.command({ type: 'open', file: one.last('saved').file });
  expect(other.state.hosts).toEqual(one.state.hosts);
  expect(other.state.host).toBe(0);
  expect(other.printed(1)).toBe(one.printed(1));
  await other.session.command({ type: 'hash' });
  expect(other.last('hash').hash).toBe(one.last('hash').hash);
  const filter = { without: [], domain: null, folds: true };
  await one.session.command({ type: 'story', window: { filter, from: null, count: 10 } });
  await one.session.command({ type: 'lookAtHost', host: 1 });
  // What had happened there before somebody looked is told, too.
  expect(one.last('story').lines).toHaveLength(10);
  await one.session.command({ type: 'back', kind: 'hypercall' });
  expect(one.state.stopped).toMatch(/^It went back to the hypercall before: /);
  expect(one.state.hosts[0]!.ns).toBeLessThan(a!.ns);
});

test('a recording stands at its beginning, and all of it can be gone to', async () => {
  const mote = await moteImages();
  const lab = await Lab.boot(core, { ...mote, commandLine: '', memoryMb: 32, vcpus: 1 });
  while (lab.run({ text: /\$ $/ }, 5_000_000) === undefined);
  lab.type(new TextEncoder().encode('echo recorded\r'));
  while (lab.run({ text: /recorded\r?\n[^]*\$ $/ }, 5_000_000) === undefined);
  const marks = new Marks(new LabRun(lab));
  await marks.end();
  const file = await writeRecording(lab, core, marks.made);
  const page = new Posted();
  await page.session.command({ type: 'open', file, images: Object.values(mote) });
  expect(page.state.stopped).toMatch(
    /^It stands at the beginning of a recording, which goes on to 0\.\d{3} s/,
  );
  expect(page.state).toMatchObject({ instructions: 0, past: { beginNs: 0, endNs: lab.ns } });
  await page.session.command({ type: 'goTo', ns: lab.ns });
  expect(page.printed(0)).toMatch(/\nrecorded\r?\n/);
  await page.session.command({ type: 'hash' });
  expect(page.last('hash').hash).toBe(marks.made.at(-1)!.hash);
  await page.session.command({ type: 'open', file: new Uint8Array(100) });
  expect(page.last('error').message).toBe('it is neither a snapshot nor a recording of Xenoscope');
  await page.session.command({ type: 'open', file: file.subarray(0, -9), images: Object.values(mote) });
  expect(page.last('error').message).toMatch(/^it is damaged or incomplete/);
});

test('hosts in threads of their own, while they run freely: keys come, and all is as it is without threads', async () => {
  const request = { ...images, commandLine: '', memoryMb: 64, hostMb: 128, vcpus: 1, isDom0: true };
  const [one, two] = [new Posted(), new Posted(startNodeThread)];
  for (const each of [one, two]) {
    await each.session.command({ type: 'boot', hosts: 2, ...request });
    await each.session.command({ type: 'pace', realTime: false });
    await each.session.command({ type: 'stage', lens: 'processors', wanted: null });
    await each.until('\\$ $');
    await each.until('\\$ $');
    await each.session.command({ type: 'runUntil', seconds: 1 });
    for (const host of [0, 1])
      await each.session.command({
        type: 'keys',
        host,
        bytes: new TextEncoder().encode('seq 1 9000 | sort | wc\r'),
      });
  }
  const run = two.session.command({ type: 'run' });
  // A face hears of the other host while it runs, too.
  while (!two.printed(1).includes('9000  9000')) await new Promise((later) => setTimeout(later, 20));
  await two.session.command({ type: 'pause' });
  await run;
  const seconds = Math.max(...two.state.hosts.map(({ ns }) => ns)) / 1e9 + 0.01;
  for (const each of [one, two]) {
    await each.session.command({ type: 'runUntil', seconds });
    await each.session.command({ type: 'hash' });
  }
  expect(two.last('hash')).toEqual(one.last('hash'));
  for (const host of [0, 1]) expect(two.printed(host)).toBe(one.printed(host));
  await two.session.command({ type: 'boot', ...request });
});
