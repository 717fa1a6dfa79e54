/** The core against a real processor: every recorded trial of every instruction form, replayed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FORMS } from '../assembler/forms.ts';
import { HOT_ENTRIES, coreModule } from '../testing.ts';
import { differences } from './compare.ts';
import { unpackVectors } from './format.ts';
import { Generator } from './generator.ts';
import { FAMILIES, probesOf } from './probes.ts';
import { PROGRAM } from './programs.ts';
import { Replay } from './replay.ts';
import { isRecorded } from './selection.ts';
import { toleranceOf } from './tolerance.ts';
import { TrialState } from './trial-state.ts';
import type { Vectors } from './format.ts';

const MOST_MISMATCHES_SHOWN = 20;
/** Instructions at a time: more than a program has. */
const WHOLE_PROGRAM = 1000;
/** Of so many probes one is executed as translated code, too; of all, where XENOSCOPE_HOT_ENTRIES is set. */
const TRANSLATED_ONE_OF = HOT_ENTRIES > 0 ? 1 : 7;

const vectorsOf = (family: string): Vectors =>
  unpackVectors(readFileSync(join(import.meta.dirname, 'vectors', `${family}.gz`)));

describe.each(FAMILIES)('%s', (family) => {
  const { probes, outcomes } = vectorsOf(family);

  test('the core does what the processor did', () => {
    const replay = new Replay(coreModule());
    const translating = new Replay(coreModule(), 1);
    const [input, expected, got] = [new TrialState(), new TrialState(), new TrialState()];
    const generator = new Generator(input);
    const mismatches: string[] = [];
    for (const [n, probe] of probes.entries()) {
      const ways = (probe.form === PROGRAM ? [1, WHOLE_PROGRAM] : [1]).map((chunk) => ({ replay, chunk }));
      if (n % TRANSLATED_ONE_OF === 0) ways.push({ replay: translating, chunk: WHOLE_PROGRAM });
      for (const way of new Set(ways.map((each) => each.replay))) way.install(probe);
      for (let trial = 0; trial < probe.trials; trial++) {
        generator.generate(probe, trial);
        expected.copyFrom(input);
        const fault = outcomes.readOutcome(probe, expected);
        const tolerance = toleranceOf(probe, input);
        for (const { replay: way, chunk } of ways) {
          got.copyFrom(input);
          const found = { state: got, fault: way.execute(got, chunk) };
          const lines = differences(probe, { state: expected, fault }, found, tolerance);
          if (lines.length > 0)
            mismatches.push(`${probe.mode} ${probe.text}, trial ${trial}: ${lines.join('; ')}`);
        }
      }
    }
    expect(outcomes.done).toBe(true);
    expect(mismatches.slice(0, MOST_MISMATCHES_SHOWN)).toEqual([]);
  });

  test('every form that can be recorded is there', () => {
    const recorded = new Set(probes.map(({ form }) => form));
    const missing = FORMS.filter(
      (form) => form.family === family && isRecorded(form) && !recorded.has(form.text),
    );
    expect(missing.map(({ text }) => text)).toEqual([]);
  });

  test('the file holds the probes the recorder would record today', () => {
    const [stored, current] = [probes, probesOf(family)].map((list) =>
      list.map(({ text, code, trials }) => `${text} ${Buffer.from(code).toString('hex')} ${trials}`),
    );
    expect(stored).toEqual(current);
  });
});
