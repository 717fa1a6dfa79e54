/** The ext2 file system on a device: its root, and the nodes that somebody has open, each of them once. */
import { EINVAL, EIO } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { BlockDevice } from '../../block/device';
import { FileSystem, Vnode } from '../vnode';
import { inode, MAGIC, ROOT_INO, super_block } from './format';
import { Ext2Node } from './node';
import { InodeRecord } from './record';
import { Volume } from './volume';

export class Ext2 extends FileSystem {
  volume: Volume;
  /** Why the last node could not be made: a negative errno, for who has the volume locked. */
  makeFailure: i32 = 0;
  private first: Ext2Node | null = null;
  /** Held as long as it is mounted. */
  private top: Ext2Node | null = null;

  constructor(volume: Volume) {
    super();
    this.volume = volume;
    this.magic = MAGIC;
    this.blockSize = volume.blockBytes;
    this.blocks = volume.blocks;
    this.readOnly = volume.readOnly;
  }

  get name(): string {
    return 'ext2';
  }

  root(): Vnode {
    return this.top!.get();
  }

  /** Reads the root: 0, or -EIO; -EINVAL: it is no directory, nothing works without. */
  open(): i32 {
    const node = this.node(ROOT_INO);
    if (node == null) return -EIO;
    this.top = node;
    if (node.isDirectory) return 0;
    this.volume.damaged('inode', ROOT_INO, 'the root is no directory');
    return -EINVAL;
  }

  /** The node of an inode, held; null: it cannot be read, or is none. */
  node(number: u32): Ext2Node | null {
    for (let each: Ext2Node | null = this.first; each != null; each = each!.next)
      if (each.record.number == number) return <Ext2Node>each.get();
    const volume = this.volume;
    if (number == 0 || number > volume.inodes) return null;
    const record = new InodeRecord(volume, number);
    const failed = record.read();
    // What an entry leads to is in use, and neither the volume's own nor deleted.
    const isOwn = number != ROOT_INO && number < volume.firstInode;
    const isFree = record.get16(inode.i_links_count) == 0 || record.get16(inode.i_mode) == 0;
    if (failed == 0 && !isOwn && !isFree) return this.adopt(record);
    if (failed == 0) volume.damaged('inode', number, 'an entry leads to it, and it is no file');
    record.release();
    return null;
  }

  /** Makes the node of a record, which it takes over, known. */
  adopt(record: InodeRecord): Ext2Node {
    const made = new Ext2Node(this, record);
    made.next = this.first;
    this.first = made;
    return made;
  }

  /** A node is gone. */
  forget(gone: Ext2Node): void {
    if (this.first == gone) {
      this.first = gone.next;
      return;
    }
    let before = this.first!;
    while (before.next != gone) before = before.next!;
    before.next = gone.next;
  }

  busy(): bool {
    for (let each: Ext2Node | null = this.first; each != null; each = each!.next)
      if (each.record.number != ROOT_INO) return true;
    return false;
  }

  count(): void {
    this.freeBlocks = this.volume.field(super_block.s_free_blocks_count);
    this.files = this.volume.field(super_block.s_inodes_count);
    this.freeFiles = this.volume.field(super_block.s_free_inodes_count);
    this.readOnly = this.volume.readOnly;
  }

  sync(): i32 {
    this.volume.lock.take();
    const failed = this.writeNodes();
    const result = this.volume.sync();
    this.volume.lock.give();
    return failed < 0 ? failed : result;
  }

  unmount(): i32 {
    this.volume.lock.take();
    const failed = this.writeNodes();
    const result = this.volume.end();
    this.volume.lock.give();
    // What was to be written has gone with the disk.
    if (this.volume.device.isGone) return 0;
    return failed < 0 ? failed : result;
  }

  /** What could not be written at its time is tried anew. */
  private writeNodes(): i32 {
    let result = 0;
    for (let each: Ext2Node | null = this.first; each != null; each = each!.next)
      result = min(each.record.write(), result);
    return result;
  }

  release(): void {
    const top = this.top;
    if (top != null) top.put();
    this.volume.release();
    dispose(this);
  }
}

let failed: i32 = 0;

/** Why there is no file system. */
export function openFailure(): i32 {
  return failed;
}

/** The file system on a device, which it takes over; null: `openFailure`, and what is wrong has been said. */
export function openExt2(device: BlockDevice, readOnly: bool): Ext2 | null {
  const volume = new Volume(device, readOnly);
  failed = volume.open();
  if (failed < 0) {
    volume.release();
    return null;
  }
  const made = new Ext2(volume);
  failed = made.open();
  if (failed == 0) return made;
  made.release();
  return null;
}
