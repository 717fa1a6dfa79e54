/** The lab's files in domain 0: read, changed, made disks of; and what domain 0 does the lab sees, byte for byte. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Node } from '../../../devices/fs/node.ts';
import { check, hasTools } from '../ext2.ts';
import { Host } from './testing.ts';

const MIB = 1 << 20;
const BIG = Uint8Array.from({ length: 16 * MIB }, (_, n) => (n * 7 + (n >> 8)) & 255);

const text = (bytes: string): Uint8Array => new TextEncoder().encode(bytes);

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const SHARED = `kernel = "/lab/images/kernel"
ramdisk = "/boot/mote.cpio"
memory = 32
name = "shared"
disk = [ 'file:/lab/images/disk,xvda,w', 'file:/lab/images/part,xvdb,r' ]
`;

describe('a host with files of the lab', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot(
      {},
      {
        files: new Map([
          ['hello', text('hello from the lab\n')],
          ['a/b/deep', text('deep\n')],
          ['big', BIG],
          ['images/disk', new Uint8Array(4 * MIB)],
          ['images/part', BIG.subarray(MIB, 2 * MIB)],
          ['xen/shared', text(SHARED)],
          ['hello.cfg', text('memory = "much"\n')],
        ]),
      },
    );
  });

  function inLab(path: string): Node | null {
    return host.lab.share.find(path);
  }
  function bytesOf(path: string): Uint8Array {
    const node = inLab(path);
    expect(node?.kind).toBe('file');
    return node?.kind === 'file' ? node.data.subarray(0, node.size) : new Uint8Array(0);
  }
  function textOf(path: string): string {
    return new TextDecoder().decode(bytesOf(path));
  }

  test('they are at /lab', () => {
    expect(host.run('mount')).toContain('lab on /lab type 9p (rw)');
    expect(host.run('cat /lab/hello /lab/a/b/deep')).toBe('hello from the lab\ndeep');
    expect(host.run('ls /lab; cd /lab/a/b; pwd; ls ..; cd /')).toBe(
      'a          big        hello      hello.cfg  images     xen\n/lab/a/b\nb',
    );
    expect(host.run('df')).toMatch(/\nlab +1048576 +\d+ +\d+ +\d+% +\/lab/);
    expect(host.run('sha256sum /lab/big')).toBe(`${sha256(BIG)}  /lab/big`);
  });

  test('what is changed there the lab sees', () => {
    host.run('echo one > /lab/new; echo two >> /lab/new; mkdir /lab/d; mv /lab/new /lab/d/moved');
    expect(textOf('d/moved')).toBe('one\ntwo\n');
    expect(host.run('ln -s d/moved /lab/soft; ln /lab/d/moved /lab/hard; cat /lab/soft; rm /lab/soft')).toBe(
      'one\ntwo',
    );
    host.run('echo replaced > /lab/other; mv /lab/other /lab/hard; sync');
    expect([textOf('hard'), textOf('d/moved')]).toEqual(['replaced\n', 'one\ntwo\n']);
    host.run('rm /lab/d/moved; rmdir /lab/d; rm /lab/hard');
    expect([inLab('d'), inLab('hard'), inLab('soft'), inLab('new')]).toEqual([null, null, null, null]);
    host.run('cp /lab/big /lab/copy');
    expect(sha256(bytesOf('copy'))).toBe(sha256(BIG));
    // And what the lab does later domain 0 sees.
    expect(host.lab.share.put('later', text('later\n'))).toBe(0);
    expect(host.run('cat /lab/later; rm /lab/copy')).toBe('later');
  });

  test('what cannot be done is told', () => {
    expect(
      host.run('cat /lab/none; mkdir /lab/a; rmdir /lab/a; mv /lab/a /lab/a/b; cat /lab/a').split('\n'),
    ).toEqual([
      'cat: /lab/none: No such file or directory',
      'mkdir: /lab/a: File exists',
      'rmdir: /lab/a: Directory not empty',
      'mv: /lab/a: Invalid argument',
      'cat: /lab/a: Is a directory',
    ]);
    expect(
      host.run('mount -t 9p lab /mnt; mount -t 9p other /mnt; mount -t 9p -o nofail other /mnt').split('\n'),
    ).toEqual([
      'mount: lab on /mnt: Device or resource busy',
      'mount: other on /mnt: No such file or directory',
    ]);
    expect(
      host.run(
        'cd /lab/a; umount /lab; cd /; umount /lab; ls /lab; mount -t 9p -o ro lab /lab; rm /lab/hello',
      ),
    ).toBe('umount: /lab: Device or resource busy\nrm: /lab/hello: Read-only file system');
    expect(host.run('umount /lab; mount -t 9p lab /lab; cat /lab/hello')).toBe('hello from the lab');
  });

  test('an image there is mounted, and is the disk of a domain whose kernel and file are there, too', () => {
    host.run('cp /boot/mote.elf /lab/images/kernel; mke2fs /lab/images/disk; mount /lab/images/disk /mnt');
    host.run('cp /bin/ls /mnt/program; echo before > /mnt/file; umount /mnt');
    expect(host.run('xm create shared')).toBe(
      'Using config file "/lab/xen/shared".\nStarted domain shared (id=1)',
    );
    host.wait(1);
    expect(
      host.inside('shared', 'mount /dev/xvda /mnt; cat /mnt/file; cmp /mnt/program /bin/ls; echo $?'),
    ).toBe('before\n0');
    expect(host.inside('shared', 'sha256sum /dev/xvdb')).toBe(
      `${sha256(BIG.subarray(MIB, 2 * MIB))}  /dev/xvdb`,
    );
    host.inside('shared', 'seq 1 20000 > /mnt/numbers; umount /mnt; sync');
    const inside = host.inside('shared', 'sha256sum /dev/xvda');
    host.run('xm destroy shared');
    expect(inside).toBe(`${sha256(bytesOf('images/disk'))}  /dev/xvda`);
    if (hasTools()) check(bytesOf('images/disk').slice());
    expect(host.run('mount /lab/images/disk /mnt; tail -n 1 /mnt/numbers; umount /mnt')).toBe('20000');
  });

  test('a configuration is looked for in /etc/xen first, and then there', () => {
    expect(host.run('xm create hello.cfg')).toMatch(/^xm: \/lab\/hello.cfg:1: memory: /);
    expect(host.run('xm create none; xm create images')).toBe(
      'xm: none: there is no such file here, nor in /etc/xen, /lab, /lab/xen\n' +
        'xm: images: there is no such file here, nor in /etc/xen, /lab, /lab/xen',
    );
    host.run('cp /lab/hello.cfg /etc/xen/hello.cfg');
    expect(host.run('xm create hello.cfg')).toMatch(/^xm: \/etc\/xen\/hello.cfg:1: memory: /);
  });
});

test('a host without files has a place for them', async () => {
  const host = await Host.boot();
  expect(host.screen).not.toContain('mount');
  expect(host.run('ls /lab; echo x > /lab/x; cat /lab/x')).toBe('x');
});
