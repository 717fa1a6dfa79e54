/** Arguments and environment on their way from one program to the next: strings behind each other in one buffer. */
import { E2BIG, EFAULT } from 'xen';
import { dispose, free, tryAlloc } from 'kernel/memory/heap';
import { copyIn, copyInString } from './user-memory';

const MAX_BYTES: usize = 65536;
const MAX_STRINGS: i32 = 1024;

export class Arguments {
  buffer: usize = 0;
  bytes: usize = 0;
  argc: i32 = 0;
  envc: i32 = 0;

  /** With no strings yet; null: no memory. */
  static create(): Arguments | null {
    const buffer = tryAlloc(MAX_BYTES);
    if (buffer == 0) return null;
    const created = new Arguments();
    created.buffer = buffer;
    return created;
  }

  release(): void {
    free(this.buffer);
    dispose(this);
  }

  /** Adds an argument, a NUL-terminated string of the kernel's. 0, or -E2BIG. Arguments come before the environment. */
  addArgument(string: usize): i32 {
    do {
      if (this.bytes == MAX_BYTES) return -E2BIG;
      store<u8>(this.buffer + this.bytes++, load<u8>(string));
    } while (load<u8>(string++) != 0);
    this.argc++;
    return 0;
  }

  /** Copies the lists that a program gives execve. 0, or -EFAULT, -E2BIG. */
  copyIn(argv: u64, envp: u64): i32 {
    this.argc = this.copyList(argv);
    if (this.argc < 0) return this.argc;
    this.envc = this.copyList(envp);
    return min(this.envc, 0);
  }

  /** Length of the string at a place of the buffer. */
  lengthAt(start: usize): usize {
    let end = start;
    while (load<u8>(this.buffer + end) != 0) end++;
    return end - start;
  }

  /** Copies the strings of a list of pointers that ends with 0: how many, or a negative errno. */
  private copyList(list: u64): i32 {
    if (list == 0) return 0;
    for (let count = 0; count < MAX_STRINGS; count++) {
      if (copyIn(pointer, list, 8) < 0) return -EFAULT;
      const string = load<u64>(pointer);
      if (string == 0) return count;
      const length = copyInString(this.buffer + this.bytes, string, MAX_BYTES - this.bytes);
      if (length < 0) return length == -EFAULT ? -EFAULT : -E2BIG;
      this.bytes += length + 1;
      list += 8;
    }
    return -E2BIG;
  }
}

const pointer: usize = memory.data(8, 8);
