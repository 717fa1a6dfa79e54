/** What an inspector says of things on a host that runs, checked against that host. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { moteConfig } from '../../../guests/tests/dom0/testing-counts.ts';
import { Host } from '../../../guests/tests/dom0/testing.ts';
import { StageLook } from '../../lab/stage/look.ts';
import type { Lens, StageView } from '../../lab/stage/view.ts';
import { wantedFilter } from '../../lab/event-filter.ts';
import type { Thing } from '../stage/selected.ts';
import { describe } from './describe.ts';
import type { Description } from './description.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

let look: StageLook;
let ring: { readonly mfn: number; readonly port: number };

function see(lens: Lens, mfn = -1): StageView {
  look.lens = lens;
  look.wanted = mfn < 0 ? null : { kind: 'frame', host: 0, mfn };
  return look.view(false)!;
}

function told(thing: Thing, lens: Lens = 'rings', mfn = -1): Description {
  if (thing.kind === 'word') look.wanted = { host: 0, ...thing };
  const view = thing.kind === 'word' ? look.view(false)! : see(lens, mfn);
  return describe({ host: 0, thing }, view)!;
}

function value({ facts }: Description, name: string): string | undefined {
  return facts.find((fact) => fact.name === name)?.value;
}

beforeAll(async () => {
  const host = await Host.boot({
    'etc/xen/web': moteConfig('web', "disk = [ 'file:/tmp/data,xvda,w' ]"),
  });
  host.lab.witness.watch();
  host.run('dd if=/dev/zero of=/tmp/data bs=1k count=64 2> /dev/null; xm create web');
  host.wait(1);
  look = new StageLook();
  look.begin([{ name: 'A', lab: host.lab }]);
  const device = see('rings').hosts[0]!.devices!.find(({ kind }) => kind === 'vbd')!;
  ring = { mfn: device.rings[0]!.mfns[0]!, port: device.port };
});

const VBD = { device: 'vbd', domain: 1, id: 51712 } as const;
const THINGS: readonly Thing[] = [
  { kind: 'xen' },
  { kind: 'processor', id: 0 },
  { kind: 'machine', index: 0 },
  { kind: 'domain', domain: 1 },
  { kind: 'vcpu', domain: 1, vcpu: 0 },
  { kind: 'process', domain: 0, pid: 1 },
  { kind: 'bridge', domain: 0, name: 'xenbr0' },
  { kind: 'port', domain: 1, port: 1 },
  { kind: 'device', ...VBD },
  { kind: 'slot', ...VBD, ring: 0, slot: 0 },
  { kind: 'node', path: '/local/domain/1/name' },
  { kind: 'word', domain: 1, vcpu: 0, value: 'ffffffff80100000' },
];

test.each(THINGS.map((thing) => [thing.kind, thing] as const))(
  'a %s has a title, a sentence, a place in the sources that exists, and an event that can be looked for',
  (_, thing) => {
    const { title, says, source, header, event } = told(thing);
    expect(title).not.toBe('');
    expect(says.join(' ')).toMatch(/\w{3,} .*\.$/);
    for (const path of source.split(', ')) expect(existsSync(join(ROOT, path)), path).toBe(true);
    expect(header).toMatch(/^public\//);
    if (event !== null) expect(() => wantedFilter(event)).not.toThrow();
  },
);

test('what is not there is not told of', () => {
  const gone: readonly Thing[] = [
    { kind: 'processor', id: 9 },
    { kind: 'machine', index: 99 },
    { kind: 'domain', domain: 7 },
    { kind: 'vcpu', domain: 1, vcpu: 5 },
    { kind: 'process', domain: 0, pid: 999 },
    { kind: 'bridge', domain: 9, name: 'xenbr0' },
    { kind: 'port', domain: 1, port: 900 },
    { kind: 'frame', mfn: 1 << 30 },
    { kind: 'device', device: 'vif', domain: 1, id: 0 },
    { kind: 'slot', ...VBD, ring: 0, slot: 99 },
    { kind: 'node', path: '/nothing' },
    { kind: 'word', domain: 7, vcpu: 0, value: 'ffffffff80100000' },
  ];
  for (const thing of gone) expect(describe({ host: 0, thing }, see('rings'))).toBe(null);
  expect(describe({ host: 3, thing: { kind: 'xen' } }, see('rings'))).toBe(null);
});

test('a port leads to its other end, and that back to it', () => {
  const near = told({ kind: 'port', domain: 1, port: ring.port });
  const link = near.facts.find(({ name }) => name === 'other end')!.thing!;
  expect(link).toMatchObject({ kind: 'port', domain: 0 });
  const back = told(link).facts.find(({ name }) => name === 'other end')!.thing;
  expect(back).toEqual({ kind: 'port', domain: 1, port: ring.port });
});

test('the frame of a ring: whose it is, what for, who has been granted it, and which entries name it', () => {
  const frame = told({ kind: 'frame', mfn: ring.mfn }, 'memory', ring.mfn);
  expect(frame.says[0]).toBe('It belongs to web.');
  expect(value(frame, 'type')).toMatch(/^writable, held (once|\d+ times)/);
  expect(frame.facts.find(({ name }) => name.startsWith('grant '))?.value).toContain('in use by Domain-0');
  const entries = frame.facts.filter(({ thing }) => thing?.kind === 'frame');
  expect(entries.length).toBeGreaterThanOrEqual(2);
  const table = entries[0]!.thing as Extract<Thing, { kind: 'frame' }>;
  expect(told(table, 'memory', table.mfn).says.join(' ')).toContain('It is a page table (L1 table)');
  const event = wantedFilter(frame.event!);
  expect(event.words?.test(`mfn 0x${ring.mfn.toString(16)}: none -> writable`)).toBe(true);
});
