/**
 * The disks that Xen's toolstack has given this domain, by the frontend of the kernel's library. Their numbers are Linux's, and
 * so are their names: xvda, sda, hda and so on, or a partition alone, as sda1.
 */
import { print, printNumber } from 'kernel/console/print';
import { BlockFrontend } from 'kernel/frontends/blkfront';
import { Connector } from 'kernel/frontends/connector';
import { bytesOf } from '../fs/names';
import { BlockDevice } from './device';
import { addDisk } from './disks';
import { addWholeDisk, numbered } from './partitions';

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

let count = 0;

class Disks extends Connector {
  /** What nobody has a name for, or there are too many of, is said and left alone. */
  protected connect(directory: usize, name: usize): void {
    let number: u32 = 0;
    for (let at = name; load<u8>(at) != 0; at++) number = number * 10 + load<u8>(at) - 48;
    const family = familyOf(number);
    if (family == null || count == MAX_FRONTENDS) {
      print('device/vbd/');
      printNumber(number);
      print(family == null ? ': there is no name for such a disk\n' : ': there are too many disks\n');
      return;
    }
    const frontend = new BlockFrontend(directory);
    frontends[count++] = frontend;
    if (!frontend.connect(serve)) frontends[--count] = null;
    else add(new Disk(frontend), family, number);
  }
}

function add(disk: Disk, family: Family, number: u32): void {
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
