/**
 * Worlds that come with the page: the host that it opens with, booted up to its prompt and saved (dist/host.snapshot), and a
 * recordings of a migration and of a block request (dist/migration.recording, dist/block.recording). Made anew when anything that decides about them has changed, by content.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCore } from '../ui/lab/core-node.ts';
import { Lab } from '../ui/lab/lab.ts';
import { saveLab } from '../ui/lab/snapshot/file.ts';
import { play, TOUR } from '../ui/lab/tour.ts';
import { USUAL_HOST } from '../ui/lab/usual-host.ts';
import { recordBlock } from '../ui/lab/world/block-demo.ts';
import { recordMigration } from '../ui/lab/world/migration-demo.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const SNAPSHOT = join(ROOT, 'dist/host.snapshot');
const MIGRATION = join(ROOT, 'dist/migration.recording');
const BLOCK = join(ROOT, 'dist/block.recording');
/** Recordings that come with the page. */
export const DEMOS = [BLOCK, MIGRATION];
const IMAGES = ['core/build/core.wasm', 'guests/build/mote.elf', 'guests/build/dom0.cpio'];
/** What runs them, and says what is saved. */
const ROOMS = ['core', 'devices', 'hypervisor', 'ui/lab'];

function digestOfInputs(): string {
  const sources = ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true })
      .map((name) => `${room}/${String(name)}`)
      .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|\/(?:wasm|assembler|bench)\//.test(path)),
  );
  const hash = createHash('sha256').update(JSON.stringify(USUAL_HOST));
  for (const path of [...IMAGES, ...sources.sort()]) {
    const bytes = readFileSync(join(ROOT, path));
    hash.update(`${path}\0${String(bytes.length)}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** Makes the snapshot if it is not there. The processor and the images have been built. */
export async function writeSnapshotOfHost(): Promise<void> {
  await write(SNAPSHOT, async (core, kernel, ramdisk) => {
    const lab = await Lab.boot(core, { ...USUAL_HOST, kernel, ramdisk });
    lab.witness.watch();
    if (!play(lab, TOUR[0]!))
      throw new Error('the host that the page opens with does not come to its prompt');
    return saveLab(lab, core);
  });
}

/** As that. They take half a minute of computing. */
export async function writeDemos(): Promise<void> {
  await write(BLOCK, (core, mote, dom0) => recordBlock(core, { mote, dom0 }));
  await write(MIGRATION, (core, mote, dom0) => recordMigration(core, { mote, dom0 }));
}

type Make = (core: WebAssembly.Module, kernel: Uint8Array, ramdisk: Uint8Array) => Promise<Uint8Array>;

async function write(path: string, make: Make): Promise<void> {
  const digest = digestOfInputs();
  const stamp = `${path}.digest`;
  if (existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  const [kernel, ramdisk] = IMAGES.slice(1).map((image) => new Uint8Array(readFileSync(join(ROOT, image))));
  const made = await make(loadCore(), kernel!, ramdisk!);
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  // Others may be making it, too.
  const part = `${path}.${String(process.pid)}`;
  writeFileSync(part, made);
  renameSync(part, path);
  writeFileSync(stamp, digest);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeSnapshotOfHost();
