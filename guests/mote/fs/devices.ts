/** Devices: what is opened where a node of the tree is one, by its number. */
import { ENODEV, ENOSPC } from 'xen';
import { S_IFCHR } from '../abi';
import { terminal } from '../terminal';
import { File, VnodeFile } from './file';
import { fail, Vnode } from './vnode';

/** Linux's numbers: major << 8 | minor. */
export const DEVICE_NULL: u32 = (1 << 8) | 3;
export const DEVICE_ZERO: u32 = (1 << 8) | 5;
export const DEVICE_FULL: u32 = (1 << 8) | 7;
export const DEVICE_TTY: u32 = (5 << 8) | 0;
export const DEVICE_CONSOLE: u32 = (5 << 8) | 1;

/** A device's open file, which also tells its node. */
abstract class DeviceFile extends File {
  private vnode: Vnode;

  constructor(vnode: Vnode, flags: i32) {
    super(flags);
    this.vnode = vnode;
  }
  node(): Vnode | null {
    return this.vnode;
  }
  protected close(): void {
    this.vnode.put();
  }
}

class NullFile extends DeviceFile {
  read(to: usize, bytes: usize): i32 {
    return 0;
  }
  write(from: usize, bytes: usize): i32 {
    return <i32>bytes;
  }
}

class ZeroFile extends DeviceFile {
  read(to: usize, bytes: usize): i32 {
    memory.fill(to, 0, bytes);
    return <i32>bytes;
  }
  write(from: usize, bytes: usize): i32 {
    return <i32>bytes;
  }
}

class FullFile extends ZeroFile {
  write(from: usize, bytes: usize): i32 {
    return -ENOSPC;
  }
}

class TerminalFile extends DeviceFile {
  read(to: usize, bytes: usize): i32 {
    return terminal.read(to, bytes, this.mayWait);
  }
  write(from: usize, bytes: usize): i32 {
    return terminal.write(from, bytes, this.mayWait);
  }
  poll(): i32 {
    return terminal.poll();
  }
  control(request: i32, argument: u64): i32 {
    return terminal.control(request, argument);
  }
}

/** The open file of a node, whose hold it takes over; null: `failure()`. */
export function openNode(node: Vnode, flags: i32): File | null {
  if (node.type != S_IFCHR) return new VnodeFile(node, flags);
  const number = node.device;
  if (number == DEVICE_NULL) return new NullFile(node, flags);
  if (number == DEVICE_ZERO) return new ZeroFile(node, flags);
  if (number == DEVICE_FULL) return new FullFile(node, flags);
  if (number == DEVICE_CONSOLE || number == DEVICE_TTY) return new TerminalFile(node, flags);
  node.put();
  fail(-ENODEV);
  return null;
}
