/** Domains that come with their host, and go with it: started from a folder, saved when the host ends or is rebooted, restored when it starts anew. */
import { expect, test } from 'vitest';
import { moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

const DISK_MIB = 24;
const SLICE_TICKS = 50_000_000;
const text = (...lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.join('\n') + '\n');

const FILES = {
  'etc/xen/auto/kept': moteConfig('kept'),
  'etc/default/xendomains': text('XENDOMAINS_AUTO=/etc/xen/auto', 'XENDOMAINS_SAVE=/mnt/save'),
  'etc/rc': text('mount -o nofail /dev/vda /mnt', 'xenstored', 'xenconsoled', 'xend', 'xendomains start'),
};

async function boot(bytes: Uint8Array): Promise<Host> {
  return Host.boot(FILES, { memoryMb: 64, hostMb: 128, disks: [{ name: 'data', bytes }] });
}

test('a domain is started with its host, saved with it, and goes on with the next one', async () => {
  const first = await boot(new Uint8Array(DISK_MIB << 20));
  expect(first.screen).toContain(
    'Starting auto Xen domains: kept\nUsing config file "/etc/xen/auto/kept".\nStarted domain kept (id=1)\n',
  );
  expect(first.run('xendomains status')).toBe('kept: running');
  first.run('mke2fs /dev/vda; mount /dev/vda /mnt');
  first.inside('kept', 'echo mine > /tmp/mine');
  first.type('xm shutdown 0\r');
  while (first.lab.domain.shutdown === null) first.lab.run({ ns: first.lab.ns + 1e9 }, SLICE_TICKS);
  expect(first.screen).toContain(
    'Shutting down Xen domains: kept(save)\nSaving to /mnt/save/kept new xl format\n',
  );

  const second = await boot(first.disk(0));
  expect(second.screen).toContain('Restoring Xen domains: kept\nLoading new save file /mnt/save/kept\n');
  expect(second.screen).not.toContain('Starting auto');
  expect(second.list().map((line) => line.split(' ')[0])).toEqual(['Domain-0', 'kept']);
  expect(second.inside('kept', 'cat /tmp/mine')).toBe('mine');
  expect(second.run('ls /mnt/save')).toBe('');
  // The host is asked to start anew, as a domain is; what it is booted from is on no disk of its own, and as it was.
  second.type('xm reboot Domain-0\r');
  // Its disk comes off before.
  second.until(/Mote [^]*Restoring Xen domains: kept\n[^]*\n\/ \$ $/);
  expect(second.screen).not.toContain('it was not unmounted');
  expect(second.inside('kept', 'cat /tmp/mine')).toBe('mine');
  // Without a folder to save in, they are shut down.
  second.run('echo XENDOMAINS_SAVE= > /etc/default/xendomains; xendomains stop; sleep 1');
  expect(second.list()).toHaveLength(1);
});
