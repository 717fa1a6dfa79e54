/** The disks that Xen's toolstack has given this domain: xvda, xvdb, … by the frontend of the kernel's library. */
import { BlockFrontend } from 'kernel/blkfront';
import { alloc, dispose, free } from 'kernel/heap';
import { listNames } from 'kernel/store';
import { endThread, makeRunnable, Thread } from 'kernel/threads';
import { hasXenstore } from 'kernel/xenbus';
import { bytesOf } from '../fs/names';
import { BlockDevice } from './device';
import { addDisk } from './disks';

const MAX_FRONTENDS: i32 = 8;
const NAME_BYTES: usize = 512;
/** Xen's number of xvda: major 202 << 8; sixteen numbers belong to each disk, itself and its partitions. */
const FIRST_DISK: u32 = 202 << 8;
const NUMBERS: u32 = 16;
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

const frontends = new StaticArray<BlockFrontend | null>(MAX_FRONTENDS);

/** Whose event has come: ports and disks are few. */
function serve(port: u32): void {
  for (let index = 0; index < MAX_FRONTENDS; index++) {
    const frontend = frontends[index];
    if (frontend != null && frontend.port == port) frontend.serve();
  }
}

/** Connects the disks one after the other: a backend may take its time, and nobody waits for it. */
class Connector extends Thread {
  run(): void {
    const names = alloc(NAME_BYTES);
    const bytes = listNames(bytesOf('device/vbd'), names, NAME_BYTES);
    let count = 0;
    for (let at: i32 = 0; at < bytes && count < MAX_FRONTENDS;) {
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
  if (number < FIRST_DISK || (number - FIRST_DISK) % NUMBERS != 0 || which >= <u32>MAX_FRONTENDS)
    return false;
  const directory = alloc(PREFIX.length + length + 1);
  for (let at = 0; at < PREFIX.length; at++) store<u8>(directory + at, <u8>PREFIX.charCodeAt(at));
  memory.copy(directory + PREFIX.length, name, length + 1);
  const frontend = new BlockFrontend(directory);
  frontends[index] = frontend;
  if (!frontend.connect(serve)) {
    frontends[index] = null;
    return false;
  }
  return addDisk(new Disk(frontend), NODES[which], number);
}

/** Looks for disks, where there is a store that could tell of them. */
export function initFrontends(): void {
  if (!hasXenstore()) return;
  const connector = new Connector();
  if (connector.prepare()) makeRunnable(connector);
  else dispose(connector);
}
