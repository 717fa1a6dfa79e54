/** Built images by name and by a digest of all that they are made of: several of each are kept, for all clones on a machine. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sources } from './compile.ts';
import { withoutComments } from './parts.ts';

/** Images of one name that are kept: those used last. A branch and back cost nothing, nor the dozen kernels that a lesson is tested with. */
const KEPT = 24;
const DIGEST_LETTERS = 24;

export class ImageCache {
  private readonly folder: string;
  private readonly tools: string;

  /** `tools`: what every image depends on. */
  constructor(folder: string, tools: string) {
    this.folder = folder;
    this.tools = tools;
  }

  /** Where the image of that name made of these parts is kept. Comments are no part of it. */
  path(name: string, parts: Sources): string {
    const hash = createHash('sha256').update(this.tools);
    for (const [path, text] of [...parts].sort(([a], [b]) => (a < b ? -1 : 1)))
      hash.update(`${path}\0${withoutComments(path, text)}\0`);
    return join(this.folder, `${name}.${hash.digest('hex').slice(0, DIGEST_LETTERS)}`);
  }

  /** The image at a path; undefined: there is none. */
  get(path: string): Uint8Array | undefined {
    if (!existsSync(path)) return undefined;
    const now = new Date();
    utimesSync(path, now, now);
    return new Uint8Array(readFileSync(path));
  }

  /** Keeps an image, and lets go of those of its name that were used longest ago. */
  put(path: string, file: Uint8Array): void {
    mkdirSync(this.folder, { recursive: true });
    // Others may be reading, or building too.
    const part = `${path}.${String(process.pid)}`;
    writeFileSync(part, file);
    renameSync(part, path);
    const prefix = path.slice(0, -DIGEST_LETTERS);
    const all = readdirSync(this.folder)
      .map((name) => join(this.folder, name))
      .filter((each) => each.length === path.length && each.startsWith(prefix));
    const byUse = all.map((each) => ({ each, used: statSync(each).mtimeMs })).sort((a, b) => b.used - a.used);
    for (const { each } of byUse.slice(KEPT)) rmSync(each, { force: true });
  }
}
