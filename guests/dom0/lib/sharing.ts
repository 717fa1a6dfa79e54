/**
 * Who else uses what holds a disk: two systems that write to one file system destroy it. As Xen's block script has it
 * (tools/hotplug/Linux/block, check_sharing): what is to be written may be used by nobody else, what is to be read may be read.
 */
import { S_IFBLK } from 'mote/abi';
import { Stat } from 'programs/lib/calls';
import { readFile } from 'programs/lib/io';
import * as store from 'programs/lib/store';
import { Disk } from './devices';

const BACKENDS: string = '/local/domain/0/backend/vbd';
const PARTITIONS: u32 = 16;
/** Loop devices: none is a part of another. */
const LOOP_MAJOR: u32 = 7;

/** What is wrong with using a disk now; empty: nothing. */
export function sharingProblem(disk: Disk): string {
  const stat = new Stat();
  if (disk.isForced || stat.of(disk.path) < 0) return '';
  let problem = mountedIn('the privileged domain', disk, mountMode(stat));
  const domains = store.listNode(BACKENDS);
  if (store.failure < 0) return problem;
  for (let d = 0; d < domains.length && problem == ''; d++) {
    const path = BACKENDS + '/' + domains[d];
    const disks = store.listNode(path);
    for (let n = 0; store.failure == 0 && n < disks.length && problem == ''; n++) {
      const held = store.readNode(path + '/' + disks[n] + '/params');
      if (store.failure < 0 || !isSame(stat, held)) continue;
      const mode = store.readNode(path + '/' + disks[n] + '/mode');
      problem = mountedIn('domain ' + nameOf(domains[d]), disk, mode);
    }
  }
  return problem;
}

/** Two disks of one domain. */
export function areTwoWriters(one: Disk, other: Disk): bool {
  if ((!one.writable && !other.writable) || one.isForced || other.isForced) return false;
  const stat = new Stat();
  return stat.of(one.path) == 0 && isSame(stat, other.path);
}

function nameOf(domid: string): string {
  const name = store.readNode('/local/domain/' + domid + '/name');
  return store.failure < 0 ? domid : name;
}

/** `mode`: how it is used there, beginning with r or w; empty: it is not. */
function mountedIn(where: string, disk: Disk, mode: string): string {
  if (mode == '' || (!disk.writable && !mode.startsWith('w'))) return '';
  return disk.writable
    ? 'it is mounted in ' + where + ', and so cannot be mounted now (the mode w! does it all the same)'
    : 'it is mounted read-write in ' + where + ', and so cannot be mounted read-only now';
}

/** How domain 0 has mounted it: r, w, or empty: it has not. */
function mountMode(stat: Stat): string {
  const text = readFile('/proc/mounts');
  const lines = text == null ? new Array<string>() : text.split('\n');
  let mode = '';
  for (let n = 0; n < lines.length && mode != 'w'; n++) {
    // SOURCE DIRECTORY TYPE OPTIONS
    const fields = lines[n].split(' ');
    if (fields.length > 3 && fields[0].startsWith('/') && isSame(stat, fields[0]))
      mode = fields[3].startsWith('ro') ? 'r' : 'w';
  }
  return mode;
}

/** Whether a path means the same file, or the same disk, or one of them is a part of the other. */
function isSame(stat: Stat, path: string): bool {
  const other = new Stat();
  if (other.of(path) < 0 || other.type != stat.type) return false;
  if (stat.type != S_IFBLK) return stat.ino == other.ino && stat.fileSystem == other.fileSystem;
  if (stat.device >> 8 == LOOP_MAJOR) return stat.device == other.device;
  const isWhole = stat.device % PARTITIONS == 0 || other.device % PARTITIONS == 0;
  return stat.device == other.device || (isWhole && stat.device / PARTITIONS == other.device / PARTITIONS);
}
