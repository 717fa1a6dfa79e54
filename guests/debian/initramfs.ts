/** The initramfs the Debian kernels boot here: BusyBox, an init that says when it is reached, and a shell. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gzipSync } from 'fflate';
import { cpio, type Entry } from '../toolchain/cpio.ts';

function source(name: string): Uint8Array {
  return readFileSync(new URL(name, import.meta.url));
}

const directories = ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp'];

/** The gzip-compressed cpio archive around a static BusyBox, with modules: the same bytes for the same files. */
export async function initramfs(busybox: string, modules: readonly string[]): Promise<Uint8Array> {
  const loaded = modules.map(async (path): Promise<Entry> => {
    return { type: 'file', path: `lib/modules/${basename(path)}`, data: await readFile(path) };
  });
  const entries: Entry[] = [
    ...directories.map((path): Entry => ({ type: 'directory', path })),
    { type: 'file', path: 'bin/busybox', data: await readFile(busybox), executable: true },
    { type: 'file', path: 'etc/passwd', data: Buffer.from('root:x:0:0:root:/root:/bin/sh\n') },
    { type: 'file', path: 'etc/group', data: Buffer.from('root:x:0:\n') },
    { type: 'file', path: 'etc/shell.sh', data: source('shell.sh') },
    { type: 'file', path: 'init', data: source('init.sh'), executable: true },
    { type: 'directory', path: 'lib' },
    { type: 'directory', path: 'lib/modules' },
    ...(await Promise.all(loaded)),
  ];
  return gzipSync(cpio(entries), { level: 9, mtime: 0 });
}
