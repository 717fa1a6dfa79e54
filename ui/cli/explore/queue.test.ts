/** A campaign on several machines: here, two crews at a Redis of this machine's. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LocalCrew } from './crew.ts';
import type { Found, Trier } from './crew.ts';
import type { Tried, Try } from './messages.ts';
import { QueueCrew } from './queue.ts';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'xenoscope-queue-'));
const SEEDS = Array.from({ length: 20 }, (_, n) => n + 1);
let redis: ChildProcess | undefined;
let url = '';

/** A port that nobody has just now. */
function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        done(port);
      });
    });
  });
}

beforeAll(async () => {
  if (!hasRedis) return;
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  redis = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  url = `redis://127.0.0.1:${String(port)}`;
  await new Promise<void>((done) => {
    redis!.stdout!.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('Ready to accept connections')) done();
    });
  });
});
afterAll(() => {
  redis?.kill();
  rmSync(folder, { recursive: true });
});

/** Every fifth seed fails, and always by its first variation. */
class Machine implements Trier {
  readonly size = 2;
  readonly tried: number[] = [];

  try({ vary }: Try): Promise<Tried> {
    const { seed, only = ['A: turn length 1', 'A: turn length 2'] } = vary;
    this.tried.push(seed);
    const fails = seed % 5 === 0 && only.includes('A: turn length 1');
    const failure = fails ? 'it fails\nso' : null;
    return Promise.resolve({ failure, isHostCrash: false, variations: fails ? only : [], recording: null });
  }

  end(): void {
    // It has no threads.
  }
}

async function campaign(
  machine: Machine,
  name: string,
): Promise<{ found: Found[]; only: readonly string[] }> {
  const crew = await QueueCrew.join(url, name, new LocalCrew(machine));
  const found: Found[] = [];
  await crew.trySeeds(SEEDS, (each) => found.push(each));
  const { only } = await crew.shrink(5);
  await crew.end();
  return { found: found.sort((a, b) => a.seed - b.seed), only };
}

test.skipIf(!hasRedis)('all are told of all, and each seed is tried once', async () => {
  const machines = [new Machine(), new Machine()];
  const [one, other] = await Promise.all(machines.map((machine) => campaign(machine, 'one')));
  expect(one).toEqual(other);
  expect(one!.found.map(({ seed }) => seed)).toEqual(SEEDS);
  expect(one!.found.filter(({ failure }) => failure === 'it fails').map(({ seed }) => seed)).toEqual([
    5, 10, 15, 20,
  ]);
  expect(one!.only).toEqual(['A: turn length 1']);
  const tried = machines.flatMap((machine) => machine.tried).filter((seed) => seed !== 5);
  expect(tried.sort((a, b) => a - b)).toEqual(SEEDS.filter((seed) => seed !== 5));
  // Who comes later is told of what has been done.
  const late = new Machine();
  expect(await campaign(late, 'one')).toEqual(one);
  expect(late.tried).toEqual([]);
});

test('where there is no Redis, that is said', async () => {
  const port = await freePort();
  const join = (where: string): Promise<QueueCrew> =>
    QueueCrew.join(where, 'none', new LocalCrew(new Machine()));
  await expect(join(`redis://127.0.0.1:${String(port)}`)).rejects.toThrow('cannot reach the queue: ');
  await expect(join('http://127.0.0.1')).rejects.toThrow('--queue: it must be redis://');
});
