/** Both toolstacks, Mote's xm and Xen's xl, take in a domain that the other has saved: what runs in it goes on. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Lab } from '../../../ui/lab/lab.ts';
import { debianDom0 } from '../../debian/dom0.ts';
import { moteConfig } from '../dom0/testing-counts.ts';
import { Host } from '../dom0/testing.ts';
import { DebianHost } from './testing.ts';

const debian = await debianDom0();
const COUNTING = '(n=0; while true; do n=$((n+1)); echo $n > /tmp/count; sleep 1; done) &';

/** A file of one lab's share is put into another's. */
function carry(from: Lab, to: Lab, path: string): void {
  const file = from.share.find(path);
  if (file?.kind !== 'file') throw new Error(`there is no file ${path}`);
  expect(to.share.put(path, file.data.slice(0, file.size))).toBe(0);
}

describe.skipIf(debian === undefined)('a domain of Mote, saved', () => {
  let mote: Host;
  let linux: DebianHost;
  let count: number;
  beforeAll(async () => {
    mote = await Host.boot(
      { 'etc/xen/moved': moteConfig('moved', "vif = [ 'mac=00:16:3e:00:00:11' ]") },
      { memoryMb: 64, hostMb: 128 },
    );
    linux = await DebianHost.booted(debian!);
    linux.logIn();
  });

  test('by xm, is restored by xl', () => {
    mote.run('xm create moved');
    mote.inside('moved', COUNTING);
    mote.wait(2.5);
    count = Number(mote.inside('moved', 'cat /tmp/count'));
    expect(count).toBeGreaterThan(1);
    expect(mote.run('xm save moved /lab/moved')).toContain('Saving to /lab/moved');
    carry(mote.lab, linux.lab, 'moved');
    expect(linux.run('xl restore /lab/moved')).toContain('Restore successful');
    expect(linux.list()[1]).toMatch(/^moved 1 16 1 [-r][-b]----$/);
    const now = Number(linux.inside('moved', 'cat /tmp/count'));
    expect(now).toBeGreaterThanOrEqual(count);
    expect(now).toBeLessThan(count + 5);
    expect(linux.run('xl network-list moved').split('\n')[1]).toMatch(/^0 +0 +00:16:3e:00:00:11 +0 +4 /);
    expect(linux.invariant()).toEqual([]);
  });

  test('by xl, is restored by xm', () => {
    linux.run('sleep 2');
    count = Number(linux.inside('moved', 'cat /tmp/count'));
    expect(linux.run('xl save moved /root/back && echo saved')).toMatch(/saved$/);
    expect(linux.list()).toHaveLength(1);
    linux.run('cp /root/back /lab/back');
    carry(linux.lab, mote.lab, 'back');
    expect(mote.run('xm restore /lab/back')).toContain('Loading new save file /lab/back');
    const now = Number(mote.inside('moved', 'cat /tmp/count'));
    expect(now).toBeGreaterThanOrEqual(count);
    expect(now).toBeLessThan(count + 5);
    expect(linux.invariant()).toEqual([]);
  });
});
