/** A run that is shared, as a link or a file, is the same run for who opens it: where it was left, its past, what comes behind. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { moteImages } from '../../guests/toolchain/mote-node.ts';
import { loadCore } from './core-node.ts';
import { fileOfLink, linkOf } from './link.ts';
import { imagesAmong } from './own-images.ts';
import type { Command, Update } from './protocol.ts';
import { Session } from './session/session.ts';
import type { Bookmark } from './time/shown.ts';

const core = loadCore();
const mote = await moteImages();
const OWN = Object.values(mote);
const BOOT: Command = { type: 'boot', ...mote, commandLine: '', memoryMb: 32, vcpus: 1 };
const FAST: Command = { type: 'pace', realTime: false };
const PROMPT: Command = { type: 'runUntil', text: '\\$ $' };
const LOOK = { lens: 'rings', pane: 'stage', shares: { left: 61.5, top: null } };

class Face {
  readonly updates: Update[] = [];
  readonly session: Session;

  constructor(own: readonly Uint8Array[] = OWN) {
    const post = (update: Update): unknown => this.updates.push(structuredClone(update));
    this.session = new Session(core, post, imagesAmong(own));
  }

  async do(...commands: readonly Command[]): Promise<void> {
    for (const command of commands) await this.session.command(command);
  }

  async type(line: string): Promise<void> {
    await this.do({ type: 'keys', bytes: new TextEncoder().encode(`${line}\r`) });
    await this.do({ type: 'runUntil', text: `${line.replace('echo ', '')}\\r?\\n[^]*\\$ $` });
  }

  last<T extends Update['type']>(type: T): Extract<Update, { type: T }> {
    return this.updates.findLast((update): update is Extract<Update, { type: T }> => update.type === type)!;
  }

  get ns(): number {
    return this.last('state').state.ns;
  }

  get printed(): string {
    const from = this.updates.findLastIndex(({ type }) => type === 'rewound');
    return this.updates
      .slice(from)
      .map((update) => (update.type === 'console' ? new TextDecoder().decode(update.bytes) : ''))
      .join('');
  }

  async hash(): Promise<string> {
    await this.do({ type: 'hash' });
    return this.last('hash').hash;
  }

  async share(bookmarks: readonly Bookmark[] = []): Promise<Uint8Array> {
    await this.do({ type: 'share', look: LOOK, bookmarks });
    return this.last('shared').file!;
  }
}

/** Somebody has typed two lines, gone back to between them, and shared that. */
let one: Face;
let file: Uint8Array;
let link: string;
let endNs: number;
let endHash: string;
let bookmarks: readonly Bookmark[];

beforeAll(async () => {
  one = new Face();
  await one.do(FAST, BOOT, PROMPT);
  await one.type('echo first');
  const betweenNs = one.ns;
  await one.type('echo second');
  endNs = one.ns;
  endHash = await one.hash();
  bookmarks = [
    { host: 0, ns: endNs, lens: 'memory', pane: null, says: 'Both have been said.' },
    { host: 0, ns: betweenNs, lens: null, pane: null, says: 'One has.' },
  ];
  await one.do({ type: 'goTo', ns: betweenNs });
  file = await one.share(bookmarks);
  link = await linkOf(file);
});

test('a link is small, and what opens it stands where it was left, with what is shown, and the same state', async () => {
  expect(link).toMatch(/^1\.[-\w]+$/);
  expect(link.length).toBeLessThan(1200);
  expect(one.last('shared')).toMatchObject({ needs: [], why: '' });
  const other = new Face();
  await other.do({ type: 'open', file: await fileOfLink(link) });
  expect(other.last('shown')).toEqual({ type: 'shown', at: { host: 0, ns: one.ns, ...LOOK }, bookmarks });
  expect(other.ns).toBe(one.ns);
  expect(other.printed).toContain('first');
  expect(other.printed).not.toContain('second');
  expect(await other.hash()).toBe(await one.hash());
});

test('what was typed behind where it was left comes again: by going there, and by running', async () => {
  const goes = new Face();
  await goes.do({ type: 'open', file }, { type: 'goTo', ns: endNs });
  expect(await goes.hash()).toBe(endHash);
  const runs = new Face();
  await runs.do(FAST, { type: 'open', file }, { type: 'runUntil', text: 'second\\r?\\n[^]*\\$ $' });
  expect(runs.ns).toBe(endNs);
  expect(await runs.hash()).toBe(endHash);
  // Who was given it gives it on, and adds to it.
  await runs.type('echo third');
  const third = new Face();
  await third.do({ type: 'open', file: await fileOfLink(await linkOf(await runs.share(bookmarks))) });
  expect(await third.hash()).toBe(await runs.hash());
});

