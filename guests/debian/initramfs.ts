/** The initramfs the Debian kernels boot here: BusyBox, an init that says when it is reached, and a shell. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'fflate';
import { cpio, type Entry } from '../toolchain/cpio.ts';

function source(name: string): Uint8Array {
  return readFileSync(new URL(name, import.meta.url));
}

const directories = ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp'];

/** The gzip-compressed cpio archive around a static BusyBox: the same bytes for the same BusyBox. */
export function initramfs(busybox: Uint8Array): Uint8Array {
  const entries: Entry[] = [
    ...directories.map((path): Entry => ({ type: 'directory', path })),
    { type: 'file', path: 'bin/busybox', data: busybox, executable: true },
    { type: 'file', path: 'etc/passwd', data: Buffer.from('root:x:0:0:root:/root:/bin/sh\n') },
    { type: 'file', path: 'etc/group', data: Buffer.from('root:x:0:\n') },
    { type: 'file', path: 'etc/shell.sh', data: source('shell.sh') },
    { type: 'file', path: 'init', data: source('init.sh'), executable: true },
  ];
  return gzipSync(cpio(entries), { level: 9, mtime: 0 });
}
