/** A program's file, as exec reads it. */
import { Backing } from './region';
import { ramdisk, ramdiskBytes } from 'kernel/boot';

class RamdiskBacking extends Backing {
  read(offset: u64, to: usize, bytes: usize): i32 {
    const size = <u64>ramdiskBytes();
    if (offset >= size) return 0;
    const part = <usize>min(<u64>bytes, size - offset);
    memory.copy(to, ramdisk() + <usize>offset, part);
    return <i32>part;
  }
  close(): void {}
}
const whole = new RamdiskBacking();

export function openImage(path: usize): Backing | null {
  whole.users++;
  return whole;
}