test('a snapshot of a host that nothing had come to saves the way, and changes nothing; from another, nobody knows the past', async () => {
  const host = new Face();
  await host.do(FAST, BOOT, PROMPT, { type: 'save', purpose: 'file' });
  const beginning = host.last('saved').file;
  const other = new Face();
  await other.do({ type: 'open', file, beginning });
  expect(other.last('state').state.past!.beginNs).toBe(host.ns);
  expect(await other.hash()).toBe(await one.hash());
  await other.do({ type: 'goTo', ns: endNs });
  expect(await other.hash()).toBe(endHash);
  // A recording of what came later is whole; it is of that boot.
  const untouched = new Face();
  await untouched.do(FAST, { type: 'open', file: beginning, isUntouched: true });
  await untouched.type('echo first');
  const shared = await untouched.share();
  const booted = new Face();
  await booted.do({ type: 'open', file: shared });
  expect(booted.last('state').state.past!.beginNs).toBe(0);
  expect(await booted.hash()).toBe(await untouched.hash());
  // What was typed before that instant, or on another host, begins with the boot.
  const late = new Face();
  await one.do({ type: 'save', purpose: 'file' });
  await late.do({ type: 'open', file, beginning: one.last('saved').file });
  expect(late.last('state').state.past!.beginNs).toBe(0);
  const saved = new Face();
  await saved.do(FAST, { type: 'open', file: one.last('saved').file });
  await saved.do({ type: 'share', look: LOOK, bookmarks: [] });
  expect(saved.last('shared')).toMatchObject({
    file: null,
    why: expect.stringMatching(/^It was opened from a snapshot/) as string,
  });
});

test('images that are somebody’s own are named: they have to be beside it', async () => {
  const other = new Face([mote.kernel]);
  await other.do({ type: 'open', file, images: OWN });
  await other.do({ type: 'share', look: LOOK, bookmarks: [] });
  expect(other.last('shared').needs).toEqual(['ramdisk']);
  const without = new Face([]);
  await without.do({ type: 'open', file });
  expect(without.last('error').message).toMatch(/^it needs its kernel \(SHA-256 \w+\), which is not here$/);
});

test('what is no link, cut short or altered anywhere, is refused in one sentence', async () => {
  await expect(fileOfLink('https')).rejects.toThrow('it is no link of Xenoscope');
  await expect(fileOfLink('1.a.b')).rejects.toThrow('it is no link of Xenoscope');
  await expect(fileOfLink('2.AAAA')).rejects.toThrow(
    'it is of version 2, and this Xenoscope reads version 1',
  );
  const open = async (text: string): Promise<string> => {
    const face = new Face();
    try {
      await face.do({ type: 'open', file: await fileOfLink(text) });
    } catch (error) {
      return (error as Error).message;
    }
    return face.last('error').message;
  };
  const letters = 'AZaz09-_%*';
  await fc.assert(
    fc.asyncProperty(fc.nat(link.length - 3), fc.nat(letters.length - 1), async (at, letter) => {
      expect(await open(link.slice(0, at + 2))).toMatch(/^(it is|damaged)[^\n]+$/);
      const other = link.slice(0, at + 2) + letters[letter]! + link.slice(at + 3);
      // The last letter has bits that mean nothing.
      if (other !== link && at < link.length - 3)
        expect(await open(other)).toMatch(/^(it is|damaged)[^\n]+$/);
    }),
    { seed: 7, numRuns: 100 },
  );
  const bomb = await linkOf(new TextEncoder().encode(JSON.stringify(' '.repeat(5 * 2 ** 20))));
  await expect(fileOfLink(bomb)).rejects.toThrow('it has more in it than a link can');
});

test('a recording whose bookmarks are of hosts that are not there is refused', async () => {
  const bad = await one.share([{ host: 3, ns: 0, lens: null, pane: null, says: '' }]);
  const other = new Face();
  await other.do({ type: 'open', file: bad });
  expect(other.last('error').message).toBe('damaged: what is shown is of hosts that are not there');
});
