/** GRUB's menu before a host boots: in a terminal one chooses, as there; elsewhere the usual entry boots, or the one that is named. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { MenuError, OWN_KERNEL, OWN_RAMDISK, parseMenu } from '../lab/boot-menu.ts';
import type { BootMenu, MenuEntry } from '../lab/boot-menu.ts';
import type { BootOptions } from './boot.ts';
import { readImage } from './host-files.ts';
import { UserError } from './user-error.ts';

const UP = '\x1b[A';
const DOWN = '\x1b[B';
/** Several may come at once. */
const KEYS = /\x1b\[[A-Z]|[^]/g;
const SECOND_MS = 1000;

/** What an entry of `menu` boots: a kernel, and the options with what it says. Rejects with a UserError. */
export async function bootFromMenu(
  menu: string,
  options: BootOptions,
): Promise<{ readonly kernel: string | undefined; readonly options: BootOptions }> {
  const read = readMenu(menu);
  const chosen = options.entry === undefined ? await choose(read) : named(read, options.entry);
  process.stderr.write(`xenoscope: booting '${chosen.title}'\n`);
  const { xen, kernel, ramdisk } = chosen;
  if (xen === null)
    throw new UserError(`${menu}: '${chosen.title}' boots without Xen, and there is no such machine here`);
  const folder = dirname(menu);
  const path = fileIn(menu, folder, kernel.path, OWN_KERNEL);
  const disk = ramdisk === null ? undefined : fileIn(menu, folder, ramdisk, OWN_RAMDISK);
  return {
    kernel: path,
    options: {
      ...options,
      dom0: true,
      xen: [xen.line, options.xen ?? ''].join(' ').trim(),
      extra: [kernel.line, options.extra].join(' ').trim(),
      ...(disk === undefined ? {} : { ramdisk: disk }),
    },
  };
}

function readMenu(menu: string): BootMenu {
  try {
    return parseMenu(new TextDecoder().decode(readImage(menu)));
  } catch (error) {
    if (!(error instanceof MenuError)) throw error;
    throw new UserError(`${menu}: ${error.message}`);
  }
}

function named({ entries }: BootMenu, entry: number): MenuEntry {
  return entries[entry] ?? missing(entry, entries.length);
}

function missing(entry: number, count: number): never {
  throw new UserError(`--entry ${String(entry)}: the menu has entries 0 to ${String(count - 1)}`);
}

/** From the menu's folder on, or beside it; undefined: it is Mote's own. */
function fileIn(menu: string, folder: string, path: string, own: string): string | undefined {
  const found = [join(folder, path), join(folder, basename(path))].find((each) => existsSync(each));
  if (found !== undefined) return found;
  if (basename(path) === own) return undefined;
  throw new UserError(`${menu}: ${path}: there is no such file from ${folder} on, nor in it`);
}

/** Asks, where there is somebody to ask. */
async function choose(menu: BootMenu): Promise<MenuEntry> {
  const { entries, usual, timeoutSeconds } = menu;
  const { stdin, stderr } = process;
  if (!stdin.isTTY || timeoutSeconds === 0) return entries[usual]!;
  let at = usual;
  let left = timeoutSeconds;
  const draw = (): void => {
    const lines = entries.map(({ title }, n) => (n === at ? `\x1b[7m  ${title}  \x1b[0m` : `  ${title}  `));
    const hint = left === null ? '' : `, or wait ${String(left)} s`;
    stderr.write(
      `\x1b[2J\x1b[H\r\n    GNU GRUB's menu, as Xenoscope has it\r\n\r\n${lines.join('\r\n')}\r\n\r\n`,
    );
    stderr.write(`    Up and Down choose, Enter boots${hint}; Ctrl-C leaves.\r\n`);
  };
  stdin.setRawMode(true);
  stdin.resume();
  draw();
  try {
    return await new Promise<MenuEntry>((done, failed) => {
      const timer = setInterval(() => {
        if (left === null) return;
        left--;
        if (left === 0) done(entries[at]!);
        else draw();
      }, SECOND_MS);
      const hear = (bytes: Buffer): void => {
        // Who is there is given time.
        left = null;
        for (const [key] of bytes.toString('latin1').matchAll(KEYS)) {
          if (key === UP) at = Math.max(0, at - 1);
          else if (key === DOWN) at = Math.min(entries.length - 1, at + 1);
          else if (key === '\r' || key === '\n') done(entries[at]!);
          else if (key === '\x03') failed(new UserError('no entry was chosen'));
        }
        draw();
      };
      stdin.on('data', hear);
      ended = () => {
        clearInterval(timer);
        stdin.off('data', hear);
      };
    });
  } finally {
    ended();
    stdin.setRawMode(false);
    stdin.pause();
  }
}
let ended = (): void => undefined;
