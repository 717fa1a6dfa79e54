/** Mote's ext2 run in Node on a disk in memory, and the usual tools that make such disks and look at them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileFileSystem, MountedTree } from './file-system.ts';

const MAIN = `
import { BlockDevice } from 'mote/block/device';
import { openExt2, openFailure } from 'mote/fs/ext2/file-system';

@external("test", "transfer")
declare function transfer(disk: i32, write: bool, sector: u32, at: usize, count: u32): i32;

class Disk extends BlockDevice {
  constructor(private index: i32, sectors: u32) { super(); this.sectors = sectors; }
  transfer(write: bool, sector: u64, at: usize, count: u32): i32 {
    return transfer(this.index, write, <u32>sector, at, count);
  }
  sync(): i32 { return 0; }
  close(): void {}
}

const systems = new StaticArray<FileSystem | null>(2);

/** Mounts a disk, and works on it from here on. */
export function mount(disk: i32, sectors: u32, readOnly: bool): i32 {
  const made = openExt2(new Disk(disk, sectors), readOnly);
  system = made;
  systems[disk] = made;
  return made == null ? openFailure() : 0;
}

// While one disk works, another process may use the other one.
const saved: usize = memory.data(8192);
let savedAt: usize = 0;
let savedLength: i32 = 0;
export function enter(disk: i32): void {
  memory.copy(saved, buffer, 8192);
  savedAt = nameAt;
  savedLength = nameLength;
  system = systems[disk];
}
export function leave(disk: i32): void {
  memory.copy(buffer, saved, 8192);
  nameAt = savedAt;
  nameLength = savedLength;
  system = systems[disk];
}
`;

/** With a cache of as many blocks as it has, or of as few as can be: every access is one of the disk's. */
const compiled = await compileFileSystem(MAIN);
export const withFewBuffers = (): Promise<WebAssembly.Module> =>
  compileFileSystem(MAIN, (path, text) =>
    path === 'mote/block/cache.ts' ? text.replace('BUFFERS: i32 = 64', 'BUFFERS: i32 = 8') : text,
  );

interface Mount {
  readonly mount: (disk: number, sectors: number, readOnly: boolean) => number;
  readonly enter: (disk: number) => void;
  readonly leave: (disk: number) => void;
}

const SECTOR = 512;

/** A disk with an ext2 on it, and Mote's code to use it. */
export class Ext2Disk extends MountedTree<Mount> {
  readonly image: Uint8Array;
  /** From here on the disk fails. */
  broken = false;
  /** How many requests it has had. */
  requests = 0;
  /** Whether a request, by its number from 0, fails. */
  fails: (request: number) => boolean = () => false;
  /** Something else that happens while a disk works. */
  meanwhile: ((disk: number) => void) | null = null;
  private readonly images: Uint8Array[];

  constructor(image: Uint8Array, module = compiled, ...others: readonly Uint8Array[]) {
    super(module, {
      transfer: (disk: number, write: number, sector: number, at: number, count: number): number => {
        const bytes = this.images[disk]!;
        this.meanwhile?.(disk);
        if (this.fails(this.requests++) || this.broken || (sector + count) * SECTOR > bytes.length) return -5;
        const memory = this.memory(at, count * SECTOR);
        if (write !== 0) bytes.set(memory, sector * SECTOR);
        else memory.set(bytes.subarray(sector * SECTOR, (sector + count) * SECTOR));
        return 0;
      },
    });
    this.image = image;
    this.images = [image, ...others];
  }

  mount(readOnly = false, disk = 0): number {
    return this.calls.mount(disk, this.images[disk]!.length / SECTOR, readOnly);
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

/** Runs a tool on a file of an image's: what it prints. Throws where it ends with a status. */
export type RunsTool = (command: string, args: (file: string) => string[]) => string;

/** An image as a file, once for all the tools that `use` runs. */
function asFile<T>(image: Uint8Array, use: (run: RunsTool, file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'ext2-'));
  const file = join(folder, 'image');
  const run: RunsTool = (command, args) => {
    try {
      return execFileSync(command, args(file), { env: ENVIRONMENT, encoding: 'latin1', stdio: 'pipe' });
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command}: ${stdout ?? ''}${stderr ?? ''}`, { cause: error });
    }
  };
  try {
    writeFileSync(file, image);
    return use(run, file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Looks at an image with tools that change nothing of it. */
export function inspect<T>(image: Uint8Array, look: (run: RunsTool) => T): T {
  return asFile(image, look);
}

/** Runs a tool on an image, which it may change: what it printed. Throws where it ends with a status. */
export function tool(image: Uint8Array, command: string, args: (file: string) => string[]): string {
  return asFile(image, (run, file) => {
    const text = run(command, args);
    image.set(readFileSync(file).subarray(0, image.length));
    return text;
  });
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
  inspect(image, checkIn);
}

/** The same, among other things that are looked at. */
export function checkIn(run: RunsTool): void {
  run('e2fsck', (file) => ['-fn', file]);
}
