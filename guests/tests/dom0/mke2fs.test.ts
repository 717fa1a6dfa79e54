/** File systems that Mote makes, looked at by the usual tools. */
import { expect, test } from 'vitest';
import { check, hasTools } from '../ext2.ts';
import { Host } from './testing.ts';

/** In KiB: the smallest, one group to the last block, one block more, and two groups whose last is short. */
const SIZES = [64, 8193, 8194, 9000];

test.skipIf(!hasTools())('disks of several sizes are made sound, and stay so', async () => {
  const disks = SIZES.map((kib) => ({ name: String(kib), bytes: new Uint8Array(kib * 1024).fill(0xa5) }));
  const host = await Host.boot({}, { disks });
  for (const [index, letter] of [...'abcd'].entries()) {
    expect(host.run(`mke2fs /dev/vd${letter}; mount -t ext2 /dev/vd${letter} /mnt; echo $?`)).toBe('0');
    expect(host.run('mkdir /mnt/a; seq 1 3000 > /mnt/a/b; ls /mnt; umount /mnt; echo $?')).toBe(
      'a           lost+found\n0',
    );
    check(host.disk(index));
  }
  expect(host.run('mke2fs /tmp/f 100; mount /tmp/f /mnt; df /mnt; umount /mnt')).toMatch(/\n\/tmp\/f +100 /);
  expect(host.run('mke2fs /etc/motd; mke2fs /tmp/f 10; mke2fs /dev/vdz').split('\n')).toEqual([
    'mke2fs: /etc/motd: it is too small for a file system',
    'mke2fs: usage: mke2fs FILE [KIB]',
    'mke2fs: /dev/vdz: No such file or directory',
  ]);
});
