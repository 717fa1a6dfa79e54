/**
 * /proc: what the kernel knows, as files whose text is made anew whenever one is read. Names and forms are Linux's, as far
 * as Mote has what they tell. A directory for each process; /proc/xen for what concerns Xen.
 *
 * A node of this file system, but for its root, is no more than a number of a table and a process: it is made when it is
 * looked up, and gone when nobody holds it.
 */
import { EEXIST, ENOENT, ENOTDIR, EROFS } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { S_IFDIR, S_IFREG } from '../abi';
import { findProcess, MAX_PROCESSES, processAt } from '../process';
import { backends } from '../backends/statistics';
import { bridges } from '../net/proc-bridge';
import { Interface, interfaceAt, interfaces } from '../net/interface';
import { rules } from '../net/filter/proc-rules';
import * as net from '../net/proc-net';
import * as settings from '../net/proc-settings';
import { cpuinfo } from './proc-cpuinfo';
import * as files from './proc-files';
import { isDot, isDotDot, isText } from './names';
import { DirectoryEntry, fail, FileSystem, Vnode } from './vnode';

const ROOT: i32 = 0;
const PROCESS: i32 = 1;
const XEN: i32 = 2;
const NET: i32 = 10;
const SYS: i32 = 17;
const SYS_NET: i32 = 18;
const IPV4: i32 = 19;
const FORWARDING: i32 = 20;
/** A directory for each interface, whose number stands where a process's does. */
const CONF: i32 = 21;
const CONF_OF: i32 = 22;
const PROXY_ARP: i32 = 23;

/** By kind: where it lies, its name, and what makes its text (null: a directory). ROOT, PROCESS and CONF_OF have names of their own. */
const PARENTS: StaticArray<i32> = [
  -1,
  -1,
  ROOT,
  ROOT,
  ROOT,
  ROOT,
  ROOT,
  PROCESS,
  XEN,
  XEN,
  ROOT,
  NET,
  NET,
  NET,
  NET,
  NET,
  XEN,
  ROOT,
  SYS,
  SYS_NET,
  IPV4,
  IPV4,
  CONF,
  CONF_OF,
  NET,
  ROOT,
  ROOT,
];
const NAMES: StaticArray<string> = [
  '',
  '',
  'xen',
  'meminfo',
  'mounts',
  'uptime',
  'version',
  'stat',
  'capabilities',
  'memory_target',
  'net',
  'dev',
  'route',
  'tcp',
  'udp',
  'bridge',
  'backends',
  'sys',
  'net',
  'ipv4',
  'ip_forward',
  'conf',
  '',
  'proxy_arp',
  'iptables',
  'cpuinfo',
  'cmdline',
];
const TEXTS: StaticArray<((pid: i32) => void) | null> = [
  null,
  null,
  null,
  files.meminfo,
  files.mounts,
  files.uptime,
  files.version,
  files.processStat,
  files.capabilities,
  files.memoryTarget,
  null,
  net.devices,
  net.routeTable,
  net.tcp,
  net.udp,
  bridges,
  backends,
  null,
  null,
  null,
  settings.forwarding,
  null,
  null,
  settings.proxyArp,
  rules,
  cpuinfo,
  files.cmdline,
];
const KINDS: i32 = 27;
const MEMORY_TARGET: i32 = 9;

/** What those take that can be written; null: they cannot. */
function setterOf(kind: i32): settings.Setter | null {
  if (kind == MEMORY_TARGET) return files.setTarget;
  if (kind == FORWARDING) return settings.setForward;
  return kind == PROXY_ARP ? settings.setProxyArp : null;
}

/** Places of entries in a directory: `.`, `..`, the table's, and from here on processes by their slots. */
const FIRST_KIND: u64 = 2;
const FIRST_PROCESS: u64 = 64;
const DOTS: usize = memory.data<u8>([46, 46]);
/** The name of the entry that was listed last. */
const nameBuffer: usize = memory.data(32);

export class ProcFs extends FileSystem {
  private top: ProcNode | null = null;
  /** Those that are there. */
  nodes: i32 = 0;

  get name(): string {
    return 'proc';
  }
  root(): Vnode {
    if (this.top == null) this.top = new ProcNode(this, ROOT, 0);
    return this.top!.get();
  }
  sync(): i32 {
    return 0;
  }
  busy(): bool {
    return this.nodes > 1;
  }
  release(): void {
    this.top!.put();
    dispose(this);
  }
}

class ProcNode extends Vnode {
  private owner: ProcFs;
  private kind: i32;
  private pid: i32;

  constructor(owner: ProcFs, kind: i32, pid: i32) {
    super();
    this.owner = owner;
    this.kind = kind;
    this.pid = pid;
    this.ino = inoOf(kind, pid);
    this.mode = modeOf(kind);
    owner.nodes++;
  }

  fileSystem(): FileSystem {
    return this.owner;
  }
  protected inactive(): void {
    this.owner.nodes--;
    dispose(this);
  }

