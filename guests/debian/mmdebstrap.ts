/**
 * Makes a root of Debian bookworm by Debian's own mmdebstrap, from packages of the distribution as this machine's apt has them. It
 * and its helper are scripts, run from their package: nothing is installed on this machine.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { copyFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PackagesUnavailable, run, sourcesOf, unpack } from './packages.ts';

/** The day of the release, in seconds: what the packages' scripts take for now. */
export const SOURCE_DATE_EPOCH = '1686355200';

/** Files of the root that are the project's, by their paths in it: what they are, and which may be run. */
export function overlayFiles(overlay: URL): (readonly [path: string, content: string])[] {
  return readdirSync(overlay, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((path) => [relative(fileURLToPath(overlay), path), readFileSync(path, 'latin1')] as const);
}

/** What a container has not, either. */
const NOT_UNPACKED = ['/usr/share/doc/*', '/usr/share/info/*', '/usr/share/locale/*', '/usr/share/man/*'];

interface RootOptions {
  /** Commands that customize it. */
  readonly hooks?: readonly string[];
  /** Patterns of paths that are left out besides what always is. */
  readonly notUnpacked?: readonly string[];
}

/** Options for a root of these packages, whose root logs in without a password. */
export function rootOptions(
  packages: readonly string[],
  { hooks = [], notUnpacked = [] }: RootOptions = {},
): readonly string[] {
  return [
    '--quiet',
    '--mode=root',
    '--variant=minbase',
    '--format=directory',
    `--include=${packages.join(',')}`,
    '--dpkgopt=force-unsafe-io',
    ...[...NOT_UNPACKED, ...notUnpacked].map((path) => `--dpkgopt=path-exclude=${path}`),
    '--customize-hook=chroot "$1" passwd --delete root',
    ...hooks.map((hook) => `--customize-hook=${hook}`),
    'bookworm',
  ];
}

/**
 * Has mmdebstrap make `root` by these options. `copies` are paths on this machine that are put into the root's /, each before
 * the packages come and again after them: they may write over what is the project's.
 */
export async function mmdebstrap(
  root: string,
  work: string,
  options: readonly string[],
  copies: readonly string[],
): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new PackagesUnavailable('files of many owners: that is for root to make');
  const sources = await sourcesOf('bookworm', work);
  const scripts = join(await unpack('mmdebstrap', ['*/bin/*'], work), 'usr/bin');
  const hooks = ['setup', 'customize'].map((when) => `--${when}-hook=copy-in ${copies.join(' ')} /`);
  const path = `${scripts}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  await run(join(scripts, 'mmdebstrap'), [...hooks, ...options, root, ...sources], work, {
    SOURCE_DATE_EPOCH,
    PATH: path,
  });
}

/** Copies the one file of the root's /boot that begins so. */
export async function copyBoot(root: string, start: string, target: string): Promise<void> {
  const name = (await readdir(join(root, 'boot'))).find((each) => each.startsWith(start));
  if (name === undefined) throw new PackagesUnavailable(`the packages brought no ${start}`);
  await copyFile(join(root, 'boot', name), target);
}
