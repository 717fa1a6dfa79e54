/**
 * Debian's Python without its larger library, for a guest whose initramfs is the kernels' (fetch.ts): an archive that goes behind
 * that. `npx tsx guests/debian/python.ts` prints where it is.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'fflate';
import { cpio } from '../toolchain/cpio.ts';
import { cached } from './cache.ts';
import { orUnavailable, run, unpack } from './packages.ts';
import { entriesOf } from './tree.ts';

/** Files of packages, as tar's wildcards. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'python3.11-minimal': ['./usr/bin/*'],
  'libpython3.11-minimal': ['./usr/lib/python3*'],
  libc6: ['*/libc.so.6', '*/libm.so.6', '*/ld-linux-x86-64.so.2'],
  libexpat1: ['*/libexpat.so.1*'],
  zlib1g: ['*/libz.so.1*'],
};
/** Folders that packages have files in. */
const FOLDERS = ['lib', 'lib64', 'usr'];

async function make(made: string, work: string): Promise<void> {
  const root = join(work, 'root');
  await mkdir(root);
  for (const [name, patterns] of Object.entries(PACKAGES)) {
    const tree = await unpack(name, patterns, work);
    const folders = FOLDERS.map((folder) => join(tree, folder)).filter(existsSync);
    await run('cp', ['-a', ...folders, root], work);
  }
  await writeFile(join(made, 'python.gz'), gzipSync(cpio(await entriesOf(root)), { level: 9, mtime: 0 }));
}

/** Where it is, or undefined, the reason said on stderr, where there is no way to have it. */
export async function debianPython(): Promise<string | undefined> {
  const recipe = JSON.stringify([PACKAGES, FOLDERS]);
  const folder = await orUnavailable("Debian's Python", () => cached('python', recipe, make));
  return folder === undefined ? undefined : join(folder, 'python.gz');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = await debianPython();
  if (made === undefined) process.exitCode = 1;
  else console.log(made);
}
