/**
 * `npm run soak:translator [-- PROGRAMS SEED]`: random programs interpreted and translated, compared (core/translator/fuzz.ts), in
 * batches with every threshold in turn. Exit status 1: something differs; the seed and the program are said.
 */
import { Twins } from '../core/translator/fuzz.ts';

const [programs = 1_000_000, first = 1] = process.argv.slice(2).map(Number);
const PROGRAMS_AT_ONCE = 32;
/** Batches on one machine: then there is a new one, with another threshold. */
const BATCHES = 64;
const THRESHOLDS = [40, 1, 40, 2, 40, 3, 40, 8];
const FAILURES_AT_MOST = 5;

let twins: Twins | undefined;
let failed = 0;
let instructions = 0;
let translated = 0;

function finish(): void {
  instructions += twins?.instructions ?? 0;
  translated += twins?.translating.translations?.instructions ?? 0;
  twins = undefined;
}

let batch = 0;
for (; batch * PROGRAMS_AT_ONCE < programs && failed < FAILURES_AT_MOST; batch++) {
  if (batch % BATCHES === 0) {
    finish();
    process.stderr.write(
      `\r${String(batch * PROGRAMS_AT_ONCE)} programs, ${String(instructions)} instructions`,
    );
  }
  twins ??= new Twins(THRESHOLDS[Math.floor(batch / BATCHES) % THRESHOLDS.length]!);
  const difference = twins.compare(first + batch, PROGRAMS_AT_ONCE);
  if (difference === null) continue;
  failed++;
  process.stdout.write(`\n${difference}\n`);
  finish();
}
finish();
const { user, system } = process.cpuUsage();
const seconds = Math.round((user + system) / 1e6);
process.stdout.write(
  `\n${String(batch * PROGRAMS_AT_ONCE)} programs, ${String(instructions)} instructions, ${String(translated)} of them translated, ` +
    `${String(seconds)} CPU seconds: ${failed === 0 ? 'alike' : 'different'}\n`,
);
process.exitCode = failed === 0 ? 0 : 1;
