/** The disks that Xen's toolstack has given this domain: xvda, xvdb, … by the frontend of the kernel's library. */
import { BlockFrontend } from 'kernel/frontends/blkfront';
import { Connector } from 'kernel/frontends/connector';
import { bytesOf } from '../fs/names';
import { BlockDevice } from './device';
import { addDisk } from './disks';

const MAX_FRONTENDS: i32 = 8;
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
    return this.frontend.flush();
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

class Disks extends Connector {
  /** What is no whole disk, or there are too many of, is left alone. */
  protected connect(directory: usize, name: usize): void {
    let number: u32 = 0;
    for (let at = name; load<u8>(at) != 0; at++) number = number * 10 + load<u8>(at) - 48;
    const which = (number - FIRST_DISK) / NUMBERS;
    const isDisk = number >= FIRST_DISK && (number - FIRST_DISK) % NUMBERS == 0;
    if (!isDisk || which >= <u32>MAX_FRONTENDS) return;
    const frontend = new BlockFrontend(directory);
    frontends[which] = frontend;
    if (frontend.connect(serve)) addDisk(new Disk(frontend), NODES[which], number);
    else frontends[which] = null;
  }
}

/** Looks for disks. */
export function initFrontends(): void {
  new Disks(bytesOf('device/vbd')).start();
}
