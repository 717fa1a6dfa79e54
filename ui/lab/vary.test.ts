/** What varies in a host and in a world, by a seed. */
import { expect, test } from 'vitest';
import { boot } from './scenario/lone-host.ts';
import type { LoneHost } from './scenario/lone-host.ts';
import type { Vary } from '../../devices/chance.ts';

/** One that leaves little alone. */
const SEED = 155;
const PROMPT = '/ $ ';
const DISK = { name: 'disk', bytes: new Uint8Array(1 << 20) };

/** A host that is busy with all that varies: domains that wait for each other, a disk, a network. */
async function busy(vary?: Vary): Promise<LoneHost> {
  const host = await boot({
    dom0: true,
    hostMb: 160,
    memoryMb: 64,
    cpus: 2,
    vcpus: 2,
    disks: [DISK],
    ...(vary === undefined ? {} : { vary }),
  });
  await host.console.expect(PROMPT);
  host.console.enter('dd if=/dev/vda of=/dev/null bs=64k count=8 & ping -c 2 10.0.0.1');
  return host;
}

async function ended(host: LoneHost): Promise<{ hash: string; taken: readonly string[] }> {
  await host.console.expect('packet loss');
  await host.console.expect(PROMPT);
  return { hash: await host.hash(), taken: host.variations };
}

test('a seed makes another run of a host, the same each time, and from what it decided', async () => {
  const plain = await ended(await busy());
  expect(plain.taken).toEqual([]);
  const host = await busy({ seed: SEED });
  // A fork goes on alike from the middle.
  const fork = host.fork();
  const { hash, taken } = await ended(host);
  expect(hash).not.toBe(plain.hash);
  expect(await ended(fork)).toEqual({ hash, taken });
  expect(await ended(await busy({ seed: SEED, only: taken }))).toEqual({ hash, taken });
  const kinds = new Set(taken.map((name) => name.replace(/^host: (.*) \d+$/, '$1')));
  for (const kind of ['turn length', 'frame delay', 'disk delay', 'wake delay', 'timer slack'])
    expect(kinds).toContain(kind);
});
