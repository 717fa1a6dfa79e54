/** lsevtchn: the event channels of domains, line by line as the real Xen's tool prints them. */
import { beforeAll, expect, test } from 'vitest';
import { Host } from './testing.ts';

/** As in a recording of the real one (`lsevtchn 0`). */
const LINE =
  /^ *\d+: VCPU \d+: (Virtual IRQ \d+|Physical IRQ \d+|IPI|Interdomain \((Connected\) - Remote Domain \d+, Port \d+|Waiting connection\) - Remote Domain \d+))$/;

let host: Host;
beforeAll(async () => {
  host = await Host.boot();
  host.run('xm create mote; sleep 1');
});

/** By port, what `lsevtchn` says of a domain. */
function channels(domid: number): Map<number, string> {
  const lines = host.run(`lsevtchn ${domid}`).split('\n');
  for (const line of lines) expect(line).toMatch(LINE);
  return new Map(lines.map((line) => [Number(line.split(':')[0]), line.replace(/^.*VCPU \d+: /, '')]));
}

test('both ends of a channel tell of each other', () => {
  const ends = [channels(0), channels(1)];
  let connected = 0;
  for (const [domid, ports] of ends.entries())
    for (const [port, kind] of ports) {
      const other = /Connected\) - Remote Domain (\d+), Port (\d+)/.exec(kind);
      if (other === null) continue;
      connected++;
      expect(ends[Number(other[1])]!.get(Number(other[2]))).toBe(
        `Interdomain (Connected) - Remote Domain ${domid}, Port ${port}`,
      );
    }
  // The store and the console, from both sides, and domain 0's own way to its store.
  expect(connected).toBe(6);
});

test('the first two ports of a domain are its store and its console, as on the real Xen', () => {
  const domU = channels(1);
  expect(domU.get(1)).toMatch(/^Interdomain \(Connected\) - Remote Domain 0/);
  expect(domU.get(2)).toMatch(/^Interdomain \(Connected\) - Remote Domain 0/);
  expect(domU.get(3)).toBe('Virtual IRQ 0');
});

test('a domain sees its own and no other', () => {
  expect(host.run('lsevtchn 9; echo $?')).toBe('lsevtchn: domain 9: No such process\n1');
  expect(host.run('lsevtchn x; echo $?')).toBe('lsevtchn: usage: lsevtchn [DOMID]\n2');
  const own = host.run('lsevtchn 1');
  host.type('xm console mote\r');
  host.until(/\n\/ \$ $/);
  expect(host.run('lsevtchn')).toBe(own);
  expect(host.run('lsevtchn 0')).toBe('lsevtchn: domain 0: Operation not permitted');
  host.leaveConsole();
});
