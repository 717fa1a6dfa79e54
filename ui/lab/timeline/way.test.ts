/** The way of a request: of one to a disk of the machine, and of a packet. */
import { beforeAll, describe, expect, test } from 'vitest';
import { moteConfig } from '../../../guests/tests/dom0/testing-counts.ts';
import { Host } from '../../../guests/tests/dom0/testing.ts';
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import { stateHash } from '../state-hash.ts';
import { wayIn, wayOf } from './way.ts';
import type { Ends, RingEntry, WayView } from './way.ts';

const WEB = moteConfig('web', "disk = [ 'phy:vda,xvda,w' ]", "vif = [ '' ]");
const XVDA = 51712;
let host: Host;

beforeAll(async () => {
  const disks = [{ name: 'disk', bytes: new Uint8Array(65_536) }];
  host = await Host.boot({ 'etc/xen/web': WEB }, { disks });
  host.lab.past.isKept = true;
  host.lab.witness.watch();
  host.run('xm create web');
  host.wait(1);
  host.inside('web', 'ifconfig eth0 10.0.0.11 netmask 255.255.255.0');
  host.run('ping -c 1 10.0.0.11');
});

/** A frontend's channel, as it says in the store. */
function portOf(device: string): number {
  return Number(host.run(`xenstore-read /local/domain/1/device/${device}/event-channel`));
}

function entry(ring: RingEntry['ring'], device: number, index = 0): RingEntry {
  const port = portOf(`${ring === 'block' ? 'vbd' : 'vif'}/${String(device)}`);
  return { domain: 1, device, ring, port, way: 'request', index };
}

async function way(of: RingEntry): Promise<WayView> {
  const hash = await stateHash(host.lab.hypervisor);
  const view = (await wayOf(host.lab, [host.lab], of, new AbortController().signal))!;
  expect(await stateHash(host.lab.hypervisor)).toBe(hash);
  const times = view.steps.map(({ ns }) => ns);
  expect(times).toEqual([...times].sort((one, other) => one - other));
  return view;
}

const parts = ({ steps }: WayView): string[] => steps.map(({ part }) => part);

test('a request from the guest’s ring to the machine’s disk, and back; and a packet', async () => {
  const read = await way(entry('block', XVDA));
  expect(read).toMatchObject({ request: 0, response: 0 });
  const { steps } = read;
  expect(parts(read)).toEqual(['asks', 'tells', 'wakes', 'device', 'data', 'answers', 'told', 'hears']);
  expect(steps[0]!.says).toMatch(/^web \(dom 1\) asks Domain-0 \(dom 0\): read \d+ bytes at sector 0/);
  expect(steps.find(({ part }) => part === 'device')!.says).toContain('the disk has read sector 0');
  const packet = await way(entry('transmit', 0));
  expect(parts(packet)).toEqual(['asks', 'tells', 'wakes', 'data', 'answers', 'told', 'hears']);
  expect(packet.steps[3]!.says).toMatch(/Xen has copied \d+ bytes for Domain-0/);
});

test('where its channel leads nowhere, that is said', async () => {
  await expect(way({ ...entry('block', XVDA), port: 1000 })).rejects.toThrow('leads to no backend');
});

describe('among events', () => {
  const of: RingEntry = { domain: 1, device: XVDA, ring: 'block', port: 5, way: 'request', index: 1 };
  const ends: Ends = { frontend: 1, frontPort: 5, backend: 0, backPort: 13 };
  const at = (detail: TraceDetail, domain = 0): TraceEvent => ({
    ticks: 0,
    vcpu: 0,
    depth: 0,
    domain,
    detail,
  });
  const slot = (way: 'request' | 'response', index: number, id: number, refs: number[] = []): TraceEvent =>
    at({
      kind: 'ring',
      ring: 'block',
      domain: 1,
      backend: 0,
      device: XVDA,
      way,
      index,
      id,
      text: '',
      refs,
      bytes: 0,
    });
  const grant = (ref: number): TraceEvent =>
    at({
      ...{ kind: 'grant', change: 'mapped', domain: 0, granter: 1, ref, mfn: 7, readOnly: false, bytes: 0 },
    });
  const raise = (domain: number, port: number): TraceEvent => at({ kind: 'port', domain, port });
  const found = (events: readonly TraceEvent[], entry = of): string[] | undefined =>
    wayIn(events, entry, ends)?.map(({ part, event }) => `${part} ${String(events.indexOf(event))}`);

  test('answers in another order are told apart by what they are to; so are grants', () => {
    const events = [
      ...[slot('request', 0, 40, [8]), slot('request', 1, 41, [9]), raise(0, 13), at({ kind: 'upcall' })],
      ...[grant(9), grant(8), slot('response', 0, 41), slot('response', 1, 40), raise(1, 5)],
      at({ kind: 'upcall' }, 1),
    ];
    const second = ['asks 1', 'tells 2', 'wakes 3', 'data 4', 'answers 6', 'told 8', 'hears 9'];
    expect(found(events)).toEqual(second);
    expect(found(events, { ...of, way: 'response', index: 0 })).toEqual(second);
    expect(found(events, { ...of, index: 0 })).toEqual([
      ...['asks 0', 'tells 2', 'wakes 3', 'data 5', 'answers 7', 'told 8', 'hears 9'],
    ]);
  });

  test('one that has no answer yet ends where it is; one that nobody is told of has no notice', () => {
    expect(found([slot('request', 1, 41, [9]), grant(9)])).toEqual(['asks 0', 'data 1']);
    const quiet = [slot('request', 1, 41), slot('response', 1, 41), slot('request', 2, 42), raise(1, 5)];
    expect(found(quiet)).toEqual(['asks 0', 'answers 1']);
    expect(found([slot('request', 0, 40), raise(0, 13)])).toBe(undefined);
    // A later notice is for a later request.
    expect(found([slot('request', 1, 41), slot('response', 1, 41), raise(0, 13)])).toEqual([
      ...['asks 0', 'answers 1'],
    ]);
  });
});
