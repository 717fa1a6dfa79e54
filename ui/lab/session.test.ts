/** A lab behind messages, as a page drives it. */
import { beforeEach, expect, test } from 'vitest';
import { helloKernel } from '../../guests/tests/hello.ts';
import { loadCore } from './core-node.ts';
import type { Command, LabState, Update } from './protocol.ts';
import { Session } from './session.ts';

const BOOT: Command = { type: 'boot', kernel: await helloKernel(), commandLine: '', memoryMb: 16, vcpus: 1 };

let updates: Update[];
let session: Session;

beforeEach(() => {
  updates = [];
  session = new Session(loadCore(), (update) => {
    // What a worker posts has to survive that.
    updates.push(structuredClone(update));
  });
});

function last<T extends Update['type']>(type: T): Extract<Update, { type: T }> {
  return updates.findLast((update): update is Extract<Update, { type: T }> => update.type === type)!;
}
const state = (): LabState => last('state').state;
function printed(): string {
  return updates
    .map((update) => (update.type === 'console' ? new TextDecoder().decode(update.bytes) : ''))
    .join('');
}

test('boots, runs until a text, and tells of it: console, state, trace', async () => {
  await session.command(BOOT);
  expect(state()).toMatchObject({ booted: true, running: false, instructions: 0 });
  await session.command({ type: 'pace', realTime: false });
  await session.command({ type: 'runUntil', text: 'Type something' });
  expect(printed()).toContain('Type something');
  expect(state()).toMatchObject({ booted: true, running: false, ended: null });
  expect(state().counts).toHaveProperty('set_trap_table');
  const traced = updates.flatMap((update) => (update.type === 'trace' ? update.lines : []));
  expect(traced.map(({ name }) => name)).toContain('set_timer_op');
});

test('commands sent with the boot wait for it, in order', async () => {
  await Promise.all([
    session.command(BOOT),
    session.command({ type: 'pace', realTime: false }),
    session.command({ type: 'runUntil', instructions: 1234 }),
  ]);
  expect(state().instructions).toBe(1234);
  await session.command({ type: 'hash' });
  expect(last('hash')).toMatchObject({
    hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    instructions: 1234,
  });
});

test('steps one instruction, and to a hypercall', async () => {
  await session.command(BOOT);
  await session.command({ type: 'step', kind: 'instruction' });
  expect(state().instructions).toBe(1);
  await session.command({ type: 'pace', realTime: false });
  await session.command({ type: 'runUntil', text: 'tick 1' });
  const before = state().instructions;
  await session.command({ type: 'step', kind: 'hypercall' });
  expect(state().instructions).toBeGreaterThan(before);
  expect(last('trace').lines.filter(({ kind }) => kind === 'hypercall')).toHaveLength(1);
});

test('page tables come when they are asked for, and with each state until they are not', async () => {
  await session.command({ type: 'pageTables', open: [] });
  expect(last('pageTables')).toBeUndefined();
  await session.command(BOOT);
  const { spaces } = last('pageTables');
  expect(spaces).toHaveLength(1);
  await session.command({ type: 'pageTables', open: [{ root: spaces[0]!.mfn, slots: [] }] });
  expect(last('pageTables').tables[0]!.level).toBe(4);
  await session.command({ type: 'pageTables', open: null });
  updates.length = 0;
  await session.command({ type: 'step', kind: 'instruction' });
  expect(last('pageTables')).toBeUndefined();
});

test('what goes wrong is posted, and the session goes on', async () => {
  await session.command({ ...BOOT, kernel: new Uint8Array(5000) });
  expect(last('error').message).toMatch(/not a/);
  expect(state().booted).toBe(false);
  await session.command({ type: 'step', kind: 'instruction' });
  await session.command({ type: 'hash' });
  await session.command(BOOT);
  await session.command({ type: 'runUntil', text: '(' });
  expect(last('error').message).toMatch(/regular expression/i);
  await session.command({ type: 'step', kind: 'instruction' });
  expect(state().instructions).toBe(1);
});
