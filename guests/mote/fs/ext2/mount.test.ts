/** ext2 in Mote: a file of the ramdisk is mounted, used by programs, unmounted, and then looked at from outside. */
import { expect, test } from 'vitest';
import { loadCore } from '../../../../ui/lab/core-node.ts';
import { Lab } from '../../../../ui/lab/lab.ts';
import { check, hasTools, makeImage, tool } from '../../../tests/ext2.ts';
import { cpio } from '../../../toolchain/cpio.ts';
import { moteImages } from '../../../toolchain/mote-node.ts';

const PATIENCE_TICKS = 60e9;
const PROMPT = /\n\/\S* \$ $/;
const KIB = 256;

/** The ramdisk with a file more: an archive of its own, behind the other one. */
function withFile(ramdisk: Uint8Array, path: string, data: Uint8Array): Uint8Array {
  return Buffer.concat([ramdisk, cpio([{ type: 'file', path, data }])]);
}

async function boot(image: Uint8Array): Promise<(command: string) => string> {
  const { kernel, ramdisk } = await moteImages();
  const lab = await Lab.boot(loadCore(), {
    kernel,
    ramdisk: withFile(ramdisk, 'disk.img', image),
    commandLine: '',
    memoryMb: 32,
    vcpus: 1,
  });
  let screen = '';
  lab.onConsole((bytes) => (screen += new TextDecoder('latin1').decode(bytes).replaceAll('\r', '')));
  lab.run({ text: PROMPT }, PATIENCE_TICKS);
  return (command) => {
    screen = '';
    lab.type(new TextEncoder().encode(`${command}\r`));
    expect(lab.run({ text: PROMPT }, PATIENCE_TICKS)?.kind, screen).toBe('text');
    return screen.replace(/^[^\n]*\n/, '').replace(/\n?\/\S* \$ $/, '');
  };
}

/** The bytes that hexdump shows. */
function bytesOf(dump: string): Uint8Array {
  const hex = dump.split('\n').flatMap((line) => /^[0-9a-f]{8} +((?:[0-9a-f]{2} +)+)/.exec(line)?.[1] ?? []);
  return Uint8Array.from(hex.join(' ').trim().split(/ +/), (byte) => parseInt(byte, 16));
}

test.skipIf(!hasTools())('a disk is mounted, used, unmounted, and sound', async () => {
  const run = await boot(makeImage(KIB, '-b', '1024'));
  expect(run('mount /disk.img /mnt; echo $?')).toBe('0');
  expect(run('mount')).toContain('/disk.img on /mnt type ext2 (rw)');
  expect(run('ls /mnt')).toBe('lost+found');
  expect(run('df')).toMatch(/\/disk\.img +\d+ +\d+ +\d+ +\d+% +\/mnt/);
  run(
    'cp /bin/echo /mnt; mkdir -p /mnt/a/b; echo deep > /mnt/a/b/c; ln /mnt/a/b/c /mnt/hard; ln -s a/b /mnt/soft',
  );
  expect(run('cat /mnt/soft/c /mnt/hard; cmp /bin/echo /mnt/echo && /mnt/echo runs')).toBe(
    'deep\ndeep\nruns',
  );
  expect(run('mv /mnt/a /mnt/z; cat /mnt/z/b/c; cat /mnt/soft/c')).toBe(
    'deep\ncat: /mnt/soft/c: No such file or directory',
  );
  expect(run('cd /mnt/z/b; pwd; umount /mnt; cd /')).toBe('/mnt/z/b\numount: /mnt: Device or resource busy');
  expect(run('dd if=/dev/zero of=/mnt/full bs=1k; rm /mnt/full')).toContain('No space left on device');
  expect(run('umount /mnt; echo $?; ls /mnt; umount /mnt')).toBe('0\numount: /mnt: Invalid argument');
  const image = bytesOf(run('hexdump /disk.img'));
  expect(image.length).toBe(KIB * 1024);
  check(image);
  expect(tool(image, 'debugfs', (file) => ['-R', 'cat /z/b/c', file])).toBe('deep\n');
  expect(run('mount -o ro /disk.img /mnt; cat /mnt/hard; rm /mnt/hard; umount /mnt')).toBe(
    'deep\nrm: /mnt/hard: Read-only file system',
  );
});

test.skipIf(!hasTools())("a damaged disk is the command's problem alone", async () => {
  const image = makeImage(KIB, '-b', '1024');
  tool(image, 'debugfs', (file) => ['-w', '-R', 'set_inode_field / block[0] 3', file]);
  const run = await boot(image);
  expect(run('mount /disk.img /mnt; ls /mnt; echo $?')).toBe(
    "ext2: inode 2: a pointer leads to a block that is no file's; it is read-only from now on\n" +
      'ls: /mnt: Input/output error\n1',
  );
  expect(run('umount /mnt; mount /etc/motd /mnt; mount /nothing /mnt; echo alive')).toBe(
    'ext2: it is too small\nmount: /etc/motd on /mnt: Invalid argument\n' +
      'mount: /nothing on /mnt: No such file or directory\nalive',
  );
});

test('mounts lie over each other, and come off in turn; proc and ramfs come and go', async () => {
  const run = await boot(new Uint8Array(0));
  run('mount -t ramfs none /mnt; echo one > /mnt/x; mount -t ramfs none /mnt; echo two > /mnt/x');
  expect(run('cat /mnt/x; umount /mnt; cat /mnt/x; umount /mnt; ls /mnt; umount /mnt')).toBe(
    'two\none\numount: /mnt: Invalid argument',
  );
  expect(run('umount /proc; ls /proc; mount -t proc none /proc; cat /proc/version')).toMatch(/^Mote/);
  expect(run('mount /disk.img /etc/motd; mount -t none a /mnt')).toMatch(
    /Not a directory\n.*no such file system/,
  );
});
