/** Images that grow and stand on others (tap:qcow:), disks that others serve (nbd:), and disks that a script of one's own makes. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

const KIB = 1024;
/** What is in an image of QEMU's. */
const DATA = new Uint8Array(40_000).map((_, n) => (n * n) >> 5);
const SHA256 = createHash('sha256').update(DATA).digest('hex');

/** Whether QEMU's own tool is there. */
function hasQemuImg(): boolean {
  try {
    execFileSync('qemu-img', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** An image of version 1, by QEMU's own tool. */
function theirs(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'qcow-'));
  try {
    const [raw, image] = [join(folder, 'raw'), join(folder, 'image')];
    writeFileSync(raw, DATA);
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow', raw, image]);
    return readFileSync(image);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a host with images that stand on each other', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot(
      {
        'etc/xen/one': moteConfig('one', "disk = [ 'tap:qcow:/images/one.qcow,xvda,w' ]"),
        'etc/xen/two': moteConfig('two', "disk = [ 'tap:qcow2:/images/two.qcow,xvda,w' ]"),
        'etc/xen/far': moteConfig('far', "disk = [ 'nbd:127.0.0.1 7777,xvda,w' ]"),
        'etc/xen/own': moteConfig('own', "disk = [ 'mine:template,xvda,r' ]"),
        'etc/xen/scripts/block-mine': new TextEncoder().encode(
          '. /etc/xen/scripts/block-common.sh\necho "$command $(param params)" >> /tmp/mine\n' +
            'case $command in\n  add) losetup -r /dev/loop5 "/images/$(param params)" || fatal "no $(param params)"; write_dev /dev/loop5 ;;\n' +
            '  remove) losetup -d /dev/loop5 ;;\nesac\n',
        ),
        'images/template': new Uint8Array(256 * KIB),
        ...(hasQemuImg() ? { 'images/theirs': theirs() } : {}),
      },
      { disks: [{ name: 'vda', bytes: new Uint8Array(2048 * KIB) }] },
    );
    host.run('mke2fs /images/template; mount /images/template /mnt; echo template > /mnt/file; umount /mnt');
    // In a disk of the machine, which can be looked at from outside.
    host.run('mke2fs /dev/vda; mkdir /srv/disk; mount /dev/vda /srv/disk');
  });

  test('two domains have disks of one template, each its own, and the template stays as it is', () => {
    const before = host.run('sha256sum /images/template');
    expect(
      host.run(
        'qemu-img create -f qcow2 -b template /images/one.qcow; qcow-create 1 /images/two.qcow template',
      ),
    ).toBe(
      "Formatting '/images/one.qcow', fmt=qcow2 size=262144 backing_file=template\n" +
        "Formatting '/images/two.qcow', fmt=qcow size=1048576 backing_file=template",
    );
    host.run('xm create one; xm create two; sleep 0.3');
    for (const name of ['one', 'two']) {
      expect(host.inside(name, 'mount /dev/xvda /mnt; cat /mnt/file')).toBe('template');
      host.inside(name, `echo ${name} > /mnt/file; umount /mnt`);
    }
    expect(host.run('ps | grep -c tapdisk')).toBe('2');
    expect(host.run('xm list -l one | grep uname; xm create one name=b')).toMatch(
      /\(uname tap:qcow:\/images\/one.qcow\)\nxm: .*it is mounted in domain one/,
    );
    host.run('xm destroy one; xm destroy two; sleep 0.2; xm create one; sleep 0.3');
    expect(host.inside('one', 'mount /dev/xvda /mnt; cat /mnt/file; umount /mnt')).toBe('one');
    host.run('xm destroy one; sleep 0.2');
    expect(host.run('ps | grep -c tapdisk; sha256sum /images/template')).toBe(`0\n${before}`);
    expect(host.run('qemu-img info /images/one.qcow')).toMatch(
      /^image: .*\nfile format: qcow2\nvirtual size: 262144 bytes\ndisk size: \d+ bytes\ncluster_size: 65536\nbacking file: template$/,
    );
  });

  test('when its tapdisk dies a domain has errors, and the host none', () => {
    host.run('xm create one; sleep 0.3; kill -KILL $(pidof tapdisk)');
    expect(host.inside('one', 'dd if=/dev/xvda of=/dev/null bs=512 count=1 || echo failed')).toContain(
      'Input/output error',
    );
    host.run('xm destroy one; sleep 0.2; xm create one; sleep 0.3');
    expect(host.inside('one', 'mount /dev/xvda /mnt; cat /mnt/file; umount /mnt')).toBe('one');
    host.run('xm destroy one');
  });

  test('a disk of another host comes by nbd, and is let go with its domain', () => {
    host.run('nbd-server 7777 /images/two.qcow; xm create far; sleep 0.3');
    expect(host.inside('far', 'mount /dev/xvda /mnt; cat /mnt/file; echo far > /mnt/file; umount /mnt')).toBe(
      'two',
    );
    host.run('xm destroy far; sleep 0.2');
    expect(
      host.run(
        'nbd-client 127.0.0.1 7777 /dev/nbd0; mount /dev/nbd0 /mnt; cat /mnt/file; nbd-client -d /dev/nbd0',
      ),
    ).toBe('Connected /dev/nbd0, 1048576 bytes\nfar\nnbd-client: /dev/nbd0: Device or resource busy');
    expect(host.run('umount /mnt; nbd-client -d /dev/nbd0; echo $?; nbd-client -d /dev/nbd0')).toBe(
      '0\nnbd-client: /dev/nbd0: No such device or address',
    );
    host.run('kill $(pidof nbd-server)');
    expect(host.run('xm create far')).toMatch(
      /xm: .*xvda: 127\.0\.0\.1 7777: nbd-client: port 7777: Connection refused/,
    );
  });

  test("a type of one's own is what its script makes of it", () => {
    host.run('xm create own; sleep 0.3');
    expect(host.inside('own', 'mount -o ro /dev/xvda /mnt; cat /mnt/file; umount /mnt')).toBe('template');
    host.run('xm destroy own; sleep 0.3');
    expect(host.run('losetup -a; cat /tmp/mine')).toBe('add template\nremove template');
    expect(host.run("xm create own 'disk=mine:none,xvdb,r'; xm list | wc -l")).toMatch(/xm: .*no none\n2$/);
  });

  test('what cannot be is told', () => {
    host.run(
      'dd if=/images/one.qcow of=/images/bad bs=1024 count=64; qemu-img create -f qcow2 -b gone /images/bad2',
    );
    host.run('echo none > /images/lost; qemu-img create -f qcow2 -b lost /images/bad3; rm /images/lost');
    expect(
      host.run('qemu-img info /images/bad3; tapdisk /none; tapdisk; echo $?; qemu-img; echo $?'),
    ).toMatch(
      /bad3: \/images\/lost, which it stands on: No such file or directory\ntapdisk: \/none: No such file or directory\ntapdisk: usage: .*\n2\nqemu-img: usage: .*\n2$/,
    );
    expect(host.run("xm create one 'disk=tap:vmdk:/x,xvda,w'; xm create one 'disk=iscsi:x,xvda,w'")).toMatch(
      /of tap: there are tap:aio:, tap:qcow:, tap:qcow2:\n.*there is no script \/etc\/xen\/scripts\/block-iscsi/,
    );
  });

  test.skipIf(!hasQemuImg())(
    "version 1: what QEMU's own tool has made is read, and it reads what is made here",
    () => {
      expect(host.run('dd if=$(tapdisk /images/theirs) bs=1000 count=40 2> /dev/null | sha256sum')).toContain(
        SHA256,
      );
      expect(host.run('qcow-create 1 /srv/disk/v1; qemu-img info /srv/disk/v1')).toContain(
        'file format: qcow\n',
      );
      host.run('dd if=/bin/sh of=$(tapdisk /srv/disk/v1) bs=1000 count=30 seek=3');
      const sum = host.run('cat $(tapdisk /srv/disk/v1) | sha256sum');
      host.run('cp /srv/disk/v1 /srv/disk/v; umount /srv/disk');
      const folder = mkdtempSync(join(tmpdir(), 'qcow-'));
      try {
        writeFileSync(join(folder, 'disk'), host.disk(0));
        execFileSync('debugfs', ['-R', `dump v ${join(folder, 'v')}`, join(folder, 'disk')]);
        const [v, raw] = [join(folder, 'v'), join(folder, 'raw')];
        execFileSync('qemu-img', ['convert', '-f', 'qcow', '-O', 'raw', v, raw]);
        const told = createHash('sha256').update(readFileSync(raw)).digest('hex');
        expect(sum).toContain(told);
      } finally {
        rmSync(folder, { recursive: true });
      }
      host.run('mount /dev/vda /srv/disk');
    },
  );

  test.skipIf(!hasQemuImg())("QEMU's own tool finds nothing wrong with what was written", () => {
    host.run('qemu-img create -f qcow2 /srv/disk/q 1M; nbd-client 127.0.0.1 1 /dev/nbd7');
    const device = host.run('tapdisk /srv/disk/q');
    host.run(
      `dd if=/bin/sh of=${device} bs=1000 count=30; sync; cat ${device} | sha256sum > /tmp/sum; cp /srv/disk/q /dev/vdb 2> /dev/null; umount /srv/disk`,
    );
    const folder = mkdtempSync(join(tmpdir(), 'qcow-'));
    try {
      writeFileSync(join(folder, 'disk'), host.disk(0));
      execFileSync('debugfs', ['-R', `dump q ${join(folder, 'q')}`, join(folder, 'disk')]);
      expect(execFileSync('qemu-img', ['check', join(folder, 'q')]).toString()).toContain(
        'No errors were found',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
