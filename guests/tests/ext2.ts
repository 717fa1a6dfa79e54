/**
 * Mote's ext2 compiled by itself and run in Node on a disk in memory: nodes by paths, as a test wants them. Of the kernel it
 * gets what it needs in a few lines.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../toolchain/compile.ts';
import { readSources } from '../toolchain/node.ts';

const KERNEL: readonly (readonly [string, string])[] = [
  [
    'kernel/heap.ts',
    `
    export let live: i32 = 0;
    export function alloc(size: usize): usize { live++; return heap.alloc(size); }
    export function tryAlloc(size: usize): usize { return alloc(size); }
    export function free(block: usize): void { if (block == 0) return; live--; heap.free(block); }
    export function dispose<T>(object: T): void {}`,
  ],
  [
    'kernel/console.ts',
    `
    @external("test", "print") declare function printed(text: string): void;
    export function print(text: string): void { printed(text); }
    export function printNumber(value: u64): void { printed(value.toString()); }`,
  ],
  [
    'kernel/time.ts',
    `
    export const SECOND: u64 = 1_000_000_000;
    export function wallClock(): u64 { return 1_700_000_000 * SECOND; }`,
  ],
  ['kernel/wait.ts', 'export class WaitQueue { sleep(): void { unreachable(); } wake(): void {} }'],
  [
    'kernel/threads.ts',
    `
    export class Thread {}
    const only = new Thread();
    export function current(): Thread { return only; }`,
  ],
];

const MAIN = `
import { live } from 'kernel/heap';
import { S_IFDIR, S_IFREG } from 'mote/abi';
import { BlockDevice } from 'mote/block/device';
import { Ext2, openExt2, openFailure } from 'mote/fs/ext2/file-system';
import { DirectoryEntry, failure, Vnode } from 'mote/fs/vnode';

@external("test", "transfer")
declare function transfer(write: bool, sector: u32, at: usize, count: u32): i32;

class Disk extends BlockDevice {
  constructor(sectors: u32) { super(); this.sectors = sectors; }
  transfer(write: bool, sector: u64, at: usize, count: u32): i32 { return transfer(write, <u32>sector, at, count); }
  sync(): i32 { return 0; }
  close(): void {}
}

let system: Ext2 | null = null;
export const buffer: usize = memory.data(65536);

export function mount(sectors: u32, readOnly: bool): i32 {
  system = openExt2(new Disk(sectors), readOnly);
  return system == null ? openFailure() : 0;
}
export function unmount(): i32 {
  if (system!.busy()) return -16;
  const failed = system!.unmount();
  system!.release();
  return failed;
}
export function sync(): i32 { return system!.sync(); }
export function freeBlocks(): u32 { system!.count(); return <u32>system!.freeBlocks; }
export function blocksUsed(): i32 { return live; }

let nameAt: usize = 0;
let nameLength: i32 = 0;
/** The directory of the path in the buffer, with its last name; null: failure(). */
function parent(at: usize): Vnode | null {
  let node: Vnode | null = system!.root();
  while (true) {
    let end = at;
    while (load<u8>(end) != 0 && load<u8>(end) != 47) end++;
    nameAt = at;
    nameLength = <i32>(end - at);
    if (load<u8>(end) == 0) return node;
    const next = node!.lookup(at, nameLength);
    node!.put();
    if (next == null) return null;
    node = next;
    at = end + 1;
  }
  return null;
}
function find(at: usize): Vnode | null {
  if (load<u8>(at) == 0) return system!.root();
  const directory = parent(at);
  if (directory == null) return null;
  const node = directory.lookup(nameAt, nameLength);
  directory.put();
  return node;
}
const PATH2: usize = buffer + 1024;
const DATA: usize = buffer + 4096;

