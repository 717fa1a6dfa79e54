/** Lanes and arrows of what was recorded: times within a tick, spans in spans, causes tied to effects. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TraceDetail } from '../../../hypervisor/trace/event.ts';
import { RUNSTATE_BLOCKED, RUNSTATE_RUNNABLE, RUNSTATE_RUNNING } from '../../../hypervisor/state/vcpu.ts';
import { lanesOf } from './lanes.ts';
import type { Lanes } from './lanes.ts';
import type { Record, Recorded, RunstateChange } from './record.ts';
import type { Lane } from './view.ts';

const PERIOD_NS = 2;

/** A record on its way: each instant is the next one of its tick. */
class Making implements Record {
  readonly processors = ['d0v0'];
  readonly events: Recorded[] = [];
  readonly runstates: RunstateChange[] = [];
  private readonly places = new Map<number, number>();

  private at(ticks: number): Recorded['at'] {
    const place = this.places.get(ticks) ?? 0;
    this.places.set(ticks, place + 1);
    return { ticks, place };
  }
  placesOf(ticks: number): number {
    return this.places.get(ticks) ?? 1;
  }
  add(ticks: number, detail: unknown, { domain = 0, depth = 0, causes = [] as number[] } = {}): Recorded {
    const event = { ticks, domain, vcpu: domain < 0 ? -1 : 0, depth, detail: detail as TraceDetail };
    const recorded = { event, at: this.at(ticks), end: null, causes };
    this.events.push(recorded);
    return recorded;
  }
  end(recorded: Recorded, ticks: number): void {
    recorded.end = this.at(ticks);
  }
  becomes(domain: number, runstate: number | null, ticks: number): void {
    this.runstates.push({ domain, vcpu: 0, runstate, at: this.at(ticks), sinceNs: ticks * PERIOD_NS });
  }
  lanes(toTicks: number): Lanes {
    return lanesOf(this, PERIOD_NS, 0, toTicks * PERIOD_NS);
  }
}

const named = ({ lanes }: Lanes, name: string): Lane => lanes.find((lane) => lane.name === name)!;
const CALL = { kind: 'hypercall', name: 'sched_op', args: '', result: 0, words: [] };
const store = (way: string, more: object = {}): object => ({
  ...{
    kind: 'xenstore',
    domain: 1,
    way,
    message: 'READ',
    isError: false,
    transaction: 0,
    path: '/a',
    text: '',
  },
  ...more,
});

test('who has a processor, how each vcpu is, and what it does: in lanes, processors first', () => {
  const record = new Making();
  record.becomes(0, RUNSTATE_RUNNING, 0);
  record.becomes(1, RUNSTATE_BLOCKED, 0);
  const call = record.add(10, CALL);
  record.add(10, { kind: 'vcpu', domain: 1, vcpu: 0, change: 'wake' }, { depth: 1 });
  record.end(call, 10);
  record.becomes(1, RUNSTATE_RUNNABLE, 10);
  record.add(20, { kind: 'schedule', processor: 0, from: 'd0v0', to: 'd1v0' }, { domain: -1 });
  record.becomes(1, RUNSTATE_RUNNING, 20);
  record.add(25, { kind: 'virq', virq: 0, domain: 1, vcpu: 0 }, { domain: -1 });
  record.add(30, { kind: 'schedule', processor: 0, from: 'd1v0', to: 'idle' }, { domain: -1 });
  const lanes = record.lanes(40);
  expect(lanes.lanes.map(({ of, name, rows }) => [of, name, rows])).toEqual([
    ['processor', 'cpu0', 1],
    ['xen', 'Xen', 1],
    ['vcpu', 'd0v0', 3],
    ['vcpu', 'd1v0', 1],
  ]);
  expect(named(lanes, 'cpu0').items).toMatchObject([
    { name: 'd0v0', domain: 0, fromNs: 0, toNs: 40 },
    { name: 'd1v0', domain: 1, fromNs: 40, toNs: 60 },
  ]);
  expect(named(lanes, 'd1v0').items.map(({ kind }) => kind)).toEqual(['blocked', 'runnable', 'run']);
  // What happens in one tick is side by side in it, and what is in a span is within its times.
  const [, hypercall, woken] = named(lanes, 'd0v0').items;
  expect(hypercall).toMatchObject({ kind: 'hypercall', row: 1, fromNs: 20 });
  expect(woken).toMatchObject({ kind: 'vcpu', row: 2 });
  expect(woken!.fromNs).toBeGreaterThan(hypercall!.fromNs);
  expect(woken!.toNs).toBeLessThan(hypercall!.toNs);
  expect(hypercall!.toNs).toBeLessThan(22);
  expect(named(lanes, 'Xen').items).toMatchObject([{ kind: 'virq', domain: 1 }]);
  expect(lanes.lanes.find(({ of }) => of === 'processor')).toMatchObject({ name: 'cpu0', domain: -1 });
  expect(lanes.arrows).toEqual([{ why: 'woken', from: lanes.placeOf(1), to: { lane: 0, item: 1 } }]);
});

