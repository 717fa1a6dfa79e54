/** `npm run fuzz:translator [-- PROGRAMS SEED]`: random programs interpreted and translated, compared (core/translator/fuzz.ts). */
import { Twins } from '../core/translator/fuzz.ts';

const programs = Number(process.argv[2] ?? 1_000_000);
const first = Number(process.argv[3] ?? 1);
let twins: Twins | undefined;
let failed = 0;
let instructions = 0;
for (let n = 0; n < programs && failed < 5; n++) {
  if (n % 500 === 0) {
    instructions += twins?.instructions ?? 0;
    twins = new Twins([1, 2, 3, 5, 8][(n / 500) % 5]!);
    process.stderr.write(`\r${String(n)} programs, ${String(instructions)} instructions`);
  }
  const difference = twins!.compare(first + n);
  if (difference === null) continue;
  failed++;
  process.stdout.write(`\n${difference}\n`);
  twins = new Twins(1 + (n % 5));
}
instructions += twins?.instructions ?? 0;
process.stdout.write(
  `\n${String(programs)} programs, ${String(instructions)} instructions: ${failed === 0 ? 'alike' : 'different'}\n`,
);
process.exitCode = failed === 0 ? 0 : 1;
