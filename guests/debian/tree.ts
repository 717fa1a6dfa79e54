/** A folder of this machine as an archive has it. */
import { readFile, readdir, readlink, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Entry } from '../toolchain/cpio.ts';

/** What is not wanted of it: paths, relative to it, that are not there, and folders without what is in them. */
export interface LeftOut {
  readonly paths?: RegExp;
  readonly contents?: readonly string[];
}

/** What is in a folder, by names in their order, directories before what is in them. */
export async function entriesOf(root: string, leftOut: LeftOut = {}, folder = root): Promise<Entry[]> {
  const entries: Entry[] = [];
  const found = await readdir(folder, { withFileTypes: true });
  for (const each of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const from = join(folder, each.name);
    const path = relative(root, from);
    if (leftOut.paths?.test(path) === true) continue;
    if (each.isSymbolicLink()) entries.push({ type: 'link', path, target: await readlink(from) });
    else if (each.isFile()) {
      const executable = ((await stat(from)).mode & 0o111) !== 0;
      entries.push({ type: 'file', path, data: await readFile(from), executable });
    } else if (each.isDirectory()) {
      entries.push({ type: 'directory', path });
      if (leftOut.contents?.includes(path) !== true) entries.push(...(await entriesOf(root, leftOut, from)));
    }
  }
  return entries;
}
