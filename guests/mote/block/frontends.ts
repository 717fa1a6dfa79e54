/**
 * The disks that Xen's toolstack has given this domain, by the frontend of the kernel's library. Their numbers are Linux's, and
 * so are their names: xvda, sda, hda and so on, or a partition alone, as sda1.
 */
import { print, printNumber } from 'kernel/console/print';
import { BlockFrontend } from 'kernel/frontends/blkfront';
import { Connector } from 'kernel/frontends/connector';
import { Frontend } from 'kernel/frontends/frontend';
import { dispose } from 'kernel/memory/heap';
import { bytesOf } from '../fs/names';
import { BlockDevice } from './device';
import { addDisk } from './disks';
import { addWholeDisk, numbered, removeWholeDisk } from './partitions';

const MAX_FRONTENDS: i32 = 16;

/** Disks whose numbers have a major of their own: how their paths begin, the first one's letter, and numbers for each. */
class Family {
  constructor(
    public major: u32,
    public path: string,
    public letter: u8,
    public numbers: u32,
  ) {}
}

const LETTER_A: u8 = 97;
const FAMILIES: StaticArray<Family> = [
  new Family(202, '/dev/xvd', LETTER_A, 16),
  new Family(8, '/dev/sd', LETTER_A, 16),
  new Family(3, '/dev/hd', LETTER_A, 64),
  // hdc and hdd.
  new Family(22, '/dev/hd', LETTER_A + 2, 64),
];

function familyOf(number: u32): Family | null {
  for (let n = 0; n < FAMILIES.length; n++) if (FAMILIES[n].major == number >> 8) return FAMILIES[n];
  return null;
}

class Disk extends BlockDevice {
  constructor(
    readonly frontend: BlockFrontend,
    readonly number: u32,
    private connector: Connector,
  ) {
    super();
    this.sectors = frontend.sectors;
    this.readOnly = frontend.readOnly;
  }

  transfer(write: bool, sector: u64, at: usize, count: u32): i32 {
    return this.frontend.transfer(write, sector, at, count);
  }
  sync(): i32 {
    return this.frontend.flush();
  }
  get isGone(): bool {
    return this.frontend.isDead;
  }
  close(): void {
    super.close();
    // It may be wanted back.
    if (this.users == 0) this.connector.look();
  }
}

const disks = new StaticArray<Disk | null>(MAX_FRONTENDS);
/** One that connects: it has no disk yet. */
let connecting: BlockFrontend | null = null;

/** Whose event has come: ports and disks are few. */
function serve(port: u32): void {
  const early = connecting;
  if (early != null && early.port == port) early.serve();
  for (let index = 0; index < MAX_FRONTENDS; index++) {
    const disk = disks[index];
    if (disk != null && disk.frontend.port == port) disk.frontend.serve();
  }
}

function placeOf(frontend: Frontend): i32 {
  for (let index = 0; index < MAX_FRONTENDS; index++) {
    const disk = disks[index];
    if (disk != null && disk.frontend == frontend) return index;
  }
  return -1;
}

function freePlace(): i32 {
  for (let index = 0; index < MAX_FRONTENDS; index++) if (disks[index] == null) return index;
  return -1;
}

class Disks extends Connector {
  /** What nobody has a name for, or there are too many of, is said and left alone. */
  protected connect(directory: usize, name: usize): Frontend | null {
    let number: u32 = 0;
    for (let at = name; load<u8>(at) != 0; at++) number = number * 10 + load<u8>(at) - 48;
    const family = familyOf(number);
    const place = freePlace();
    if (family == null || place < 0) {
      print('device/vbd/');
      printNumber(number);
      print(family == null ? ': there is no name for such a disk\n' : ': there are too many disks\n');
      return null;
    }
    const frontend = new BlockFrontend(directory);
    connecting = frontend;
    const isConnected = frontend.connect(serve);
    connecting = null;
    if (!isConnected) return null;
    const disk = new Disk(frontend, number, this);
    disks[place] = disk;
    add(disk, family);
    return frontend;
  }

  protected isUsed(frontend: Frontend): bool {
    return disks[placeOf(frontend)]!.users > 0;
  }

  protected withdraw(frontend: Frontend): void {
    const disk = disks[placeOf(frontend)]!;
    // Its partitions are of its family, or it is one alone.
    removeWholeDisk(disk.number, familyOf(disk.number)!.numbers - 1 - partOf(disk.number));
    if (frontend.isAbandoned) disk.frontend.die();
  }

  protected drop(frontend: Frontend): void {
    const place = placeOf(frontend);
    const disk = disks[place]!;
    disks[place] = null;
    for (let part = disk.parts; part != null;) {
      const next = part.parts;
      dispose(part);
      part = next;
    }
    dispose(disk);
  }
}

/** The number of a partition in its disk; 0: it is a whole disk. */
function partOf(number: u32): u32 {
  return (number & 0xff) % familyOf(number)!.numbers;
}

function add(disk: Disk, family: Family): void {
  const number = disk.number;
  const path = bytesOf(family.path + ' ');
  const place = number & 0xff;
  store<u8>(path + family.path.length, family.letter + <u8>(place / family.numbers));
  const part = place % family.numbers;
  if (part == 0) addWholeDisk(disk, path, number, family.numbers - 1);
  else addDisk(disk, numbered(path, part), number);
}

/** Looks for disks. */
export function initFrontends(): void {
  new Disks(bytesOf('device/vbd')).start();
}
