/** What disks are called, their partitions, and who may use them at one time: as the manuals of Xen have it. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Host } from './testing.ts';

const MIB = 1 << 20;
const SECTOR = 512;

function config(name: string, disks: string): Uint8Array {
  const lines = [
    'kernel = "/boot/mote.elf"',
    'ramdisk = "/boot/mote.cpio"',
    'memory = 16',
    `name = "${name}"`,
  ];
  return new TextEncoder().encode([...lines, `disk = [ ${disks} ]`].join('\n') + '\n');
}

interface Part {
  readonly type: number;
  readonly start: number;
  readonly count: number;
}

/** A sector with a table of partitions (an MBR, or a link of an extended partition's chain). */
function writeTable(image: Uint8Array, sector: number, parts: readonly Part[]): void {
  const view = new DataView(image.buffer, sector * SECTOR, SECTOR);
  parts.forEach(({ type, start, count }, n) => {
    const at = 446 + n * 16;
    view.setUint8(at + 4, type);
    view.setUint32(at + 8, start, true);
    view.setUint32(at + 12, count, true);
  });
  view.setUint16(510, 0xaa55, true);
}

/** Two primary partitions and two logical ones, each beginning with its name. */
function partitioned(): Uint8Array {
  const image = new Uint8Array(MIB);
  writeTable(image, 0, [
    { type: 0x83, start: 8, count: 100 },
    { type: 0x82, start: 200, count: 50 },
    { type: 0x05, start: 400, count: 600 },
    { type: 0x83, start: 5000, count: 1 },
  ]);
  writeTable(image, 400, [
    { type: 0x83, start: 10, count: 20 },
    { type: 0x05, start: 100, count: 200 },
  ]);
  writeTable(image, 500, [{ type: 0x83, start: 5, count: 30 }]);
  for (const [sector, name] of [
    [8, 'first'],
    [200, 'second'],
    [410, 'fifth'],
    [505, 'sixth'],
  ] as const)
    image.set(new TextEncoder().encode(`${name}\n`), sector * SECTOR);
  return image;
}

