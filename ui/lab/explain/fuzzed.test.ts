/** Whatever hypercalls a guest makes, they are told, and explained; nothing is otherwise by that. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Fuzzer } from '../../../hypervisor/fuzz/fuzzer.ts';
import type { TraceEvent } from '../../../hypervisor/trace/event.ts';
import { Story } from '../story.ts';
import { explain, isFailure } from './explain.ts';

const WINDOW = { filter: { without: [], domain: null, folds: false }, from: null, count: 50 };
const NAMES = new Map([[0, 'Domain-0']]);

test('a host that is told of is the same as one that is not', () => {
  const failures = new Map<string, boolean>();
  const run = (told: boolean): string => {
    const fuzzer = new Fuzzer(14);
    const story = new Story(1, () => NAMES);
    const { trace } = fuzzer.hypervisor;
    if (told) {
      trace.add(story);
      trace.add({ event: () => undefined, end: tell });
    }
    while (fuzzer.made < 6000) {
      fuzzer.step();
      if (told && fuzzer.made % 20 === 0)
        for (const { sentence } of story.look(WINDOW).lines) expect(sentence).not.toBe('');
    }
    return createHash('sha256').update(fuzzer.hypervisor.machine.bytes.slice()).digest('hex');
  };
  const tell = (event: TraceEvent): void => {
    const { title, refusal } = explain(event, NAMES);
    if (isFailure(event)) failures.set(title, (failures.get(title) ?? false) || refusal !== null);
  };
  const hash = run(false);
  expect(run(true)).toBe(hash);
  // Of many commands the fuzzer has met a check that says which it is.
  const withReasons = [...failures].filter(([, hasReason]) => hasReason);
  expect(withReasons.length).toBeGreaterThan(25);
});
