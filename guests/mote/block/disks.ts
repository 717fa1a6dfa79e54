/** The disks of this domain, by their numbers and by the paths of their nodes. They come when they come, and stay. */
import { now } from 'kernel/events/clock';
import { WaitQueue } from 'kernel/threads/wait';
import { S_IFBLK } from '../abi';
import { isText, lengthOf } from '../fs/names';
import { BlockDevice } from './device';

const MAX_DISKS: i32 = 16;

const disks = new StaticArray<BlockDevice | null>(MAX_DISKS);
const numbers = new StaticArray<u32>(MAX_DISKS);
const paths = new StaticArray<string>(MAX_DISKS);
let count = 0;
const arrival = new WaitQueue();

type MakeNode = (path: string, mode: u32, device: u32) => void;
let makeNode: MakeNode | null = null;

/** The disk of a device number; null: there is none. */
export function findDisk(number: u32): BlockDevice | null {
  for (let index = 0; index < count; index++) if (numbers[index] == number) return disks[index];
  return null;
}

/** A disk is there: "/dev/xvda". False: there are too many. */
export function addDisk(disk: BlockDevice, path: string, number: u32): bool {
  if (count == MAX_DISKS) return false;
  disks[count] = disk;
  numbers[count] = number;
  paths[count++] = path;
  const make = makeNode;
  if (make != null) make(path, S_IFBLK | 0o600, number);
  arrival.wake();
  return true;
}

/** There is a tree now: the disks get nodes in it, and so will those that come. */
export function showDisks(make: MakeNode): void {
  makeNode = make;
  for (let index = 0; index < count; index++) make(paths[index], S_IFBLK | 0o600, numbers[index]);
}

/** The disk of a NUL-terminated path, when it has come; null: it has not, at a system time in ns. */
export function awaitDisk(path: usize, deadlineNs: u64): BlockDevice | null {
  while (true) {
    for (let index = 0; index < count; index++)
      if (isText(path, lengthOf(path), paths[index])) return disks[index];
    if (now() >= deadlineNs) return null;
    arrival.sleepUntil(deadlineNs);
  }
}
