/** A session that goes back in time: what a page is told then. */
import { beforeEach, expect, test } from 'vitest';
import { moteImages } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import type { LabState, Update } from '../protocol.ts';
import { Session } from './session.ts';

let updates: Update[];
let session: Session;
const state = (): LabState =>
  updates.findLast((update): update is Extract<Update, { type: 'state' }> => update.type === 'state')!.state;

/** What the consoles show: all that was printed since they were emptied last. */
function shown(): string {
  const from = updates.findLastIndex(({ type }) => type === 'rewound');
  return updates
    .slice(from + 1)
    .map((update) => (update.type === 'console' ? new TextDecoder().decode(update.bytes) : ''))
    .join('');
}
const type = (keys: string): Promise<void> =>
  session.command({ type: 'keys', bytes: new TextEncoder().encode(keys) });
const until = (text: string): Promise<void> => session.command({ type: 'runUntil', text });

beforeEach(async () => {
  updates = [];
  session = new Session(loadCore(), (update) => {
    updates.push(structuredClone(update));
  });
  await session.command({ type: 'boot', ...(await moteImages()), commandLine: '', memoryMb: 32, vcpus: 1 });
  await session.command({ type: 'pace', realTime: false });
  await until('\\$ $');
});

test('goes to an instant: the console shows what it did then, and what is typed there begins another run', async () => {
  const { ns } = state();
  const before = shown();
  await type('echo first\r');
  await until('\\nfirst[^]*\\$ $');
  expect(state().past!.endNs).toBe(state().ns);
  await session.command({ type: 'goTo', ns });
  expect(state()).toMatchObject({ ns, running: false });
  expect(shown()).toBe(before);
  expect(state().stopped).toMatch(/^It went to \d\.\d{6} s\.$/);
  await type('echo second\r');
  await until('\\nsecond[^]*\\$ $');
  expect(shown()).toContain('second');
  expect(shown()).not.toContain('first');
  // The run that was left is kept, and so is this one when that is taken up.
  const endNs = state().ns;
  expect(state().branches).toMatchObject([{ fromNs: ns, came: ['"echo first\\r"'] }]);
  await session.command({ type: 'takeUp', branch: 0 });
  expect(state()).toMatchObject({ ns, branches: [{ fromNs: ns, toNs: endNs, came: ['"echo second\\r"'] }] });
  await until('\\nfirst[^]*\\$ $');
  expect(shown()).toContain('first');
  await session.command({ type: 'dropBranch', branch: 0 });
  expect(state().branches).toEqual([]);
  await session.command({ type: 'takeUp', branch: 0 });
  expect(updates.findLast((update) => update.type === 'error')?.message).toBe('there is no branch 1');
  // What cannot be done leaves nobody deaf: the console and the trace go on being told.
  updates = [];
  await type('echo third\r');
  await until('\\nthird[^]*\\$ $');
  expect(shown()).toContain('third');
  const filter = { without: [], domain: null, folds: false };
  await session.command({ type: 'story', window: { filter, from: null, count: 10 } });
  const { lines } = updates.findLast((update) => update.type === 'story')!;
  expect(lines.at(-1)!.ns).toBeGreaterThan(ns);
});

test('any event of the trace stops it, forth and back; what is no event is refused, and nothing changes', async () => {
  await session.command({ type: 'eventBreaks', events: ['vcpu /block/'] });
  await type('uname\r');
  await session.command({ type: 'run' });
  expect(state().stopped).toMatch(/^What you wait for: d1v0 vcpu vcpu 0 block/);
  const { ns } = state();
  await session.command({ type: 'runUntil', seconds: ns / 1e9 + 1 });
  await session.command({ type: 'eventBreaks', events: ['nonsense'] });
  expect(updates.findLast((update) => update.type === 'error')?.message).toMatch(/^nonsense: it is no event/);
  expect(state().eventBreaks).toEqual(['vcpu /block/']);
  await session.command({ type: 'back', kind: 'breakpoint' });
  expect(state().stopped).toMatch(/^It went back to the last time it was at a breakpoint/);
});

test('back by an instruction, a hypercall, a line: each is before where it was, and says so', async () => {
  await type('uname\r');
  await until('\\nMote[^]*\\$ $');
  for (const kind of ['instruction', 'hypercall', 'line', 'instruction'] as const) {
    const before = state().instructions;
    await session.command({ type: 'back', kind });
    expect(state().instructions).toBeLessThan(before);
    expect(state().stopped).toMatch(/^It went back to .+: by [\d,]+ instructions, \d\.\d{6} s\.$/);
  }
  // And forwards again, where it had been.
  const { instructions } = state();
  await session.command({ type: 'step', kind: 'instruction' });
  expect(state().instructions).toBe(instructions + 1);
});

test('what is not there is not found, and the host stays', async () => {
  const { instructions } = state();
  await session.command({ type: 'back', kind: 'breakpoint' });
  expect(state().instructions).toBe(instructions);
  expect(state().stopped).toMatch(/^It stays where it is: /);
});

test('the story tells what came before an instant, whichever way one has got there, and goes on from it', async () => {
  await session.command({
    type: 'story',
    window: { filter: { without: [], domain: null, folds: false }, from: null, count: 40 },
  });
  const told = (): readonly { readonly ns: number; readonly sentence: string }[] =>
    updates
      .findLast((update) => update.type === 'story')!
      .lines.map(({ ns, sentence }) => ({ ns, sentence }));
  const { ns } = state();
  const heard = told();
  expect(heard).toHaveLength(40);
  await session.command({ type: 'goTo', ns: 0 });
  expect(told().map((line) => line.ns)).toEqual([0]);
  await session.command({ type: 'goTo', ns });
  expect(told()).toEqual(heard);
  await type('uname\r');
  await until('\\nMote[^]*\\$ $');
  const later = state().ns;
  const more = told();
  await session.command({ type: 'goTo', ns: (ns + later) / 2 });
  await session.command({ type: 'goTo', ns: later });
  expect(told()).toEqual(more);
});

test('what happens several times in a row is one line of the story, however often it was asked for meanwhile', async () => {
  const window = (folds: boolean) => ({
    filter: { without: [], domain: null, folds },
    from: null,
    count: 100_000,
  });
  const told = (): readonly (readonly [string, number])[] =>
    updates
      .findLast((update) => update.type === 'story')!
      .lines.map(({ sentence, times }) => [sentence, times]);
  await session.command({ type: 'story', window: window(true) });
  await type('uname\r');
  for (let n = 0; n < 5; n++) await session.command({ type: 'step', kind: 'hypercall' });
  await until('\\nMote[^]*\\$ $');
  const grown = told();
  await session.command({ type: 'story', window: window(false) });
  const each = told();
  await session.command({ type: 'story', window: window(true) });
  expect(told()).toEqual(grown);
  expect(Math.max(...grown.map(([, times]) => times))).toBeGreaterThan(5);
  expect(grown.flatMap(([sentence, times]) => Array.from({ length: times }, () => [sentence, 1]))).toEqual(
    each,
  );
});
