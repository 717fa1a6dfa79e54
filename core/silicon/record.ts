/**
 * Records the silicon vectors on this machine: `npx tsx core/silicon/record.ts [family ...]`. Needs a C
 * compiler and an x86-64 processor with SSE4.2; writes core/silicon/vectors/FAMILY.gz.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packVectors } from './format.ts';
import { FAMILIES, probesOf } from './probes.ts';
import type { Probe } from './probe.ts';

const here = import.meta.dirname;
const OUTPUT_LIMIT = 1 << 28;

/** The line recorder.c reads. */
function lineOf(probe: Probe): string {
  const code = Buffer.from(probe.code).toString('hex');
  const { mode, uses, trials, vectors, memory, fixups } = probe;
  return [mode, uses, trials, vectors, memory, code, fixups.length, ...fixups.flat()].join(' ');
}

const work = mkdtempSync(join(tmpdir(), 'silicon-'));
const recorder = join(work, 'recorder');
const compiler = ['-O1', '-Wall', '-Wextra', '-fno-stack-protector', '-mno-red-zone', '-o', recorder];
execFileSync('cc', [...compiler, join(here, 'recorder.c')], { stdio: 'inherit' });
mkdirSync(join(here, 'vectors'), { recursive: true });
const chosen = process.argv.slice(2);
for (const family of chosen.length > 0 ? chosen : FAMILIES) {
  const probes = probesOf(family);
  const input = probes.map((probe) => `${lineOf(probe)}\n`).join('');
  const outcomes = execFileSync(recorder, { input, maxBuffer: OUTPUT_LIMIT });
  const packed = packVectors(probes, outcomes);
  writeFileSync(join(here, 'vectors', `${family}.gz`), packed);
  const trials = probes.reduce((sum, probe) => sum + probe.trials, 0);
  process.stdout.write(`${family}: ${probes.length} probes, ${trials} trials, ${packed.length} bytes\n`);
}
rmSync(work, { recursive: true });
