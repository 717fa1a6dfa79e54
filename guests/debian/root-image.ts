/**
 * A root for a Debian kernel on a disk: BusyBox with its init, an address by DHCP, its httpd with what is in /www. The usual
 * tool makes the file system.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import type { Entry } from '../toolchain/cpio.ts';

function source(name: string): Uint8Array {
  return readFileSync(new URL(`root/${name}`, import.meta.url));
}

const DIRECTORIES = ['dev', 'mnt', 'proc', 'root', 'sys', 'tmp', 'usr/bin', 'usr/sbin', 'www'];
/** mke2fs and its like are not on everybody's path. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
/** When everything on it was made, in seconds. */
const MADE_AT = '1686355200';
const ENVIRONMENT = { ...process.env, PATH, E2FSPROGS_FAKE_TIME: MADE_AT };
/** Names and times of its own, so that an image is the same each time. */
const FIXED = [
  '-U',
  '01234567-89ab-cdef-0123-456789abcdef',
  '-E',
  'root_owner=0:0,hash_seed=01234567-89ab-cdef-0123-456789abcdef',
];

function entriesOf(busybox: Uint8Array): Entry[] {
  return [
    ...DIRECTORIES.map((path): Entry => ({ type: 'directory', path })),
    { type: 'file', path: 'bin/busybox', data: busybox, executable: true },
    { type: 'link', path: 'bin/sh', target: 'busybox' },
    { type: 'link', path: 'sbin/init', target: '../bin/busybox' },
    { type: 'file', path: 'etc/passwd', data: Buffer.from('root:x:0:0:root:/root:/bin/sh\n') },
    { type: 'file', path: 'etc/group', data: Buffer.from('root:x:0:\n') },
    { type: 'file', path: 'etc/inittab', data: source('inittab') },
    { type: 'file', path: 'etc/rc', data: source('rc'), executable: true },
    { type: 'file', path: 'etc/udhcpc', data: source('udhcpc'), executable: true },
  ];
}

export type RootType = 'ext2' | 'ext4';

/** An image of so many MiB with that root. Throws where mke2fs cannot be run. */
export function rootImage(busybox: Uint8Array, type: RootType, mib: number): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'root-'));
  try {
    const tree = join(folder, 'tree');
    const entries = entriesOf(busybox);
    for (const entry of entries) put(tree, entry);
    const image = join(folder, 'image');
    const options = ['-q', '-F', '-t', type, ...FIXED, '-d', tree, image, `${String(mib)}M`];
    execFileSync('mke2fs', options, { env: ENVIRONMENT, stdio: 'pipe' });
    // It takes over when the tree's files were made, which nobody can say to the kernel here.
    execFileSync('debugfs', ['-w', '-f', '-', image], {
      env: ENVIRONMENT,
      stdio: 'pipe',
      input: timesOf(entries),
    });
    return new Uint8Array(readFileSync(image));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What tells debugfs the times of all that is on it. */
function timesOf(entries: readonly Entry[]): string {
  const paths = new Set<string>();
  for (const { path } of entries)
    for (let each = path; each !== '.'; each = dirname(each)) paths.add(`/${each}`);
  const fields = ['atime', 'ctime', 'mtime'];
  return [...paths, '/']
    .flatMap((path) => fields.map((field) => `set_inode_field ${path} ${field} @${MADE_AT}\n`))
    .join('');
}

function put(tree: string, entry: Entry): void {
  const path = join(tree, entry.path);
  mkdirSync(entry.type === 'directory' ? path : dirname(path), { recursive: true });
  if (entry.type === 'file')
    writeFileSync(path, entry.data, { mode: entry.executable === true ? 0o755 : 0o644 });
  else if (entry.type === 'link') symlinkSync(entry.target, path);
}
