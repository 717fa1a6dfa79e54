/**
 * `npm run soak:migration -- [cuts] [seed] [FILE]`: a domain is sent from A to B, live or by post-copy, again and again from the same
 * instant, and each time something is broken at a random instant of a random stage or round: the LAN, a host, a process of xend on either
 * side, or B has no memory any more. Afterwards exactly one copy runs, and nothing else is left: or none, where it went down with the host
 * that it was on, or was in two halves that came apart, and both hosts say so. What has been tried is in FILE, a line each: ended however,
 * it goes on there by the same command. Exit status 1: another outcome; 2: FILE is of other code.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Random } from '../devices/random.ts';
import { dom0Images } from '../guests/toolchain/mote-node.ts';
import { Cuts, KINDS } from '../ui/lab/world/testing-cuts.ts';
import type { Outcome } from '../ui/lab/world/testing-cuts.ts';

interface Tried extends Outcome {
  readonly seed: number;
}

const CORE = 'core/build/core.wasm';
const [count = '500', first = '1', file] = process.argv.slice(2);
const code = await fingerprint();
const tried = readTried();
await tryTheOthers();
tell();

/** Of all that decides what comes of a cut: this program with the hypervisor in it, the processor, Mote. */
async function fingerprint(): Promise<string> {
  const { kernel, ramdisk } = await dom0Images();
  const hash = createHash('sha256');
  for (const path of [fileURLToPath(import.meta.url), CORE]) hash.update(readFileSync(path));
  return hash.update(kernel).update(ramdisk).digest('hex');
}

/** What has been tried before. */
function readTried(): Tried[] {
  if (file === undefined) return [];
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify({ code })}\n`);
  // A line that was being written when it ended is none.
  const [head, ...rest] = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  if ((JSON.parse(head!) as { code: string }).code === code)
    return rest.map((line) => JSON.parse(line) as Tried);
  process.stderr.write(`${file}: what is in it was tried with other code\n`);
  process.exit(2);
}

async function tryTheOthers(): Promise<void> {
  const done = new Set(tried.map(({ seed }) => seed));
  const seeds = Array.from({ length: Number(count) }, (_, n) => Number(first) + n);
  const todo = seeds.filter((seed) => !done.has(seed));
  if (todo.length === 0) return;
  const cuts = await Cuts.make();
  process.stdout.write(`without a cut: ${cuts.coursesText}\n`);
  for (const seed of todo) {
    // Each has a seed of its own, to be made again alone.
    const outcome = { seed, ...cuts.cut(new Random(seed), KINDS[seed % KINDS.length]!) };
    tried.push(outcome);
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(outcome)}\n`);
    if (outcome.verdict !== 'WRONG') continue;
    const { kind, atNs, copies } = outcome;
    process.stdout.write(
      `seed ${String(seed)}: ${kind}, ${placeOf(outcome)}, after ${String(atNs)} ns: ${copies}\n${cuts.report()}\n`,
    );
  }
}

function placeOf({ way, stage, round }: Outcome): string {
  return `${way}: ${stage}${round === 0 ? '' : `, round ${String(round)}`}`;
}

function tell(): void {
  const counts = new Map<string, number>();
  for (const outcome of tried) {
    const { kind, verdict, copies } = outcome;
    for (const what of [`${kind}: ${verdict}: ${copies}`, `in ${placeOf(outcome)}: ${verdict}`])
      counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  for (const [what, times] of [...counts].sort())
    process.stdout.write(`${String(times).padStart(5)} × ${what}\n`);
  const wrong = tried.filter(({ verdict }) => verdict === 'WRONG').map(({ seed }) => seed);
  const verdict = wrong.length === 0 ? 'well' : `${String(wrong.length)} WRONG: seeds ${wrong.join(', ')}`;
  process.stdout.write(`${String(tried.length)} cuts: ${verdict}\n`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}
