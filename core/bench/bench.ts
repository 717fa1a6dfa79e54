/**
 * `npm run bench [-- KERNEL... --rounds N --update]`: our processor against v86, both interpreting and both translating, in one
 * run, on the same C source built for each (32-bit there, 64-bit here). The four take turns and the best of the rounds counts.
 * Ratios are their wall time over ours; `--update` makes the result the committed baseline that later runs are compared with.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KERNELS, compileKernel, type Kernel } from './compile.ts';
import { runHere } from './here.ts';
import type { Measurement } from './measurement.ts';
import { runV86 } from './v86.ts';

const BASELINE = fileURLToPath(new URL('./baseline.json', import.meta.url));

/** One kernel's result: millions of instructions a second of each, and how many times faster we are at either. */
interface Result {
  readonly v86: number;
  readonly here: number;
  readonly ratio: number;
  readonly v86Translated: number;
  readonly hereTranslated: number;
  readonly ratioTranslated: number;
}
type Results = Partial<Record<Kernel, Result>>;
type Ratio = 'ratio' | 'ratioTranslated';

const faster = (a: Measurement | undefined, b: Measurement) =>
  a === undefined || b.milliseconds < a.milliseconds ? b : a;

const rate = ({ instructions, milliseconds }: Measurement) =>
  Math.round(instructions / milliseconds / 100) / 10;
const ratioOf = (there: Measurement, here: Measurement) =>
  Math.round((there.milliseconds / here.milliseconds) * 100) / 100;

async function measure(kernel: Kernel, rounds: number): Promise<Result> {
  const there = compileKernel(kernel, 32);
  const ours = compileKernel(kernel, 64);
  const ways = [
    () => runV86(there, false),
    () => Promise.resolve(runHere(ours, false)),
    () => runV86(there, true),
    () => Promise.resolve(runHere(ours, true)),
  ];
  const best: (Measurement | undefined)[] = ways.map(() => undefined);
  for (let round = 0; round < rounds; round++)
    for (const [i, way] of ways.entries()) best[i] = faster(best[i], await way());
  const [v86, here, v86Translated, hereTranslated] = best as [
    Measurement,
    Measurement,
    Measurement,
    Measurement,
  ];
  for (const { checksum } of [here, v86Translated, hereTranslated]) {
    if (v86.checksum === checksum) continue;
    throw new Error(`${kernel}: v86 computed ${v86.checksum.toString(16)}, another ${checksum.toString(16)}`);
  }
  return {
    v86: rate(v86),
    here: rate(here),
    ratio: ratioOf(v86, here),
    v86Translated: rate(v86Translated),
    hereTranslated: rate(hereTranslated),
    ratioTranslated: ratioOf(v86Translated, hereTranslated),
  };
}

function geometricMean(results: Results, ratio: Ratio): number {
  const ratios = Object.values(results).map((result) => result[ratio]);
  return Math.exp(ratios.reduce((sum, each) => sum + Math.log(each), 0) / ratios.length);
}

function line(...columns: string[]): void {
  console.log(
    columns.map((text, i) => (i === 0 ? text.padEnd(15) : text.padStart(i % 4 === 0 ? 14 : 8))).join(' '),
  );
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, update: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
if (!(rounds >= 1)) throw new RangeError('at least one round');
const chosen = KERNELS.filter((kernel) => positionals.length === 0 || positionals.includes(kernel));
const baseline = JSON.parse(readFileSync(BASELINE, 'utf8')) as Results;
const results: Results = {};

const compared = (now: number, before: number | undefined): string =>
  before === undefined ? '-' : `${before.toFixed(2)} ${((now / before - 1) * 100).toFixed(0)} %`;

line('', 'interpreted:', '', '', 'baseline', 'translated:', '', '', 'baseline');
line('kernel', 'v86 MIPS', 'here', 'ratio', '', 'v86 MIPS', 'here', 'ratio', '');
for (const kernel of chosen) {
  const result = await measure(kernel, rounds);
  results[kernel] = result;
  const before = baseline[kernel];
  line(
    kernel,
    ...[
      result.v86.toFixed(1),
      result.here.toFixed(1),
      result.ratio.toFixed(2),
      compared(result.ratio, before?.ratio),
    ],
    ...[result.v86Translated.toFixed(1), result.hereTranslated.toFixed(1), result.ratioTranslated.toFixed(2)],
    compared(result.ratioTranslated, before?.ratioTranslated),
  );
}
const common: Results = Object.fromEntries(Object.entries(baseline).filter(([kernel]) => kernel in results));
const mean = (ratio: Ratio): string[] => [
  ...['', '', geometricMean(results, ratio).toFixed(2)],
  compared(geometricMean(results, ratio), geometricMean(common, ratio) || undefined),
];
line('geometric mean', ...mean('ratio'), ...mean('ratioTranslated'));
if (values.update) writeFileSync(BASELINE, `${JSON.stringify({ ...baseline, ...results }, null, 2)}\n`);
