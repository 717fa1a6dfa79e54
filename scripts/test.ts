/**
 * npm test: everything built, then the tests, with lint and types beside them, which take what processors the tests leave: a page
 * in Chromium waits for its guest's time. What is said of either stands together; the exit status is 0 where both are well. Arguments
 * go to vitest.
 */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { writeMote } from '../guests/build-mote.ts';
import { BuildProgress } from '../ui/cli/build-progress.ts';
import { buildCore } from '../ui/cli/ready.ts';

/** Of what is done beside the tests, as nice has it: it gets a third of what one of them does, and is over before they are. */
const BESIDE = 5;

/** Runs a command of package.json's or of a package; its exit status. */
function run(command: string, args: readonly string[], stdio: 'inherit' | 'kept'): Promise<number> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      stdio: stdio === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    if (stdio === 'kept' && child.pid !== undefined) setPriority(child.pid, BESIDE);
    const kept: Buffer[] = [];
    child.stdout?.on('data', (bytes: Buffer) => kept.push(bytes));
    child.stderr?.on('data', (bytes: Buffer) => kept.push(bytes));
    child.on('error', failed);
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(kept));
      done(code ?? 1);
    });
  });
}

const progress = new BuildProgress(process.stderr, '');
await Promise.all([
  buildCore(),
  writeMote(({ name, done, total }) => {
    progress.show(done, total, name);
  }),
]);
progress.clear();
const lint = run('npm', ['run', '--silent', 'lint'], 'kept');
const tests = await run('npx', ['vitest', 'run', ...process.argv.slice(2)], 'inherit');
const faults = await lint;
if (faults !== 0) process.stdout.write('lint: see above\n');
process.exitCode = tests === 0 && faults === 0 ? 0 : 1;