export function create(mode: u32): i32 {
  const directory = parent(buffer);
  if (directory == null) return failure();
  const node = directory.create(nameAt, nameLength, mode, 0);
  directory.put();
  if (node == null) return failure();
  node.put();
  return 0;
}
export function write(offset: f64, bytes: u32): i32 {
  const node = find(buffer);
  if (node == null) return failure();
  const done = node.write(<u64>offset, DATA, bytes);
  node.put();
  return done;
}
export function read(offset: f64, bytes: u32): i32 {
  const node = find(buffer);
  if (node == null) return failure();
  const done = node.read(<u64>offset, DATA, bytes);
  node.put();
  return done;
}
export function truncate(size: f64): i32 {
  const node = find(buffer);
  if (node == null) return failure();
  const done = node.truncate(<u64>size);
  node.put();
  return done;
}
export function size(): f64 {
  const node = find(buffer);
  if (node == null) return failure();
  const size = node.size;
  node.put();
  return <f64>size;
}
export function links(): i32 {
  const node = find(buffer);
  if (node == null) return failure();
  const links = node.links;
  node.put();
  return links;
}
export function remove(isDirectory: bool): i32 {
  const directory = parent(buffer);
  if (directory == null) return failure();
  const done = directory.remove(nameAt, nameLength, isDirectory);
  directory.put();
  return done;
}
export function rename(): i32 {
  const from = parent(buffer);
  if (from == null) return failure();
  const name = nameAt;
  const length = nameLength;
  const to = parent(PATH2);
  if (to == null) { from.put(); return failure(); }
  const done = from.rename(name, length, to, nameAt, nameLength);
  from.put();
  to.put();
  return done;
}
export function link(): i32 {
  const node = find(buffer);
  if (node == null) return failure();
  const to = parent(PATH2);
  if (to == null) { node.put(); return failure(); }
  const done = node.isDirectory ? -21 : to.link(nameAt, nameLength, node);
  to.put();
  node.put();
  return done;
}
export function symlink(target: i32): i32 {
  const to = parent(buffer);
  if (to == null) return failure();
  const done = to.symlink(nameAt, nameLength, DATA, target);
  to.put();
  return done;
}
export function readLink(): i32 {
  const node = find(buffer);
  if (node == null) return failure();
  const done = node.readLink(DATA, 4096);
  node.put();
  return done;
}
/** The next name of a directory to the buffer: its length, 0 at the end. */
let place: u64 = 0;
export let entryMode: u32 = 0;
export function list(first: bool): i32 {
  if (first) place = 0;
  const node = find(buffer);
  if (node == null) return failure();
  const entry = new DirectoryEntry();
  const got = node.entryAt(place, entry);
  node.put();
  if (got <= 0) return got;
  place = entry.next;
  entryMode = entry.mode;
  memory.copy(DATA, entry.name, entry.length);
  return entry.length;
}
let held: Vnode | null = null;
export function hold(): i32 { held = find(buffer); return held == null ? failure() : 0; }
export function writeHeld(bytes: u32): i32 { return held!.write(held!.size, DATA, bytes); }
export function letGo(): void { held!.put(); held = null; }
`;

const { wasm } = await compile(new Map([...readSources(), ...KERNEL, ['main.ts', MAIN]]), 'main.ts', {
  runtime: 'bare',
  memoryBase: 0x1000,
});
const compiled = await WebAssembly.compile(wasm as BufferSource);

interface Calls {
  readonly memory: WebAssembly.Memory;
  readonly buffer: WebAssembly.Global;
  readonly entryMode: WebAssembly.Global;
  readonly start: () => void;
  readonly mount: (sectors: number, readOnly: boolean) => number;
  readonly unmount: () => number;
  readonly sync: () => number;
  readonly freeBlocks: () => number;
  readonly blocksUsed: () => number;
  readonly create: (mode: number) => number;
  readonly write: (offset: number, bytes: number) => number;
  readonly read: (offset: number, bytes: number) => number;
  readonly truncate: (size: number) => number;
  readonly size: () => number;
  readonly links: () => number;
  readonly remove: (directory: boolean) => number;
  readonly rename: () => number;
  readonly link: () => number;
  readonly symlink: (bytes: number) => number;
  readonly readLink: () => number;
  readonly list: (first: boolean) => number;
  readonly hold: () => number;
  readonly writeHeld: (bytes: number) => number;
  readonly letGo: () => void;
}

const SECTOR = 512;
const PATH2 = 1024;
const DATA = 4096;
export const FILE = 0o100644;
export const DIRECTORY = 0o040755;

/** A disk with an ext2 on it, and Mote's code to use it. */
export class Ext2Disk {
  readonly calls: Calls;
  readonly image: Uint8Array;
  /** What was printed. */
  text = '';
  /** From here on writes fail. */
  broken = false;

  constructor(image: Uint8Array) {
    this.image = image;
    const instance = new WebAssembly.Instance(compiled, {
      env: {
        abort: (_message: number, _file: number, line: number): never => {
          throw new Error(`assertion in line ${String(line)}`);
        },
      },
      test: {
        print: (text: number): void => {
          this.text += this.string(text);
        },
        transfer: (write: number, sector: number, at: number, count: number): number => {
          if (this.broken || (sector + count) * SECTOR > image.length) return -5;
          const memory = new Uint8Array(this.calls.memory.buffer, at, count * SECTOR);
          if (write !== 0) image.set(memory, sector * SECTOR);
          else memory.set(image.subarray(sector * SECTOR, (sector + count) * SECTOR));
          return 0;
        },
      },
    });
    this.calls = instance.exports as unknown as Calls;
    this.calls.start();
  }

  private string(at: number): string {
    const bytes = new DataView(this.calls.memory.buffer);
    const length = bytes.getUint32(at - 4, true) / 2;
    return String.fromCharCode(...new Uint16Array(this.calls.memory.buffer, at, length));
  }
  private put(bytes: Uint8Array, offset: number): void {
    new Uint8Array(this.calls.memory.buffer).set(bytes, (this.calls.buffer.value as number) + offset);
  }
  private take(bytes: number): Uint8Array {
    return new Uint8Array(
      this.calls.memory.buffer,
      (this.calls.buffer.value as number) + DATA,
      bytes,
    ).slice();
  }
  private name(path: string, offset = 0): void {
    this.put(new TextEncoder().encode(`${path}\0`), offset);
  }

  mount(readOnly = false): number {
    return this.calls.mount(this.image.length / SECTOR, readOnly);
  }
  create(path: string, mode = FILE): number {
    this.name(path);
    return this.calls.create(mode);
  }
  write(path: string, offset: number, bytes: Uint8Array): number {
    this.name(path);
    this.put(bytes, DATA);
    return this.calls.write(offset, bytes.length);
  }
  read(path: string, offset: number, bytes: number): Uint8Array | number {
    this.name(path);
    const got = this.calls.read(offset, bytes);
    return got < 0 ? got : this.take(got);
  }
  truncate(path: string, size: number): number {
    this.name(path);
    return this.calls.truncate(size);
  }
  size(path: string): number {
    this.name(path);
    return this.calls.size();
  }
  links(path: string): number {
    this.name(path);
    return this.calls.links();
  }
  remove(path: string, directory = false): number {
    this.name(path);
    return this.calls.remove(directory);
  }
  rename(from: string, to: string): number {
    this.name(from);
    this.name(to, PATH2);
    return this.calls.rename();
  }
  link(from: string, to: string): number {
    this.name(from);
    this.name(to, PATH2);
    return this.calls.link();
  }
  symlink(path: string, target: string): number {
    this.name(path);
    const bytes = new TextEncoder().encode(target);
    this.put(bytes, DATA);
    return this.calls.symlink(bytes.length);
  }
  readLink(path: string): string | number {
    this.name(path);
    const got = this.calls.readLink();
    return got < 0 ? got : new TextDecoder().decode(this.take(got));
  }
  list(path: string): string[] | number {
    this.name(path);
    const names: string[] = [];
    for (let got = this.calls.list(true); got !== 0; got = this.calls.list(false)) {
      if (got < 0) return got;
      names.push(new TextDecoder().decode(this.take(got)));
    }
    return names.sort();
  }
  hold(path: string): number {
    this.name(path);
    return this.calls.hold();
  }
  writeHeld(bytes: Uint8Array): number {
    this.put(bytes, DATA);
    return this.calls.writeHeld(bytes.length);
  }
}

/** Whether the usual tools for ext2 are there. */
export function hasTools(): boolean {
  try {
    execFileSync('mke2fs', ['-V'], { stdio: 'ignore', env: ENVIRONMENT });
    return true;
  } catch {
    return false;
  }
}

const ENVIRONMENT = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/** Runs a tool on an image, which it may change: what it printed. Throws where it ends with a status. */
export function tool(image: Uint8Array, command: string, args: (file: string) => string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'ext2-'));
  const file = join(folder, 'image');
  try {
    writeFileSync(file, image);
    const text = execFileSync(command, args(file), { env: ENVIRONMENT, encoding: 'latin1', stdio: 'pipe' });
    image.set(readFileSync(file).subarray(0, image.length));
    return text;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command}: ${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A fresh image, made by mke2fs. */
export function makeImage(kib: number, ...options: string[]): Uint8Array {
  const image = new Uint8Array(kib * 1024);
  // Names of its own, and no time, so that it is the same each time.
  const fixed = ['-q', '-F', '-t', 'ext2', '-U', '01234567-89ab-cdef-0123-456789abcdef'];
  tool(image, 'mke2fs', (file) => [...fixed, ...options, file]);
  return image;
}

/** Throws where e2fsck finds anything wrong. */
export function check(image: Uint8Array): void {
  tool(image.slice(), 'e2fsck', (file) => ['-fn', file]);
}
