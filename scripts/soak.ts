/** `npm run soak`: the soak twice, and what came of it. Exit status 1 where something is wrong. */
import { SLACK_KIB, soak } from '../ui/lab/soak.ts';

const millions = Number(process.argv[2] ?? 20_000);
const started = performance.now();
const results = [];
for (const name of ['first', 'second'])
  results.push(
    await soak(millions * 1e6, (rounds) => {
      process.stderr.write(`\r${name} run: ${String(rounds)} rounds`);
    }),
  );
const [first, second] = results;
const seconds = (performance.now() - started) / 1000;
process.stdout.write(
  `\n${String(first!.rounds)} rounds, ${String(first!.instructions)} instructions, twice in ${seconds.toFixed(0)} s\n` +
    `before:\n${first!.freeBefore}\nafter:\n${first!.freeAfter}\n${first!.hash}\n${second!.hash}\n`,
);
const good = first!.hash === second!.hash && first!.grownKib <= SLACK_KIB && first!.faults.length === 0;
process.stdout.write(
  good ? 'nothing is left over, and both runs are one\n' : `wrong: ${first!.faults.join('; ')}\n`,
);
process.exitCode = good ? 0 : 1;