test('an upcall is tied to the notifications that it tells of', () => {
  const record = new Making();
  record.add(5, { kind: 'port', domain: 0, port: 3 }, { domain: 1 });
  record.add(9, { kind: 'upcall' }, { causes: [0] });
  const lanes = record.lanes(10);
  expect(lanes.arrows).toEqual([{ why: 'notified', from: lanes.placeOf(0), to: lanes.placeOf(1) }]);
});

test('a request of the store and its answer are a span; one without lasts on', () => {
  const record = new Making();
  record.add(1, store('request'));
  record.add(2, store('request', { path: '/b' }));
  record.add(3, store('watch', { message: 'WATCH_EVENT' }));
  record.add(4, store('answer', { text: 'value' }));
  expect(named(record.lanes(10), 'store').items).toMatchObject([
    { fromNs: 2, toNs: 8, result: 'value', row: 0 },
    { fromNs: 4, toNs: 20, result: '', row: 0 },
    { fromNs: 6, toNs: 6, row: 1 },
  ]);
});

test('whatever happens: items are in order, spans lie in those around them, and arrows go forwards', () => {
  const step = fc.tuple(fc.nat(3), fc.constantFrom('open', 'close', 'point', 'wake', 'run'));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const record = new Making();
      const open: Recorded[] = [];
      let ticks = 0;
      for (const [by, what] of steps) {
        ticks += by;
        const depth = open.length;
        if (what === 'open') open.push(record.add(ticks, CALL, { depth }));
        else if (what === 'close' && depth > 0) record.end(open.pop()!, ticks);
        else if (what === 'point') record.add(ticks, { kind: 'unpin', mfn: 1 }, { depth });
        else if (what === 'wake')
          record.add(ticks, { kind: 'vcpu', domain: 1, vcpu: 0, change: 'wake' }, { depth });
        else if (what === 'run')
          record.add(ticks, { kind: 'schedule', processor: 0, from: 'd0v0', to: 'd1v0' }, { domain: -1 });
      }
      for (; open.length > 0;) record.end(open.pop()!, ticks);
      const { lanes, arrows } = record.lanes(ticks + 1);
      for (const { items, rows } of lanes) {
        for (const [n, { fromNs, toNs, row }] of items.entries()) {
          expect(fromNs).toBeGreaterThanOrEqual(items[n - 1]?.fromNs ?? 0);
          expect(toNs).toBeGreaterThanOrEqual(fromNs);
          expect(toNs).toBeLessThanOrEqual((ticks + 1) * PERIOD_NS);
          expect(row).toBeLessThan(rows);
        }
        for (const inner of items.filter(({ row }) => row > 1))
          expect(
            items.some(
              ({ row, kind, fromNs, toNs }) =>
                kind === 'hypercall' && row === inner.row - 1 && fromNs < inner.fromNs && inner.toNs < toNs,
            ),
          ).toBe(true);
      }
      for (const { from, to } of arrows)
        expect(lanes[from.lane]!.items[from.item]!.fromNs).toBeLessThan(
          lanes[to.lane]!.items[to.item]!.fromNs,
        );
    }),
  );
});
