/** The guests' sources from the disk, for Node. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssemblyError } from '../../core/assembler/errors.ts';
import { CompileError } from './compile.ts';
import type { Sources } from './compile.ts';
import { MANAGER_PATH, managerPage } from './manager-page.ts';
import { LinkError } from './link/link.ts';
import { WasmError } from './wasm/reader.ts';

const GUESTS = fileURLToPath(new URL('..', import.meta.url));
/** The folders of guests/ that hold what runs in guests; a package has no tests. */
const MANAGER = 'manager';
const FOLDERS = ['kernel', 'mote', 'programs', 'dom0', 'lessons', 'tests/kernels', 'toolchain/corpus'];

/** What is wrong with sources, where they do not build; null: it is something else. */
export function sourceError(error: unknown): string | null {
  const kinds = [CompileError, LinkError, WasmError, AssemblyError];
  return error instanceof Error && kinds.some((kind) => error instanceof kind) ? error.message : null;
}

let lastRead: Sources = new Map<string, string>();

/** Every source below guests/: the same map as before, where none has changed since. */
export function readSources(): Sources {
  const sources = new Map<string, string>();
  for (const folder of FOLDERS)
    if (existsSync(join(GUESTS, folder))) addFolder(sources, join(GUESTS, folder), `${folder}/`);
  if (existsSync(join(GUESTS, MANAGER))) sources.set(MANAGER_PATH, managerText());
  const isSame =
    sources.size === lastRead.size && [...sources].every(([name, text]) => lastRead.get(name) === text);
  if (!isSame) lastRead = sources;
  return lastRead;
}

/** What the page of xensv was made of last, and what came of it. */
let lastManager: { readonly sources: ReadonlyMap<string, string>; readonly page: string } | undefined;

function managerText(): string {
  const directory = join(GUESTS, MANAGER);
  const sources = new Map<string, string>();
  for (const name of readdirSync(directory).sort()) {
    const text = name.includes('.test.') ? undefined : textOf(join(directory, name));
    if (text !== undefined) sources.set(name, text);
  }
  const last = lastManager?.sources;
  const isSame = last?.size === sources.size && [...sources].every(([name, text]) => last.get(name) === text);
  if (!isSame) lastManager = { sources, page: managerPage(sources) };
  return lastManager!.page;
}

/** The name of a folder among the sources: its path below guests/, or `own` for one from elsewhere. */
export function folderName(directory: string): string {
  const path = relative(GUESTS, resolve(directory)).replaceAll('\\', '/');
  return path.startsWith('..') || isAbsolute(path) ? 'own' : path;
}

/** The sources, and those of a folder from elsewhere. */
export function sourcesWith(directory: string): Sources {
  const sources = new Map(readSources());
  addFolder(sources, directory, `${folderName(directory)}/`);
  return sources;
}

/** Code, and the files that Mote's ramdisk has as they are. */
function isSource(path: string): boolean {
  return (/\.(ts|asm)$/.test(path) && !path.endsWith('.test.ts')) || /^(mote|dom0)\/root\//.test(path);
}

function addFolder(sources: Map<string, string>, directory: string, prefix: string): void {
  const names = readdirSync(directory, { recursive: true }).map((name) => String(name).replaceAll('\\', '/'));
  for (const name of names.sort()) {
    if (!isSource(prefix + name)) continue;
    const text = textOf(join(directory, name));
    if (text !== undefined) sources.set(prefix + name, text);
  }
}

/** A file's text, and what tells whether it has changed since. */
interface Read {
  readonly written: string;
  readonly text: string;
}
const read = new Map<string, Read>();

/** The text of a file, which is read again only when it has changed; undefined: it is none. */
function textOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true });
  if (!stat.isFile()) return undefined;
  const written = [stat.mtimeNs, stat.ctimeNs, stat.size, stat.ino].join();
  let last = read.get(path);
  if (last?.written !== written) {
    last = { written, text: readFileSync(path, 'utf8') };
    read.set(path, last);
  }
  return last.text;
}
