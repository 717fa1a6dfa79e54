/** Disks by their numbers; and those that Xen's toolstack has given this domain, xvda, xvdb, … by the kernel's frontend. */
import { BlockFrontend } from 'kernel/blkfront';
import { alloc, dispose, free } from 'kernel/heap';
import { listNames } from 'kernel/store';
import { endThread, makeRunnable, Thread } from 'kernel/threads';
import { hasXenstore } from 'kernel/xenbus';
import { S_IFBLK } from '../abi';
import { bytesOf } from '../fs/names';
import { BlockDevice } from './device';

const MAX_DISKS: i32 = 8;
const NAME_BYTES: usize = 512;
/** Xen's number of xvda: major 202 << 8; sixteen numbers belong to each disk, itself and its partitions. */
const FIRST_DISK: u32 = 202 << 8;
const NUMBERS: u32 = 16;

class Disk extends BlockDevice {
  private frontend: BlockFrontend;

  constructor(frontend: BlockFrontend) {
    super();
    this.frontend = frontend;
    this.sectors = frontend.sectors;
    this.readOnly = frontend.readOnly;
  }

  transfer(write: bool, sector: u64, at: usize, count: u32): i32 {
    return this.frontend.transfer(write, sector, at, count);
  }
  sync(): i32 {
    return 0;
  }
  /** Disks stay. */
  close(): void {}
}

const frontends = new StaticArray<BlockFrontend | null>(MAX_DISKS);
const disks = new StaticArray<BlockDevice | null>(MAX_DISKS);
const numbers = new StaticArray<u32>(MAX_DISKS);

/** The disk of a device number; null: there is none. */
export function findDisk(number: u32): BlockDevice | null {
  for (let index = 0; index < MAX_DISKS; index++)
    if (numbers[index] == number && disks[index] != null) return disks[index];
  return null;
}

/** Gives a disk its number. False: there are too many. */
export function addDisk(disk: BlockDevice, number: u32): bool {
  for (let index = 0; index < MAX_DISKS; index++) {
    if (disks[index] != null) continue;
    disks[index] = disk;
    numbers[index] = number;
    return true;
  }
  return false;
}

/** Whose event has come: ports and disks are few. */
function serve(port: u32): void {
  for (let index = 0; index < MAX_DISKS; index++) {
    const frontend = frontends[index];
    if (frontend != null && frontend.port == port) frontend.serve();
  }
}

type MakeNode = (path: string, mode: u32, device: u32) => void;
let makeNode: MakeNode | null = null;
const NODES: StaticArray<string> = [
  '/dev/xvda',
  '/dev/xvdb',
  '/dev/xvdc',
  '/dev/xvdd',
  '/dev/xvde',
  '/dev/xvdf',
  '/dev/xvdg',
  '/dev/xvdh',
];

/** Connects the disks one after the other: a backend may take its time, and nobody waits for it. */
class Connector extends Thread {
  run(): void {
    const names = alloc(NAME_BYTES);
    const bytes = listNames(bytesOf('device/vbd'), names, NAME_BYTES);
    let count = 0;
    for (let at: i32 = 0; at < bytes && count < MAX_DISKS;) {
      const length = textLength(names + at);
      if (connect(names + at, length, count)) count++;
      at += length + 1;
    }
    free(names);
    endThread();
  }
}

function textLength(at: usize): i32 {
  let length = 0;
  while (load<u8>(at + length) != 0) length++;
  return length;
}

const PREFIX = 'device/vbd/';

/** Connects the disk of a name of device/vbd, a number. False: it is no whole disk, or its backend does not connect. */
function connect(name: usize, length: i32, index: i32): bool {
  let number: u32 = 0;
  for (let at = 0; at < length; at++) number = number * 10 + load<u8>(name + at) - 48;
  const which = (number - FIRST_DISK) / NUMBERS;
  if (number < FIRST_DISK || (number - FIRST_DISK) % NUMBERS != 0 || which >= <u32>MAX_DISKS) return false;
  const directory = alloc(PREFIX.length + length + 1);
  for (let at = 0; at < PREFIX.length; at++) store<u8>(directory + at, <u8>PREFIX.charCodeAt(at));
  memory.copy(directory + PREFIX.length, name, length + 1);
  const frontend = new BlockFrontend(directory);
  frontends[index] = frontend;
  if (!frontend.connect(serve)) {
    frontends[index] = null;
    return false;
  }
  if (addDisk(new Disk(frontend), number)) makeNode!(NODES[which], S_IFBLK | 0o600, number);
  return true;
}

/** Looks for disks, where there is a store that could tell of them; `make` makes their nodes in the tree. */
export function initDisks(make: MakeNode): void {
  makeNode = make;
  if (!hasXenstore()) return;
  const connector = new Connector();
  if (connector.prepare()) makeRunnable(connector);
  else dispose(connector);
}
