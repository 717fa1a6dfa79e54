/** fdisk -l [-u] DISK|FILE...: the partitions of a disk, or of an image in a file, as its first sector tells them. */
import { O_RDONLY, SEEK_END, SEEK_SET } from 'mote/abi';
import { close, open, read, readDirectory, seek } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';
import { hex, table } from 'programs/lib/text';

const USAGE = 'usage: fdisk -l [-u] DISK|FILE...';
const SECTOR: i32 = 512;
const MARK_AT: i32 = 510;
const MARK: u32 = 0xaa55;
const ENTRIES_AT: i32 = 446;
const ENTRY_BYTES: i32 = 16;
const PRIMARY: i32 = 4;
const BOOTS: u32 = 0x80;
const EXTENDED: u32[] = [0x05, 0x0f, 0x85];
/** As many as a disk has numbers for: a chain may go round. */
const MOST: i32 = 63;
const MEGABYTE: u64 = 1_000_000;

/** What the numbers of partitions' types mean. */
const TYPES: u32[] = [0x05, 0x06, 0x07, 0x0b, 0x0c, 0x0f, 0x82, 0x83, 0x85, 0x8e, 0xee, 0xfd];
const NAMES: string[] = [
  'Extended',
  'FAT16',
  'HPFS/NTFS/exFAT',
  'W95 FAT32',
  'W95 FAT32 (LBA)',
  "W95 Ext'd (LBA)",
  'Linux swap / Solaris',
  'Linux',
  'Linux extended',
  'Linux LVM',
  'GPT',
  'Linux raid autodetect',
];

const sector = new ArrayBuffer(SECTOR);

export function main(args: string[]): i32 {
  const disks: string[] = [];
  let lists = false;
  for (let n = 1; n < args.length; n++) {
    const text = args[n];
    if (text == '-l' || text == '-lu' || text == '-ul') lists = true;
    // Sectors are what is counted anyhow.
    else if (text.startsWith('-') && text != '-u') return wrong();
    else if (text != '-u') disks.push(text);
  }
  if (!lists) {
    complain('tables are shown here, and not changed');
    return wrong();
  }
  if (disks.length == 0) findDisks(disks);
  let status = 0;
  for (let n = 0; n < disks.length; n++) status |= tell(disks[n], n > 0);
  return status;
}

function wrong(): i32 {
  complain(USAGE);
  return 2;
}

/** Whole disks: their names end with a letter. */
function findDisks(disks: string[]): void {
  const names = readDirectory('/dev');
  for (let n = 0; names != null && n < names.length; n++) {
    const name = names[n];
    const last = name.charCodeAt(name.length - 1);
    const isDisk =
      name.startsWith('vd') || name.startsWith('xvd') || name.startsWith('sd') || name.startsWith('hd');
    if (isDisk && (last < 48 || last > 57)) disks.push('/dev/' + name);
  }
  disks.sort();
}

function readSector(fd: i32, at: u64): bool {
  return seek(fd, at * SECTOR, SEEK_SET) >= 0 && read(fd, sector, SECTOR) == SECTOR;
}

function isTable(): bool {
  return <u32>load<u16>(changetype<usize>(sector) + MARK_AT) == MARK;
}

/** An entry of the sector that was read last. */
class Entry {
  boots: bool;
  type: u32;
  start: u64;
  count: u64;

  constructor(n: i32, base: u64) {
    const at = changetype<usize>(sector) + ENTRIES_AT + n * ENTRY_BYTES;
    this.boots = load<u8>(at) == BOOTS;
    this.type = load<u8>(at, 4);
    this.start = base + load<u32>(at, 8);
    this.count = load<u32>(at, 12);
  }
  get isExtended(): bool {
    return EXTENDED.includes(this.type);
  }
}

function tell(disk: string, isFurther: bool): i32 {
  const fd = open(disk, O_RDONLY);
  if (fd < 0) return complainOf(disk, fd);
  const bytes = seek(fd, 0, SEEK_END);
  const size = <u64>max<i64>(bytes, 0);
  print(isFurther ? '\n' : '');
  print(
    'Disk ' +
      disk +
      ': ' +
      (size / MEGABYTE).toString() +
      ' MB, ' +
      size.toString() +
      ' bytes, ' +
      (size / SECTOR).toString() +
      ' sectors\n',
  );
  print('Units: sectors of 1 * 512 = 512 bytes\n');
  const rows: string[][] = [['Device', 'Boot', 'Start', 'End', 'Blocks', 'Id', 'System']];
  if (readSector(fd, 0) && isTable()) addRows(fd, disk, rows);
  else print('Disk ' + disk + " doesn't contain a valid partition table\n");
  close(fd);
  if (rows.length > 1) print('\n' + table(rows, 0b111100));
  return 0;
}

function addRows(fd: i32, disk: string, rows: string[][]): void {
  let extended: u64 = 0;
  for (let n = 0; n < PRIMARY; n++) {
    const entry = new Entry(n, 0);
    if (entry.type == 0) continue;
    rows.push(row(disk, n + 1, entry));
    if (entry.isExtended) extended = entry.start;
  }
  let at = extended;
  for (let n = PRIMARY + 1; extended != 0 && n <= MOST && readSector(fd, at) && isTable(); n++) {
    const entry = new Entry(0, at);
    if (entry.type != 0) rows.push(row(disk, n, entry));
    const next = new Entry(1, extended);
    if (!next.isExtended) break;
    at = next.start;
  }
}

function row(disk: string, n: i32, entry: Entry): string[] {
  const last = disk.charCodeAt(disk.length - 1);
  const between = last >= 48 && last <= 57 ? 'p' : '';
  const known = TYPES.indexOf(entry.type);
  return [
    disk + between + n.toString(),
    entry.boots ? '*' : '',
    entry.start.toString(),
    (entry.start + entry.count - 1).toString(),
    (entry.count / 2).toString() + (entry.count % 2 == 0 ? '' : '+'),
    hex(entry.type),
    known < 0 ? 'Unknown' : NAMES[known],
  ];
}
