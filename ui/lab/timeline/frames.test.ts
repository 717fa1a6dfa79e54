/** Which frame is which: told from its words, its length and the order of things. */
import { expect, test } from 'vitest';
import { journeys } from './frames.ts';
import type { FrameEvent } from './frames.ts';

function frame(host: number, ns: number, action: FrameEvent['action'], key = 'ping'): FrameEvent {
  return { host, ns, action, key, place: { lane: host, item: ns } };
}

const told = (...frames: FrameEvent[]): string[] =>
  journeys(frames, 5).map(({ from, to }) => `${String(from.item)}-${String(to.item)}`);

test('a frame comes from another host, whatever order the hosts are told of in', () => {
  expect(told(frame(1, 20, 'receive'), frame(0, 10, 'send'))).toEqual(['10-20']);
  expect(told(frame(0, 10, 'send'), frame(0, 20, 'receive'))).toEqual([]);
  expect(told(frame(0, 10, 'send'), frame(1, 20, 'receive', 'pong'))).toEqual([]);
  expect(told(frame(1, 5, 'receive'), frame(0, 10, 'send'))).toEqual([]);
});

test('a broadcast comes to several; of what was lost and sent again the last comes', () => {
  expect(told(frame(0, 10, 'send'), frame(1, 20, 'receive'), frame(2, 20, 'receive'))).toEqual([
    '10-20',
    '10-20',
  ]);
  expect(told(frame(0, 10, 'send'), frame(0, 30, 'send'), frame(1, 40, 'receive'))).toEqual(['30-40']);
  expect(
    told(frame(0, 10, 'send'), frame(1, 20, 'receive'), frame(0, 30, 'send'), frame(1, 40, 'receive')),
  ).toEqual(['10-20', '30-40']);
  // Of two that are alike, and under way at once, the later one cannot be there yet.
  expect(
    told(frame(0, 10, 'send'), frame(0, 12, 'send'), frame(1, 15, 'receive'), frame(1, 17, 'receive')),
  ).toEqual(['10-15', '12-17']);
});
