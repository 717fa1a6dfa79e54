/** `xenoscope test`: runs what scenario files export, one scenario after the other. */
import { writeFileSync } from 'node:fs';
import { moteImages } from '../../guests/toolchain/mote-node.ts';
import { HostCrash } from '../lab/host-crash.ts';
import { runScenario } from '../lab/scenario/scenario.ts';
import type { Scenario } from '../lab/scenario/scenario.ts';
import { EXIT_HOST_CRASHED, EXIT_OK, EXIT_SCENARIO_FAILED } from './exit-codes.ts';
import { told } from './failure-text.ts';
import { junit } from './junit.ts';
import type { Result } from './junit.ts';
import { ready } from './ready.ts';
import { scenariosOf } from './scenario-files.ts';
import { UserError } from './user-error.ts';

interface Found {
  readonly file: string;
  readonly scenario: Scenario;
}

/** Runs the scenarios of all files; returns the exit status. Throws UserError for a file that has none or cannot be read. */
export async function runFiles(
  files: readonly string[],
  options: { readonly junit?: string },
): Promise<number> {
  const found: Found[] = [];
  for (const file of files) found.push(...(await scenariosOf(file)).map((scenario) => ({ file, scenario })));
  await ready(moteImages);
  const results: Result[] = [];
  let hasCrashed = false;
  for (const { file, scenario } of found) {
    const { failure, seconds } = await runOne(scenario);
    hasCrashed ||= failure instanceof HostCrash;
    results.push({ file, name: scenario.name, seconds, failure: failure === null ? null : told(failure) });
    tell(results.at(-1)!);
  }
  const failures = results.filter((result) => result.failure !== null).length;
  process.stdout.write(`${String(results.length)} scenarios, ${String(failures)} failed\n`);
  if (options.junit !== undefined) write(options.junit, junit(results));
  if (hasCrashed) return EXIT_HOST_CRASHED;
  return failures === 0 ? EXIT_OK : EXIT_SCENARIO_FAILED;
}

async function runOne(scenario: Scenario): Promise<{ failure: Error | null; seconds: number }> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  try {
    await runScenario(scenario);
    return { failure: null, seconds: seconds() };
  } catch (error) {
    return { failure: error instanceof Error ? error : new Error(String(error)), seconds: seconds() };
  }
}

function tell({ name, seconds, failure }: Result): void {
  process.stdout.write(`${failure === null ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)\n`);
  if (failure !== null) process.stdout.write(`${failure.replace(/^/gm, '     ')}\n`);
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${(error as Error).message}`);
  }
}
