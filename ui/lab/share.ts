/** The share: a tree of files that the lab and domain 0 both see. What domain 0 changes stays in the lab. */
import * as errno from '../../devices/fs/errno.ts';
import { FileTree } from '../../devices/fs/tree.ts';
import type { TreeOptions } from '../../devices/fs/tree.ts';

export const SHARE_LIMITS: TreeOptions = { limitBytes: 2 ** 30, limitNames: 65_536 };

const REASONS = new Map([
  [errno.ENAMETOOLONG, 'a name has 255 bytes at most'],
  [errno.EINVAL, 'no file can have this name'],
  [errno.ENOTDIR, 'what is to be its directory is a file'],
  [errno.EISDIR, 'it is a directory, too'],
]);

function reasonFor(error: number, { limitBytes, limitNames }: TreeOptions): string {
  const most = `${String(limitBytes / 2 ** 20)} MiB in ${String(limitNames)} files and directories`;
  if (error === errno.ENOSPC) return `a share holds ${most} at most`;
  return REASONS.get(error) ?? `error ${String(error)}`;
}

/** The tree of these files, by path. Throws RangeError for one that cannot be in it. */
export function makeShare(files: ReadonlyMap<string, Uint8Array>, limits = SHARE_LIMITS): FileTree {
  const tree = new FileTree(limits);
  for (const [path, bytes] of files) {
    const error = tree.put(path, bytes);
    if (error !== errno.OK) throw new RangeError(`${path}: ${reasonFor(error, limits)}`);
  }
  return tree;
}
