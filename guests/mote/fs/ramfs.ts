/**
 * A file system in memory: the tree's root, filled from the ramdisk. A directory is a list of entries; a file is a list of
 * pages, or, as it comes from the ramdisk, a piece of that until somebody writes to it.
 */
import { EEXIST, EINVAL, EISDIR, ENOENT, ENOSPC, ENOTDIR, ENOTEMPTY, EXDEV } from 'xen';
import { alloc, dispose, free, tryAlloc } from 'kernel/memory/heap';
import { allocateUserPage, isMemoryLow, PAGE_SHIFT, PAGE_SIZE, putPage } from 'kernel/memory/pages';
import { wallClock, SECOND } from 'kernel/events/clock';
import { EFBIG, S_IFDIR, S_IFLNK, S_IFMT } from '../abi';
import { equal, isDot, isDotDot } from './names';
import { DirectoryEntry, fail, FileSystem, Vnode } from './vnode';

const MAX_FILE_BYTES: u64 = 1 << 30;
const DIRECTORY_MODE: u32 = S_IFDIR | 0o755;

/** An entry of a directory: its name lies behind it. */
class Entry {
  node: RamNode;
  name: usize;
  length: i32;
  next: Entry | null = null;
  /** Its place for those who list the directory: it grows from entry to entry. */
  place: u64 = 0;

  constructor(node: RamNode, name: usize, length: i32) {
    this.node = node;
    this.name = alloc(length);
    this.length = length;
    memory.copy(this.name, name, length);
  }

  release(): void {
    free(this.name);
    dispose(this);
  }
}

export class RamFs extends FileSystem {
  private rootNode: RamNode | null = null;
  private nextIno: u64 = 1;

  constructor() {
    super();
    const root = new RamNode(this, 1, DIRECTORY_MODE);
    root.parent = root;
    this.rootNode = root;
  }

  get name(): string {
    return 'ramfs';
  }
  root(): Vnode {
    return this.rootNode!.get();
  }
  sync(): i32 {
    return 0;
  }
  busy(): bool {
    return this.rootNode!.isHeldBelow();
  }
  release(): void {
    this.rootNode!.releaseTree();
    dispose(this);
  }
  newIno(): u64 {
    return ++this.nextIno;
  }
}

export class RamNode extends Vnode {
  private owner: RamFs;
  /** Of a directory: the one above. It is not held: a directory is there as long as what is in it. */
  parent: RamNode | null = null;
  private first: Entry | null = null;
  private lastPlace: u64 = 2;
  /** Of a file: its pages (0: zeroes), in an array of `slots`; or a piece of the ramdisk. */
  private pages: usize = 0;
  private slots: u32 = 0;
  private image: usize = 0;

  constructor(owner: RamFs, ino: u64, mode: u32) {
    super();
    this.owner = owner;
    this.ino = ino;
    this.mode = mode;
    this.modified = wallClock() / SECOND;
    // A node lives as long as it has a name.
    if ((mode & S_IFMT) == S_IFDIR) this.links = 2;
  }

  fileSystem(): FileSystem {
    return this.owner;
  }

  protected inactive(): void {
    if (this.links > 0) return;
    this.discard();
    dispose(this);
  }

  /** Whether somebody holds a node below it. */
  isHeldBelow(): bool {
    for (let entry = this.first; entry != null; entry = entry!.next)
      if (entry.node.users > 0 || entry.node.isHeldBelow()) return true;
    return false;
  }

  /** Gives back all that is below it, and itself. A node with more than one name goes with the last. */
  releaseTree(): void {
    for (let entry = this.first; entry != null; entry = this.first) {
      this.first = entry.next;
      if (entry.node.isDirectory || --entry.node.links == 0) entry.node.releaseTree();
      entry.release();
    }
    this.discard();
    dispose(this);
  }

  /** Its contents are these bytes, which stay where they are. */
  setImage(bytes: usize, size: u64): void {
    this.image = bytes;
    this.size = size;
  }

  // Files.

