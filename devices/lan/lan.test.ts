import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frame, parseIpv4, parseMac } from './ethernet.ts';
import { Lan, LATENCY_NS } from './lan.ts';
import type { LanPort } from './lan.ts';

const mac = (last: number): Uint8Array => Uint8Array.of(2, 0, 0, 0, 0, last);
const ALL = Uint8Array.of(255, 255, 255, 255, 255, 255);

function send(port: LanPort, to: Uint8Array, from: number, nowNs: number, payload = 0): void {
  port.send(frame(to, mac(from), 0x88b5, Uint8Array.of(payload)), nowNs);
}
function received(port: LanPort, nowNs: number): number[] {
  const payloads: number[] = [];
  for (let got = port.receive(nowNs); got !== null; got = port.receive(nowNs)) payloads.push(got[14]!);
  return payloads;
}

test('a frame arrives after the latency, not before; who is known alone gets what is for it', () => {
  const lan = new Lan();
  const [one, two, three] = [lan.join(), lan.join(), lan.join()];
  send(one, mac(2), 1, 1000, 7);
  expect(two.nextNs()).toBe(1000 + LATENCY_NS);
  expect(received(two, 999 + LATENCY_NS)).toEqual([]);
  expect(received(two, 1000 + LATENCY_NS)).toEqual([7]);
  expect([received(three, Infinity), received(one, Infinity)]).toEqual([[7], []]);
  send(two, mac(1), 2, 50_000, 8);
  expect([received(one, 100_000), received(three, 100_000)]).toEqual([[8], []]);
  send(three, ALL, 3, 200_000, 9);
  expect([received(one, 300_000), received(two, 300_000)]).toEqual([[9], [9]]);
  // Two moves to the third's port.
  send(three, ALL, 2, 300_000);
  send(one, mac(2), 1, 400_000, 10);
  expect([received(two, 500_000), received(three, 500_000)]).toEqual([[0], [10]]);
  expect(one.nextNs()).toBe(300_000 + LATENCY_NS);
});

test('what the sender does with its buffer when it has sent is its own business', () => {
  const lan = new Lan();
  const [one, two] = [lan.join(), lan.join()];
  const buffer = frame(ALL, mac(1), 0x88b5, Uint8Array.of(7));
  one.send(buffer, 0);
  buffer.fill(0);
  expect(received(two, LATENCY_NS)).toEqual([7]);
});

test('of more addresses than the switch remembers, it forgets the one that was silent for longest', () => {
  const lan = new Lan();
  const [one, two, three] = [lan.join(), lan.join(), lan.join()];
  const from = (port: LanPort, station: number): void => {
    port.send(frame(mac(1), Uint8Array.of(2, 0, 0, 1, station >>> 8, station), 0x88b5, Uint8Array.of(0)), 0);
  };
  for (let station = 0; station < 1024; station++) from(two, station);
  from(two, 0);
  from(two, 1024);
  received(three, Infinity);
  const reached = (station: number): number => {
    one.send(frame(Uint8Array.of(2, 0, 0, 1, station >>> 8, station), mac(9), 0x88b5, Uint8Array.of(0)), 1e6);
    return received(three, Infinity).length;
  };
  expect([reached(0), reached(1)]).toEqual([0, 1]);
});

test('frames cross in the order of their times, then of their ports, whatever order they were sent in', () => {
  const sends = fc.array(fc.tuple(fc.nat(2), fc.nat(30)), { maxLength: 30 });
  fc.assert(
    fc.property(sends, fc.func(fc.nat()), (list, rank) => {
      const arrivals = (order: typeof list): string => {
        const lan = new Lan({ loss: 0.2, seed: 5 });
        const ports = [lan.join(), lan.join(), lan.join(), lan.join()];
        for (const [port, at] of order) send(ports[port]!, ALL, port, at, port * 64 + at);
        return received(ports[3]!, Infinity).join() + JSON.stringify(lan.counts);
      };
      const sorted = list.toSorted(([, one], [, other]) => one - other);
      // A machine's own frames keep their order: take the machines' turns differently.
      const turns = [0, 1, 2].toSorted((one, other) => rank(one) - rank(other));
      const byMachine = turns.flatMap((machine) => sorted.filter(([port]) => port === machine));
      expect(arrivals(byMachine)).toBe(arrivals(sorted));
    }),
    { seed: 6 },
  );
});

