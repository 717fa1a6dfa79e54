/** Both sides of migrations as one: what a face is told. */
import { expect, test } from 'vitest';
import { SHUTDOWN_suspend } from '../../hypervisor/abi/sched.ts';
import type { TraceDetail } from '../../hypervisor/trace/event.ts';
import { migrationViews, PAGE_DIRTY, PAGE_OF_THIS_ROUND } from './migration-view.ts';
import { AROUND_NS, Migrations } from './migration.ts';
import { STEP_NS } from './steps.ts';

const UUID = 'some-uuid';
const ROUND = 'sent=8 skipped=1 dirtied=2 bytes=32768 ns=1000 pace=0 last=0';

/** A host, and what happens on it at its instants. */
class Side {
  readonly migrations = new Migrations(1);
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  readonly xen = (ticks: number, detail: TraceDetail): void => {
    this.migrations.event({ ticks, domain: 0, vcpu: 0, depth: 0, detail });
  };
  store(ticks: number, record: string, values: Readonly<Record<string, string>>): void {
    for (const [field, text] of Object.entries(values)) {
      const path = `/tool/xend/${record}/${field}`;
      const rest = { domain: 0, way: 'request', isError: false, transaction: 0, text } as const;
      this.xen(ticks, { kind: 'xenstore', message: 'WRITE', path, ...rest });
    }
  }
}

/** One that begins then. */
function world(ns = 10): { readonly a: Side; readonly b: Side } {
  const [a, b] = [new Side('A'), new Side('B')];
  a.store(ns, `sending/${UUID}`, { domid: '3', name: 'web', host: '10.0.0.101', state: 'pre-migration' });
  a.store(ns + 10, `sending/${UUID}`, { state: 'reservation' });
  b.store(ns + 11, 'receiving/attempt', { uuid: UUID, state: 'coming' });
  a.store(ns + 20, `sending/${UUID}`, { state: 'iterative pre-copy' });
  return { a, b };
}

test('stages of both hosts are one row, each from when the first told of it; it stands still from there to here', () => {
  const { a, b } = world();
  a.xen(50, { kind: 'shutdown', domain: 3, reason: SHUTDOWN_suspend });
  a.store(51, `sending/${UUID}`, { state: 'stop-and-copy' });
  b.store(60, 'receiving/attempt', { domid: '1', state: 'ours' });
  b.xen(70, { kind: 'domctl', command: 'XEN_DOMCTL_unpausedomain', domain: 1 });
  b.store(71, 'receiving/attempt', { state: 'runs' });
  const [under] = migrationViews([a, b], 1e3);
  expect(under).toMatchObject({ name: 'web', from: 'A', to: 'B', isOver: false, problem: '' });
  expect(under!.stages.map(({ atNs }) => atNs)).toEqual([10, 20, 30, 51, 60, 71]);
  expect([under!.suspendedNs, under!.resumedNs]).toEqual([50, 70]);
  a.store(80, `sending/${UUID}`, { state: 'ended' });
  expect(migrationViews([a, b], 1e3)[0]!.isOver).toBe(true);
});

test('where the other host is not of this world, it is called as it was named; what went wrong is said', () => {
  const { a } = world();
  a.store(40, `sending/${UUID}`, { problem: 'no room there', state: 'ended' });
  expect(migrationViews([a], 1e3)).toMatchObject([
    { to: '10.0.0.101', isOver: true, problem: 'no room there' },
  ]);
});

test('pages are what they were when they were sent, and whether they are dirty or of this round', () => {
  const { a } = world();
  a.xen(31, {
    kind: 'page_info',
    domain: 3,
    pfns: Uint32Array.of(0, 1, 2, 3),
    types: Uint8Array.of(0, 1, 12, 15),
  });
  a.xen(32, {
    kind: 'shadow_op',
    command: 'XEN_DOMCTL_SHADOW_OP_CLEAN',
    domain: 3,
    dirty: 1,
    bits: Uint8Array.of(0b10),
  });
  a.store(33, `sending/${UUID}`, { 'rounds/1': ROUND });
  a.xen(34, { kind: 'page_info', domain: 3, pfns: Uint32Array.of(5), types: Uint8Array.of(0) });
  const [{ pages, rounds }] = migrationViews([a], 1e3) as [ReturnType<typeof migrationViews>[0]];
  const [data, l1, l4, nothing] = [1, 2, 5, 6];
  expect([...pages.subarray(0, 6)]).toEqual([
    data,
    l1 | PAGE_DIRTY,
    l4,
    nothing,
    0,
    data | PAGE_OF_THIS_ROUND,
  ]);
  expect(rounds).toMatchObject([{ sent: 8, skipped: 1, dirtied: 2 }]);
  expect(rounds[0]).not.toHaveProperty('dirty');
});

test('post-copy is a stage behind the others, with how its pages have followed; those that go then are told anew', () => {
  const { a, b } = world();
  const asked = (pfns: number[]): void => {
    const types = new Uint8Array(pfns.length);
    a.xen(40, { kind: 'page_info', domain: 3, pfns: Uint32Array.from(pfns), types });
  };
  asked([0, 1, 2]);
  a.store(51, `sending/${UUID}`, { state: 'activation' });
  b.store(52, 'receiving/attempt', { domid: '1', state: 'runs' });
  a.store(53, `sending/${UUID}`, { state: 'post-copy', later: 'fetched=2 pushed=16 left=5 bytes=9 ns=8' });
  asked([1]);
  const [under] = migrationViews([a, b], 1e3);
  expect(under!.stages.at(-1)).toEqual({ stage: 'post-copy', atNs: 53 });
  expect(under!.later).toEqual({ fetched: 2, pushed: 16, left: 5 });
  expect([...under!.pages].map((page) => (page & PAGE_OF_THIS_ROUND) !== 0)).toEqual([false, true, false]);
  expect(under!.isOver).toBe(false);
});

test('what it sends here and what it sends there is one row; of a migration in which it sends nothing there is none', () => {
  const begunNs = AROUND_NS;
  let nowNs = begunNs;
  const { a, b } = world(begunNs);
  const sends = ({ xen }: Side, ns: number, domain: number, bytes: number): void => {
    const card = { kind: 'ring', ring: 'transmit', backend: 0, device: 0 } as const;
    xen(ns, { ...card, domain, way: 'request', index: 0, id: 0, text: '', refs: [], bytes });
  };
  expect(migrationViews([a, b], nowNs)[0]!.sent).toBe(null);
  sends(a, begunNs + STEP_NS, 3, 500);
  // While it is under way it ends where it is as yet.
  nowNs = begunNs + 9 * STEP_NS;
  expect(migrationViews([a, b], nowNs)[0]!.sent!.bytes).toHaveLength(AROUND_NS / STEP_NS + 9);
  nowNs = 9 * begunNs;
  b.store(begunNs + 3 * STEP_NS, 'receiving/attempt', { domid: '1', state: 'runs' });
  sends(b, begunNs + 4 * STEP_NS, 1, 70);
  const { fromNs, bytes } = migrationViews([a, b], nowNs)[0]!.sent!;
  expect([fromNs, bytes.length]).toEqual([begunNs - AROUND_NS, (2 * AROUND_NS) / STEP_NS + 3]);
  const before = AROUND_NS / STEP_NS;
  expect([...bytes.subarray(before, before + 6)]).toEqual([0, 500, 0, 0, 70, 0]);
});
