/**
 * `npm run bench [-- KERNEL... --rounds N --update]`: our processor against v86 without its JIT, in one run, on the same C
 * source built for each (32-bit there, 64-bit here). The sides take turns and the best of the rounds counts. `ratio` is
 * v86's wall time over ours; `--update` makes the result the committed baseline that later runs are compared with.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KERNELS, compileKernel, type Kernel } from './compile.ts';
import { runHere } from './here.ts';
import type { Measurement } from './measurement.ts';
import { runV86 } from './v86.ts';

const BASELINE = fileURLToPath(new URL('./baseline.json', import.meta.url));

/** One kernel's result: millions of instructions a second on both sides, and how many times faster we are. */
interface Result {
  readonly v86: number;
  readonly here: number;
  readonly ratio: number;
}
type Results = Partial<Record<Kernel, Result>>;

const faster = (a: Measurement | undefined, b: Measurement) =>
  a === undefined || b.milliseconds < a.milliseconds ? b : a;

const rate = ({ instructions, milliseconds }: Measurement) =>
  Math.round(instructions / milliseconds / 100) / 10;

async function measure(kernel: Kernel, rounds: number): Promise<Result> {
  const there = compileKernel(kernel, 32);
  const ours = compileKernel(kernel, 64);
  let v86: Measurement | undefined;
  let here: Measurement | undefined;
  for (let round = 0; round < rounds; round++) {
    v86 = faster(v86, await runV86(there));
    here = faster(here, runHere(ours));
    if (v86.checksum !== here.checksum)
      throw new Error(
        `${kernel}: v86 computed ${v86.checksum.toString(16)}, we ${here.checksum.toString(16)}`,
      );
  }
  if (!v86 || !here) throw new RangeError('at least one round');
  const ratio = Math.round((v86.milliseconds / here.milliseconds) * 100) / 100;
  return { v86: rate(v86), here: rate(here), ratio };
}

function geometricMean(results: Results): number {
  const ratios = Object.values(results).map(({ ratio }) => ratio);
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

function line(name: string, v86: string, here: string, ratio: string, baseline: string): void {
  console.log(
    name.padEnd(12) + v86.padStart(10) + here.padStart(10) + ratio.padStart(10) + baseline.padStart(20),
  );
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, update: { type: 'boolean', default: false } },
});
const chosen = KERNELS.filter((kernel) => positionals.length === 0 || positionals.includes(kernel));
const baseline = JSON.parse(readFileSync(BASELINE, 'utf8')) as Results;
const results: Results = {};

line('kernel', 'v86 MIPS', 'our MIPS', 'ratio', 'baseline');
for (const kernel of chosen) {
  const result = await measure(kernel, Number(values.rounds));
  results[kernel] = result;
  const before = baseline[kernel]?.ratio;
  const change = before === undefined ? '' : ` ${((result.ratio / before - 1) * 100).toFixed(0)} %`;
  line(
    kernel,
    result.v86.toFixed(1),
    result.here.toFixed(1),
    result.ratio.toFixed(2),
    `${before?.toFixed(2) ?? '-'}${change}`,
  );
}
const common = Object.fromEntries(Object.entries(baseline).filter(([kernel]) => kernel in results));
const before = Object.keys(common).length > 0 ? geometricMean(common).toFixed(2) : '-';
line('geometric mean', '', '', geometricMean(results).toFixed(2), before);
if (values.update) writeFileSync(BASELINE, `${JSON.stringify({ ...baseline, ...results }, null, 2)}\n`);
