/**
 * GRUB's menu, as the manuals print it: an entry sets Xen's line, the kernel with its own, and the ramdisk. The menu can be changed, and
 * is kept. Files that it names are Mote's own, or have been picked by their names.
 */
import { MenuError, OWN_KERNEL, OWN_RAMDISK, parseMenu } from '../lab/boot-menu.ts';
import type { BootMenu, MenuEntry } from '../lab/boot-menu.ts';
import { USUAL_HOST } from '../lab/usual-host.ts';
import { choose, kernel, ramdisk, world } from './chosen-world.ts';
import { kept } from './kept.ts';
import './menu-field.css';
import type { Picked } from './saved-worlds.tsx';
import { shared } from './share-field.tsx';

const { commandLine } = USUAL_HOST;
const USUAL = `default=0
timeout=5
title Xen 4.17 / Mote
  kernel /boot/xen.gz
  module /boot/mote.elf ${commandLine}
  module /boot/dom0.cpio
title Xen 4.17 / Mote, with 96 MiB for domain 0
  kernel /boot/xen.gz dom0_mem=96M,max:96M
  module /boot/mote.elf ${commandLine}
  module /boot/dom0.cpio
title Xen 4.17 / Mote, with what Xen says as it boots
  kernel /boot/xen.gz console=com1 com1=115200,8n1 loglvl=all
  module /boot/mote.elf ${commandLine}
  module /boot/dom0.cpio
title Xen 4.17 / Mote, with the scheduler of Xen 2.0
  kernel /boot/xen.gz sched=bvt
  module /boot/mote.elf ${commandLine}
  module /boot/dom0.cpio
`;
const menu = kept<string>('menu', USUAL, (value) => typeof value === 'string');

const lastName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The file that a path means: null for Mote's own, undefined where it is not here. */
function fileOf(path: string, own: string): Picked | null | undefined {
  const name = lastName(path);
  if (name === own) return null;
  const picked = [kernel.value, ramdisk.value].find((file) => file?.name === name);
  const bytes = shared.value.get(name);
  return picked ?? (bytes === undefined ? undefined : { name, bytes });
}

/** What an entry lacks; empty: it can be chosen. */
function lackOf({ xen, kernel: image, ramdisk: disk }: MenuEntry): string {
  if (xen === null) return 'boots without Xen';
  const absent = [
    ...(fileOf(image.path, OWN_KERNEL) === undefined ? [lastName(image.path)] : []),
    ...(disk !== null && fileOf(disk, OWN_RAMDISK) === undefined ? [lastName(disk)] : []),
  ];
  return absent.length === 0 ? '' : `pick ${absent.join(' and ')} first`;
}

function take({ xen, kernel: image, ramdisk: disk }: MenuEntry): void {
  const files = [
    fileOf(image.path, OWN_KERNEL) ?? null,
    disk === null ? null : (fileOf(disk, OWN_RAMDISK) ?? null),
  ] as const;
  [kernel.value, ramdisk.value] = files;
  choose({ xen: xen?.line ?? '', commandLine: image.line });
}

/** Whether it is what the dialog is set to. */
function isTaken({ xen, kernel: image, ramdisk: disk }: MenuEntry): boolean {
  const { value } = world;
  const isFile = (path: string, own: string, picked: Picked | null): boolean =>
    lastName(path) === (picked?.name ?? own);
  return (
    (xen?.line ?? '') === (value.xen ?? '') &&
    image.line === value.commandLine &&
    isFile(image.path, OWN_KERNEL, kernel.value) &&
    (disk === null ? ramdisk.value === null : isFile(disk, OWN_RAMDISK, ramdisk.value))
  );
}

function read(text: string): { readonly menu: BootMenu | null; readonly problem: string } {
  try {
    return { menu: parseMenu(text), problem: '' };
  } catch (error) {
    if (!(error instanceof MenuError)) throw error;
    return { menu: null, problem: error.message };
  }
}

export function MenuField() {
  const { menu: given, problem } = read(menu.value);
  return (
    <fieldset class="boot-menu">
      <legend>GRUB’s menu</legend>
      {given?.entries.map((entry, n) => {
        const lack = lackOf(entry);
        return (
          <label key={n} class="check">
            <input
              type="radio"
              name="entry"
              disabled={lack !== ''}
              checked={isTaken(entry)}
              onChange={() => {
                take(entry);
              }}
            />
            {entry.title}
            {lack !== '' && <small>({lack})</small>}
          </label>
        );
      })}
      {problem !== '' && <p role="alert">{problem}</p>}
      <details>
        <summary>menu.lst</summary>
        <textarea
          aria-label="menu.lst"
          rows={8}
          spellcheck={false}
          value={menu.value}
          onInput={({ currentTarget: { value } }) => (menu.value = value)}
        />
        <button type="button" onClick={() => (menu.value = USUAL)}>
          As it came
        </button>
      </details>
    </fieldset>
  );
}
