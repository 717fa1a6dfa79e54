/**
 * Kernels as distributions ship them, in domains that domain 0 makes: bzImages, unpacked and placed by xm. One that is packed with
 * LZ4 boots in linux-devices.test.ts.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { debianImages } from '../../debian/fetch.ts';
import { moteImages } from '../../toolchain/mote-node.ts';
import { Host } from './testing.ts';

const images = await debianImages();

function config(...lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(lines.join('\n') + '\n');
}

function expectNoneLeft(host: Host, free: string): void {
  expect(host.list()).toHaveLength(1);
  expect(host.free()).toBe(free);
  expect(checkFrameTable(host.lab.hypervisor.frames, host.lab.hypervisor.domains)).toEqual([]);
}

describe.skipIf(images === undefined)("Debian's generic kernel, packed with XZ", () => {
  let host: Host;
  let free: string;
  beforeAll(async () => {
    host = await Host.boot(
      {
        'boot/vmlinuz': readFileSync(images!.generic),
        'boot/initrd.gz': readFileSync(images!.initrd),
        'etc/xen/linux': config(
          'kernel = "/boot/vmlinuz"',
          'ramdisk = "/boot/initrd.gz"',
          'memory = 128',
          'vcpus = 1',
          'name = "linux"',
          'extra = "console=hvc0 rdinit=/init"',
        ),
      },
      { hostMb: 256 },
    );
    free = host.free();
  });

  /** What the domain's shell prints. The quotes keep the echo of what is typed from being the mark. */
  function shell(command: string): string {
    host.type(`${command}; echo E''ND\r`);
    host.until(/\nEND\n/);
    return host.screen.split('\n').slice(1, host.screen.split('\n').indexOf('END')).join('\n');
  }

  test('boots to a shell in which things work', () => {
    host.type('xm create -c linux\r');
    host.until(/INIT-REACHED/);
    host.until(/\/ # /);
    const log = host.screen;
    expect(log).toContain('Started domain linux (id=1)');
    expect(log).toContain('Hypervisor detected: Xen PV');
    // As XENMEM_set_memory_map has it, and as libxl gives it.
    expect(log).toMatch(/Xen: \[mem 0x0{10}100000-0x0{9}7ffffff\] usable/);
    expect(log).toMatch(/RAMDISK: \[mem 0x0[4-5][0-9a-f]{6}-/);
    expect(log).toContain('Checked W+X mappings: passed, no W+X pages found.');
    expect(log).not.toMatch(/WARNING|BUG|Call Trace|unpacking failed/);
    expect(shell('grep -c ^processor /proc/cpuinfo')).toBe('1');
    expect(shell('dd if=/dev/zero bs=1k count=64 2>/dev/null | md5sum')).toBe(
      'fcd6bcb56c1689fcef28b57c22475bad  -',
    );
    expect(shell('cat /sys/hypervisor/version/extra /sys/hypervisor/type')).toMatch(/xen$/);
  });

  test('is a domain like others: listed, powered off from inside', () => {
    host.leaveConsole();
    expect(host.list()[1]).toMatch(/^linux 1 128 1 -b-+$/);
    expect(host.run('xm uptime linux')).toMatch(/linux +1 0:00:0\d$/);
    host.type('xm console linux\r\r');
    host.until(/# /);
    host.type('poweroff -f\r');
    host.until(/reboot: (Power down|System halted)\n+\/ \$ $/);
    // What happens then is on_poweroff: it is destroyed.
    host.run('sleep 1');
    expectNoneLeft(host, free);
  });
});

const HEADER_BYTES = 0x400;
/** Where Mote's kernel is to be. */
const MOTE_ADDRESS = 0x10_0000;

/** A bzImage of boot protocol 0x20f around a packed kernel. */
function bzImage(payload: Uint8Array, address: number, protocol = 0x20f): Uint8Array {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  header.setUint8(0x1f1, HEADER_BYTES / 512 - 1);
  header.setUint32(0x202, 0x5372_6448, true);
  header.setUint16(0x206, protocol, true);
  header.setUint32(0x24c, payload.length, true);
  header.setUint32(0x258, address, true);
  return Buffer.concat([new Uint8Array(header.buffer), payload]);
}

/** A zstd frame of blocks that are not packed, and its size as Linux's build adds it (RFC 8878, 3.1.1). */
function zstdOf(bytes: Uint8Array): Uint8Array {
  const blockBytes = 128 << 10;
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x38)];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes);
    const header = (block.length << 3) | (at + blockBytes >= bytes.length ? 1 : 0);
    parts.push(Uint8Array.of(header, header >> 8, header >> 16), block);
  }
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  return Buffer.concat([...parts, size]);
}

