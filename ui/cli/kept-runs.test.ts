/** Recordings and snapshots on the command line as a user runs it. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { helloKernel } from '../../guests/tests/hello.ts';
import { xenoscope } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenoscope-'));
const path = (name: string): string => join(folder, name);

const kernel = await helloKernel();
writeFileSync(path('hello'), kernel);
const HASH = /^[0-9a-f]{64} at instruction \d+$/m;

test('a run is recorded and replayed to the same hash; its kernel is found where it was, or where somebody says', async () => {
  const args = ['record', path('hello'), '--memory', '16', '--hash', '-o', path('run.json')];
  const recorded = await xenoscope(args, 'xyq');
  expect(recorded.status).toBe(0);
  expect(recorded.stderr).toMatch(/recording of 1 inputs and \d+ marks in .*, \d\.\d KiB/);
  const replayed = await xenoscope(['replay', path('run.json'), '--hash']);
  expect(replayed.status).toBe(0);
  expect(HASH.exec(replayed.stdout)?.[0]).toBe(HASH.exec(recorded.stdout)![0]);
  expect(replayed.stdout).toContain('You typed y');
  // The recording's last instruction is in it, the one behind that is not.
  const last = Number(/at instruction (\d+)$/m.exec(recorded.stdout)![1]);
  const at = (instruction: number) =>
    xenoscope(['replay', path('run.json'), '--at', String(instruction), '--hash']);
  expect((await at(last)).stdout).toContain(HASH.exec(recorded.stdout)![0]);
  expect((await at(last + 1)).stderr).toContain(`the recording has ${String(last)} instructions`);
  // Another kernel is there now.
  writeFileSync(path('hello'), kernel.subarray(1));
  writeFileSync(path('elsewhere'), kernel);
  const without = await xenoscope(['replay', path('run.json')]);
  expect(without.stderr).toMatch(
    /run\.json: it needs its kernel \(SHA-256 [0-9a-f]{64}\), which is not here\n$/,
  );
  expect(without.status).toBe(2);
  const given = await xenoscope([
    'replay',
    path('run.json'),
    '--image',
    path('elsewhere'),
    '--until',
    'typed x',
  ]);
  expect(given.stdout).toMatch(/You typed x\r\n$/);
  expect(given.status).toBe(0);
  // A script of a debugger: what fails is told, and is its status.
  const script = 'until typed x\nback 2\nregs\nfrob\ngoto end\n';
  const debugged = await xenoscope(['debug', path('run.json'), '--image', path('elsewhere')], script);
  expect(debugged.stdout).toMatch(
    /The console has printed "typed x"[^]* rip [0-9a-f]{16}[^]*no command frob[^]*instruction/,
  );
  expect(debugged.status).toBe(2);
});

test('a snapshot at the end is gone on with; what is no such file is refused in one line', async () => {
  writeFileSync(path('again'), kernel);
  const saved = await xenoscope([
    'boot',
    path('again'),
    '--memory',
    '16',
    '--until',
    'tick 1',
    '--save',
    path('at.snapshot'),
  ]);
  expect(saved.status).toBe(0);
  const restored = await xenoscope(['restore', path('at.snapshot'), '--until', 'tick 3']);
  expect(restored.stdout).toMatch(/^\r?\ntick 2\r\ntick 3$/);
  expect(restored.status).toBe(0);
  writeFileSync(path('damaged'), readFileSync(path('at.snapshot')).subarray(0, -1));
  for (const [args, refusal] of [
    [['restore', path('damaged')], /damaged: it is damaged or incomplete/],
    [['replay', path('at.snapshot')], /at\.snapshot: it is no recording of Xenoscope/],
    [['debug', path('again')], /again: it is neither a recording nor a snapshot/],
  ] as const) {
    const { status, stderr } = await xenoscope(args);
    expect(stderr).toMatch(refusal);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(status).toBe(2);
  }
});
