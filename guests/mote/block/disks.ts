/** The disks of this domain, by their numbers and by the paths of their nodes. They come and go when the toolstack says so. */
import { now } from 'kernel/events/clock';
import { WaitQueue } from 'kernel/threads/wait';
import { S_IFBLK } from '../abi';
import { equal, lengthOf } from '../fs/names';
import { BlockDevice } from './device';

/** Disks, and their partitions. */
const MAX_DISKS: i32 = 64;

const disks = new StaticArray<BlockDevice | null>(MAX_DISKS);
const numbers = new StaticArray<u32>(MAX_DISKS);
/** NUL-terminated. */
const paths = new StaticArray<usize>(MAX_DISKS);
let count = 0;
const arrival = new WaitQueue();

type MakeNode = (path: usize, mode: u32, device: u32) => void;
type RemoveNode = (path: usize) => void;
let makeNode: MakeNode | null = null;
let removeNode: RemoveNode | null = null;

/** The disk of a device number, for whoever then holds it (`hold`); null: there is none. */
export function findDisk(number: u32): BlockDevice | null {
  for (let index = 0; index < count; index++) if (numbers[index] == number) return disks[index];
  return null;
}

/** A disk is there, at a path that stays: "/dev/xvda", NUL-terminated. False: there are too many. */
export function addDisk(disk: BlockDevice, path: usize, number: u32): bool {
  if (count == MAX_DISKS) return false;
  disks[count] = disk;
  numbers[count] = number;
  paths[count++] = path;
  const make = makeNode;
  if (make != null) make(path, S_IFBLK | 0o600, number);
  arrival.wake();
  return true;
}

/** Nobody finds a disk any more. Its path is nobody's then: free on the heap. 0: there is none of this number. */
export function removeDisk(number: u32): usize {
  for (let index = 0; index < count; index++) {
    if (numbers[index] != number) continue;
    const path = paths[index];
    const remove = removeNode;
    if (remove != null) remove(path);
    count--;
    for (let at = index; at < count; at++) {
      disks[at] = disks[at + 1];
      numbers[at] = numbers[at + 1];
      paths[at] = paths[at + 1];
    }
    disks[count] = null;
    return path;
  }
  return 0;
}

/** There is a tree now: the disks get nodes in it, and so will those that come. */
export function showDisks(make: MakeNode, remove: RemoveNode): void {
  makeNode = make;
  removeNode = remove;
  for (let index = 0; index < count; index++) make(paths[index], S_IFBLK | 0o600, numbers[index]);
}

/** The disk of a NUL-terminated path, when it has come; null: it has not, at a system time in ns. */
export function awaitDisk(path: usize, deadlineNs: u64): BlockDevice | null {
  while (true) {
    for (let index = 0; index < count; index++)
      if (equal(path, lengthOf(path), paths[index], lengthOf(paths[index]))) return disks[index];
    if (now() >= deadlineNs) return null;
    arrival.sleepUntil(deadlineNs);
  }
}
