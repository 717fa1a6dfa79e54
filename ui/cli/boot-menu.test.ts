/** What an entry of a menu boots: files from where the menu is, or Mote's own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bootFromMenu } from './boot-menu.ts';
import type { BootOptions } from './boot.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenoscope-menu-'));
const menu = join(folder, 'menu.lst');
mkdirSync(join(folder, 'boot'));
for (const name of ['boot/vmlinuz', 'initrd']) writeFileSync(join(folder, name), 'x');
writeFileSync(
  menu,
  `default 1
title Debian
kernel /boot/xen.gz dom0_mem=256M
module /boot/vmlinuz root=/dev/vda
module /boot/initrd
title Mote
kernel /boot/xen.gz sched=bvt
module /boot/mote.elf quiet
module /boot/dom0.cpio
title Linux
kernel /boot/vmlinuz
title Gone
kernel /boot/xen.gz
module /boot/other
`,
);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const GIVEN = { extra: 'console=hvc0', xen: 'console=com1', share: [], disk: [] } as unknown as BootOptions;
const entry = (n?: number): ReturnType<typeof bootFromMenu> =>
  bootFromMenu(menu, { ...GIVEN, ...(n === undefined ? {} : { entry: n }) });

test('an entry says what boots, and what was given besides stands behind that', async () => {
  expect(await entry(0)).toMatchObject({
    kernel: join(folder, 'boot/vmlinuz'),
    options: {
      dom0: true,
      xen: 'dom0_mem=256M console=com1',
      extra: 'root=/dev/vda console=hvc0',
      ramdisk: join(folder, 'initrd'),
    },
  });
  const usual = await entry();
  expect(usual.kernel).toBeUndefined();
  expect(usual.options).toMatchObject({ xen: 'sched=bvt console=com1', extra: 'quiet console=hvc0' });
  expect(usual.options.ramdisk).toBeUndefined();
});

test('what cannot boot is told of', async () => {
  await expect(entry(2)).rejects.toThrow("'Linux' boots without Xen");
  await expect(entry(3)).rejects.toThrow('/boot/other: there is no such file from');
  await expect(entry(4)).rejects.toThrow('--entry 4: the menu has entries 0 to 3');
  await expect(bootFromMenu(join(folder, 'none'), GIVEN)).rejects.toThrow('cannot read');
});
