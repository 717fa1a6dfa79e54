/** The open files of a process by their numbers, the directory it is in, and the one that is its root. */
import { EBADF, EMFILE } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { current } from 'kernel/threads/threads';
import { ProcessFiles } from '../process-files';
import { currentProcess, Process } from '../process';
import { File } from './file';
import { rootNode } from './mount';
import { Vnode } from './vnode';

export const MAX_FILES: i32 = 64;

export class Descriptors extends ProcessFiles {
  private files: StaticArray<File | null> = new StaticArray<File | null>(MAX_FILES);
  /** Those that exec closes, a bit each. */
  private closing: u64 = 0;
  private directory_: Vnode;
  private root_: Vnode;

  /** Takes over the holds of the directory and of the root. */
  constructor(directory: Vnode, root: Vnode) {
    super();
    this.directory_ = directory;
    this.root_ = root;
  }

  get directory(): Vnode {
    return this.directory_;
  }
  /** Takes over the hold of the directory. */
  change(directory: Vnode): void {
    this.directory_.put();
    this.directory_ = directory;
  }

  get root(): Vnode {
    return this.root_;
  }
  /** Takes over the hold of the directory that is its root from now on. */
  changeRoot(root: Vnode): void {
    this.root_.put();
    this.root_ = root;
  }

  fork(): ProcessFiles {
    const copy = new Descriptors(this.directory_.get(), this.root_.get());
    for (let fd = 0; fd < MAX_FILES; fd++) {
      const file = this.files[fd];
      if (file != null) copy.files[fd] = file.get();
    }
    copy.closing = this.closing;
    return copy;
  }

  exec(): void {
    for (let fd = 0; fd < MAX_FILES; fd++) if (this.closesOnExec(fd)) this.close(fd);
  }

  release(): void {
    for (let fd = 0; fd < MAX_FILES; fd++) this.close(fd);
    this.directory_.put();
    this.root_.put();
    dispose(this.files);
    dispose(this);
  }

  /** The file of a number, or null: -EBADF. */
  at(fd: i32): File | null {
    return fd >= 0 && fd < MAX_FILES ? this.files[fd] : null;
  }

  /** Gives a file, whose hold it takes over, the lowest free number from `from` on: the number, or -EMFILE. */
  add(file: File, from: i32): i32 {
    for (let fd = from; fd < MAX_FILES; fd++) {
      if (this.files[fd] != null) continue;
      this.files[fd] = file;
      this.setCloseOnExec(fd, false);
      return fd;
    }
    file.put();
    return -EMFILE;
  }

  /** Gives it this number, in place of what has it. */
  put(fd: i32, file: File): void {
    this.close(fd);
    this.files[fd] = file;
  }

  close(fd: i32): i32 {
    const file = this.at(fd);
    if (file == null) return -EBADF;
    this.files[fd] = null;
    this.setCloseOnExec(fd, false);
    file.put();
    return 0;
  }

  closesOnExec(fd: i32): bool {
    return ((this.closing >> fd) & 1) != 0;
  }
  setCloseOnExec(fd: i32, closes: bool): void {
    this.closing = (this.closing & ~((<u64>1) << fd)) | ((<u64>closes) << fd);
  }
}

/** The current process's. */
export function descriptors(): Descriptors {
  return <Descriptors>currentProcess().files!;
}

/** The directory that relative paths begin at: the process's, or the root for the kernel's own threads. */
export function currentDirectory(): Vnode {
  const files = currentFiles();
  return files == null ? rootNode() : files.directory;
}

/** The directory that other paths begin at, and above which none leads. */
export function currentRoot(): Vnode {
  const files = currentFiles();
  return files == null ? rootNode() : files.root;
}

/** null: it is one of the kernel's own threads. */
function currentFiles(): Descriptors | null {
  const thread = current();
  return thread instanceof Process ? <Descriptors | null>(<Process>thread).files : null;
}
