/**
 * The host that the page opens with, booted up to its prompt and saved: dist/host.snapshot. Made anew when anything that decides
 * about it has changed, by content.
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

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const SNAPSHOT = join(ROOT, 'dist/host.snapshot');
const STAMP = `${SNAPSHOT}.digest`;
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
  const digest = digestOfInputs();
  if (existsSync(SNAPSHOT) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return;
  const [kernel, ramdisk] = IMAGES.slice(1).map((path) => new Uint8Array(readFileSync(join(ROOT, path))));
  const core = loadCore();
  const lab = await Lab.boot(core, { ...USUAL_HOST, kernel: kernel!, ramdisk: ramdisk! });
  lab.witness.watch();
  if (!play(lab, TOUR[0]!)) throw new Error('the host that the page opens with does not come to its prompt');
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  // Others may be making it, too.
  const part = `${SNAPSHOT}.${String(process.pid)}`;
  writeFileSync(part, await saveLab(lab, core));
  renameSync(part, SNAPSHOT);
  writeFileSync(STAMP, digest);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeSnapshotOfHost();
