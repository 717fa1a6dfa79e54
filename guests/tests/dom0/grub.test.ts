/** GRUB as a domain: a small kernel that nobody here wrote, with a console, a xenstore client and a disk frontend of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { grubImage } from '../../debian/grub.ts';
import { hasTools, makeImage } from '../ext2.ts';
import { Host } from './testing.ts';

const image = await grubImage();

/** What GRUB runs: it is found by the image's own script, on the first disk. */
const SCRIPT = `set root=(xen/xvda)
echo "configured from $root"
cat /note
set timeout=1
menuentry "the end" {
  halt
}
`;

function disk(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'grub-'));
  try {
    mkdirSync(join(folder, 'boot/grub'), { recursive: true });
    writeFileSync(join(folder, 'boot/grub/grub.cfg'), SCRIPT);
    writeFileSync(join(folder, 'note'), 'read by GRUB itself\n');
    return makeImage(1024, '-d', folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.skipIf(image === undefined || !hasTools())('it reads its disk, shows its menu, and ends', async () => {
  const settings = ['kernel = "/boot/grub.bin"', 'memory = 64', "disk = [ 'phy:vda,xvda,r' ]"];
  const host = await Host.boot(
    { 'boot/grub.bin': image!, 'etc/xen/grub': new TextEncoder().encode(`${settings.join('\n')}\n`) },
    { disks: [{ name: 'disk', bytes: disk() }] },
  );
  const free = host.free();
  host.type('xm create -c grub\r');
  host.until(/Welcome to GRUB![^]*configured from xen\/xvda\n[^]*read by GRUB itself\n/);
  host.until(/GNU GRUB[^]*\*the end/);
  host.until(/\n\/ \$ $/);
  // It has powered itself off.
  host.wait(0.5);
  expect(host.list()).toHaveLength(1);
  expect(host.free()).toBe(free);
});
