import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { debianImages } from './fetch.ts';
import { initramfs } from './initramfs.ts';
import { withLock } from './lock.ts';
import { PackagesUnavailable, resolveDependency } from './packages.ts';

const images = await debianImages();

function readStart(path: string, bytes: number): Buffer {
  const file = openSync(path, 'r');
  const start = Buffer.alloc(bytes);
  readSync(file, start);
  closeSync(file);
  return start;
}

describe.skipIf(images === undefined)('the Debian images', () => {
  it('are two different bzImages', () => {
    const [cloud, generic] = [images!.cloud, images!.generic].map((path) => readStart(path, 0x400));
    for (const start of [cloud, generic]) expect(start!.toString('latin1', 0x202, 0x206)).toBe('HdrS');
    expect(cloud!.equals(generic!)).toBe(false);
  });

  it('have an initramfs with BusyBox and init', () => {
    const archive = Buffer.from(gunzipSync(readFileSync(images!.initrd))).toString('latin1');
    for (const text of ['bin/busybox', 'INIT-REACHED', 'cttyhack', 'TRAILER!!!'])
      expect(archive).toContain(text);
  });

  it('have one with the frontends of the cloud kernel', () => {
    const archive = Buffer.from(gunzipSync(readFileSync(images!.initrdCloud))).toString('latin1');
    for (const text of ['lib/modules/xen-blkfront.ko', 'lib/modules/xen-netfront.ko'])
      expect(archive).toContain(text);
  });

  it('are the same files when asked for again, by several callers at once', async () => {
    expect(await Promise.all([debianImages(), debianImages()])).toEqual([images, images]);
  });
});

describe('initramfs', () => {
  it('gives the same bytes for the same files', async () => {
    const [init, shell] = ['init.sh', 'shell.sh'].map((name) =>
      fileURLToPath(new URL(name, import.meta.url)),
    );
    expect(await initramfs(init!, [shell!])).toEqual(await initramfs(init!, [shell!]));
  });
});

describe('without a package client', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('says which command is missing', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    const attempt = resolveDependency('linux-image-amd64', tmpdir());
    await expect(attempt).rejects.toThrow(new PackagesUnavailable('this machine has no apt-get'));
  });
});

describe('withLock', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lock-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('lets one caller in at a time', async () => {
    const path = join(directory, 'lock');
    let inside = 0;
    const task = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await Promise.resolve();
      inside -= 1;
    };
    await Promise.all([withLock(path, task), withLock(path, task), withLock(path, task)]);
    expect(existsSync(path)).toBe(false);
  });

  it('is released when the task fails', async () => {
    const path = join(directory, 'lock');
    await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(path)).toBe(false);
  });

  it('is taken over from a holder that is gone', async () => {
    const path = join(directory, 'lock');
    writeFileSync(path, '4194999'); // above the highest pid Linux hands out
    expect(await withLock(path, () => Promise.resolve('mine'))).toBe('mine');
  });
});
