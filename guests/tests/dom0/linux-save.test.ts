/** Debian's cloud kernel into a file and out of it again, on four vcpus, ballooned, with timers running; and a checkpoint of it. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { debianImages } from '../../debian/fetch.ts';
import { hostCounts } from './testing-counts.ts';
import { awaitShell, inLinux } from './testing-linux.ts';
import { Host } from './testing.ts';

const images = await debianImages();

const CONFIG = [
  'kernel = "/boot/vmlinuz"',
  'ramdisk = "/boot/initrd.gz"',
  'memory = 128',
  'vcpus = 4',
  'name = "lin"',
  'extra = "console=hvc0 rdinit=/init"',
];

describe.skipIf(images === undefined)("Debian's cloud kernel on four vcpus", () => {
  let host: Host;
  /** Of the host, before it was there. */
  let before: ReturnType<typeof hostCounts>;
  let sum: string;
  beforeAll(async () => {
    const files = {
      'boot/vmlinuz': readFileSync(images!.cloud),
      'boot/initrd.gz': readFileSync(images!.initrdCloud),
      'etc/xen/linux': new TextEncoder().encode(CONFIG.join('\n') + '\n'),
    };
    // The file lies in domain 0's memory.
    const sizes = { memoryMb: 184, hostMb: 340 };
    ({ host, told: before } = await Host.brought('linux-save', files, sizes, (booting) => {
      const counts = hostCounts(booting);
      booting.type('xm create -c linux\r');
      awaitShell(booting);
      booting.leaveConsole();
      return counts;
    }));
    inLinux(host, 'dmesg -n 1; dd if=/dev/urandom of=/tmp/data bs=65536 count=128 2> /dev/null');
    inLinux(host, '(n=0; while true; do n=$((n+1)); echo $n > /tmp/count; sleep 1; done) & sleep 2');
    sum = inLinux(host, 'sha256sum /tmp/data');
    host.run('xm mem-set lin 100; sleep 2');
  });

  const count = (): number => Number(inLinux(host, 'cat /tmp/count'));

  /** It has all that it had, and goes on. */
  function expectWell(counted: number): void {
    expect(count()).toBeGreaterThanOrEqual(counted);
    const now = count();
    host.wait(3);
    expect(count()).toBeGreaterThanOrEqual(now + 3);
    expect(inLinux(host, 'sha256sum /tmp/data')).toBe(sum);
    expect(inLinux(host, 'nproc; cat /sys/devices/system/cpu/online')).toBe('4\n0-3');
    for (const cpu of [0, 1, 2, 3])
      expect(inLinux(host, `taskset ${String(1 << cpu)} sha256sum /tmp/data`)).toBe(sum);
    expect(inLinux(host, 'dmesg | grep -E "BUG:|Oops|lockup|stalls|Call Trace"')).toBe('');
    const inside = Number(inLinux(host, 'date +%s'));
    expect(Math.abs(inside - Date.parse(host.run('date')) / 1000)).toBeLessThanOrEqual(1);
  }

  test('goes on where it was, half a minute later: its memory, its processors, its clock, what runs in it', () => {
    const counted = count();
    expect(host.run('xm save lin /tmp/file')).toBe('Saving to /tmp/file new xl format');
    expect(host.list()).toHaveLength(1);
    host.wait(30);
    expect(host.run('xm restore /tmp/file')).toBe('Loading new save file /tmp/file');
    // Its console has shown nothing yet.
    host.type('xm console lin\r\r');
    host.until(/# \S*$/);
    host.leaveConsole();
    expect(host.list()[1]).toMatch(/^lin 2 100 4 /);
    expectWell(counted);
    // What it slept does not count for who waits.
    expect(count() - counted).toBeLessThan(25);
  });

  test('a checkpoint is made of it, and it goes on', () => {
    const counted = count();
    expect(host.run('xm save -c lin /tmp/file')).toBe('Saving to /tmp/file new xl format');
    expect(host.list()[1]).toMatch(/^lin 2 100 4 /);
    expectWell(counted);
  });

  test('nothing is left of it', () => {
    host.run('xm destroy lin; rm /tmp/file; sleep 1');
    // Folders of the store stay.
    expect({ ...hostCounts(host), nodes: '' }).toEqual({ ...before, nodes: '' });
  });
});
