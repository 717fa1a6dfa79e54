/** The overview of a run: what was watched is counted once, whichever way it was gone, in memory that does not grow. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import { COUNTED } from './counted.ts';
import { BINS, FIRST_BIN_TICKS, Overview } from './overview.ts';
import type { OverviewChange } from './overview.ts';

const event = (ticks: number, detail: TraceDetail): TraceEvent => ({
  ticks,
  domain: -1,
  vcpu: -1,
  depth: 0,
  detail,
});
const upcall = (ticks: number): TraceEvent => event(ticks, { kind: 'upcall' });
const schedule = (ticks: number, to: string): TraceEvent =>
  event(ticks, { kind: 'schedule', processor: 0, from: '', to } as TraceDetail);
const sum = (values: Float32Array): number => values.reduce((all, value) => all + value, 0);
const counted = ({ counts }: OverviewChange, kind: (typeof COUNTED)[number]): Float32Array =>
  counts[COUNTED.indexOf(kind)]!;
const run = ({ runs }: OverviewChange, name: string): Float32Array =>
  runs.find((each) => each.name === name)?.ticks ?? new Float32Array(0);
const BIN = FIRST_BIN_TICKS;

function begun(...names: string[]): Overview {
  const overview = new Overview();
  overview.moved(0, names.length === 0 ? ['idle'] : names);
  return overview;
}

test('it knows who had a processor, and how often what happened, bin by bin', () => {
  const overview = begun('d0v0');
  overview.event(upcall(10));
  overview.event(schedule(1.5 * BIN, 'd1v0'));
  overview.event(event(2.5 * BIN, { kind: 'page_fault', address: 0, error: 0, rip: 0 }));
  overview.event(event(2.5 * BIN, { kind: 'unpin', mfn: 1 }));
  overview.event(schedule(3 * BIN, 'idle'));
  const told = overview.take(2, 4 * BIN);
  expect(told).toMatchObject({ binNs: 2 * BIN, from: 0 });
  expect([...told.known]).toEqual([BIN, BIN, BIN, BIN]);
  expect([...run(told, 'd0v0')]).toEqual([BIN, BIN / 2, 0, 0]);
  expect([...run(told, 'd1v0')]).toEqual([0, BIN / 2, BIN, 0]);
  expect([...counted(told, 'upcall')]).toEqual([1, 0, 0, 0]);
  expect([...counted(told, 'trap')]).toEqual([0, 0, 1, 0]);
  expect([...counted(told, 'other')]).toEqual([0, 0, 1, 0]);
  // The next time, what is new alone: from the bin on that was not full.
  overview.event(upcall(4.5 * BIN));
  const next = overview.take(2, 5 * BIN);
  expect(next.from).toBe(4);
  expect([...counted(next, 'upcall')]).toEqual([1]);
});

test('ten minutes have as many bins as a second, and as many events as there were', () => {
  const overview = begun('d0v0');
  const end = 600e9;
  for (let ticks = 0; ticks < end; ticks += 1e7) overview.event(upcall(ticks + 1));
  const told = overview.take(1, end);
  expect(told.known.length).toBeLessThanOrEqual(BINS);
  expect(told.known.length).toBeGreaterThan(BINS / 2);
  expect(sum(counted(told, 'upcall'))).toBe(60_000);
  expect(sum(run(told, 'd0v0')) / end).toBeCloseTo(1, 5);
});

describe('time travel', () => {
  test('what is run again is not counted again; what comes behind it is', () => {
    const overview = begun('d0v0');
    for (const ticks of [1, 2, 3]) overview.event(upcall(ticks * BIN));
    overview.upTo(3 * BIN);
    overview.moved(BIN, ['d0v0']);
    for (const ticks of [2, 3, 4]) overview.event(upcall(ticks * BIN));
    const told = overview.take(1, 5 * BIN);
    expect([...counted(told, 'upcall')]).toEqual([0, 1, 1, 1, 1]);
    expect([...told.known]).toEqual([BIN, BIN, BIN, BIN, BIN]);
  });

  test('what was not watched is not known, until it is', () => {
    const overview = begun();
    overview.upTo(BIN);
    overview.moved(3 * BIN, ['d1v0']);
    overview.upTo(4 * BIN);
    expect([...overview.take(1, 4 * BIN).known]).toEqual([BIN, 0, 0, BIN]);
    overview.moved(0.5 * BIN, ['d1v0']);
    overview.event(upcall(2.5 * BIN));
    overview.event(upcall(3.5 * BIN));
    overview.tellAll();
    const told = overview.take(1, 5 * BIN);
    expect([...told.known]).toEqual([BIN, BIN, BIN, BIN, BIN]);
    expect([...counted(told, 'upcall')]).toEqual([0, 0, 1, 0, 0]);
  });

  test('another run from an instant on forgets what came later; a copy has it still', () => {
    const overview = begun('d0v0');
    for (const ticks of [1, 2, 3]) overview.event(upcall(ticks * BIN + 1));
    overview.upTo(4 * BIN);
    const left = overview.copy();
    overview.moved(2.5 * BIN, ['d0v0']);
    overview.forget(2.5 * BIN);
    const told = overview.take(1, 3 * BIN);
    expect([...told.known]).toEqual([BIN, BIN, BIN / 2]);
    expect([...counted(told, 'upcall')]).toEqual([0, 1, 0]);
    overview.become(left);
    expect([...counted(overview.take(1, 3 * BIN), 'upcall')]).toEqual([0, 1, 1, 1]);
  });

  test('however one goes to and fro in a run, in the end it is what it was', () => {
    const RUN = Array.from({ length: 40 }, (_, n) => (n % 3 === 0 ? n : n + 0.5) * 0.3 * BIN);
    const END = 12 * BIN;
    const straight = begun('d0v0');
    const go = (overview: Overview, from: number, to: number): void => {
      for (const [n, ticks] of RUN.entries())
        if (ticks > from && ticks <= to)
          overview.event(n % 4 === 0 ? schedule(ticks, n % 8 === 0 ? 'd0v0' : 'd1v0') : upcall(ticks));
      overview.upTo(to);
    };
    const nameAt = (at: number): string => {
      const before = RUN.findLastIndex((ticks, n) => n % 4 === 0 && ticks <= at);
      return before < 0 || before % 8 === 0 ? 'd0v0' : 'd1v0';
    };
    go(straight, 0, END);
    const wanted = straight.take(1, END);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(120), fc.nat(120)), { maxLength: 8 }), (ways) => {
        const overview = begun('d0v0');
        for (const [a, b] of [...ways, [0, 120]]) {
          const [from, to] = [Math.min(a!, b!) * 0.1 * BIN, Math.max(a!, b!) * 0.1 * BIN];
          overview.moved(from, [nameAt(from)]);
          go(overview, from, to);
        }
        overview.tellAll();
        const told = overview.take(1, END);
        for (const kind of COUNTED) expect(counted(told, kind)).toEqual(counted(wanted, kind));
        for (const [bin, ticks] of wanted.known.entries()) expect(told.known[bin]).toBeCloseTo(ticks, 0);
        for (const name of ['d0v0', 'd1v0'])
          for (const [bin, ticks] of run(wanted, name).entries())
            expect(run(told, name)[bin]).toBeCloseTo(ticks, 0);
      }),
    );
  });
});