  read(offset: u64, to: usize, bytes: usize): i32 {
    const make = TEXTS[this.kind];
    if (make == null) return super.read(offset, to, bytes);
    if (!this.isThere) return -ENOENT;
    files.clear();
    make(this.pid);
    return files.give(offset, to, bytes);
  }
  write(offset: u64, from: usize, bytes: usize): i32 {
    const set = setterOf(this.kind);
    if (set == null) return super.write(offset, from, bytes);
    return this.isThere ? set(this.pid, from, bytes) : -ENOENT;
  }
  truncate(size: u64): i32 {
    return setterOf(this.kind) != null ? 0 : super.truncate(size);
  }
  private get isOfInterface(): bool {
    return this.kind == CONF_OF || this.kind == PROXY_ARP;
  }
  /** Whether there is still what it is about: a process, or an interface. */
  private get isThere(): bool {
    if (this.isOfInterface) return interfaceAt(this.pid) != null;
    return this.pid == 0 || findProcess(this.pid) != null;
  }

  lookup(name: usize, length: i32): Vnode | null {
    if (!this.isDirectory) return fail(-ENOTDIR);
    if (isDot(name, length)) return this.get();
    if (isDotDot(name, length)) return this.owner.root();
    for (let kind = 0; kind < KINDS; kind++)
      if (PARENTS[kind] == this.kind && kind != CONF_OF && isText(name, length, NAMES[kind]))
        return new ProcNode(this.owner, kind, this.pid);
    if (this.kind == CONF) return this.ofInterface(name, length);
    const pid = this.kind == ROOT ? files.parse(name, length) : -1;
    if (pid <= 0 || findProcess(<i32>pid) == null) return fail(-ENOENT);
    return new ProcNode(this.owner, PROCESS, <i32>pid);
  }

  private ofInterface(name: usize, length: i32): Vnode | null {
    for (let each: Interface | null = interfaces(); each != null; each = each!.next)
      if (isText(name, length, each.name)) return new ProcNode(this.owner, CONF_OF, each.index);
    return fail(-ENOENT);
  }

  /** Nothing is made here; what is there can be opened by those who would have made it. */
  create(name: usize, length: i32, mode: u32, device: u32): Vnode | null {
    const found = this.lookup(name, length);
    if (found == null) return fail(-EROFS);
    found.put();
    return fail(-EEXIST);
  }

  entryAt(place: u64, entry: DirectoryEntry): i32 {
    if (!this.isDirectory) return -ENOTDIR;
    if (place < FIRST_KIND)
      return this.fill(entry, place == 0 ? this.kind : ROOT, DOTS, <i32>place + 1, place);
    for (; place < FIRST_KIND + KINDS; place++) {
      const kind = <i32>(place - FIRST_KIND);
      if (PARENTS[kind] != this.kind || kind == CONF_OF) continue;
      for (let n = 0; n < NAMES[kind].length; n++) store<u8>(nameBuffer + n, <u8>NAMES[kind].charCodeAt(n));
      return this.fill(entry, kind, nameBuffer, NAMES[kind].length, place);
    }
    if (this.kind == CONF) return interfaceEntry(max(place, FIRST_PROCESS), entry);
    return this.kind == ROOT ? processEntry(max(place, FIRST_PROCESS), entry) : 0;
  }

  private fill(entry: DirectoryEntry, kind: i32, name: usize, length: i32, place: u64): i32 {
    entry.ino = inoOf(kind, kind == ROOT ? 0 : this.pid);
    entry.mode = modeOf(kind);
    entry.name = name;
    entry.length = length;
    entry.next = place + 1;
    return 1;
  }
}

/** The first process at a place or behind it. */
function processEntry(place: u64, entry: DirectoryEntry): i32 {
  for (let slot = <i32>(place - FIRST_PROCESS); slot < MAX_PROCESSES; slot++) {
    const process = processAt(slot);
    if (process == null) continue;
    files.clear();
    files.putNumber(process.pid);
    entry.ino = inoOf(PROCESS, process.pid);
    entry.mode = modeOf(PROCESS);
    entry.name = nameBuffer;
    entry.length = files.give(0, nameBuffer, 32);
    entry.next = FIRST_PROCESS + slot + 1;
    return 1;
  }
  return 0;
}

/** The first interface at a place or behind it. */
function interfaceEntry(place: u64, entry: DirectoryEntry): i32 {
  let found: Interface | null = null;
  for (let each: Interface | null = interfaces(); each != null; each = each!.next)
    if (<u64>each.index + FIRST_PROCESS >= place && (found == null || each.index < found.index)) found = each;
  if (found == null) return 0;
  files.clear();
  files.put(found.name);
  entry.ino = inoOf(CONF_OF, found.index);
  entry.mode = modeOf(CONF_OF);
  entry.name = nameBuffer;
  entry.length = files.give(0, nameBuffer, 32);
  entry.next = FIRST_PROCESS + <u64>found.index + 1;
  return 1;
}

function inoOf(kind: i32, pid: i32): u64 {
  return ((<u64>pid) << 8) + kind + 1;
}

function modeOf(kind: i32): u32 {
  if (TEXTS[kind] == null) return S_IFDIR | 0o555;
  return S_IFREG | (setterOf(kind) != null ? 0o644 : 0o444);
}
