import { expect, test } from 'vitest';
import { Cable, SwitchEnd } from './cable.ts';
import { frame } from './ethernet.ts';
import { Lan } from './lan.ts';

const ALL = Uint8Array.of(255, 255, 255, 255, 255, 255);
const numbered = (n: number): Uint8Array =>
  frame(ALL, Uint8Array.of(2, 0, 0, 0, 0, 1), 0x88b5, Uint8Array.of(n, n >>> 8));

test('what is brought ahead of its time arrives at its time', () => {
  const cable = new Cable();
  cable.coming.push({ atNs: 100, frame: numbered(1) }, { atNs: 200, frame: numbered(2) });
  expect([cable.nextNs(), cable.first(99), cable.receive(99)]).toEqual([100, null, null]);
  expect([cable.first(150), cable.receive(150), cable.receive(150)]).toEqual([
    numbered(1),
    numbered(1),
    null,
  ]);
  expect([cable.nextNs(), cable.advanceNs()]).toEqual([200, 200]);
  cable.advance(200);
  expect([cable.nextNs(), cable.advanceNs()]).toEqual([200, Infinity]);
});

test('an inbox has room for 512 frames, whenever they were brought; what comes then is lost', () => {
  const cable = new Cable();
  for (let n = 0; n < 600; n++) cable.coming.push({ atNs: n, frame: numbered(n) });
  cable.advance(510);
  expect([cable.inbox.length, cable.lost]).toEqual([511, 0]);
  cable.receive(511);
  cable.advance(1000);
  expect([cable.inbox.length, cable.lost]).toEqual([512, 87]);
});

test('what is sent is a copy, with its time; at the switch it waits to be brought on', () => {
  const cable = new Cable();
  const bytes = numbered(7);
  cable.send(bytes, 50);
  bytes.fill(0);
  expect(cable.sent).toEqual([{ atNs: 50, frame: numbered(7) }]);
  const lan = new Lan({ latencyNs: 10 });
  const ends = [new SwitchEnd(), new SwitchEnd()];
  const [from] = ends.map((end) => lan.join(end));
  for (const atNs of [50, 60]) from!.send(numbered(atNs), atNs);
  lan.advance(1000);
  expect(ends.map((end) => end.nextNs())).toEqual([Infinity, 60]);
  expect(ends[1]!.takeUntil(60)).toEqual([{ atNs: 60, frame: numbered(50) }]);
  expect(ends[1]!.takeUntil(60)).toEqual([]);
  expect(ends[1]!.takeUntil(1000)).toEqual([{ atNs: 70, frame: numbered(60) }]);
});
