/** The root of the tree, where the command line wants it to be a disk: `root=/dev/xvda`, and `ro` to leave it as it is. */
import { print } from 'kernel/console/print';
import { now, SECOND } from 'kernel/events/clock';
import { awaitDisk } from './block/disks';
import { findWord, wordAt } from './command-line';
import { openExt2 } from './fs/ext2/file-system';
import { mount } from './fs/mount';
import { bytesOf } from './fs/names';
import { FileSystem } from './fs/vnode';

/** How long a disk may take to come. */
const PATIENCE_NS: u64 = 10 * SECOND;
/** Mounts the disk that is asked for. False: none is, or there is none, which is said. */
export function mountRoot(): bool {
  const at = findWord('root=', false);
  if (at == 0) return false;
  const path = wordAt(at);
  const disk = awaitDisk(path, now() + PATIENCE_NS);
  const isReadOnly = findWord('ro', true) != 0;
  let made: FileSystem | null = null;
  if (disk != null) made = openExt2(disk, isReadOnly || disk.readOnly);
  if (made != null) return mount(made, null, path, bytesOf('/')) == 0;
  print(disk == null ? 'root=: no such disk has come' : 'root=: there is no ext2 file system on this disk');
  print('; the ramdisk is the root\n');
  return false;
}
