/** File systems that Mote makes, looked at by the usual tools. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { check, hasTools } from '../ext2.ts';
import { Host } from './testing.ts';

/** In KiB: the smallest, one group to the last block, one block more, and two groups whose last is short. */
const SIZES = [64, 8193, 8194, 9000];

/** What the usual tool tells of a file system. */
function headOf(disk: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'mke2fs-'));
  try {
    writeFileSync(join(folder, 'disk'), disk);
    return execFileSync('dumpe2fs', ['-h', join(folder, 'disk')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.skipIf(!hasTools())('disks of several sizes are made sound, and stay so', async () => {
  const disks = SIZES.map((kib) => ({ name: String(kib), bytes: new Uint8Array(kib * 1024).fill(0xa5) }));
  const host = await Host.boot({}, { disks });
  for (const [index, letter] of [...'abcd'].entries()) {
    // The last one has a journal.
    const made = letter === 'd' ? 'mke2fs -j' : 'mke2fs';
    expect(host.run(`${made} /dev/vd${letter}; mount -t ext2 /dev/vd${letter} /mnt; echo $?`)).toBe('0');
    expect(host.run('mkdir /mnt/a; seq 1 3000 > /mnt/a/b; ls /mnt; umount /mnt; echo $?')).toBe(
      'a           lost+found\n0',
    );
    check(host.disk(index));
  }
  expect(headOf(host.disk(3))).toMatch(/has_journal[^]*Total journal size: +1024k/);
  expect(host.run('mke2fs -j /tmp/f 1024')).toBe('mke2fs: it is too small for a journal: it becomes ext2');
  expect(host.run('mke2fs /tmp/f 100; mount /tmp/f /mnt; df /mnt; umount /mnt')).toMatch(/\n\/tmp\/f +100 /);
  expect(host.run('mke2fs /etc/motd; mke2fs /tmp/f 10; mke2fs /dev/vdz').split('\n')).toEqual([
    'mke2fs: /etc/motd: it is too small for a file system',
    'mke2fs: usage: mke2fs [-j] FILE [KIB]',
    'mke2fs: /dev/vdz: No such file or directory',
  ]);
});
