/**
 * `npm run soak:save -- [files] [seed]`: a saved domain's file, altered in every record of it (its type, its length, three places of
 * what it holds), and then at a random place of so many files, is restored: what is refused says why and leaves nothing behind, what
 * is not is destroyed again; the hypervisor's invariant holds, domain 0 goes on. Exit status 1: something is left over, or nothing
 * was said.
 */
import { hostCounts, moteConfig } from '../guests/tests/dom0/testing-counts.ts';
import { noise } from '../guests/tests/dom0/testing-integrity.ts';
import { Host } from '../guests/tests/dom0/testing.ts';
import { recordsOf } from './save/records.ts';

const [files = 200, seed = 1] = process.argv.slice(2).map(Number);
/** Where the configuration and what does not change is, and where the vcpus are: bytes from the beginning and the end. */
const HEAD = 2500;
const TAIL = 10_000;
const NOISE_BYTES = 1 << 20;
/** Room for the file, where it can be read from outside. */
const COPY_BYTES = 48 << 20;

interface Place {
  readonly name: string;
  readonly at: number;
  readonly count: number;
}

let state = seed;
/** A number below `limit` (xorshift32). */
function random(limit: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

const host = await Host.boot(
  { 'etc/xen/one': moteConfig('one', "vif = [ '' ]", 'on_crash = "destroy"') },
  {
    memoryMb: 96,
    hostMb: 160,
    disks: [
      { name: 'noise', bytes: noise(1) },
      { name: 'copy', bytes: new Uint8Array(COPY_BYTES) },
    ],
  },
);
host.run('xm create one; sleep 1; xm save one /tmp/file; cp /tmp/file /tmp/bad');
const size = Number(/\d{7,}/.exec(host.run('ls -l /tmp/file'))![0]);
const whole = hostCounts(host);
const said = new Map<string, number>();
let isGood = true;

host.run('dd if=/tmp/file of=/dev/vdb bs=64k');
const records = recordsOf(host.disk(1).subarray(0, size));
/** Of each record: its type, its length, its first bytes, some in its middle, its last. */
const ofRecords: Place[] = records.flatMap(({ name, at, bytes }) => [
  { name: `${name}, its type`, at, count: 4 },
  { name: `${name}, its length`, at: at + 4, count: 4 },
  ...(bytes < 24
    ? [{ name, at: at + 8, count: bytes }]
    : [0, Math.floor(bytes / 2), bytes - 8].map((inside) => ({
        name: `${name} at ${String(inside)}`,
        at: at + 8 + inside,
        count: 8,
      }))),
]);
process.stdout.write(
  `${String(records.length)} records: ${[...new Set(records.map(({ name }) => name))].join(', ')}\n`,
);
const all = [...ofRecords.filter(({ count }) => count > 0), ...Array.from({ length: files }, anywhere)];
for (const place of all) {
  alter(place);
  if (!isGood) break;
}

/** Mostly where the configuration and the vcpus are. */
function anywhere(): Place {
  const where = random(10);
  const at = where < 5 ? 1 + random(HEAD) : where < 8 ? size - 1 - random(TAIL) : 1 + random(size - 9);
  return { name: 'anywhere', at, count: Math.min(1 + random(8), size - at) };
}

function alter({ name, at, count }: Place): void {
  const put = (file: string, skip: number): string =>
    host.run(`dd if=${file} of=/tmp/bad bs=1 count=${String(count)} skip=${String(skip)} seek=${String(at)}`);
  put('/dev/vda', random(NOISE_BYTES - 8));
  const told = host.run('xm restore /tmp/bad').split('\n').pop()!;
  put('/tmp/file', at);
  const isMade = told.startsWith('Loading');
  for (const { id } of [...host.lab.hypervisor.domains.values()])
    if (id !== 0 && isMade) host.run(`xm destroy ${String(id)}`);
  // One that has crashed is taken away by xend, which hears of it a moment later.
  if (isMade) host.run('sleep 2');
  host.run('rm /var/lib/xend/domains/*/config; rmdir /var/lib/xend/domains/*');
  const now = hostCounts(host);
  isGood = JSON.stringify(now) === JSON.stringify(whole) && (isMade || told.startsWith('xm: /tmp/bad: '));
  if (!isGood)
    process.stdout.write(
      `${name}: ${String(count)} bytes at ${String(at)}: ${told}\n${JSON.stringify(now)}\n`,
    );
  const kind = isMade
    ? 'restored all the same'
    : told.slice('xm: /tmp/bad: '.length).replaceAll(/\b[0-9a-f]*\d[0-9a-f]*\b/g, 'N');
  said.set(kind, (said.get(kind) ?? 0) + 1);
}
for (const [kind, count] of [...said].sort((a, b) => b[1] - a[1]))
  process.stdout.write(`${String(count).padStart(5)} × ${kind}\n`);
process.stdout.write(`${String(all.length)} files: ${isGood ? 'well' : 'WRONG'}\n`);
process.exitCode = isGood ? 0 : 1;
