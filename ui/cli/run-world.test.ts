/** A world in the terminal: whose console gets the keys, and how it is asked for by `boot`. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { mote, moteWorld } from '../lab/world/testing.ts';
import { runWorldInTerminal } from './run-world.ts';
import { boot, Keyboard, refused, takeOutput, xenoscope } from './testing.ts';

const CTRL_BACKSLASH = '\x1c';

describe('in a terminal', () => {
  let printed = '';
  beforeEach(() => {
    printed = '';
    takeOutput((text) => (printed += text));
    return () => {
      vi.restoreAllMocks();
    };
  });

  it('keys go to the first host until Ctrl-\\ and a number lead them to another; q ends all', async () => {
    const keyboard = new Keyboard(true);
    const world = await moteWorld({ hosts: [mote('A'), mote('B')] });
    const left: [after: string, keys: string][] = [
      ['B| xenbr0: 10.0.0.101', 'hostname\r'],
      ['A| A', CTRL_BACKSLASH],
      ['the console of A: 1 A, 2 B: shows that host', '2'],
      ['goes on] \r\n', 'hostname\r'],
      ['B| B', CTRL_BACKSLASH],
      ['the console of B', 'q'],
    ];
    for (const host of [0, 1]) world.onConsole(host, () => setImmediate(offer));
    function offer(): void {
      while (left.length > 0 && printed.includes(left[0]![0])) keyboard.write(left.shift()![1]);
      if (left.length > 0) setImmediate(offer);
    }
    expect(await runWorldInTerminal(world, {}, keyboard)).toEqual({ kind: 'left' });
    expect(keyboard.isRaw).toBe(false);
    expect(world.past.inputs.all.map(({ host }) => host)).toEqual([0, 1]);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'xenoscope-'));

function describedBy(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

it('--hosts 2: the first is typed at, lines have their host’s name, a run is a function of its inputs', async () => {
  const args = ['--hosts', '2', '--host-memory', '128', '--memory', '64', '--until', 'packet loss', '--hash'];
  const input = 'hostname; ping -c 1 10.0.0.101\n';
  const first = await boot(args, input);
  expect(first.stdout).toMatch(/^A\| A\nA\| PING 10\.0\.0\.101[^]*^A\| 1 packets transmitted, 1 received/m);
  expect(first.stdout).toMatch(/^B\| xenbr0: 10\.0\.0\.101 by 10\.0\.0\.1$/m);
  expect([first.status, first.stderr]).toEqual([0, expect.not.stringContaining('guest time')]);
  expect((await boot(args, input)).stdout).toBe(first.stdout);
});

it('a world is recorded with a trace, replayed, looked into host by host, saved and gone on with', async () => {
  const path = (name: string): string => join(folder, name);
  const hash = /^[0-9a-f]{64} at \d+ ns$/m;
  const size = ['--hosts', '2', '--host-memory', '128', '--memory', '64'];
  const files = ['-o', path('run'), '--save', path('saved'), '--trace', path('trace.txt')];
  const recorded = await xenoscope(
    ['record', ...size, '--until', '1 received', '--hash', ...files],
    'ping -c 1 10.0.0.101\n',
  );
  expect(recorded.stderr).toMatch(/recording of 1 inputs and \d marks in .*\n.*snapshot of \d+ ns in /);
  for (const name of ['A', 'B'])
    expect(readFileSync(path(`trace-${name}.txt`), 'utf8')).toContain('mmu_update');
  const replayed = await xenoscope(['replay', path('run'), '--hash']);
  expect(replayed.stderr).toMatch(/the end of the recording, .* at 1 of 1 marks/);
  expect(hash.exec(replayed.stdout)?.[0]).toBe(hash.exec(recorded.stdout)![0]);
  // A line that has no end is printed, too.
  expect(replayed.stdout).toMatch(/^B\| \/ \$ $/m);
  const commands = ['host', 'host B', 'break hypercall sched_op domain 0', 'continue', 'back', 'inputs'];
  const debugged = await xenoscope(['debug', path('run')], `${commands.join('\n')}\n`);
  expect(debugged.stdout).toMatch(
    /^\* A {2}0\.0+ s\n {2}B {2}0\.0+ s\nhost B, instruction 0,[^]*^What you wait for/m,
  );
  expect(debugged.stdout).toMatch(/^ +0\.\d+ s {2}A {2}"ping -c 1 10\.0\.0\.101\\n"$/m);
  expect(debugged.status).toBe(0);
  const restored = await xenoscope(['restore', path('saved'), '--until', 'on again'], 'echo on again\n');
  expect(restored.stdout).toMatch(/^A\| on again/m);
});

it('a recording ends behind a breakpoint that stopped a host', async () => {
  const size = ['--hosts', '2', '--host-memory', '128', '--memory', '64'];
  const { status, stderr } = await xenoscope(
    ['record', ...size, '--break', 'programs/hostname.ts:1', '-o', join(folder, 'broken')],
    'hostname\n',
  );
  expect(stderr).toMatch(/A: breakpoint[^]*recording of 1 inputs/i);
  expect(status).toBe(6);
});

it('a world ends when its time is over', async () => {
  const size = ['--hosts', '2', '--host-memory', '128', '--memory', '64'];
  const timed = await boot([...size, '--for', '0.01']);
  expect(timed.stderr).toContain('xenoscope: 0.01 s of guest time are over');
  expect(timed.status).toBe(5);
});

it('--world FILE: hosts as a file describes them, with files from where it is', async () => {
  writeFileSync(join(folder, 'greeting'), 'from the other side\n');
  const host = { kernel: 'mote', ramdisk: 'dom0', hostMb: 128, memoryMb: 64 };
  const file = describedBy('world.json', {
    hosts: [
      { ...host, name: 'left' },
      { ...host, name: 'right', files: { index: 'greeting' } },
    ],
    lans: [{ name: 'wire', latencyNs: 1_000_000, gateway: '192.168.7.0/24' }],
  });
  const { stdout, status } = await boot(['--world', file, '--until', 'seq=2.*ms'], 'ping 192.168.7.101\n');
  expect(stdout).toMatch(/^left\| 64 bytes from 192\.168\.7\.101: icmp_seq=2 ttl=64 time=2\.\d+ ms/m);
  expect(status).toBe(0);
});

it.each([
  [['--hosts', '9'], 'a world has 8 hosts at most'],
  [['--hosts', '2', '--cpus', '3'], 'a machine has 1, 2, 4, 8 or 16 processors, not 3'],
  [['--world', describedBy('a.json', '{')], 'a.json: Expected property name'],
  [
    ['--world', describedBy('b.json', { hosts: [{ name: 'A' }] })],
    'b.json: hosts[0].kernel: it must be a text',
  ],
  [
    ['--world', describedBy('c.json', { hosts: [{ name: 'A', kernel: 'none' }] })],
    `cannot read ${join(folder, 'none')}`,
  ],
  [['--world', join(folder, 'a.json'), 'kernel'], 'it goes without a kernel'],
  // What the file says, and nobody would heed.
  ...[
    ...['--hosts 2', '--ramdisk some', '--host-memory 64', '--disk some', '--share some', '--memory 32'],
    ...['--vcpus 2', '--cpus 2', '--sched bvt', '--xen sched=bvt', '--extra some'],
  ].map((option): [string[], string] => [
    ['--world', join(folder, 'a.json'), ...option.split(' ')],
    `'--world <file>' cannot be used with option '${option.split(' ')[0]!}`,
  ]),
])('%j is refused in a line', async (args, message) => {
  const { status, stderr } = await refused(args);
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(status).toBe(2);
});
