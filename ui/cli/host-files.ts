/** What a host is given of the user's files: disks, and folders that appear at /lab. They are read, and never written. */
import {
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { DiskSource, HostDisk } from '../lab/host-devices.ts';
import { SHARE_LIMITS } from '../lab/share.ts';
import { diskName, fileName } from '../lab/snapshot/description.ts';
import { UrlSource } from '../lab/url-source.ts';
import { UserError } from './user-error.ts';

const READ_ONLY = /,ro$/;
export const IS_URL = /^https?:/;
const MEBIBYTE = 2 ** 20;

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

export function readImage(path: string): Uint8Array {
  return attempt(path, () => readFileSync(path));
}

/** Writes a file that somebody asked for. Throws UserError where that fails. */
export function writeOutput(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${(error as Error).message}`);
  }
}

/** Where the images of a host are, by what files call them: who makes the host again finds them there. */
export function imagePaths(
  kernel: string | undefined,
  { ramdisk, disk, share }: { ramdisk?: string; disk: readonly string[]; share: readonly string[] },
): Record<string, string> {
  const disks = disk.map(diskPath);
  const files = share.flatMap((folder) =>
    [...readFolders([folder]).keys()].map((path) => [fileName(path), resolve(folder, path)] as const),
  );
  return {
    ...(kernel === undefined ? {} : { kernel: resolve(kernel) }),
    ...(ramdisk === undefined ? {} : { ramdisk: resolve(ramdisk) }),
    ...Object.fromEntries(disks.map((path) => [diskName(basename(path)), path])),
    ...Object.fromEntries(files),
  };
}

/** Where a disk is that FILE, URL, or FILE,ro means. */
export function diskPath(text: string): string {
  const path = text.replace(READ_ONLY, '');
  return IS_URL.test(path) ? path : resolve(path);
}

/** A disk of each FILE or URL, or FILE,ro: they are read as the host reads them. */
export function openDisks(wanted: readonly string[]): Promise<HostDisk[]> {
  return Promise.all(
    wanted.map(async (text) => {
      const path = text.replace(READ_ONLY, '');
      const bytes = IS_URL.test(path) ? await openUrl(path) : new FileSource(path);
      if (bytes.size === 0) throw new UserError(`${path}: an empty file is no disk`);
      return { name: basename(path), bytes, readOnly: READ_ONLY.test(text) };
    }),
  );
}

async function openUrl(url: string): Promise<DiskSource> {
  try {
    return await UrlSource.open(url);
  } catch (error) {
    throw new UserError(`cannot read ${url}: ${(error as Error).message}`);
  }
}

/** A file that stays open, and is read a piece at a time. */
class FileSource implements DiskSource {
  readonly size: number;
  private readonly fd: number;

  constructor(path: string) {
    this.fd = attempt(path, () => openSync(path, 'r'));
    this.size = attempt(path, () => fstatSync(this.fd)).size;
  }

  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> } {
    const bytes = new Uint8Array(end - start);
    for (let done = 0; done < bytes.length;) {
      const count = readSync(this.fd, bytes, done, bytes.length - done, start + done);
      if (count === 0) break;
      done += count;
    }
    return { arrayBuffer: () => Promise.resolve(bytes.buffer) };
  }
}

/** The files below all these folders, by their paths there. */
export function readFolders(folders: readonly string[]): Map<string, Uint8Array> {
  const share = new Share();
  for (const folder of folders) {
    if (!stat(folder).isDirectory()) throw new UserError(`${folder}: it is no folder`);
    share.addFolder(folder, '', []);
  }
  return share.files;
}

function stat(path: string): Stats {
  return attempt(path, () => statSync(path));
}

class Share {
  readonly files = new Map<string, Uint8Array>();
  private bytes = 0;
  private names = 0;

  /** `within`: its path in the share; `above`: the folders that it is in. Links are followed. */
  addFolder(folder: string, within: string, above: readonly string[]): void {
    const real = attempt(folder, () => realpathSync(folder));
    if (above.includes(real))
      throw new UserError(`${folder}: this link leads back to a folder that it is in`);
    for (const name of attempt(folder, () => readdirSync(folder)).sort()) {
      const path = join(folder, name);
      const place = within === '' ? name : `${within}/${name}`;
      const found = stat(path);
      this.count(path, found.isFile() ? found.size : 0);
      if (found.isDirectory()) this.addFolder(path, place, [...above, real]);
      else if (found.isFile()) this.addFile(path, place);
      else throw new UserError(`${path}: it is neither a file nor a folder`);
    }
  }

  private addFile(path: string, place: string): void {
    if (this.files.has(place)) throw new UserError(`${path}: another folder has a ${place}, too`);
    this.files.set(place, readImage(path));
  }

  /** Stops before too much is read. */
  private count(path: string, bytes: number): void {
    this.bytes += bytes;
    this.names++;
    if (this.bytes > SHARE_LIMITS.limitBytes)
      throw new UserError(
        `${path}: with it the share would have more than ${String(SHARE_LIMITS.limitBytes / MEBIBYTE)} MiB; give large images as disks`,
      );
    if (this.names > SHARE_LIMITS.limitNames)
      throw new UserError(
        `${path}: with it the share would have more than ${String(SHARE_LIMITS.limitNames)} files and folders`,
      );
  }
}
