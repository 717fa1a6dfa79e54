/**
 * Post-copy: a domain stands still, runs on the other host, and its pages follow it there. Until the last has gone it is in two
 * halves, and lost when they come apart.
 */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { POST_COPY, STAGES } from '../migration.ts';
import { Consoles, mote, moteWorld, PROMPT } from './testing.ts';
import type { SavedWorld } from '../snapshot/format.ts';
import type { World } from './world.ts';

const [A, B] = [0, 1];
const SECOND = 1e9;
const MS = 1e6;
const RUNNING = /^mote [r-][b-]----$/;
const MIGRATE = 'xm migrate --postcopy --resource=200 mote 10.0.0.101';
const FILE = '/tmp/sum';

let world: World;
let consoles: Consoles;
/** The domain runs on A, and has written to most of its memory. */
let before: SavedWorld;
let sum = '';
const run = (host: number, command: string): string => consoles.run(host, command);

const inside = (host: number, command: string): string => consoles.inside(host, 'mote', command)[0]!;
const guests = (host: number): string[] => consoles.guests(host);

/** Pages that the domain on B waits for. */
const away = (): number => {
  const domains = [...world.hosts[B]!.lab.hypervisor.domains.values()];
  return domains.reduce((all, { paged }) => all + (paged?.count ?? 0), 0);
};

/** Asks for it, and goes on until it runs on B and half of its pages have followed. */
function toHalf(): void {
  consoles.type(A, `${MIGRATE}\r`);
  const runs = (): boolean =>
    [...world.hosts[B]!.lab.hypervisor.domains.values()].some(
      ({ id, pauseCount }) => id > 0 && pauseCount === 0,
    );
  while (!runs()) consoles.to(world.ns + MS);
  const all = away();
  while (away() > all / 2) consoles.to(world.ns + 5 * MS);
}

beforeAll(async () => {
  const hosts = [mote('A', { hostMb: 96, memoryMb: 48 }), mote('B', { hostMb: 96, memoryMb: 48 })];
  world = await moteWorld({ hosts });
  consoles = new Consoles(world);
  for (const host of [A, B]) {
    consoles.until(host, PROMPT);
    consoles.letIn(host);
  }
  run(A, "echo 'memory = 16' >> /etc/xen/mote; xm create mote");
  inside(A, `for n in 1 2 3 4 5 6 7 8; do cat /bin/sh /bin/sh /bin/sh /bin/sh; done > ${FILE}`);
  sum = inside(A, `sha256sum ${FILE}; sleep 100000 &`);
  before = world.save();
});

beforeEach(() => {
  world.goTo(before);
});

test('it goes there, every byte of it; it stands still for less than its memory takes', () => {
  for (const { lab } of world.hosts) lab.witness.watch();
  const printed = run(A, MIGRATE);
  const [, kib, down] = /Sent (\d+) KiB in \d+ ms, suspended for (\d+) ms/.exec(printed)!.map(Number);
  const [, fetched, pushed, all] =
    /Then its pages followed, (\d+) fetched, (\d+) pushed: (\d+) KiB in all, the last after \d+ ms\n/
      .exec(printed)!
      .map(Number);
  expect(kib).toBeLessThan(1024);
  expect(down).toBeLessThan(60);
  expect(fetched).toBeGreaterThan(0);
  expect((fetched! + pushed!) * 4 + kib!).toBeGreaterThan(15_900);
  expect(all).toBeLessThan(16_384 * 1.05);
  expect([guests(A), guests(B)]).toEqual([[], [expect.stringMatching(RUNNING)]]);
  expect(inside(B, `sha256sum ${FILE}`)).toContain(sum.split(' ')[0]);
  expect(inside(B, 'ps')).toContain('sleep');
  expect([away(), [...world.hosts[B]!.lab.hypervisor.domains.values()].at(-1)!.paged]).toEqual([0, null]);
  const [left] = world.hosts[A]!.lab.witness.migrations.all;
  expect(left!.stages.map(({ stage }) => stage)).toEqual([
    ...STAGES.filter((stage) => stage !== 'iterative pre-copy'),
    POST_COPY,
  ]);
  expect(left!.later).toEqual({ fetched, pushed, left: 0 });
  // It is a domain like any other: it goes back while it runs, and on from there.
  expect(run(B, 'xm migrate --live mote 10.0.0.100')).toContain('Sent ');
  expect(inside(A, `sha256sum ${FILE}`)).toContain(sum.split(' ')[0]);
});

test('a world that is saved in the middle goes on as it would have', async () => {
  toHalf();
  const middle = world.save();
  const end = world.ns + SECOND;
  consoles.to(end);
  const hash = await world.hash();
  expect(away()).toBe(0);
  world.goTo(middle);
  expect(away()).toBeGreaterThan(100);
  consoles.to(end);
  expect(await world.hash()).toBe(hash);
});

describe('when the halves come apart the domain is lost, and both hosts say so', () => {
  const LOST_THERE = /mote is lost: it runs here, and not all of its pages can come from 10\.0\.0\.100/;
  const LOST_HERE = 'the domain is lost: it ran there, and not all of its pages had gone (post-copy)';
  const isNowhere = (hosts: readonly number[]): void => {
    for (const host of hosts) {
      expect(guests(host), `host ${String(host)}`).toEqual([]);
      expect(run(host, 'xenstore-ls /local/domain | grep mote')).toBe('');
    }
  };

  test('the LAN is cut', () => {
    toHalf();
    world.injectLan(0, { kind: 'lose frames', share: 1 });
    consoles.until(A, PROMPT);
    expect(consoles.screens[A]).toContain(`xm: mote: ${LOST_HERE}`);
    consoles.to(world.ns + 40 * SECOND);
    expect(run(B, 'tail -n 1 /var/log/xen/xend.log')).toMatch(LOST_THERE);
    isNowhere([A, B]);
  });

  test('the host that it came from crashes', () => {
    toHalf();
    world.inject(A, { kind: 'crash domain', domain: 0, message: 'cut' });
    consoles.to(world.ns + 100 * SECOND);
    expect(run(B, 'tail -n 1 /var/log/xen/xend.log')).toMatch(LOST_THERE);
    isNowhere([B]);
  });

  test('who fetches its pages is killed', () => {
    toHalf();
    const [, worker] = [...run(B, 'ps').matchAll(/^ *(\d+) .*xend/gm)].map(([, pid]) => pid!);
    run(B, `kill -9 ${worker!}`);
    consoles.until(A, PROMPT);
    expect(consoles.screens[A]).toContain(`xm: mote: ${LOST_HERE}`);
    consoles.to(world.ns + 3 * SECOND);
    expect(run(B, 'tail -n 1 /var/log/xen/xend.log')).toMatch(LOST_THERE);
    isNowhere([A, B]);
  });

  test('a short cut is waited for', () => {
    toHalf();
    world.injectLan(0, { kind: 'lose frames', share: 1 });
    consoles.to(world.ns + 2 * SECOND);
    world.injectLan(0, { kind: 'lose frames', share: 0 });
    consoles.until(A, PROMPT);
    expect(inside(B, `sha256sum ${FILE}`)).toContain(sum.split(' ')[0]);
  });
});

test('it is one or the other', () => {
  expect(run(A, 'xm migrate --live --postcopy mote 10.0.0.101')).toContain('[--live | --postcopy]');
});
