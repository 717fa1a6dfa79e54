/** Mote's ext2 run in Node on a disk in memory, and the usual tools that make such disks and look at them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileFileSystem, MountedTree } from './file-system.ts';

const compiled = await compileFileSystem(`
import { BlockDevice } from 'mote/block/device';
import { openExt2, openFailure } from 'mote/fs/ext2/file-system';

@external("test", "transfer")
declare function transfer(write: bool, sector: u32, at: usize, count: u32): i32;

class Disk extends BlockDevice {
  constructor(sectors: u32) { super(); this.sectors = sectors; }
  transfer(write: bool, sector: u64, at: usize, count: u32): i32 { return transfer(write, <u32>sector, at, count); }
  sync(): i32 { return 0; }
  close(): void {}
}

export function mount(sectors: u32, readOnly: bool): i32 {
  system = openExt2(new Disk(sectors), readOnly);
  return system == null ? openFailure() : 0;
}
`);

interface Mount {
  readonly mount: (sectors: number, readOnly: boolean) => number;
}

const SECTOR = 512;

/** A disk with an ext2 on it, and Mote's code to use it. */
export class Ext2Disk extends MountedTree<Mount> {
  readonly image: Uint8Array;
  /** From here on writes fail. */
  broken = false;

  constructor(image: Uint8Array) {
    super(compiled, {
      transfer: (write: number, sector: number, at: number, count: number): number => {
        if (this.broken || (sector + count) * SECTOR > image.length) return -5;
        const memory = this.memory(at, count * SECTOR);
        if (write !== 0) image.set(memory, sector * SECTOR);
        else memory.set(image.subarray(sector * SECTOR, (sector + count) * SECTOR));
        return 0;
      },
    });
    this.image = image;
  }

  mount(readOnly = false): number {
    return this.calls.mount(this.image.length / SECTOR, readOnly);
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
