/**
 * File systems of Mote's, compiled by themselves and run in Node: nodes by paths, as a test wants them. Of the kernel they
 * get what they need in a few lines.
 */
import { compile } from '../toolchain/compile.ts';
import { readSources } from '../toolchain/node.ts';

const KERNEL: readonly (readonly [string, string])[] = [
  [
    'kernel/memory/heap.ts',
    `
    export let live: i32 = 0;
    export function alloc(size: usize): usize { live++; return heap.alloc(size); }
    export function tryAlloc(size: usize): usize { return alloc(size); }
    export function free(block: usize): void { if (block == 0) return; live--; heap.free(block); }
    export function dispose<T>(object: T): void {}`,
  ],
  [
    'kernel/console/print.ts',
    `
    @external("test", "print") declare function printed(text: string): void;
    export function print(text: string): void { printed(text); }
    export function printNumber(value: u64): void { printed(value.toString()); }`,
  ],
  [
    'kernel/events/clock.ts',
    `
    export const SECOND: u64 = 1_000_000_000;
    export function wallClock(): u64 { return 1_700_000_000 * SECOND; }`,
  ],
  ['kernel/threads/wait.ts', 'export class WaitQueue { sleep(): void { unreachable(); } wake(): void {} }'],
  [
    'kernel/threads/threads.ts',
    `
    export class Thread {}
    const only = new Thread();
    export function current(): Thread { return only; }`,
  ],
];

/** What is done to `system`, by paths in the buffer; data lie behind them. */
const OPERATIONS = `
import { live } from 'kernel/memory/heap';
import { DirectoryEntry, failure, FileSystem, Vnode } from 'mote/fs/vnode';

let system: FileSystem | null = null;
export const buffer: usize = memory.data(327680);

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

/**
 * The operations, and `main`, which has imports of its own, makes `system`, and says how. `change`: what the sources are to
 * say otherwise.
 */
export async function compileFileSystem(
  main: string,
  change: (path: string, text: string) => string = (_path, text) => text,
): Promise<WebAssembly.Module> {
  const own = [...readSources()].map(([path, text]): [string, string] => [path, change(path, text)]);
  const sources = new Map([...own, ...KERNEL, ['main.ts', OPERATIONS + main]]);
  const { wasm } = await compile(sources, 'main.ts', { runtime: 'bare', memoryBase: 0x1000 });
  return WebAssembly.compile(wasm as BufferSource);
}

export interface Calls {
  readonly memory: WebAssembly.Memory;
  readonly buffer: WebAssembly.Global;
  readonly entryMode: WebAssembly.Global;
  readonly start: () => void;
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

const PATH2 = 1024;
const DATA = 4096;
export const FILE = 0o100644;
export const DIRECTORY = 0o040755;

/** A tree in Mote's hands. `imports`: what `main` needs of the test. */
export class MountedTree<More> {
  readonly calls: Calls & More;
  /** What was printed. */
  text = '';

  constructor(module: WebAssembly.Module, imports: WebAssembly.ModuleImports) {
    const instance = new WebAssembly.Instance(module, {
      env: {
        abort: (_message: number, _file: number, line: number): never => {
          throw new Error(`assertion in line ${String(line)}`);
        },
      },
      test: {
        print: (text: number): void => {
          this.text += this.string(text);
        },
        ...imports,
      },
    });
    this.calls = instance.exports as unknown as Calls & More;
    this.calls.start();
  }

  /** Bytes of Mote's memory. */
  memory(at: number, bytes: number): Uint8Array {
    return new Uint8Array(this.calls.memory.buffer, at, bytes);
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
  protected name(path: string, offset = 0): void {
    this.put(new TextEncoder().encode(`${path}\0`), offset);
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
