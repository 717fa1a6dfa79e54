/** The root of the tree, where the command line wants it to be a disk: `root=/dev/xvda`, and `ro` to leave it as it is. */
import { commandLine } from 'kernel/xen/start-info';
import { print } from 'kernel/console/print';
import { alloc } from 'kernel/memory/heap';
import { now, SECOND } from 'kernel/events/clock';
import { awaitDisk } from './block/disks';
import { openExt2 } from './fs/ext2/file-system';
import { mount } from './fs/mount';
import { bytesOf } from './fs/names';
import { FileSystem } from './fs/vnode';

/** How long a disk may take to come. */
const PATIENCE_NS: u64 = 10 * SECOND;
const BLANK: u8 = 32;

/** Where a word of the command line that begins so goes on; 0: there is none. `whole`: there must be nothing more of it. */
function findWord(start: string, whole: bool): usize {
  let at = commandLine();
  while (load<u8>(at) != 0) {
    let index = 0;
    while (index < start.length && load<u8>(at + index) == <u8>start.charCodeAt(index)) index++;
    const next = load<u8>(at + index);
    if (index == start.length && (!whole || next == 0 || next == BLANK)) return at + index;
    while (load<u8>(at) != BLANK && load<u8>(at) != 0) at++;
    while (load<u8>(at) == BLANK) at++;
  }
  return 0;
}

/** The rest of a word, NUL-terminated, on the heap. */
function wordAt(at: usize): usize {
  let bytes: usize = 0;
  while (load<u8>(at + bytes) != 0 && load<u8>(at + bytes) != BLANK) bytes++;
  const word = alloc(bytes + 1);
  memory.copy(word, at, bytes);
  store<u8>(word + bytes, 0);
  return word;
}

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
  print('root=: there is no ext2 file system on such a disk; the ramdisk is the root\n');
  return false;
}
