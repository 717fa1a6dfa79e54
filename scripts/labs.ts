/**
 * `npm run labs [WORD …]`: the labs of a whole Debian's domain 0 (ui/cli/labs/), or those whose names have one of
 * these words, each on a copy of a host that has booted once on this machine. Exit status 1: something was not as expected; without
 * a distribution's packages nothing is run, and that is said.
 */
import { runOn } from '../ui/lab/scenario/scenario.ts';
import type { Scenario } from '../ui/lab/scenario/scenario.ts';
import { LABS } from '../ui/cli/labs/index.ts';
import { labImages, wholeHost } from '../ui/cli/labs/host.ts';
import type { LabImages } from '../ui/cli/labs/host.ts';

const MICROSECONDS = 1e6;

async function runLab(images: LabImages, lab: Scenario): Promise<boolean> {
  const host = await wholeHost(images);
  const [since, ns] = [process.cpuUsage(), host.ns];
  let failure: Error | null = null;
  try {
    await runOn(host, lab);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  const { user, system } = process.cpuUsage(since);
  const taken = `${((host.ns - ns) / 1e9).toFixed(1)} s there, ${((user + system) / MICROSECONDS).toFixed(1)} s of a processor here`;
  process.stdout.write(`${failure === null ? 'ok  ' : 'FAIL'} ${lab.name} (${taken})\n`);
  if (failure === null) return true;
  const lines = host.console.lastLines(40).map((line) => `     | ${line}`);
  process.stdout.write(`${failure.message.replace(/^/gm, '     ')}\n${lines.join('\n')}\n`);
  return false;
}

const words = process.argv.slice(2);
const wanted = LABS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const images = await labImages();
if (wanted.length === 0) {
  process.stderr.write(`labs: no lab's name has ${words.join(' or ')}\n`);
  process.exitCode = 2;
} else if (images !== undefined) {
  let failed = 0;
  for (const lab of wanted) if (!(await runLab(images, lab))) failed++;
  process.stdout.write(`${String(wanted.length)} labs, ${String(failed)} failed\n`);
  if (failed > 0) process.exitCode = 1;
}
