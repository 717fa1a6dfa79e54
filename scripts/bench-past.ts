/**
 * `npm run bench:past`: what saving and going back cost, in CPU time of this process, as the machine may have other work: a host with
 * two domains in a file, and in memory after 50 million instructions; a step back in the midst of Debian's boot. Exit status 1: one
 * of them takes longer, or more, than is promised.
 */
import { readFileSync } from 'node:fs';
import { debianImages } from '../guests/debian/fetch.ts';
import { dom0Images } from '../guests/toolchain/mote-node.ts';
import { loadCore } from '../ui/lab/core-node.ts';
import { Lab } from '../ui/lab/lab.ts';
import type { BackKind } from '../ui/lab/protocol.ts';
import { saveLab } from '../ui/lab/snapshot/file.ts';
import { goBack } from '../ui/lab/time/ways-back.ts';

const MIB = 2 ** 20;
const FILE_MIB = 16;
const FILE_MS = 500;
const MEMORY_MS = 20;
const BACK_MS = 300;
const INTERVAL_INSTRUCTIONS = 50_000_000;
const SLICE_TICKS = 5_000_000;
const ROUNDS = 9;
/** Late in Debian's boot: its clock ticks by then. From here on it is gone back from so many places, so far apart. */
const LATE = /Run \/init as init process/;
const APART_INSTRUCTIONS = 7_654_321;
const KINDS: readonly BackKind[] = ['instruction', 'hypercall', 'event', 'trap'];

const core = loadCore();
let failed = false;

async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function tell(what: string, values: readonly number[], most: number, unit: string): void {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  failed ||= median > most;
  process.stdout.write(
    `${what}: ${median.toFixed(1)} ${unit} (${sorted[0]!.toFixed(1)} to ${sorted.at(-1)!.toFixed(1)}), of ${String(most)}\n`,
  );
}

function command(lab: Lab, text: string, until: RegExp): void {
  lab.type(new TextEncoder().encode(`${text}\r`));
  while (lab.run({ text: until }, SLICE_TICKS) === undefined);
}

async function ofMote(): Promise<void> {
  const lab = await Lab.boot(core, {
    ...(await dom0Images()),
    ...{ commandLine: '', isDom0: true, hostMb: 256, memoryMb: 96, vcpus: 1 },
  });
  while (lab.run({ text: /\/ \$ $/ }, SLICE_TICKS) === undefined);
  for (const name of ['one', 'two']) command(lab, `xm create mote name=${name}`, /Started domain[^]*\/ \$ $/);
  command(lab, 'xm list', /one[^]*two[^]*\/ \$ $/);
  lab.type(new TextEncoder().encode('while true; do seq 1 3000 | sort | wc; done\r'));
  const [files, sizes, inMemory]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    lab.run({ instructions: lab.instructions + INTERVAL_INSTRUCTIONS }, Infinity);
    const ms = await cpuMs(() => lab.save());
    // The first one is of everything.
    if (round > 0) inMemory.push(ms);
  }
  for (let round = 0; round < ROUNDS; round++)
    files.push(await cpuMs(async () => sizes.push((await saveLab(lab, core)).length / MIB)));
  tell('a host of 256 MiB with two domains, in a file', sizes, FILE_MIB, 'MiB');
  // What deflates it is busy on two processors: by the clock it is less.
  tell('made', files, FILE_MS, 'ms');
  tell('in memory, after 50 million instructions', inMemory, MEMORY_MS, 'ms');
}

async function ofDebian(): Promise<void> {
  const images = await debianImages();
  if (images === undefined) {
    process.stdout.write('Debian: there is no package client to fetch it with\n');
    return;
  }
  const lab = await Lab.boot(core, {
    ...{ kernel: readFileSync(images.cloud), ramdisk: readFileSync(images.initrd) },
    ...{ commandLine: 'console=hvc0 rdinit=/init', memoryMb: 128, vcpus: 1 },
  });
  lab.past.isKept = true;
  while (lab.run({ text: LATE }, SLICE_TICKS) === undefined);
  for (const kind of KINDS) {
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      lab.run({ instructions: lab.instructions + APART_INSTRUCTIONS }, Infinity);
      for (let step = 0; step < 3; step++) took.push(await cpuMs(() => goBack(lab, kind)));
    }
    tell(`Debian's boot, back to the ${kind} before`, took, BACK_MS, 'ms');
  }
}

await ofMote();
await ofDebian();
process.exitCode = failed ? 1 : 0;
