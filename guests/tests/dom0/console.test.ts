/** The consoles of domains: what they print is taken, logged and shown, whoever is there and whoever is not. */
import { beforeAll, expect, test } from 'vitest';
import { xencons_interface } from '../../../hypervisor/abi/console.ts';
import { writeWord } from '../../../hypervisor/memory/guest-frames.ts';
import { Host } from './testing.ts';

const PAGE_BYTES = 4096;
const LOG = '/var/log/xen/console/guest-mote.log';

let host: Host;
beforeAll(async () => {
  host = await Host.boot();
  host.run('xm create mote');
});

function attach(): void {
  host.type('xm console mote\r');
  host.until(/\n\/ \$ $/);
}

function wait(seconds: number): void {
  const end = host.lab.ns + seconds * 1e9;
  while (host.lab.ns < end) host.lab.run({ ns: end }, 1e9);
}

test('a domain whose console nobody looks at does not wait: more than its ring holds is printed and logged', () => {
  attach();
  host.type('sleep 1; seq 1 2000; echo the end\r');
  host.leaveConsole();
  wait(3);
  expect(host.run(`tail -n 3 ${LOG}`)).toContain('2000\nthe end');
  // And who comes later sees the last of it.
  host.type('xm console mote\r');
  host.until(/\n1999\n2000\nthe end\n\/ \$ $/);
  host.leaveConsole();
});

test('who leaves one has his own terminal back: lines, of which Ctrl-D is the end', () => {
  attach();
  host.leaveConsole();
  host.type('cat > /tmp/typed\rof mine\r\x04');
  host.until(/\n\/ \$ $/);
  expect(host.run('cat /tmp/typed')).toBe('of mine');
});

test('logs stay bounded', () => {
  attach();
  host.type('dd if=/dev/zero of=/tmp/zeros bs=1k count=150; cat /tmp/zeros; echo "done" now\r');
  host.until(/done now\n\/ \$ $/);
  host.leaveConsole();
  const sizes = [...host.run(`ls -l /var/log/xen/console`).matchAll(/ (\d+) {2}.* guest-mote\.log/g)];
  expect(sizes).toHaveLength(2);
  for (const [, size] of sizes) expect(Number(size)).toBeLessThanOrEqual(65536);
});

test('two clients see the same, and both may type', () => {
  host.run('(sleep 1; echo uname; sleep 3) | xm console mote > /tmp/other &');
  attach();
  host.until(/\nMote\n\/ \$ $/);
  host.type('echo "from me" too\r');
  host.until(/\nfrom me too\n\/ \$ $/);
  host.leaveConsole();
  expect(host.run('sleep 5; tail -n 4 /tmp/other')).toContain('Mote\n/ $ echo "from me" too\nfrom me too');
});

test('what a domain does not read is lost, and Ctrl-] leaves all the same', () => {
  attach();
  host.type('spin\r');
  for (let n = 0; n < 30; n++) {
    host.type('0123456789'.repeat(10));
    wait(0.005);
  }
  host.leaveConsole();
  host.run('xm destroy mote; xm create mote; sleep 1');
});

test('a new xenconsoled goes on where the last one was', () => {
  const pid = /^ *(\d+) .* xenconsoled$/m.exec(host.run('ps'))![1]!;
  expect(host.run(`kill ${pid}; sleep 1; xm console mote`)).toContain('Connection refused');
  host.run('xenconsoled');
  host.type('xm console mote\r');
  wait(1);
  host.type('echo "once" more\r');
  host.until(/\nonce more\n\/ \$ $/);
  host.leaveConsole();
});

test('a ring whose indices make no sense costs its domain its output, and nobody else anything', () => {
  host.run('echo name = \\"liar\\" > /tmp/c; cat /etc/xen/mote | grep -v name >> /tmp/c; xm create /tmp/c');
  const id = host.run('xm domid liar');
  const ring = Number(host.run(`xenstore-read /local/domain/${id}/console/ring-ref`)) * PAGE_BYTES;
  const { frames } = host.lab.hypervisor;
  for (const field of ['out_prod', 'in_cons'] as const)
    writeWord(frames, ring + xencons_interface.offset[field], 0x8000_0000);
  host.type('xm console liar\r');
  wait(1);
  host.type('\r\r');
  wait(1);
  host.leaveConsole();
  attach();
  host.leaveConsole();
  host.run(`xm destroy ${id}`);
});

test('a console ends with its domain, however that ends', () => {
  host.run('(sleep 2; xm destroy mote) &');
  host.type('xm console mote\r');
  host.until(/\n\/ \$ $/);
  host.until(/\n\/ \$ \n+\/ \$ $/);
  expect(host.run('xm console mote')).toMatch(/^xm: mote: there is no such domain$/m);
  expect(host.run('lsevtchn 0')).not.toMatch(/Remote Domain [1-9]/);
});
