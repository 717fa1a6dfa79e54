/** The store, seen from outside: its messages in a host's rings, and its nodes, asked for aside. */
import { beforeAll, expect, test } from 'vitest';
import { Host } from '../../../guests/tests/dom0/testing.ts';
import { XS_READ } from '../../../hypervisor/abi/xenstore.ts';
import type { TraceEvent } from '../../../hypervisor/trace/event.ts';
import { traceWords } from '../../../hypervisor/trace/text.ts';
import { parseFilter, passes } from '../event-filter.ts';
import { stateHash } from '../state-hash.ts';
import { storeTree, storeValue } from './ask.ts';
import { StoreSilent } from './node.ts';
import type { StoreNode } from './node.ts';
import { messageBytes, MessageStream } from './messages.ts';

let host: Host;

beforeAll(async () => {
  host = await Host.boot();
});

/** As `xenstore-ls -f` prints it. */
function lines(nodes: readonly StoreNode[], at = ''): string[] {
  return nodes.flatMap(({ name, value, children }) => {
    const path = `${at}/${name}`;
    return [`${path} = "${value}"`, ...lines(children, path)];
  });
}

/** The store's events while somebody does something. */
function told(work: () => void): TraceEvent[] {
  const events: TraceEvent[] = [];
  const sink = {
    event: (event: TraceEvent): void => {
      if (event.detail.kind === 'xenstore') events.push(event);
    },
    end: (): void => undefined,
  };
  host.lab.hypervisor.trace.add(sink);
  work();
  host.lab.hypervisor.trace.remove(sink);
  return events;
}

test('the tree that is asked for is the one that a process in domain 0 sees, and nothing comes of the question', async () => {
  const hash = await stateHash(host.lab.hypervisor);
  const { screen } = host;
  const events = told(() => {
    expect(storeValue(host.lab, '/local/domain/0/name')).toBe('Domain-0');
  });
  const tree = storeTree(host.lab)!;
  expect(storeTree(host.lab, '/local/domain/0/')?.children).toContainEqual({
    name: 'domid',
    value: '0',
    children: [],
  });
  expect(storeTree(host.lab, '/nothing')).toBe(null);
  expect(() => storeValue(host.lab, 'local')).toThrow(/named from the root/);
  expect(events).toEqual([]);
  expect(host.screen).toBe(screen);
  expect(await stateHash(host.lab.hypervisor)).toBe(hash);
  expect(lines(tree.children).sort()).toEqual(host.run('xenstore-ls -f').trimEnd().split('\n').sort());
});

test('every message is an event with its node and what it says, and a filter may name a node above it', () => {
  const events = told(() => host.run('xenstore-write /local/domain/0/data/x "a b"; xenstore-read /local/y'));
  const words = events.map(({ detail }) => traceWords(detail).args);
  expect(words).toContain('domain 0 WRITE /local/domain/0/data/x "a b"');
  expect(words).toContain('domain 0 <- WRITE /local/domain/0/data/x "OK"');
  expect(words).toContain('domain 0 <- READ /local/y ENOENT');
  const chosen = (filter: string): number =>
    events.filter((event) => passes(parseFilter(filter)!, event)).length;
  expect(chosen('xenstore /local/domain/0')).toBe(2);
  expect(chosen('xenstore /local/domain/0/data/x')).toBe(2);
  expect(chosen('xenstore /local/domain/0/dat')).toBe(0);
  expect(chosen('xenstore /ENOENT/')).toBe(1);
  expect(() => parseFilter('port /local/domain')).toThrow(RangeError);
});

test('a guest says nodes of its own from its own place, and is told of its watches', () => {
  const events = told(() => {
    host.run('xm create mote');
    host.wait(0.2);
  });
  const words = events
    .map(({ detail }) => traceWords(detail).args)
    .filter((each) => each.startsWith('domain 1'));
  // By a token of the guest's own.
  const asked = words.find((each) => each.startsWith('domain 1 WATCH /local/domain/1/control/shutdown "'));
  expect(asked).toMatch(/"\d+"$/);
  expect(words).toContain(asked!.replace('WATCH', '<- WATCH_EVENT'));
  expect(storeValue(host.lab, '/local/domain/1/name')).toBe('mote');
});

test('it can be asked at any instant: while domain 0’s kernel puts a request of its own into the ring, too', () => {
  const { lab } = host;
  lab.type(new TextEncoder().encode('xenstore-ls\r'));
  const events: TraceEvent[] = [];
  const sink = { event: (event: TraceEvent) => void events.push(event), end: () => undefined };
  lab.hypervisor.trace.add(sink);
  while (!events.some(({ detail }) => detail.kind === 'xenstore')) lab.run({}, 20_000);
  for (let at = 0; at < 90; at++) {
    lab.run({}, 500);
    expect(storeValue(lab, '/local/domain/0/name')).toBe('Domain-0');
  }
  lab.hypervisor.trace.remove(sink);
  host.wait(5);
});

test('a server that stands still is told of, though no clock goes on by which it could be waited for', () => {
  const [, pid] = /^ *(\d+).*\bxenstored$/m.exec(host.run('ps'))!;
  host.run(`kill -STOP ${pid!}`);
  host.wait(5);
  expect(() => storeValue(host.lab, '/local/domain/1/name')).toThrow('its server does not answer');
  host.run(`kill -CONT ${pid!}`);
});

test('who begins to watch in the middle of messages hears of none that is half one', () => {
  const stream = new MessageStream();
  const message = { type: XS_READ, id: 7, transaction: 3, payload: '/a\0' };
  const bytes = messageBytes(message);
  expect(stream.take(bytes.subarray(0, 5))).toEqual([]);
  expect(stream.take(bytes.subarray(5))).toEqual([message]);
  expect(stream.take(new Uint8Array(16).fill(0xee))).toEqual([]);
  expect(stream.take(bytes)).toEqual([]);
  stream.begin();
  expect(stream.take(bytes)).toEqual([message]);
});

test('where nobody serves a store, that is said', () => {
  const [, pid] = /^ *(\d+).*xenstored/m.exec(host.run('ps'))!;
  host.run(`kill -9 ${pid!}`);
  expect(() => storeTree(host.lab)).toThrow(StoreSilent);
});
