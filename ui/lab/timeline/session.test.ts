/** A session that is asked of the past: nothing moves for it, and whoever wants something else comes first. */
import { beforeEach, expect, test } from 'vitest';
import { moteImages } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import type { Command, LabState, Update } from '../protocol.ts';
import { pause } from '../pacing.ts';
import { Session } from '../session/session.ts';

let updates: Update[];
let session: Session;

function last<T extends Update['type']>(type: T): Extract<Update, { type: T }> | undefined {
  return updates.findLast((update): update is Extract<Update, { type: T }> => update.type === type);
}
const state = (): LabState => last('state')!.state;
const until = (text: string): Promise<void> => session.command({ type: 'runUntil', text });
const ask = (id: number, fromNs: number, toNs: number, filter: string | null = null): Promise<void> =>
  session.command({ type: 'timeline', id, fromNs, toNs, limit: 5000, filter });
async function hash(): Promise<string> {
  await session.command({ type: 'hash' });
  return last('hash')!.hash;
}
const keys = (text: string): Command => ({ type: 'keys', bytes: new TextEncoder().encode(text) });

async function begin(): Promise<void> {
  updates = [];
  session = new Session(loadCore(), (update) => {
    updates.push(structuredClone(update));
  });
  await session.command({ type: 'boot', ...(await moteImages()), commandLine: '', memoryMb: 32, vcpus: 1 });
  await session.command({ type: 'pace', realTime: false });
  await until('\\$ $');
}

beforeEach(begin);

test('it is told of a span, and of nothing else; what is no event is refused with a word', async () => {
  const before = await hash();
  const { ns } = state();
  updates = [];
  await ask(1, ns - 1e6, ns, 'hypercall');
  expect(updates.map(({ type }) => type)).toEqual(['timeline']);
  const { view } = last('timeline')!;
  expect(view!.toNs).toBe(ns);
  expect(view!.found.length).toBeGreaterThan(0);
  await ask(2, ns - 1e6, ns, 'nonsense');
  expect(last('timeline')).toMatchObject({ id: 2, view: null, why: 'nonsense: it is no event' });
  expect(await hash()).toBe(before);
});

test('the last question alone is answered, and none before it stands', async () => {
  const { ns } = state();
  updates = [];
  await Promise.all([ask(1, 0, ns), ask(2, 0, ns), ask(3, ns - 1e6, ns)]);
  expect(updates).toMatchObject([{ type: 'timeline', id: 3 }]);
  const run = session.command({ type: 'run' });
  await ask(4, ns - 1e6, ns);
  expect(last('timeline')).toMatchObject({ id: 3 });
  await session.command({ type: 'pause' });
  await run;
  expect(last('timeline')).toMatchObject({ id: 4 });
});

test.each([
  ['it is typed to', keys('echo $((6 * 7))\r')],
  ['it steps', { type: 'step', kind: 'hypercall' } as const],
  ['it goes back', { type: 'back', kind: 'hypercall' } as const],
  ['it is saved', { type: 'save', purpose: 'file' } as const],
])('%s while it tells: that is done where the world stood, as if nobody had asked', async (_, command) => {
  const { ns } = state();
  const asked = ask(1, 0, ns);
  await pause(0);
  const done = session.command(command);
  await Promise.all([asked, done]);
  // Its turn came behind that.
  expect(last('timeline')).toMatchObject({ id: 1, why: '' });
  const found = await hash();
  await begin();
  await session.command(command);
  expect(await hash()).toBe(found);
});

test('the overview goes with the run: forth, back, and into another one', async () => {
  const known = (): number => {
    const from = updates.findLastIndex((update) => update.type === 'overview' && update.from === 0);
    let ticks: number[] = [];
    for (const update of updates.slice(from))
      if (update.type === 'overview') ticks = [...ticks.slice(0, update.from), ...update.known];
    return ticks.reduce((sum, each) => sum + each, 0);
  };
  const { ns } = state();
  expect(known()).toBeCloseTo(ns, -1);
  await session.command({ type: 'goTo', ns: ns / 2 });
  expect(known()).toBeCloseTo(ns, -1);
  await session.command(keys('x'));
  await session.command({ type: 'step', kind: 'instruction' });
  // What is known of the bin in which the runs part is of the new one.
  expect(ns / 2 - known()).toBeLessThan(last('overview')!.binTicks);
  expect(known()).toBeLessThan(ns / 2 + 1e6);
  await session.command({ type: 'takeUp', branch: 0 });
  expect(known()).toBeCloseTo(ns, -1);
});
