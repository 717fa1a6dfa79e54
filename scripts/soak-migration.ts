/**
 * `npm run soak:migration -- [cuts] [seed]`: a domain is sent from A to B, live, again and again from the same instant, and each time
 * something is broken at a random instant of a random stage or round: the LAN, a host, a process of xend on either side, or B has no memory
 * any more. Afterwards exactly one copy runs, and nothing else is left: or none, where it went down with the host that it was on. Exit
 * status 1: another outcome.
 */
import { Random } from '../devices/random.ts';
import { Cuts, KINDS } from '../ui/lab/world/testing-cuts.ts';

const [cuts = 500, seed = 1] = process.argv.slice(2).map(Number);

const tried = await Cuts.make();
process.stdout.write(`without a cut: ${tried.courseText}\n`);
const counts = new Map<string, number>();
let wrong = 0;
for (let n = 0; n < cuts; n++) {
  const kind = KINDS[n % KINDS.length]!;
  // Each has a seed of its own, to be made again alone.
  const outcome = tried.cut(new Random(seed + n), kind);
  const { stage, round, atNs, copies, verdict } = outcome;
  const place = round === 0 ? stage : `${stage}, round ${String(round)}`;
  if (verdict === 'WRONG') {
    wrong++;
    process.stdout.write(
      `seed ${String(seed + n)}: ${kind} in ${place}, after ${String(atNs)} ns: ${copies}\n${tried.report()}\n`,
    );
  }
  for (const what of [`${kind}: ${verdict}: ${copies}`, `in ${place}: ${verdict}`])
    counts.set(what, (counts.get(what) ?? 0) + 1);
}
for (const [what, count] of [...counts].sort())
  process.stdout.write(`${String(count).padStart(5)} × ${what}\n`);
process.stdout.write(`${String(cuts)} cuts: ${wrong === 0 ? 'well' : `${String(wrong)} WRONG`}\n`);
process.exitCode = wrong === 0 ? 0 : 1;
