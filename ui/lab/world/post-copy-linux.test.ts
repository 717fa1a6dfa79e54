/** Debian's cloud kernel goes by post-copy: a kernel that nobody here wrote knows nothing of pages that come later, and misses none. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { debianImages } from '../../../guests/debian/fetch.ts';
import { Consoles, mote, moteWorld, PROMPT } from './testing.ts';

const images = await debianImages();
const [A, B] = [0, 1];
const CONFIG = [
  'kernel = "/lab/vmlinuz"',
  'ramdisk = "/lab/initrd"',
  'extra = "console=hvc0 rdinit=/init"',
  'name = "linux"',
  'memory = 128',
  'vcpus = 2',
  'vif = [ "" ]',
];
/** It serves a file by sendfile: pages that only its card's backend reaches for. */
const SERVES = [
  'ifconfig eth0 10.0.0.70 netmask 255.255.255.0 up',
  'mkdir /tmp/web',
  'dd if=/dev/urandom of=/tmp/web/page bs=1024 count=512 2>/dev/null',
  'httpd -h /tmp/web',
  'sha256sum < /tmp/web/page',
];

describe.skipIf(images === undefined)("Debian's cloud kernel, on two vcpus", () => {
  test('its memory is whole on the other host, and what runs in it goes on', async () => {
    const files = { vmlinuz: 'vmlinuz', initrd: 'initrd' };
    const hosts = [mote('A', { hostMb: 200, memoryMb: 56, files }), mote('B', { hostMb: 200, memoryMb: 48 })];
    const world = await moteWorld(
      { hosts },
      { vmlinuz: readFileSync(images!.cloud), initrd: readFileSync(images!.initrdCloud) },
    );
    const consoles = new Consoles(world);
    for (const host of [A, B]) consoles.until(host, PROMPT);
    consoles.letIn(B);
    for (const line of CONFIG) consoles.run(A, `echo '${line}' >> /etc/xen/linux.cfg`);
    consoles.run(A, 'xm create linux.cfg');
    let calls = 0;
    // What the console has shown before is shown again first.
    const shell = (host: number, command: string): string => {
      const mark = String(++calls);
      const told = new RegExp(`\nbegin${mark}\r?\n([^]*?)\r?\n?end${mark}\r?\n`);
      consoles.type(host, 'xm console linux\r');
      world.type(host, new TextEncoder().encode(`echo be""gin${mark}; ${command}; echo en""d${mark}\r`));
      consoles.until(host, told);
      const printed = told.exec(consoles.screens[host]!)![1]!;
      consoles.type(host, '\x1d');
      consoles.until(host, PROMPT);
      return printed;
    };
    consoles.type(A, 'xm console linux\r');
    consoles.until(A, /INIT-REACHED[^]*# /);
    consoles.type(A, '\x1d');
    consoles.until(A, PROMPT);
    const sum = shell(A, 'dd if=/dev/urandom of=/tmp/big bs=65536 count=320 2>/dev/null; sha256sum /tmp/big');
    shell(A, '(n=0; while true; do n=$((n+1)); echo $n > /tmp/count; sleep 1; done) & sleep 3');
    const page = shell(A, SERVES.join('; '));
    consoles.type(A, 'xm migrate --postcopy --resource=400 linux 10.0.0.101\r');
    // As soon as it runs there, before its pages have followed: none of what it sends is lost for a page that is not here yet.
    consoles.run(B, 'until xm list linux > /dev/null; do true; done');
    expect(consoles.screens[A]).not.toContain('Then its pages followed');
    consoles.run(B, 'wget -q -O /tmp/page http://10.0.0.70/page');
    expect(`${consoles.run(B, 'sha256sum < /tmp/page').slice(0, 64)}  -`).toBe(page);
    expect(consoles.run(B, 'cat /proc/xen/backends')).toMatch(/^vif .* dropped 0$/m);
    consoles.until(A, PROMPT);
    const [, fetched] = /Then its pages followed, (\d+) fetched/.exec(consoles.screens[A]!)!.map(Number);
    expect(fetched).toBeGreaterThan(0);
    // Its text and constants, which its page tables map to be read alone, have gone ahead while it ran: nobody waited for them.
    const ahead = consoles.run(A, 'grep "linux: round 2:" /var/log/xen/xend.log');
    expect(Number(/ sent=(\d+) /.exec(ahead)![1])).toBeGreaterThan(2500);
    expect(fetched).toBeLessThan(400);
    const count = Number(shell(B, 'cat /tmp/count'));
    expect(shell(B, 'sha256sum /tmp/big')).toBe(sum);
    expect(sum).toMatch(/^[0-9a-f]{64}  \/tmp\/big$/);
    expect(Number(shell(B, 'sleep 3; cat /tmp/count'))).toBeGreaterThan(count);
    expect(shell(B, 'dmesg | grep -cE "BUG:|Oops|lockup|stalls"; nproc')).toBe('0\n2');
  });
});
