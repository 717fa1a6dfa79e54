/**
 * The long fuzz run: `npm run fuzz -- [hypercalls] [seed] [dom0]`, a million of them by default; `dom0`: one of the two domains
 * is domain 0, and makes and ends others. The invariant is checked from
 * scratch after every CHECK_EVERY calls; a failure is told with the seed and the count, which lead there again.
 */
import { Fuzzer } from '../hypervisor/fuzz/fuzzer.ts';

const CHECK_EVERY = 50;
const TELL_EVERY = 100_000;

function main(): number {
  const [, , countText = '1000000', seedText = '1', who] = process.argv;
  const target = Number(countText);
  const fuzzer = new Fuzzer(Number(seedText), who === 'dom0');
  let told = 0;
  for (let step = 0; fuzzer.made < target; step++) {
    try {
      fuzzer.step();
    } catch (error) {
      process.stderr.write(`${describe(fuzzer, step)}: ${String((error as Error).stack)}\n`);
      return 1;
    }
    if (step % CHECK_EVERY !== 0) continue;
    const faults = fuzzer.check();
    if (faults.length > 0) {
      process.stderr.write(`${describe(fuzzer, step)}: ${faults.slice(0, 10).join('; ')}\n`);
      return 1;
    }
    if (fuzzer.made - told < TELL_EVERY) continue;
    told = fuzzer.made;
    process.stdout.write(`${String(told)} hypercalls, ${String(fuzzer.lives)} domains\n`);
  }
  process.stdout.write(
    `${String(fuzzer.made)} hypercalls in ${String(fuzzer.lives)} domains (seed ${seedText}): the invariant held\n`,
  );
  return 0;
}

function describe(fuzzer: Fuzzer, step: number): string {
  const text = JSON.stringify(fuzzer.last, (_, value: unknown) =>
    typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
  );
  return `step ${String(step)}, ${String(fuzzer.made)} hypercalls, last prepared ${text}`;
}

process.exitCode = main();
