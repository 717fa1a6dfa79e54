/**
 * `npm run bench [-- KERNEL... --rounds N --update]`: our processor against v86, both interpreting and both translating, and against
 * QEMU's translator where that is installed, in one run, on the same C source built for each (32-bit for v86, else 64-bit). They take
 * turns and the best of the rounds counts. Ratios are their wall time over ours, and our interpreter's over our translator's;
 * `--update` makes the result the committed baseline that later runs are compared with.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KERNELS, buildKernel, compileKernel, type Kernel } from './compile.ts';
import { runHere } from './here.ts';
import type { Measurement } from './measurement.ts';
import { hasQemu, runQemu } from './qemu.ts';
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
  /** Our translator's gain over our interpreter, and what part of the instructions it has executed. */
  readonly ratioOwn: number;
  readonly translatedPart: number;
  readonly qemu?: number;
  readonly ratioQemu?: number;
}
type Results = Partial<Record<Kernel, Result>>;
type Ratio = 'ratio' | 'ratioTranslated' | 'ratioOwn' | 'ratioQemu';

const faster = (a: Measurement | undefined, b: Measurement) =>
  a === undefined || b.milliseconds < a.milliseconds ? b : a;

const rate = ({ instructions, milliseconds }: Measurement) =>
  Math.round(instructions / milliseconds / 100) / 10;
const ratioOf = (there: Measurement, here: Measurement) =>
  Math.round((there.milliseconds / here.milliseconds) * 100) / 100;

async function measure(kernel: Kernel, rounds: number): Promise<Result> {
  const there = compileKernel(kernel, 32);
  const ours = compileKernel(kernel, 64);
  const bare = buildKernel(kernel, 'bare64');
  let instructions = 0;
  const here = (translates: boolean): Promise<Measurement> => {
    const measurement = runHere(ours, translates);
    ({ instructions } = measurement);
    return Promise.resolve(measurement);
  };
  const ways = [
    () => runV86(there, false),
    () => here(false),
    () => runV86(there, true),
    () => here(true),
    ...(hasQemu() ? [() => runQemu(bare, instructions)] : []),
  ];
  const best: (Measurement | undefined)[] = ways.map(() => undefined);
  for (let round = 0; round < rounds; round++)
    for (const [i, way] of ways.entries()) best[i] = faster(best[i], await way());
  const [v86, interpreted, v86Translated, translated, qemu] = best as [
    Measurement,
    Measurement,
    Measurement,
    Measurement,
    Measurement?,
  ];
  for (const { checksum } of best as Measurement[]) {
    if (v86.checksum === checksum) continue;
    throw new Error(`${kernel}: v86 computed ${v86.checksum.toString(16)}, another ${checksum.toString(16)}`);
  }
  return {
    v86: rate(v86),
    here: rate(interpreted),
    ratio: ratioOf(v86, interpreted),
    v86Translated: rate(v86Translated),
    hereTranslated: rate(translated),
    ratioTranslated: ratioOf(v86Translated, translated),
    ratioOwn: ratioOf(interpreted, translated),
    translatedPart: translated.translatedPart ?? 0,
    ...(qemu === undefined ? {} : { qemu: rate(qemu), ratioQemu: ratioOf(qemu, translated) }),
  };
}

/** Of the kernels that have such a ratio; undefined: none has. */
function geometricMean(results: Results, ratio: Ratio): number | undefined {
  const ratios = Object.values(results).flatMap((result) => result[ratio] ?? []);
  if (ratios.length === 0) return undefined;
  return Math.exp(ratios.reduce((sum, each) => sum + Math.log(each), 0) / ratios.length);
}

const WIDTHS = [14, 6, 6, 6, 12, 7, 6, 6, 12, 6, 6, 12, 6, 6, 12];
function line(...columns: string[]): void {
  console.log(
    columns.map((text, i) => (i === 0 ? text.padEnd(WIDTHS[0]!) : text.padStart(WIDTHS[i]!))).join(' '),
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

const compared = (now: number | undefined, before: number | undefined): string =>
  now === undefined || before === undefined
    ? '-'
    : `${before.toFixed(2)} ${((now / before - 1) * 100).toFixed(0)} %`;
const shown = (value: number | undefined, digits: number): string =>
  value === undefined ? '-' : value.toFixed(digits);

line('', 'both', 'inter-', 'preted', '', 'both', 'trans-', 'lated', '', 'own', '', '', 'QEMU');
line(
  'kernel',
  ...['v86', 'here', 'ratio', 'baseline', 'v86', 'here', 'ratio', 'baseline', 'part', 'ratio', 'baseline'],
  ...['MIPS', 'ratio', 'baseline'],
);
for (const kernel of chosen) {
  const result = await measure(kernel, rounds);
  results[kernel] = result;
  const before = baseline[kernel];
  line(
    kernel,
    ...[shown(result.v86, 0), shown(result.here, 0), shown(result.ratio, 2)],
    compared(result.ratio, before?.ratio),
    ...[shown(result.v86Translated, 0), shown(result.hereTranslated, 0), shown(result.ratioTranslated, 2)],
    compared(result.ratioTranslated, before?.ratioTranslated),
    ...[`${String(Math.round(result.translatedPart * 100))} %`, shown(result.ratioOwn, 2)],
    compared(result.ratioOwn, before?.ratioOwn),
    ...[shown(result.qemu, 0), shown(result.ratioQemu, 2)],
    compared(result.ratioQemu, before?.ratioQemu),
  );
}
const common: Results = Object.fromEntries(Object.entries(baseline).filter(([kernel]) => kernel in results));
const mean = (ratio: Ratio): string[] => [
  shown(geometricMean(results, ratio), 2),
  compared(geometricMean(results, ratio), geometricMean(common, ratio)),
];
line(
  'geometric mean',
  ...['', '', ...mean('ratio'), '', '', ...mean('ratioTranslated')],
  ...['', ...mean('ratioOwn'), '', ...mean('ratioQemu')],
);
if (values.update) writeFileSync(BASELINE, `${JSON.stringify({ ...baseline, ...results }, null, 2)}\n`);