  read(offset: u64, to: usize, bytes: usize): i32 {
    if (this.isDirectory) return -EISDIR;
    if (offset >= this.size) return 0;
    const count = <usize>min(<u64>bytes, this.size - offset);
    if (this.image != 0) {
      memory.copy(to, this.image + <usize>offset, count);
      return <i32>count;
    }
    for (let done: usize = 0; done < count;) {
      const at = <usize>(offset + done);
      const part = min(count - done, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
      const page = this.pageAt(<u32>(at >> PAGE_SHIFT));
      if (page == 0) memory.fill(to + done, 0, part);
      else memory.copy(to + done, page + (at & (PAGE_SIZE - 1)), part);
      done += part;
    }
    return <i32>count;
  }

  write(offset: u64, from: usize, bytes: usize): i32 {
    if (this.isDirectory) return -EISDIR;
    if (offset + bytes > MAX_FILE_BYTES) return -EFBIG;
    const failed = this.leaveImage();
    if (failed < 0) return failed;
    let done: usize = 0;
    while (done < bytes) {
      const at = <usize>(offset + done);
      const part = min(bytes - done, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
      const page = this.makePage(<u32>(at >> PAGE_SHIFT));
      if (page == 0) break;
      memory.copy(page + (at & (PAGE_SIZE - 1)), from + done, part);
      done += part;
    }
    if (offset + done > this.size) this.size = offset + done;
    this.modified = wallClock() / SECOND;
    return done == 0 && bytes > 0 ? -ENOSPC : <i32>done;
  }

  truncate(size: u64): i32 {
    if (this.isDirectory) return -EISDIR;
    if (size > MAX_FILE_BYTES) return -EFBIG;
    if (size == 0) this.discard();
    const failed = this.leaveImage();
    if (failed < 0) return failed;
    const kept = <u32>((size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    for (let index = kept; index < this.slots; index++) this.dropPage(index);
    // What lay behind the end reads as zeroes should the file grow again.
    const rest = <usize>(size & (PAGE_SIZE - 1));
    const last = rest == 0 ? 0 : this.pageAt(kept - 1);
    if (last != 0) memory.fill(last + rest, 0, PAGE_SIZE - rest);
    this.size = size;
    this.modified = wallClock() / SECOND;
    return 0;
  }

  readLink(to: usize, bytes: usize): i32 {
    return this.isLink ? this.read(0, to, bytes) : -EINVAL;
  }

  private pageAt(index: u32): usize {
    return index < this.slots ? load<usize>(this.pages + (index << 2)) : 0;
  }

  private makePage(index: u32): usize {
    if (index >= this.slots && !this.growTo(index + 1)) return 0;
    const slot = this.pages + (index << 2);
    if (load<usize>(slot) == 0) {
      const page = allocateUserPage();
      if (page == 0) return 0;
      memory.fill(page, 0, PAGE_SIZE);
      store<usize>(slot, page);
    }
    return load<usize>(slot);
  }

  private growTo(slots: u32): bool {
    const wanted = max(slots, this.slots * 2);
    const larger = tryAlloc(wanted << 2);
    if (larger == 0) return false;
    memory.copy(larger, this.pages, this.slots << 2);
    memory.fill(larger + (this.slots << 2), 0, (wanted - this.slots) << 2);
    free(this.pages);
    this.pages = larger;
    this.slots = wanted;
    return true;
  }

  private dropPage(index: u32): void {
    const slot = this.pages + (index << 2);
    if (load<usize>(slot) != 0) putPage(load<usize>(slot));
    store<usize>(slot, 0);
  }

  /** From a piece of the ramdisk to pages of its own. 0, or -ENOSPC. */
  private leaveImage(): i32 {
    const image = this.image;
    if (image == 0) return 0;
    const size = <usize>this.size;
    this.image = 0;
    this.size = 0;
    const written = size == 0 ? 0 : this.write(0, image, size);
    if (written == <i32>size) return 0;
    this.discard();
    this.setImage(image, size);
    return -ENOSPC;
  }

  private discard(): void {
    for (let index: u32 = 0; index < this.slots; index++) this.dropPage(index);
    free(this.pages);
    this.pages = 0;
    this.slots = 0;
    this.image = 0;
    this.size = 0;
  }

  // Directories.

  lookup(name: usize, length: i32): Vnode | null {
    if (!this.isDirectory) return fail(-ENOTDIR);
    if (isDot(name, length)) return this.get();
    if (isDotDot(name, length)) return this.parent!.get();
    const entry = this.find(name, length);
    return entry == null ? fail(-ENOENT) : entry.node.get();
  }

  private find(name: usize, length: i32): Entry | null {
    let entry = this.first;
    while (entry != null && !equal(entry.name, entry.length, name, length)) entry = entry.next;
    return entry;
  }

  create(name: usize, length: i32, mode: u32, device: u32): Vnode | null {
    if (!this.isDirectory) return fail(-ENOTDIR);
    if (this.find(name, length) != null) return fail(-EEXIST);
    if (isMemoryLow()) return fail(-ENOSPC);
    const node = new RamNode(this.owner, this.owner.newIno(), mode);
    node.device = device;
    this.enter(name, length, node);
    if (node.isDirectory) {
      node.parent = this;
      this.links++;
    }
    return node;
  }

  symlink(name: usize, length: i32, target: usize, targetLength: i32): i32 {
    const node = this.create(name, length, S_IFLNK | 0o777, 0);
    if (node == null) return -EEXIST;
    const written = node.write(0, target, targetLength);
    node.put();
    return min(written, 0);
  }

  link(name: usize, length: i32, node: Vnode): i32 {
    if (node.fileSystem() != this.owner) return -EXDEV;
    if (this.find(name, length) != null) return -EEXIST;
    node.links++;
    this.enter(name, length, <RamNode>node);
    return 0;
  }

  private enter(name: usize, length: i32, node: RamNode): void {
    const entry = new Entry(node, name, length);
    entry.place = ++this.lastPlace;
    let last = this.first;
    if (last == null) this.first = entry;
    else {
      while (last!.next != null) last = last!.next;
      last!.next = entry;
    }
    this.modified = wallClock() / SECOND;
  }

  remove(name: usize, length: i32, directory: bool): i32 {
    const entry = this.find(name, length);
    if (entry == null) return -ENOENT;
    const node = entry.node;
    if (directory && !node.isDirectory) return -ENOTDIR;
    if (!directory && node.isDirectory) return -EISDIR;
    if (node.first != null) return -ENOTEMPTY;
    this.leave(entry);
    return 0;
  }

  /** Takes an entry out, and its node with it where that was the last name. */
  private leave(entry: Entry): void {
    const node = entry.node;
    this.unlist(entry);
    entry.release();
    node.links -= node.isDirectory ? 2 : 1;
    if (node.isDirectory) this.links--;
    // Held while it goes, so that it goes when nobody else has it open.
    node.users++;
    node.put();
  }

  private unlist(entry: Entry): void {
    let before: Entry | null = null;
    let each = this.first;
    while (each != entry) {
      before = each;
      each = each!.next;
    }
    if (before == null) this.first = entry.next;
    else before.next = entry.next;
    this.modified = wallClock() / SECOND;
  }

  rename(name: usize, length: i32, to: Vnode, newName: usize, newLength: i32): i32 {
    if (to.fileSystem() != this.owner) return -EXDEV;
    const target = <RamNode>to;
    const entry = this.find(name, length);
    if (entry == null) return -ENOENT;
    const node = entry.node;
    for (let above = target; ; above = above.parent!) {
      if (above == node) return -EINVAL;
      if (above.parent == above) break;
    }
    const there = target.find(newName, newLength);
    if (there == entry) return 0;
    if (there != null) {
      const failed = target.remove(newName, newLength, node.isDirectory);
      if (failed < 0) return failed;
    }
    this.unlist(entry);
    entry.release();
    target.enter(newName, newLength, node);
    if (node.isDirectory) {
      this.links--;
      target.links++;
      node.parent = target;
    }
    return 0;
  }

  entryAt(place: u64, entry: DirectoryEntry): i32 {
    if (!this.isDirectory) return -ENOTDIR;
    if (place < 2) {
      const node = place == 0 ? this : this.parent!;
      entry.ino = node.ino;
      entry.mode = node.mode;
      entry.name = DOTS;
      entry.length = place == 0 ? 1 : 2;
      entry.next = place + 1;
      return 1;
    }
    let each = this.first;
    while (each != null && each.place <= place) each = each.next;
    if (each == null) return 0;
    entry.ino = each.node.ino;
    entry.mode = each.node.mode;
    entry.name = each.name;
    entry.length = each.length;
    entry.next = each.place;
    return 1;
  }
}

const DOTS: usize = memory.data<u8>([0x2e, 0x2e]);
