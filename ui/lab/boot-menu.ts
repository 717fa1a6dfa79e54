/**
 * GRUB's menu of what a machine may boot, as the manuals print it (GRUB legacy's menu.lst, grub.conf): an entry names Xen with its line, domain
 * 0's kernel with its own, and a ramdisk. What is about GRUB's looks, or where its disks are, means nothing here.
 */

/** Mote's own images in a menu, which need not be files. */
export const OWN_KERNEL = 'mote.elf';
export const OWN_RAMDISK = 'dom0.cpio';

export interface MenuFile {
  readonly path: string;
  readonly line: string;
}

export interface MenuEntry {
  readonly title: string;
  /** Null: it boots a kernel without Xen. */
  readonly xen: MenuFile | null;
  readonly kernel: MenuFile;
  readonly ramdisk: string | null;
}

export interface BootMenu {
  readonly entries: readonly MenuEntry[];
  /** Which of them boots where nobody chooses; and after how long, 0: at once, null: never. */
  readonly usual: number;
  readonly timeoutSeconds: number | null;
}

/** A menu is wrong: what, in which line. */
export class MenuError extends Error {}

/** Commands that are taken, and are of no effect here. */
const IGNORED: ReadonlySet<string> = new Set([
  ...[
    'root',
    'rootnoverify',
    'hiddenmenu',
    'splashimage',
    'color',
    'fallback',
    'savedefault',
    'boot',
    'quiet',
  ],
  ...['password', 'lock', 'makeactive', 'uuid', 'serial', 'terminal', 'foreground', 'background', 'gfxmenu'],
]);
const XEN = /^xen[^/]*$/;

/** An entry as it is read. */
interface Reading {
  readonly title: string;
  readonly at: number;
  readonly files: MenuFile[];
  ramdisk: string | null;
}

/** Throws MenuError. */
export function parseMenu(text: string): BootMenu {
  const read: Reading[] = [];
  let usual = 0;
  let timeoutSeconds: number | null = null;
  for (const [n, whole] of text.split(/\r?\n/).entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', rest = ''] = /^(\S+?)(?:\s*=\s*|\s+|$)(.*)$/.exec(line) ?? [];
    const entry = read.at(-1);
    const wrong = (why: string): never => {
      throw new MenuError(`line ${String(n + 1)}: ${why}: ${line}`);
    };
    if (name === 'title') read.push({ title: rest, at: n + 1, files: [], ramdisk: null });
    else if (name === 'default') usual = rest === 'saved' ? 0 : numberOf(rest, wrong);
    else if (name === 'timeout') timeoutSeconds = numberOf(rest, wrong);
    else if (IGNORED.has(name)) continue;
    else if (name !== 'kernel' && name !== 'module' && name !== 'initrd') wrong('there is no such command');
    else if (entry === undefined) wrong('it stands before the first title');
    else if (name === 'initrd') entry.ramdisk = fileOf(rest, wrong).path;
    else entry.files.push(fileOf(rest, wrong));
  }
  if (read.length === 0) throw new MenuError('it has no entries: an entry begins with title');
  return { entries: read.map(entryOf), usual: Math.min(usual, read.length - 1), timeoutSeconds };
}

function numberOf(text: string, wrong: (why: string) => never): number {
  return /^\d+$/.test(text) ? Number(text) : wrong('it is to be a number');
}

/** `(hd0,0)/boot/xen.gz dom0_mem=256M`. */
function fileOf(text: string, wrong: (why: string) => never): MenuFile {
  const [, path, line = ''] = /^(?:\([^)]*\))?(\S+)\s*(.*)$/.exec(text) ?? [];
  return path === undefined ? wrong('a file is missing') : { path, line };
}

function entryOf({ title, at, files, ramdisk }: Reading): MenuEntry {
  const [first, second, third] = files;
  if (first === undefined) throw new MenuError(`line ${String(at)}: it has no kernel: title ${title}`);
  const isXen = XEN.test(first.path.slice(first.path.lastIndexOf('/') + 1));
  if (!isXen) return { title, xen: null, kernel: first, ramdisk };
  if (second === undefined)
    throw new MenuError(`line ${String(at)}: Xen has no kernel for domain 0 (module): title ${title}`);
  return { title, xen: first, kernel: second, ramdisk: third?.path ?? ramdisk };
}
