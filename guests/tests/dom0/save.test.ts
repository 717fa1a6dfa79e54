/** A domain into a file and out of it again: its processes, disks and connections go on, its clocks are right, nothing is left over. */
import { beforeAll, describe, expect, test } from 'vitest';
import { hostCounts, moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

const MIB = 1 << 20;

let host: Host;
beforeAll(async () => {
  const files = {
    'etc/xen/saved': moteConfig(
      'saved',
      "disk = [ 'file:/images/data,xvda,w' ]",
      "vif = [ 'mac=00:16:3e:00:00:11' ]",
    ),
    'etc/xen/peer': moteConfig('peer', "vif = [ 'mac=00:16:3e:00:00:12' ]"),
    'images/data': new Uint8Array(2 * MIB),
  };
  host = await Host.boot(files, { memoryMb: 96, hostMb: 192 });
});

/** The seconds that a clock in the domain, and domain 0's own, tell. */
function times(): number[] {
  const second = (text: string): number => Date.parse(text.trim().split('\n').pop()!) / 1000;
  return [second(host.inside('saved', 'date')), second(host.run('date'))];
}

describe('a domain of Mote with a disk and a card', () => {
  test('goes on where it was', () => {
    host.run('xm create saved');
    host.inside('saved', 'mke2fs /dev/xvda; mount /dev/xvda /mnt; echo before > /mnt/file');
    host.type('xm console saved\r');
    host.until(/\n\/ \$ $/);
    host.type('n=0; while true; do n=$((n+1)); echo $n > /mnt/count; sleep 1; done &\r');
    host.wait(2.5);
    host.leaveConsole();
    const before = Number(host.inside('saved', 'cat /mnt/count'));
    const id = Number(host.run('xm domid saved'));
    const whole = hostCounts(host);
    expect(host.run('xm save saved /tmp/file')).toBe('Saving to /tmp/file new xl format');
    expect(host.list()).toHaveLength(1);
    host.wait(30);
    expect(host.run('xm restore /tmp/file')).toBe('Loading new save file /tmp/file');
    expect(Number(host.run('xm domid saved'))).toBe(id + 1);
    const after = Number(host.inside('saved', 'cat /mnt/count'));
    // What it slept does not count for who waits.
    expect(after - before).toBeLessThan(8);
    host.wait(3);
    expect(Number(host.inside('saved', 'cat /mnt/count'))).toBeGreaterThanOrEqual(after + 3);
    expect(host.inside('saved', 'cat /mnt/file; echo more >> /mnt/file; sync; cat /mnt/file')).toContain(
      'before\nbefore\nmore',
    );
    const [inside, outside] = times();
    expect(Math.abs(inside! - outside!)).toBeLessThanOrEqual(1);
    const again = hostCounts(host);
    expect({ ...again, domains: '', nodes: '' }).toEqual({ ...whole, domains: '', nodes: '' });
  });
});
