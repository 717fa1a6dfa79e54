/** The share: a tree of files that the lab and domain 0 both see. What domain 0 changes stays in the lab. */
import * as errno from '../../devices/fs/errno.ts';
import { FileTree } from '../../devices/fs/tree.ts';
import type { TreeOptions } from '../../devices/fs/tree.ts';

export const SHARE_LIMITS: TreeOptions = { limitBytes: 2 ** 30, limitNames: 65_536 };

const REASONS = new Map([
  [
    errno.ENOSPC,
    `a share holds ${String(SHARE_LIMITS.limitBytes / 2 ** 20)} MiB in ${String(SHARE_LIMITS.limitNames)} files and directories at most`,
  ],
  [errno.ENAMETOOLONG, 'a name has 255 bytes at most'],
  [errno.EINVAL, 'no file can have this name'],
  [errno.ENOTDIR, 'what is to be its directory is a file'],
  [errno.EISDIR, 'it is a directory, too'],
]);

/** The tree of these files, by path. Throws RangeError for one that cannot be in it. */
export function makeShare(files: ReadonlyMap<string, Uint8Array>): FileTree {
  const tree = new FileTree(SHARE_LIMITS);
  for (const [path, bytes] of files) {
    const error = tree.put(path, bytes);
    if (error !== errno.OK)
      throw new RangeError(`${path}: ${REASONS.get(error) ?? `error ${String(error)}`}`);
  }
  return tree;
}
