/** What goes through the rings of a guest's devices, as events of the trace; nothing is otherwise by that. */
import { expect, test } from 'vitest';
import { moteConfig } from '../../guests/tests/dom0/testing-counts.ts';
import { Host } from '../../guests/tests/dom0/testing.ts';
import type { TraceDetail } from '../../hypervisor/trace/event.ts';
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { loadCore } from './core-node.ts';
import { imagesAmong } from './own-images.ts';
import { KnownRings } from './known-rings.ts';
import { restoreLab, saveLab } from './snapshot/file.ts';
import { openSnapshot } from './snapshot/format.ts';
import { stateHash } from './state-hash.ts';
import { storeTree } from './xenstore/ask.ts';
import type { StoreNode } from './xenstore/node.ts';

type Ring = Extract<TraceDetail, { kind: 'ring' }>;

const WEB = moteConfig('web', "disk = [ 'file:/tmp/data,xvda,w' ]", "vif = [ 'mac=00:16:3e:00:00:11' ]");
const NEVER = { event: (): undefined => undefined, end: (): undefined => undefined };

/** A host with a domain that has a disk and a card; `hear`: what goes through their rings. */
async function run(hear: ((ring: Ring) => void) | null): Promise<Host> {
  const host = await Host.boot({ 'etc/xen/web': WEB });
  if (hear !== null)
    host.lab.hypervisor.trace.add({
      ...NEVER,
      event: ({ detail }) => {
        if (detail.kind === 'ring') hear(detail);
      },
    });
  host.run('dd if=/dev/zero of=/tmp/data bs=1k count=64 2> /dev/null');
  host.run('xm create web');
  host.wait(1);
  return host;
}

test('requests in order, each answered after it; what is printed; the same host as one that nobody watches', async () => {
  const heard: Ring[] = [];
  const host = await run((ring) => heard.push(ring));
  const of = (ring: Ring['ring'], way: Ring['way']): Ring[] =>
    heard.filter((each) => each.ring === ring && each.way === way);
  for (const ring of ['block', 'transmit', 'receive'] as const) {
    const [requests, answers] = [of(ring, 'request'), of(ring, 'response')];
    expect(
      requests.map(({ index }) => index),
      ring,
    ).toEqual(requests.map((_, n) => n));
    expect(
      answers.map(({ index }) => index),
      ring,
    ).toEqual(answers.map((_, n) => n));
    for (const answer of answers)
      expect(heard.indexOf(answer)).toBeGreaterThan(heard.indexOf(requests[answer.index]!));
  }
  expect(of('block', 'request')[0]).toMatchObject({
    ...{ domain: 1, backend: 0, device: 51712 },
    text: expect.stringMatching(/^read \d+ bytes at sector \d+$/) as string,
  });
  expect(of('block', 'request')[0]!.refs.length).toBeGreaterThan(0);
  expect(of('block', 'response')[0]!.text).toBe('read: done');
  expect(of('receive', 'request')[0]).toMatchObject({ text: 'room for a packet' });
  const printed = of('printed', 'produced').map(({ text }) => JSON.parse(text) as string);
  expect(printed.join('')).toContain('Welcome to Mote');
  const plain = await run(null);
  expect(await stateHash(host.lab.hypervisor)).toBe(await stateHash(plain.lab.hypervisor));
});

test('who goes on with a host that was saved hears of rings that were connected before', async () => {
  const { lab } = await run(() => undefined);
  const { kernel, ramdisk } = await dom0Images();
  const file = await saveLab(lab, loadCore());
  const saved = await restoreLab(loadCore(), await openSnapshot(file), {
    image: imagesAmong([kernel, ramdisk]),
  });
  const heard: Ring[] = [];
  saved.hypervisor.trace.add({
    ...NEVER,
    event: ({ detail }) => {
      if (detail.kind === 'ring' && detail.ring === 'block') heard.push(detail);
    },
  });
  saved.type(new TextEncoder().encode('xm console web\rdd if=/dev/xvda of=/dev/null count=1 skip=64\r'));
  expect(saved.run({ text: /dd: 1\+0 blocks/ }, 1_000_000_000)).toBeDefined();
  expect(heard.map(({ way }) => way)).toEqual(['request', 'response']);
});

test('rings that were connected when nobody watched are known when the store has been read', async () => {
  const host = await run(null);
  const { lab } = host;
  const heard: Ring[] = [];
  lab.hypervisor.trace.add({
    ...NEVER,
    event: ({ detail }) => {
      if (detail.kind === 'ring' && detail.ring === 'block') heard.push(detail);
    },
  });
  const reads = (): void => {
    host.inside('web', 'dd if=/dev/xvda of=/dev/null count=1 skip=64');
  };
  reads();
  expect(heard).toEqual([]);
  for (let again = 0; again < 2; again++) lab.witness.rings.learn(storeTree(lab)!);
  expect([...lab.witness.rings.rings.keys()].map((name) => name.replace(/.*\//, ''))).toEqual([
    'ring-ref',
    'tx-ring-ref',
    'rx-ring-ref',
  ]);
  reads();
  expect(heard.map(({ way }) => way)).toEqual(['request', 'response']);
});

test('a ring of several pages is learned with all of them, and what has been heard of it stands', () => {
  const rings = new KnownRings();
  const node = (name: string, value: string, children: readonly StoreNode[] = []): StoreNode => ({
    name,
    value,
    children,
  });
  const device = node('51712', '', [node('ring-ref0', '8'), node('ring-ref1', '9')]);
  const within = ['vbd', 'device', '1', 'domain', 'local', '/'].reduce(
    (child, name) => node(name, '', [child]),
    device,
  );
  for (let again = 0; again < 2; again++) rings.learn(within);
  const [known] = rings.rings.values();
  expect(known).toMatchObject({ frontend: 1, device: 51712, node: 'ring-ref', refs: [8, 9], wasThere: true });
  const written = { kind: 'xenstore', domain: 1, way: 'request', message: 'WRITE', isError: false } as const;
  const path = '/local/domain/1/device/vbd/51712/ring-ref';
  rings.hear({ ...written, path, text: '7', transaction: 0 });
  rings.learn(within);
  expect([...rings.rings.values()]).toMatchObject([{ refs: [7], wasThere: false }]);
});
