/** A span of the past as a timeline shows it: exact, and the world stands where it stood. */
import { beforeEach, describe, expect, test } from 'vitest';
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import { booted } from '../booted-testing.ts';
import { loadCore } from '../core-node.ts';
import type { Lab } from '../lab.ts';
import { differenceOf } from '../snapshot/compare.ts';
import { stateHash } from '../state-hash.ts';
import { goToTicks } from '../time/travel.ts';
import { TOUR_HOST } from '../tour.ts';
import { timelineOf } from './span.ts';
import type { Lane, LaneItem, TimelineView } from './view.ts';

const core = loadCore();
const LIMIT = 20_000;
const ALL = 100_000;
const never = new AbortController().signal;

describe('a host that has made a domain', () => {
  let lab: Lab;
  let beforeNs: number;

  beforeEach(async () => {
    ({ lab } = await booted(core, { ...TOUR_HOST, ...(await dom0Images()) }, /\/ \$ $/));
    lab.past.isKept = true;
    // As a session has it: the store's messages are seen by who watches all the time.
    lab.witness.watch();
    beforeNs = lab.ns;
    lab.type(new TextEncoder().encode('xm create mote\r'));
    while (lab.run({ text: /Started domain mote[^]*\$ $/ }, 5_000_000) === undefined);
  });

  const span = (
    fromNs: number,
    toNs: number,
    filter: string | null = null,
  ): Promise<TimelineView | undefined> =>
    timelineOf(lab, [{ name: 'host', lab }], { fromNs, toNs, limit: LIMIT, filter }, never);
  const laneOf = (view: TimelineView, name: string): Lane => view.lanes.find((lane) => lane.name === name)!;

  test('it has lanes of processors, vcpus, Xen and the store, without having moved the world', async () => {
    const before = { hash: await stateHash(lab.hypervisor), saved: lab.save() };
    const view = (await span(lab.ns - 5e6, lab.ns))!;
    expect(await stateHash(lab.hypervisor)).toBe(before.hash);
    expect(differenceOf(lab.save(), before.saved)).toBe(null);
    expect(view).toMatchObject({ fromNs: lab.ns - 5e6, toNs: lab.ns, isCut: false });
    expect(view.lanes.map(({ name }) => name)).toEqual(expect.arrayContaining(['cpu0', 'd0v0']));
    // What devices and timers do is Xen's own doing.
    const all = (await span(beforeNs, lab.ns))!;
    expect(all.lanes.map(({ name }) => name)).toContain('Xen');
    const calls = laneOf(view, 'd0v0').items.filter(({ kind }) => kind === 'hypercall');
    expect(calls.length).toBeGreaterThan(10);
    for (const { row, fromNs, toNs } of calls) {
      expect(row).toBeGreaterThan(0);
      expect(toNs).toBeGreaterThan(fromNs);
    }
    // It goes on as if nobody had looked.
    lab.type(new TextEncoder().encode('uname\r'));
    while (lab.run({ text: /\nMote[^]*\$ $/ }, 5_000_000) === undefined);
    const after = await stateHash(lab.hypervisor);
    const { lab: other } = await booted(core, { ...TOUR_HOST, ...(await dom0Images()) }, /\/ \$ $/);
    other.type(new TextEncoder().encode('xm create mote\r'));
    while (other.run({ text: /Started domain mote[^]*\$ $/ }, 5_000_000) === undefined);
    other.type(new TextEncoder().encode('uname\r'));
    while (other.run({ text: /\nMote[^]*\$ $/ }, 5_000_000) === undefined);
    expect(after).toBe(await stateHash(other.hypervisor));
  });

  test('the same span is the same from wherever it is asked; parts of it are what the whole has there', async () => {
    const fromNs = Math.floor((beforeNs + lab.ns) / 2);
    const whole = (await span(fromNs, fromNs + 2e6))!;
    expect(whole.events).toBeGreaterThan(100);
    goToTicks(lab, fromNs - 7e6);
    expect(await span(fromNs, fromNs + 2e6)).toEqual(whole);
    const half = (await span(fromNs, fromNs + 1e6))!;
    const points = ({ lanes }: TimelineView, toNs: number): LaneItem[] =>
      lanes.flatMap(({ items }) => items.filter((item) => item.toNs < toNs));
    expect(points(half, fromNs + 1e6)).toEqual(points(whole, fromNs + 1e6));
  });

  test('who wakes a vcpu is tied to where it runs; upcalls tell of ports; filters find what they name', async () => {
    const all = { fromNs: beforeNs, toNs: lab.ns, limit: ALL, filter: 'hypercall domctl' };
    const view = (await timelineOf(lab, [{ name: 'host', lab }], all, never))!;
    expect(view.isCut).toBe(false);
    const at = ({ lane, item }: { lane: number; item: number }): LaneItem => view.lanes[lane]!.items[item]!;
    const notified = view.arrows.filter(({ why }) => why === 'notified');
    expect(notified.length).toBeGreaterThan(5);
    for (const { from, to } of notified) {
      expect([at(from).kind, at(to).kind]).toEqual(['port', 'upcall']);
      expect(at(from).args).toContain(`domain ${String(at(to).domain)} `);
      expect(at(from).fromNs).toBeLessThan(at(to).fromNs);
    }
    const calmNs = lab.ns;
    lab.type(new TextEncoder().encode('sleep 0.01; sleep 0.01; echo up\r'));
    while (lab.run({ text: /\nup[^]*\$ $/ }, 5_000_000) === undefined);
    const calm = (await span(calmNs, lab.ns))!;
    const of = ({ lane, item }: { lane: number; item: number }): LaneItem => calm.lanes[lane]!.items[item]!;
    const woken = calm.arrows.filter(({ why }) => why === 'woken');
    expect(woken.length).toBeGreaterThan(1);
    for (const { from, to } of woken) {
      expect([of(from).name, of(to).kind]).toEqual(['vcpu', 'run']);
      expect(of(from).args).toMatch(/wake$/);
      expect(of(from).fromNs).toBeLessThanOrEqual(of(to).fromNs);
    }
    expect(view.found.length).toBeGreaterThan(3);
    for (const place of view.found) expect(at(place).name).toBe('domctl');
    const store = laneOf(view, 'store').items;
    expect(store.filter(({ toNs, fromNs }) => toNs > fromNs).length).toBeGreaterThan(10);
  });

  test('what is too much is cut, and said to be; what is none is refused; who aborts it gets the world back', async () => {
    const { hash, ns } = { hash: await stateHash(lab.hypervisor), ns: lab.ns };
    const cut = (await timelineOf(
      lab,
      [{ name: 'host', lab }],
      { fromNs: beforeNs, toNs: ns, limit: 100, filter: null },
      never,
    ))!;
    expect(cut).toMatchObject({ isCut: true, events: 100 });
    expect(cut.toNs).toBeLessThan(ns);
    await expect(span(0, 1e6, 'nonsense')).rejects.toThrow('nonsense: it is no event');
    const abort = new AbortController();
    const asked = timelineOf(
      lab,
      [{ name: 'host', lab }],
      { fromNs: beforeNs, toNs: ns, limit: LIMIT, filter: null },
      abort.signal,
    );
    abort.abort();
    expect(await asked).toBe(undefined);
    expect(await stateHash(lab.hypervisor)).toBe(hash);
  });
});
