/** The network as a person uses it: one machine, whose console gets commands and shows what they print. */
import { expect, test } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { loadCore } from '../../../ui/lab/core-node.ts';
import { Lab } from '../../../ui/lab/lab.ts';
import { moteImages } from '../../toolchain/mote-node.ts';

const PATIENCE_TICKS = 60e9;
const PROMPT = /\n\/\S* \$ $/;

const lab = await Lab.boot(loadCore(), {
  ...(await moteImages()),
  commandLine: '',
  memoryMb: 32,
  vcpus: 1,
});
let screen = '';
lab.onConsole((bytes) => (screen += new TextDecoder().decode(bytes).replaceAll('\r', '')));
lab.run({ text: PROMPT }, PATIENCE_TICKS);

/** Types a command, and gives what it printed when the shell has its prompt again. */
function run(command: string): string {
  screen = '';
  lab.type(new TextEncoder().encode(`${command}\r`));
  expect(lab.run({ text: PROMPT }, PATIENCE_TICKS)?.kind, screen).toBe('text');
  return screen.replace(/^[^\n]*\n/, '').replace(/\n?\/\S* \$ $/, '');
}

test('the loopback is there, and answers', () => {
  expect(run('ifconfig')).toMatch(/^lo: flags=73<UP,LOOPBACK,RUNNING> {2}mtu 1500\n +inet 127\.0\.0\.1 /);
  const ping = run('ping -c 3 localhost; echo $?');
  expect(ping).toMatch(/64 bytes from 127\.0\.0\.1: icmp_seq=3 ttl=64 time=0\.\d+ ms/);
  expect(ping).toMatch(/3 packets transmitted, 3 received, 0% packet loss.*\nrtt .* ms\n0$/s);
  expect(run('ping -c 1 -s 5000 127.0.0.1')).toContain('5008 bytes from 127.0.0.1');
  expect(run('ping -c 1 10.1.1.1; echo $?')).toContain('Network is unreachable\n2');
});

test('files are served and fetched, and are the same', () => {
  run('httpd -p 8080 / &');
  expect(run('wget -O - http://localhost:8080/etc/motd')).toBe(run('cat /etc/motd'));
  run('dd if=/dev/zero of=/tmp/a bs=4k count=10 2> /dev/null; cat /bin/sh >> /tmp/a; cat /bin/* >> /tmp/a');
  expect(Number(/(\d+)\s+\/tmp\/a/.exec(run('wc /tmp/a'))?.[1])).toBeGreaterThan(1 << 20);
  expect(run('wget -q -O /tmp/b http://localhost:8080/tmp/a; cmp /tmp/a /tmp/b; echo $?')).toBe('0');
  expect(run('wget http://localhost:8080/nothing; echo $?')).toBe(
    'wget: server returned error: 404 Not Found\n8',
  );
  expect(run('wget -O - http://localhost:8080/tmp/')).toContain('<a href="a">a</a>');
  expect(run('wget http://localhost:8080/../etc/motd')).toContain('403 Forbidden');
  expect(run('wget http://localhost:81/; echo $?')).toContain('Connection refused\n4');
});

test('several at once', () => {
  const many = Array.from(
    { length: 5 },
    (_, n) => `wget -q -O /tmp/w${n} http://localhost:8080/bin/sh &`,
  ).join(' ');
  // Not `wait`: the server is a job too.
  run(`${many} sleep 5`);
  run('');
  expect(run('for i in 0 1 2 3 4; do cmp /tmp/w$i /bin/sh && echo same; done')).toBe(
    'same\n'.repeat(5).trim(),
  );
});

test('who listens and who is connected is told', () => {
  expect(run('netstat -l')).toMatch(/^Proto .*\ntcp +0 +0 +0\.0\.0\.0:8080 +0\.0\.0\.0:\* +LISTEN$/);
  run('sleep 5');
  expect(run('netstat').split('\n').length).toBe(1);
  expect(run('route -n')).toMatch(/^Kernel IP routing table\nDestination .* Iface$/);
});

test('when the server has gone, nothing is left of it', () => {
  run('kill %1; sleep 3');
  expect(run('netstat -a').split('\n').length).toBe(1);
  expect(run('wget http://localhost:8080/')).toContain('Connection refused');
  expect(checkFrameTable(lab.hypervisor.frames, lab.hypervisor.domains)).toEqual([]);
});
