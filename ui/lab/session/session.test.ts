/** A lab behind messages, as a page drives it. */
import { disassemble } from '../../../core/disassembler/disassemble.ts';
import { beforeEach, expect, test, vi } from 'vitest';
import { helloKernel } from '../../../guests/tests/hello.ts';
import { bug } from '../../../hypervisor/bug.ts';
import { Xen } from '../../../hypervisor/xen.ts';
import { loadCore } from '../core-node.ts';
import type { Command, LabState, Update } from '../protocol.ts';
import { Session } from './session.ts';
import { spinningKernel } from '../testing-kernels.ts';

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

/** Of what has happened, more than these tests make. */
const EVERYTHING = { filter: { without: [], domain: null, folds: false }, from: null, count: 100_000 };

test('boots, runs until a text, and tells of it: console, state, trace', async () => {
  await session.command(BOOT);
  expect(state()).toMatchObject({ booted: true, running: false, instructions: 0 });
  await session.command({ type: 'pace', realTime: false });
  await session.command({ type: 'runUntil', text: 'Type something' });
  expect(printed()).toContain('Type something');
  expect(state()).toMatchObject({ booted: true, running: false, ended: null });
  expect(state().counts).toHaveProperty('set_trap_table');
  await session.command({ type: 'story', window: EVERYTHING });
  expect(last('story').lines.map(({ name }) => name)).toContain('set_timer_op');
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
  await session.command({ type: 'story', window: EVERYTHING });
  const calls = (): number => last('story').lines.filter(({ kind }) => kind === 'hypercall').length;
  const callsBefore = calls();
  await session.command({ type: 'step', kind: 'hypercall' });
  expect(state().instructions).toBeGreaterThan(before);
  expect(calls()).toBe(callsBefore + 1);
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

test('a page of code comes as it is asked for, as a vcpu has it mapped', async () => {
  await session.command({ type: 'codePage', vcpu: 0, address: 0 });
  expect(last('codePage')).toBeUndefined();
  await session.command(BOOT);
  const address = Number(BigInt.asIntN(64, BigInt(`0x${state().vcpus[0]!.registers['rip']!}`)));
  await session.command({ type: 'codePage', vcpu: 0, address });
  const { page } = last('codePage');
  expect(page).toHaveLength(4096);
  const { text } = disassemble(page!.subarray(address & 0xfff), address);
  expect(text).toBe(state().vcpus[0]!.code[0]!.text);
  for (const nowhere of [
    { vcpu: 0, address: 0x7fff_0000_0000 },
    { vcpu: 9, address },
  ]) {
    await session.command({ type: 'codePage', ...nowhere });
    expect(last('codePage')).toMatchObject({ ...nowhere, page: null });
  }
});

test('the story is told by windows, as they are asked for, and with each state until they are not', async () => {
  await session.command({ type: 'story', window: EVERYTHING });
  expect(last('story')).toBeUndefined();
  await session.command(BOOT);
  await session.command({ type: 'pace', realTime: false });
  await session.command({ type: 'runUntil', text: 'tick 1' });
  const all = last('story');
  expect(all.lines.map(({ sequence }) => sequence)).toEqual(all.lines.map((_, n) => n));
  expect(all).toMatchObject({ isWhole: true, from: 0, passing: all.lines.length, kept: all.lines.length });
  await session.command({ type: 'story', window: { ...EVERYTHING, from: 7, count: 3 } });
  expect(last('story').lines).toEqual(all.lines.slice(7, 10));
  const filter = { without: ['port'], domain: null, folds: false };
  await session.command({ type: 'story', window: { filter, from: null, count: 5 } });
  const others = all.lines.filter(({ kind }) => kind !== 'port');
  expect(last('story').lines).toEqual(others.slice(-5));
  expect(last('story').passing).toBe(others.length);
  await session.command({ type: 'story', window: null });
  updates.length = 0;
  await session.command({ type: 'step', kind: 'hypercall' });
  expect(last('story')).toBeUndefined();
});

test('an event is explained: a sentence, what it is for, its values, where it stands in the sources', async () => {
  await session.command(BOOT);
  await session.command({ type: 'pace', realTime: false });
  await session.command({ type: 'runUntil', text: 'tick 1' });
  await session.command({ type: 'story', window: EVERYTHING });
  const bound = last('story').lines.find(({ args }) => args.includes('EVTCHNOP_bind_virq'))!;
  expect(bound.sentence).toMatch(
    /^dom 1 asks to be told of the virtual interrupt TIMER on vcpu 0 → it comes as port \d+$/,
  );
  await session.command({ type: 'explain', sequence: bound.sequence });
  expect(last('explained')).toMatchObject({
    sequence: bound.sequence,
    explanation: {
      title: 'event_channel_op: EVTCHNOP_bind_virq',
      sentence: bound.sentence,
      header: { file: 'event_channel.h', symbol: 'EVTCHNOP_bind_virq' },
      source: { path: 'hypervisor/events/bind.ts', name: 'bindVirq' },
      result: expect.stringMatching(/^It is done: it comes as port \d+\.$/) as string,
      refusal: null,
    },
  });
  await session.command({ type: 'explain', sequence: 1e9 });
  expect(last('explained')).toMatchObject({ explanation: null });
});

test('of a long text that the console has printed its end is told', async () => {
  await session.command(BOOT);
  await session.command({ type: 'pace', realTime: false });
  await session.command({ type: 'runUntil', text: '[^]*Type something' });
  const told = /^The console has printed (".*") \(/.exec(state().stopped!)?.[1] ?? '""';
  expect(JSON.parse(told)).toMatch(/^[^]{26}Type something$/);
});

test('every stop says why, and how far it went; a step on an idle host, that it jumped', async () => {
  await session.command(BOOT);
  expect(state().stopped).toBe(null);
  await session.command({ type: 'step', kind: 'instruction' });
  expect(state().stopped).toMatch(/^One instruction in d1v0 at entry, .*:\d+ \(1 instruction on\)\.$/);
  await session.command({ type: 'step', kind: 'hypercall' });
  expect(state().stopped).toMatch(/^Stepped to a hypercall: d1v0 \w+\(.*\) \([\d,]+ instructions on\)\.$/);
  await session.command({ type: 'pace', realTime: false });
  await session.command({ type: 'runUntil', text: 'tick 1' });
  expect(state().stopped).toMatch(/^The console has printed "tick 1"/);
  await session.command({ type: 'runUntil', seconds: 1.5 });
  expect(state().stopped).toMatch(/^That much guest time is over/);
  await session.command({ type: 'step', kind: 'event' });
  expect(state().stopped).toMatch(
    /^Stepped to an event upcall: d1v0 upcall \(.*the host was idle, and \d\.\d{3} s of its time passed\)\.$/,
  );
  await session.command({ type: 'eventBreaks', events: ['hypercall set_timer_op'] });
  await session.command({ type: 'run' });
  expect(state()).toMatchObject({ running: false, eventBreaks: ['hypercall set_timer_op'] });
  expect(state().stopped).toMatch(/^What you wait for: d1v0 set_timer_op\(/);
  await session.command({ type: 'eventBreaks', events: [] });
  const running = session.command({ type: 'run' });
  await session.command({ type: 'pause' });
  await running;
  expect(state().stopped).toMatch(/^Paused/);
});

test('a step that goes on and on says so, and can be given up', async () => {
  await session.command({ ...BOOT, kernel: spinningKernel() });
  const step = session.command({ type: 'step', kind: 'event' });
  // It has told of itself by then.
  while (state().stepping === null) await new Promise((done) => setImmediate(done));
  expect(state()).toMatchObject({ running: true, stepping: 'the next event upcall' });
  await session.command({ type: 'pause' });
  await step;
  expect(state()).toMatchObject({ running: false, stepping: null });
  expect(state().stopped).toMatch(/^Cancelled before the next event upcall \([\d,]+ instructions on\)\.$/);
});

test('a failed boot leaves the host that runs', async () => {
  await session.command({ ...BOOT });
  await session.command({ type: 'runUntil', instructions: 1000 });
  const running = session.command({ type: 'run' });
  await session.command({ ...BOOT, kernel: new Uint8Array(5000), runs: true });
  expect(last('error')).toMatchObject({ command: 'boot', message: expect.stringMatching(/not a/) as string });
  expect(state()).toMatchObject({ booted: true, running: true });
  expect(state().instructions).toBeGreaterThanOrEqual(1000);
  await session.command({ type: 'pause' });
  await running;
  await session.command({ ...BOOT, kernel: new Uint8Array(5000), runs: true });
  expect(state().running).toBe(false);
});

test('breakpoints are refused where they have no place, but wait where a host has none for them', async () => {
  const line = { file: 'mote/main.ts', line: 1 };
  await session.command({ type: 'breakpoints', lines: [line] });
  await session.command(BOOT);
  expect(state().breakpoints).toEqual([
    { wanted: line, line: null, why: 'no code of mote/main.ts is there' },
  ]);
  const other = { file: 'mote/other.ts', line: 7 };
  await session.command({ type: 'breakpoints', lines: [line, other] });
  expect(last('error')).toEqual({
    type: 'error',
    command: 'breakpoints',
    message: 'mote/other.ts:7: no code of mote/other.ts is there',
  });
  expect(state().breakpoints.map(({ wanted }) => wanted)).toEqual([line]);
});

test('where no lines are known, a line is no step, forth or back: that is said at once', async () => {
  await session.command({ ...BOOT, kernel: spinningKernel() });
  await session.command({ type: 'runUntil', instructions: 1000 });
  for (const command of [
    { type: 'step', kind: 'line' },
    { type: 'back', kind: 'line' },
  ] as const) {
    await session.command(command);
    expect(last('error')).toMatchObject({
      command: command.type,
      message: expect.stringContaining('no source lines') as string,
    });
    expect(state()).toMatchObject({ running: false, instructions: 1000 });
    updates = [];
  }
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

test('a fault of Xen’s own ends the host: a report, once and for all; another host boots', async () => {
  await session.command({ ...BOOT });
  await session.command({ type: 'pace', realTime: false });
  const fails = vi.spyOn(Xen.prototype, 'run').mockImplementation(() => bug('frame 5 is freed twice'));
  await session.command({ type: 'run' });
  fails.mockRestore();
  const report = last('error').message;
  expect(report).toMatch(
    /^The host has crashed.*\nXen BUG: frame 5 is freed twice\nat instruction 0, .* RIP 0x/,
  );
  expect(report).toContain('    at ');
  expect(state()).toMatchObject({ running: false, ended: report });
  updates = [];
  for (const type of ['run', 'keys'] as const) {
    await session.command(type === 'run' ? { type } : { type, bytes: Uint8Array.of(65) });
    expect(last('error')).toMatchObject({ command: type, message: report });
  }
  await session.command(BOOT);
  await session.command({ type: 'step', kind: 'instruction' });
  expect(state()).toMatchObject({ instructions: 1, ended: null });
});