test('the share of frames that is asked for is lost, the same ones for a seed', () => {
  const run = (seed: number): number[] => {
    const lan = new Lan({ loss: 0.01, seed });
    const [one, two] = [lan.join(), lan.join()];
    const got: number[] = [];
    for (let at = 0; at < 20_000; at++) {
      send(one, ALL, 1, at * 100);
      if (received(two, at * 100 + LATENCY_NS).length > 0) got.push(at);
    }
    expect(lan.counts.lost).toBe(20_000 - lan.counts.delivered);
    return got;
  };
  const kept = run(1);
  expect(20_000 - kept.length).toBeGreaterThan(150);
  expect(20_000 - kept.length).toBeLessThan(250);
  expect(run(1)).toEqual(kept);
  expect(run(2)).not.toEqual(kept);
});

test('what is no frame is lost, and so is what nobody takes', () => {
  const lan = new Lan();
  const [one, two] = [lan.join(), lan.join()];
  one.send(new Uint8Array(13), 0);
  one.send(new Uint8Array(1519), 0);
  expect(lan.counts).toEqual({ sent: 2, delivered: 0, lost: 2 });
  for (let count = 0; count < 600; count++) send(one, ALL, 1, 0);
  lan.advance(LATENCY_NS);
  expect(two.inbox).toHaveLength(512);
  expect(lan.counts.lost).toBe(90);
});

test('addresses as text', () => {
  expect([...parseMac('52:54:00:aB:00:01')]).toEqual([0x52, 0x54, 0, 0xab, 0, 1]);
  expect(parseIpv4('10.0.0.255')).toBe(0x0a00_00ff);
  for (const bad of ['10.0.0', '10.0.0.256', '10.0.0.', 'a.b.c.d', '1e1.0.0.0'])
    expect(() => parseIpv4(bad)).toThrow(RangeError);
  expect(() => parseMac('52:54:00:ab:00')).toThrow(RangeError);
});

test('a cable passes so many bits a second in each direction, one frame after the other', () => {
  // 1000 bytes and what surrounds them: 1024 bytes, 8.192 us at 1 Gbit/s; 60 bytes are the least: 672 ns.
  const lan = new Lan({ latencyNs: 5000, bitsPerSecond: 1e9 });
  const [one, two, three] = [lan.join(), lan.join(), lan.join()];
  const large = (from: number): Uint8Array => frame(mac(2), mac(from), 0x88b5, new Uint8Array(986));
  send(two, mac(9), 2, 0);
  lan.advance(10_000);
  one.send(large(1), 100_000);
  one.send(large(1), 100_000);
  three.send(large(3), 100_001);
  lan.advance(1e6);
  // Each cable to the switch has its own; the one from it has all three.
  expect(two.inbox.map(({ atNs }) => atNs)).toEqual([121_384, 129_576, 137_768]);
  send(one, mac(2), 1, 200_000);
  lan.advance(1e6);
  expect(two.inbox[3]!.atNs).toBe(200_000 + 672 + 5000 + 672);
});

test('for a cable that is too slow 512 frames wait, and more are lost', () => {
  const lan = new Lan({ bitsPerSecond: 1e6 });
  const [one] = [lan.join(), lan.join()];
  for (let count = 0; count < 600; count++) one.send(frame(ALL, mac(1), 0x88b5, new Uint8Array(1504)), 0);
  expect(lan.counts).toEqual({ sent: 600, delivered: 0, lost: 600 - 513 });
});

test('what somebody breaks: frames late, each once; so many lost; all lost, and none again', () => {
  const lan = new Lan({ latencyNs: 1000 });
  const [one, two] = [lan.join(), lan.join()];
  lan.suffer({ kind: 'delay frames', ns: 5000 }, 0);
  send(one, ALL, 1, 0, 1);
  expect([received(two, 5999), received(two, 6000)]).toEqual([[], [1]]);
  // Those that are sent later may come sooner.
  send(one, ALL, 1, 10_000, 2);
  lan.advance(11_000);
  lan.suffer({ kind: 'delay frames', ns: 0 }, 0);
  send(one, ALL, 1, 12_000, 3);
  expect([received(two, 13_000), received(two, 16_000)]).toEqual([[3], [2]]);
  lan.suffer({ kind: 'drop frames', count: 2 }, 0);
  for (const n of [4, 5, 6]) send(one, ALL, 1, 20_000, n);
  expect(received(two, 30_000)).toEqual([6]);
  lan.suffer({ kind: 'lose frames', share: 1 }, 0);
  send(one, ALL, 1, 30_000, 7);
  expect(received(two, 40_000)).toEqual([]);
  lan.suffer({ kind: 'lose frames', share: 0 }, 0);
  send(one, ALL, 1, 40_000, 8);
  expect(received(two, 50_000)).toEqual([8]);
  expect(lan.counts).toEqual({ sent: 8, delivered: 5, lost: 3 });
});