describe('a bzImage made here', () => {
  let host: Host;
  let free: string;
  beforeAll(async () => {
    const { kernel } = await moteImages();
    const payload = gzipSync(kernel);
    const damaged = Uint8Array.from(payload, (byte, n) => (n === 5000 ? byte ^ 1 : byte));
    const kernels = {
      whole: bzImage(payload, MOTE_ADDRESS),
      zstd: bzImage(zstdOf(kernel), MOTE_ADDRESS),
      gz: payload,
      gzdamaged: damaged,
      lzo: bzImage(Buffer.concat([Uint8Array.of(0x89, 0x4c, 0x5a, 0x4f), payload.subarray(4)]), MOTE_ADDRESS),
      odd: bzImage(payload.subarray(3), MOTE_ADDRESS),
      old: bzImage(payload, MOTE_ADDRESS, 0x209),
      cut: bzImage(payload, MOTE_ADDRESS).slice(0, -9),
      damaged: bzImage(damaged, MOTE_ADDRESS),
      high: bzImage(payload, 0x4000_0000),
      low: bzImage(payload, 0),
      text: bzImage(gzipSync('no kernel at all'), MOTE_ADDRESS),
    };
    const files: Record<string, Uint8Array> = {};
    for (const [name, file] of Object.entries(kernels)) {
      files[`boot/${name}`] = file;
      files[`etc/xen/${name}`] = config(
        `kernel = "/boot/${name}"`,
        'ramdisk = "/boot/packed.cpio"',
        'memory = 32',
      );
    }
    files['etc/xen/small'] = config('kernel = "/boot/whole"', 'memory = 2');
    files['boot/packed.cpio'] = gzipSync((await moteImages()).ramdisk);
    host = await Host.boot(files);
    free = host.free();
  });

  test.each(['whole', 'zstd', 'gz'])('boots, its ramdisk unpacked from gzip too: %s', (name) => {
    host.type(`xm create -c ${name}\r`);
    host.until(new RegExp(`Started domain ${name} \\(id=\\d\\)[^]*Welcome to Mote[^]*\\n\\/ \\$ $`));
    expect(host.run('uname')).toBe('Mote');
    host.leaveConsole();
    host.run(`xm destroy ${name}`);
    expectNoneLeft(host, free);
  });

  test.each([
    [
      'lzo',
      'xm: /etc/xen/lzo:1: kernel: /boot/lzo: it is packed with lzo, which is not there: gzip, xz, lz4, zstd and lzma are',
    ],
    ['odd', 'xm: /etc/xen/odd:1: kernel: /boot/odd: its payload is packed in a way that nobody knows'],
    [
      'old',
      'xm: /etc/xen/old:1: kernel: /boot/old: it is a bzImage of boot protocol 0x209, 0x20a is the first that will do',
    ],
    ['gzdamaged', 'xm: /etc/xen/gzdamaged:1: kernel: /boot/gzdamaged: it is gzipped, and damaged'],
    ['cut', 'xm: /etc/xen/cut:1: kernel: /boot/cut: it is cut short'],
    ['damaged', 'xm: damaged: loading the kernel: its payload is damaged'],
    [
      'high',
      'xm: high: loading the kernel: to be unpacked it wants a domain of 1025 MiB at least, and this one has 32',
    ],
    ['low', 'xm: low: loading the kernel: its segments lie where they are not expected'],
    ['text', 'xm: text: loading the kernel: it is no ELF image'],
    ['small', 'xm: small: its kernel and ramdisk do not fit in 2 MiB'],
  ])('that will not do is refused: %s', (name, told) => {
    expect(host.run(`xm create ${name}; echo $?`)).toBe(`${told}\n1`);
    expectNoneLeft(host, free);
  });
});
