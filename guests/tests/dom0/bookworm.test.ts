/**
 * Debian bookworm as it is, systemd and all, on a disk that domain 0 serves: it comes up to its login, nothing of it has failed,
 * what is linked against its C library works, its network works, and it goes down with its file system clean.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bookworm } from '../../debian/bookworm.ts';
import { checkIn, hasTools, inspect } from '../ext2.ts';
import { fileIn } from './testing-integrity.ts';
import { shell } from './testing-linux.ts';
import { Host } from './testing.ts';

const made = await bookworm();

/** What its command line has besides: requests in a ring as long as there is. */
const LONG_RING = 'xen_blkfront.max_ring_page_order=4';

/** What the host is given: the domain's kernel, its initramfs and its file, whose command line gets more. */
function filesIn(folder: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]),
  );
  const config = new TextDecoder().decode(files.get('bookworm'));
  files.set('bookworm', new TextEncoder().encode(config.replace(/^(extra *= "[^"]*)/m, `$1 ${LONG_RING}`)));
  return files;
}

function digest(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex');
}

describe.skipIf(made === undefined || !hasTools())('Debian bookworm with systemd', () => {
  let host: Host;
  let free: string;
  beforeAll(async () => {
    const disks = [{ name: 'root', bytes: new Uint8Array(readFileSync(made!.disk)) }];
    const sizes = { hostMb: 384, disks, files: filesIn(made!.share) };
    ({ host, told: free } = await Host.brought('bookworm', {}, sizes, (booting) => {
      const before = booting.free();
      booting.type('xm create -c bookworm\r');
      booting.until(/\nbookworm login: $/);
      return before;
    }));
  });

  /** What a line of bash prints in the domain, whose console this is. */
  const bash = (line: string): string => shell(host, line);

  test('boots to its login, and root logs in', () => {
    expect(host.screen).toContain('Debian GNU/Linux 12 bookworm hvc0');
    expect(host.screen).not.toMatch(/FAILED|DEPEND|Timed out|Call Trace|I\/O error/);
    host.type('root\r');
    host.until(/\S*root@bookworm:~# $/);
    // From here on a line is echoed as it is typed, and nothing waits for a key.
    host.type('export TERM=dumb PAGER=cat\r');
    host.until(/\n\S*root@bookworm:~# $/);
  });

  test('nothing has failed: systemd says that it is running', () => {
    expect(bash('systemctl is-system-running --wait')).toBe('running');
    expect(bash('systemctl --failed --no-legend')).toBe('');
    const services = ['dbus', 'networking', 'systemd-journald', 'systemd-logind', 'systemd-udevd'];
    expect(bash(`systemctl is-active ${services.join(' ')}`)).toBe(services.map(() => 'active').join('\n'));
    expect(bash('journalctl --boot --priority err --quiet')).toBe('');
    expect(bash('findmnt --noheadings --output SOURCE,FSTYPE /; systemd-detect-virt')).toMatch(
      /^\/dev\/xvda +ext4\nxen$/,
    );
  });

  test('what is linked against its libraries works', () => {
    expect(bash('apt --version')).toMatch(/^apt 2\.6\.\d+ \(amd64\)$/);
    const python = [
      'import hashlib, math, threading',
      'total = []',
      't = threading.Thread(target=lambda: total.append(sum(range(10**5))))',
      't.start(); t.join()',
      'print(total[0], 3**200 % (2**61 - 1), 0.1 + 0.2, math.exp(1), math.hypot(1, 1))',
      "print(*(hashlib.new(name, b'xen' * 999).hexdigest() for name in ('sha256', 'sha1', 'md5', 'blake2b512')))",
    ];
    expect(bash(`python3 -c "${python.join('; ')}"`).split('\n')).toEqual([
      `4999950000 ${String(3n ** 200n % (2n ** 61n - 1n))} ${String(0.1 + 0.2)} ${String(Math.E)} ${String(Math.SQRT2)}`,
      ['sha256', 'sha1', 'md5', 'blake2b512'].map((name) => digest(name, 'xen'.repeat(999))).join(' '),
    ]);
    expect(bash(`perl -e 'printf "%.15f %s", 4 * atan2(1, 1), join ",", sort { $a <=> $b } 10, 9, 1'`)).toBe(
      `${Math.PI.toFixed(15)} 1,9,10`,
    );
    bash("ssh-keygen -q -t ed25519 -N '' -C '' -f key");
    expect(bash('ssh-keygen -y -f key')).toBe(bash("cut -d ' ' -f 1-2 key.pub"));
    bash('tar -cf etc.tar /etc 2>/dev/null; gzip -k etc.tar; zstd -q etc.tar');
    const unpacked = ['cat etc.tar', 'zcat etc.tar.gz', 'zstdcat etc.tar.zst'];
    const sums = bash(unpacked.map((cat) => `${cat} | sha256sum`).join('; ')).split('\n');
    expect(sums).toEqual([sums[0], sums[0], sums[0]]);
    expect(bash('tar -xOf etc.tar etc/hostname')).toBe('bookworm');
  });

  test('has an address by DHCP, and reaches the gateway and domain 0', () => {
    expect(bash('ip -brief -4 address show enX0')).toMatch(/^enX0 +UP +10\.0\.0\.101\/24\s*$/);
    expect(bash('ping -c 2 10.0.0.1')).toContain('2 received, 0% packet loss');
    host.leaveConsole();
    expect(host.run('xenstore-ls -f /local/domain/1/device/vbd')).toMatch(/\/51712\/ring-page-order = "4"\n/);
    const motd = host.run('httpd /etc & sha256sum /etc/motd');
    host.type('xm console bookworm\r\r');
    host.until(/# $/);
    expect(motd).toContain(bash('wget -qO - http://10.0.0.100/motd | sha256sum').slice(0, 64));
  });

  test('goes down when it is told to; its disk is clean and has what was written', () => {
    const written = bash('seq 1 100000 > numbers; sha256sum < numbers').slice(0, 64);
    host.type('poweroff\r');
    host.until(/reboot: (Power down|System halted)\n+\/ \$ $/);
    host.wait(1);
    expect(host.list()).toHaveLength(1);
    expect(host.free()).toBe(free);
    const numbers = inspect(host.disk(0), (run) => {
      checkIn(run);
      expect(run('dumpe2fs', (file) => ['-h', file])).toMatch(/Filesystem state: +clean\n/);
      return fileIn(run, 'root/numbers');
    });
    expect(createHash('sha256').update(numbers).digest('hex')).toBe(written);
  });
});