describe('a host with disks', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot(
      {
        'etc/xen/named': config(
          'named',
          "'file:/images/a,sda1,w', 'file:/images/b,/dev/hda,w', 'file:/images/c,0x1601,r', 'file:/images/d,hdc3,w', " +
            "'file:/images/e,xvdb2,w', 'file:/images/f,51760,w'",
        ),
        'etc/xen/parts': config(
          'parts',
          "'phy:vda2,hda1,w', 'phy:/dev/vda5,sdb,r', 'file:/images/whole,xvda,w'",
        ),
        ...Object.fromEntries(
          'abcdef'.split('').map((name, n) => [`images/${name}`, new Uint8Array(SECTOR * (n + 1))]),
        ),
        'images/whole': partitioned(),
        'etc/xen/other': config('other', "'file:/images/same,xvda,w'"),
      },
      { disks: [{ name: 'disk', bytes: partitioned() }] },
    );
  });

  test('a disk has the name and number that its configuration gives it', () => {
    expect(host.run('xm create named')).toContain('Started domain named (id=1)');
    host.wait(0.5);
    expect(host.inside('named', 'cd /dev; echo hd* sd* xvd*; cd /')).toBe('hda hdc1 hdc3 sda1 xvdb2 xvdd');
    const sizes = 'cd /dev; for d in hd* sd* xvd*; do wc -c < $d; done; cd /';
    expect(host.inside('named', sizes)).toBe('1024\n1536\n2048\n512\n2560\n3072');
    expect(
      host
        .run('xm block-list named')
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(['Vdev', '768', '2049', '5633', '5635', '51730', '51760']);
    host.run('xm destroy named');
  });

  test("a disk's partitions are disks, too: primary and logical ones, in domain 0 and in a domain", () => {
    const firstLines = (disk: string): string =>
      `for n in 1 2 5 6; do head -n 1 /dev/${disk}$n; wc -c < /dev/${disk}$n; done; ls /dev/${disk}4`;
    const told = (disk: string): string =>
      `first\n51200\nsecond\n25600\nfifth\n10240\nsixth\n15360\n` +
      `ls: /dev/${disk}4: No such file or directory`;
    expect(host.run(firstLines('vda'))).toBe(told('vda'));
    expect(
      host
        .run('fdisk -l')
        .split('\n')
        .map((line) => line.trim().split(/ +/).join(' ')),
    ).toEqual([
      'Disk /dev/vda: 1 MB, 1048576 bytes, 2048 sectors',
      'Units: sectors of 1 * 512 = 512 bytes',
      '',
      'Device Boot Start End Blocks Id System',
      '/dev/vda1 8 107 50 83 Linux',
      '/dev/vda2 200 249 25 82 Linux swap / Solaris',
      '/dev/vda3 400 999 300 5 Extended',
      '/dev/vda4 5000 5000 0+ 83 Linux',
      '/dev/vda5 410 429 10 83 Linux',
      '/dev/vda6 505 534 15 83 Linux',
    ]);
    expect(host.run('xm create parts')).toContain('Started domain parts (id=2)');
    host.wait(0.5);
    expect(host.inside('parts', firstLines('xvda'))).toBe(told('xvda'));
    expect(host.inside('parts', 'head -n 1 /dev/hda1 /dev/sdb')).toBe(
      '==> /dev/hda1 <==\nsecond\n\n==> /dev/sdb <==\nfifth',
    );
    // What is written to a partition is at its place of the disk, and nowhere else.
    host.inside('parts', 'echo written > /dev/hda1');
    expect(host.run('dd if=/dev/vda bs=512 skip=200 count=1 2>/dev/null | head -n 1')).toBe('written');
    host.run('xm destroy parts');
  });

  test('two do not write to one disk, unless the mode is w!', () => {
    const create = (disk: string, name = 'bad'): string => {
      host.run(`cp /etc/xen/other /etc/xen/${name}`);
      host.run(
        `echo "name = '${name}'" >> /etc/xen/${name}; echo "disk = [ '${disk}' ]" >> /etc/xen/${name}`,
      );
      return host.run(`xm create ${name}`).replace(/^xm: .*: disk: /, '');
    };
    const mounted = (where: string): string =>
      `it is mounted in ${where}, and so cannot be mounted now (the mode w! does it all the same)`;
    host.run('mke2fs /images/same 256; mount /images/same /mnt');
    expect(create('file:/images/same,xvda,w')).toBe(
      `file:/images/same,xvda,w: ${mounted('the privileged domain')}`,
    );
    expect(create('file:/images/same,xvda,r')).toMatch(/it is mounted read-write in the privileged domain, /);
    host.run('umount /mnt; mount -o ro /images/same /mnt');
    expect(create('file:/images/same,xvda,w')).toMatch(/it is mounted in the privileged domain, /);
    host.run('umount /mnt');
    expect(host.run('xm create other')).toMatch(/^Using config file .*\nStarted domain other/);
    // By whatever name it goes.
    host.run('ln -s /images /tmp/link');
    expect(create('tap:aio:/tmp/link/same,xvda,w')).toBe(
      `tap:aio:/tmp/link/same,xvda,w: ${mounted('domain other')}`,
    );
    expect(create('file:/images/same,xvda,r')).toMatch(/it is mounted read-write in domain other, /);
    expect(create('file:/images/same,xvda,w!', 'forced')).toMatch(
      /^Using config file .*\nStarted domain forced/,
    );
    host.run('xm destroy forced; xm destroy other');
    // Readers are many.
    expect(create('file:/images/same,xvda,r', 'reader')).toMatch(
      /^Using config file .*\nStarted domain reader/,
    );
    expect(create('file:/images/same,xvda,r', 'another')).toMatch(
      /^Using config file .*\nStarted domain another/,
    );
    expect(create('file:/images/same,xvda,w')).toMatch(/it is mounted in domain (reader|another), /);
    host.run('xm destroy reader; xm destroy another');
    expect(create("phy:vda,xvda,w', 'phy:vda1,xvdb,w")).toBe(
      'phy:vda1,xvdb,w: xvda is the same, and one of them is to be written',
    );
    expect(create("phy:vda2,xvda,w', 'phy:vda1,xvdb,w", 'parts')).toMatch(
      /^Using config file .*\nStarted domain parts/,
    );
    expect(create('phy:vda,xvda,r')).toMatch(/it is mounted read-write in domain parts, /);
    expect(host.run('xm destroy parts; xm list').split('\n')).toHaveLength(2);
  });
});
