/**
 * `npm run soak:translator [-- PROGRAMS SEED --progress FILE]`: random programs interpreted and translated, compared
 * (core/translator/fuzz.ts), in batches with every threshold in turn. With FILE, where it stands is written there now and then, and a
 * run that finds one goes on with it. Exit status 1: something differs; the seed, the threshold and the program are said.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Twins } from '../core/translator/fuzz.ts';

const PROGRAMS_AT_ONCE = 32;
/** Batches on one machine: then there is a new one, with another threshold. */
const BATCHES = 16;
const THRESHOLDS = [40, 1, 40, 2, 40, 3, 40, 8];
const FAILURES_AT_MOST = 5;

/** How far it has come: batches of the seed, and instructions in them. */
interface Progress {
  readonly seed: number;
  batches: number;
  instructions: number;
  translated: number;
  cpuSeconds: number;
}

function begun(seed: number, file: string | undefined): Progress {
  if (file === undefined || !existsSync(file))
    return { seed, batches: 0, instructions: 0, translated: 0, cpuSeconds: 0 };
  const progress = JSON.parse(readFileSync(file, 'utf8')) as Progress;
  if (progress.seed !== seed) throw new Error(`${file} is of seed ${String(progress.seed)}`);
  return progress;
}

function save(progress: Progress, file: string | undefined): void {
  if (file === undefined) return;
  writeFileSync(`${file}.partial`, `${JSON.stringify(progress)}\n`);
  renameSync(`${file}.partial`, file);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Compares the batches of one machine. Returns what differs, by batch. */
function compareSome(progress: Progress, batchesAtMost: number): string[] {
  const before = cpuSeconds();
  const threshold = THRESHOLDS[Math.floor(progress.batches / BATCHES) % THRESHOLDS.length]!;
  let twins = new Twins(threshold);
  const differences: string[] = [];
  const count = ({ instructions, translating }: Twins): void => {
    progress.instructions += instructions;
    progress.translated += translating.translations!.instructions;
  };
  do {
    const difference = twins.compare(progress.seed + progress.batches, PROGRAMS_AT_ONCE);
    progress.batches++;
    if (difference === null) continue;
    differences.push(`threshold ${String(threshold)}, ${difference}`);
    count(twins);
    twins = new Twins(threshold);
  } while (progress.batches % BATCHES !== 0 && progress.batches < batchesAtMost);
  count(twins);
  progress.cpuSeconds += cpuSeconds() - before;
  return differences;
}

function textOf({ batches, instructions, translated, cpuSeconds }: Progress): string {
  const counts = `${String(instructions)} instructions, ${String(translated)} of them translated`;
  return `${String(batches * PROGRAMS_AT_ONCE)} programs, ${counts}, ${String(Math.round(cpuSeconds))} CPU seconds`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { progress: { type: 'string' } },
});
const [programs = 1_000_000, seed = 1] = positionals.map(Number);
const batchesAtMost = Math.ceil(programs / PROGRAMS_AT_ONCE);
const progress = begun(seed, values.progress);
let failed = 0;
while (progress.batches < batchesAtMost && failed < FAILURES_AT_MOST) {
  const differences = compareSome(progress, batchesAtMost);
  failed += differences.length;
  for (const difference of differences) process.stdout.write(`\n${difference}\n`);
  // What differs is met again by who goes on.
  if (failed === 0) save(progress, values.progress);
  process.stderr.write(`\r${textOf(progress)}`);
}
process.stdout.write(`\n${textOf(progress)}: ${failed === 0 ? 'alike' : 'different'}\n`);
process.exitCode = failed === 0 ? 0 : 1;
