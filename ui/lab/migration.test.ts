/** Migrations as they are seen from outside, made of what a store and Xen tell. */
import { expect, test } from 'vitest';
import { SHUTDOWN_suspend } from '../../hypervisor/abi/sched.ts';
import type { TraceDetail } from '../../hypervisor/trace/event.ts';
import { AROUND_NS, Migrations, NOT_SENT } from './migration.ts';
import { STEP_NS } from './steps.ts';

const PERIOD_NS = 2;
const SENDING = '/tool/xend/sending/some-uuid';

let ticks = 0;
let migrations: Migrations;

function write(path: string, value: string | null): void {
  const message = value === null ? 'RM' : 'WRITE';
  const rest = { domain: 0, way: 'request', isError: false, transaction: 0, text: value ?? '' } as const;
  xen({ kind: 'xenstore', message, path, ...rest });
}
function xen(detail: TraceDetail): void {
  migrations.event({ ticks: ++ticks, domain: 0, vcpu: 0, depth: 0, detail });
}
function begin(): void {
  migrations = new Migrations(PERIOD_NS);
  ticks = 0;
  for (const [field, value] of Object.entries({ domid: '3', name: 'web', host: 'B', state: 'asked' }))
    write(`${SENDING}/${field}`, value);
}
const ROUND = 'sent=900 skipped=10 dirtied=3 bytes=4000 ns=2000 pace=0 last=';

test('a migration has its stages, with their times; one that is written twice is one', () => {
  begin();
  for (const state of ['pre-migration', 'reservation', 'commitment', 'commitment', 'activation', 'ended']) {
    expect(migrations.of(3)!.isOver, state).toBe(false);
    write(`${SENDING}/state`, state);
  }
  expect(migrations.of(3)!.stages).toEqual([
    { stage: 'pre-migration', atNs: 10 },
    { stage: 'reservation', atNs: 12 },
    { stage: 'commitment', atNs: 14 },
    { stage: 'activation', atNs: 18 },
  ]);
  expect(migrations.of(3)).toMatchObject({ domain: 3, name: 'web', host: 'B', way: 'out', isOver: true });
});

test('a round has what was dirty when Xen was asked last; the last one, in which nothing can be, has nothing', () => {
  begin();
  xen({
    kind: 'shadow_op',
    command: 'XEN_DOMCTL_SHADOW_OP_CLEAN',
    domain: 3,
    dirty: 3,
    bits: Uint8Array.of(0b111),
  });
  xen({
    kind: 'shadow_op',
    command: 'XEN_DOMCTL_SHADOW_OP_PEEK',
    domain: 3,
    dirty: 9,
    bits: new Uint8Array(0),
  });
  write(`${SENDING}/rounds/1`, `${ROUND}0`);
  write(`${SENDING}/rounds/2`, `${ROUND}1`);
  const [first, last] = migrations.of(3)!.rounds;
  expect(first).toMatchObject({ sent: 900, skipped: 10, dirtied: 3, bytesPerSecond: 2e9, isLast: false });
  expect([first!.dirty, last!.isLast, last!.dirty]).toEqual([Uint8Array.of(0b111), true, null]);
});

test('pages that are sent are known by their types, and in their order in the round under way', () => {
  begin();
  xen({ kind: 'page_info', domain: 3, pfns: Uint32Array.of(5, 2), types: Uint8Array.of(0, 9) });
  xen({ kind: 'page_info', domain: 4, pfns: Uint32Array.of(1), types: Uint8Array.of(0) });
  write(`${SENDING}/progress`, 'round=1 done=2 of=8');
  const { types, sending, progress } = migrations.of(3)!;
  expect([...types]).toEqual([NOT_SENT, NOT_SENT, 9, NOT_SENT, NOT_SENT, 0]);
  expect([sending, progress]).toEqual([[5, 2], { round: 1, done: 2, of: 8 }]);
  write(`${SENDING}/rounds/1`, `${ROUND}0`);
  expect(migrations.of(3)!.sending).toEqual([]);
});

test('the domain stands still and goes on: here, where it stays; on the other host, where it comes', () => {
  begin();
  xen({ kind: 'shutdown', domain: 3, reason: SHUTDOWN_suspend });
  xen({ kind: 'domctl', command: 'XEN_DOMCTL_resumedomain', domain: 3 });
  expect(migrations.of(3)).toMatchObject({ suspendedNs: 10, resumedNs: 12 });
  const coming = '/tool/xend/receiving/some-attempt';
  for (const state of ['coming', 'ready', 'ours']) write(`${coming}/state`, state);
  write(`${coming}/domid`, '7');
  xen({ kind: 'domctl', command: 'XEN_DOMCTL_unpausedomain', domain: 7 });
  expect(migrations.of(7)!.isOver).toBe(false);
  write(`${coming}/state`, 'runs');
  const { stages, resumedNs, way, isOver } = migrations.of(7)!;
  expect(stages.map(({ stage }) => stage)).toEqual([
    'reservation',
    'stop-and-copy',
    'commitment',
    'activation',
  ]);
  expect([resumedNs, way, isOver]).toEqual([22, 'in', true]);
});

test('another attempt is another migration', () => {
  begin();
  write(`${SENDING}/problem`, 'B did not take it');
  write(SENDING, null);
  write(`${SENDING}/domid`, '3');
  expect(migrations.all.map(({ problem }) => problem)).toEqual(['B did not take it', '']);
});

test('what the domain sends is kept from a while before its migration until a while behind it', () => {
  migrations = new Migrations(PERIOD_NS);
  const at = (ns: number, happens: () => void): void => {
    ticks = ns / PERIOD_NS - 1;
    happens();
  };
  const sends = (ns: number, domain = 3): void => {
    at(ns, () => {
      const card = { kind: 'ring', ring: 'transmit', backend: 0, device: 0 } as const;
      xen({ ...card, domain, way: 'request', index: 0, id: 0, text: '', refs: [], bytes: 100 });
    });
  };
  const begunNs = 100 * AROUND_NS;
  const overNs = begunNs + 3 * AROUND_NS;
  for (const ns of [0, begunNs - 2 * AROUND_NS, begunNs - AROUND_NS, begunNs - STEP_NS]) sends(ns);
  at(begunNs, () => {
    write(`${SENDING}/domid`, '3');
    write(`${SENDING}/state`, 'pre-migration');
  });
  sends(begunNs + STEP_NS, 4);
  sends(begunNs + 2 * STEP_NS);
  at(overNs, () => {
    write(`${SENDING}/state`, 'ended');
  });
  sends(overNs + AROUND_NS - STEP_NS);
  sends(overNs + AROUND_NS);
  const { first, amounts } = migrations.of(3)!.sent;
  expect(first).toBe((begunNs - AROUND_NS) / STEP_NS);
  const steps = amounts.flatMap((bytes, n) => (bytes === 0 ? [] : [[(first + n) * STEP_NS, bytes]]));
  expect(steps).toEqual([
    [begunNs - AROUND_NS, 100],
    [begunNs - STEP_NS, 100],
    [begunNs + 2 * STEP_NS, 100],
    [overNs + AROUND_NS - STEP_NS, 100],
  ]);
});
