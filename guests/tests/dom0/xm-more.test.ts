/** The commands of xm that look closer and turn screws: processors, schedulers, devices, keys, top. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

const TWO_VCPUS = moteConfig('two', 'vcpus = 2', 'extra = "one two"', 'on_crash = "preserve"');
const FILES = { 'etc/xen/two': TWO_VCPUS };

describe('a host with two processors', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot(FILES, { cpus: 2, xenCommandLine: 'dom0_mem=48M loglvl=all colour=red' });
    expect(host.run('xm create two')).toBe('Using config file "/etc/xen/two".\nStarted domain two (id=1)');
  });

  test('Xen was told by its command line how large domain 0 is to be, and says what it does not know', () => {
    expect(host.list()[0]).toBe('Domain-0 0 48 1 r-----');
    expect(host.run('xm info')).toMatch(/\nxen_commandline +: dom0_mem=48M loglvl=all colour=red\n/);
    const said = host.run('xm dmesg').split('\n');
    expect(said.slice(-2)).toEqual([
      '(XEN) Command line: dom0_mem=48M loglvl=all colour=red',
      '(XEN) parameter "colour" unknown!',
    ]);
    expect(said[0]).toMatch(/^\(XEN\) Xen version 4\.17\.7 /);
    expect(said).toContain('(XEN)  [0000000000100000, 000000000fffffff] (usable)');
    expect(said).toContain('(XEN) Brought up 2 CPUs');
  });

  test('vcpus are pinned to processors, and shown with them', () => {
    const affinities = (): string[] =>
      host
        .run('xm vcpu-list two')
        .split('\n')
        .slice(1)
        .map((line) => / \d+\.\d (.*)$/.exec(line)![1]!);
    expect(host.run('xm vcpu-list').split('\n')[0]).toMatch(/ Time\(s\) CPU Affinity$/);
    expect(affinities()).toEqual(['any cpu', 'any cpu']);
    expect(host.run('xm vcpu-pin two 1 1; xm vcpu-pin two 0 0-63,^1')).toBe('');
    expect(affinities()).toEqual(['0', '1']);
    expect(host.run('xm vcpu-pin two all all')).toBe('');
    expect(affinities()).toEqual(['any cpu', 'any cpu']);
    expect(
      host.run('xm vcpu-pin two all 5; xm vcpu-pin two 2 0; xm vcpu-pin two 0 1-0; xm vcpu-pin x 0 0'),
    ).toBe(
      [
        'xm: two: VCPU 0: Invalid argument',
        'xm: two: VCPU 2: it is to be a number from 0 to 1',
        'xm: 1-0: processors are named as 0-3,^1,5 or all',
        "xm: Domain 'x' does not exist.",
      ].join('\n'),
    );
  });

  test('the kernel is told by the store how many vcpus it is to use, and which sysrq it got', () => {
    const available = (): string =>
      host.run('cd /; for n in 0 1; do xenstore-read /local/domain/1/cpu/$n/availability; done');
    expect(host.run('xm vcpu-set two 1')).toBe('');
    expect(available()).toBe('online\noffline');
    // Mote uses one alone: that others are not up is said.
    expect(host.run('xm vcpu-set two 2; echo $?')).toBe('xm: two: it has been told; 1 of 2 are up\n1');
    expect(available()).toBe('online\nonline');
    expect(host.run('xm vcpu-set two 3; xm vcpu-set two 0; xm vcpu-set Domain-0 2')).toBe(
      [
        'xm: two: 3 vcpus: it is to be a number from 1 to 2',
        'xm: two: 0 vcpus: it is to be a number from 1 to 2',
        'xm: Domain-0: 2 vcpus: it is to be a number from 1 to 1',
      ].join('\n'),
    );
    expect(host.run('xm vcpu-set Domain-0 1; echo $?')).toBe('0');
    expect(host.run('xm sysrq two h; xenstore-read /local/domain/1/control/sysrq')).toBe('h');
    expect(host.run('xm sysrq two help; xm sysrq 0 h; xm sysrq two')).toBe(
      'xm: help: it is to be one letter\nxm: Domain-0: this is the host itself\nxm: usage: xm sysrq DOMAIN LETTER',
    );
  });

  test('the credit scheduler knows weights and caps; the others do not run', () => {
    const row = (name: string, id: number, weight: number, cap: number): string =>
      `${name.padEnd(32)} ${String(id).padStart(5)} ${String(weight).padStart(6)} ${String(cap).padStart(4)}`;
    const heading = `Name${' '.repeat(32)}ID Weight  Cap`;
    expect(host.run('xm sched-credit').split('\n')).toEqual([
      heading,
      row('Domain-0', 0, 256, 0),
      row('two', 1, 256, 0),
    ]);
    expect(host.run('xm sched-credit -d two -w 512; xm sched-credit --domain=1 -c50')).toBe('');
    expect(host.run('xm sched-credit -d two').split('\n')).toEqual([heading, row('two', 1, 512, 50)]);
    expect(host.run('xm sched-credit -w 1; xm sched-credit -d two -w x; xm sched-credit -d x')).toBe(
      [
        'xm: No domain given.',
        'xm: usage: xm sched-credit [-d DOMAIN [-w WEIGHT] [-c CAP]]',
        'xm: Weight: it is to be a number from 1 to 65535',
        "xm: Domain 'x' does not exist.",
      ].join('\n'),
    );
    expect(host.run('xm sched-credit -d two -c 201; echo $?')).toBe(
      'xm: Cap: it is to be a number from 0 to 200\n1',
    );
    expect(host.run('xm sched-bvt; xm sched-atropos two; xm sched-bvt two 1')).toBe(
      [
        'xm: Xen is running with the credit scheduler',
        'xm: Xen is running with the credit scheduler',
        'xm: usage: xm sched-bvt [DOMAIN [MCUADV WARPBACK WARPVALUE WARPL WARPU]]',
      ].join('\n'),
    );
  });

  test('devices are told as xl tells them of the same store', () => {
    const recorded = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
    for (const [path, value] of Object.entries(NODES))
      expect(host.run(`xenstore-write /local/domain/1/device/${path} ${value}`)).toBe('');
    expect(`${host.run('xm block-list two; xm network-list two')}\n`).toBe(recorded('devices-4.17.txt'));
    expect(host.run('xm block-list 0; xm block-list x')).toMatch(
      /^Vdev {2}BE {2}handle [^\n]*\nxm: Domain 'x' does not exist\.$/,
    );
  });

  test('list -l tells all in S-expressions', () => {
    const text = host.run('xm list -l two').replace(/\((\w+_time|\w+_mfn|uuid) [^)]*\)/g, '($1)');
    expect(text).toMatch(/^\(domain\n {4}\(domid 1\)\n {4}\(cpu_weight 512\)\n {4}\(cpu_cap 50\)\n/);
    for (const wanted of [
      '    (uuid)\n    (on_poweroff destroy)\n    (on_reboot restart)\n    (on_crash preserve)\n',
      '    (bootloader )\n    (bootloader_args )\n    (localtime 0)\n    (vcpus 2)\n    (name two)\n    (cpus ((0 1) (0 1)))\n    (maxmem 16)\n',
      '    (shadow_memory 0)\n    (memory 16)\n',
      '    (features )\n    (on_xend_start ignore)\n    (on_xend_stop ignore)\n',
      "        (linux\n            (kernel /boot/mote.elf)\n            (ramdisk /boot/mote.cpio)\n            (args 'one two')\n",
      '    (status 2)\n    (memory_dynamic_min 16)\n    (memory_dynamic_max 16)\n    (state -b----)\n    (store_mfn)\n    (console_mfn)\n',
      '        (vif\n            (mac 00:16:3e:00:00:10)\n            (backend 0)\n        )\n',
    ])
      expect(text).toContain(wanted);
    expect(text.split('(').length).toBe(text.split(')').length);
    expect(host.run('xm list -l').match(/^\(domain$/gm)).toHaveLength(2);
    expect(host.run('xm list x -l')).toBe("xm: Domain 'x' does not exist.");
  });

  test('top shows the columns of xentop: so many times, or until q', () => {
    const lines = host.run('xm top -b -i 2 -d 1').split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe(lines[3]);
    expect(lines[0]).toBe(
      '      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k)' +
        ' VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID',
    );
    expect(lines[5]).toMatch(
      /^ {7}two --b--- +\d+ +\d+\.\d {6}16384 {4}6\.3 {6}17408 {7}6\.6 {5}2 {4}1 .* {4}1 /,
    );
    host.type('xm top -d 1\r');
    host.until(
      /2 domains: 1 running, 1 blocked, 0 paused, 0 crashed, 0 dying, 0 shutdown\nMem: 262144k total/,
    );
    host.type('xq');
    host.until(/\n\/ \$ $/);
    expect(host.run('echo back; xm top -i; xm top -d 0')).toBe(
      'back\nxm: usage: xm top [-b] [-d SECONDS] [-i TIMES]\nxm: -d: it is to be a number from 1 to 1000000',
    );
  });

  test('keys of xentop show vcpus, repeat the headings, sort, and ask for another delay', () => {
    const screen = (keys: string, wanted: RegExp): void => {
      host.type(keys);
      host.until(wanted);
    };
    screen('xm top -d 1\r', /2 domains[^]*Quit/);
    screen('v', / two [^\n]*\nVCPUs\(sec\): +0: +\d+s +1: +\d+s\n/);
    screen('vr', /VBD_WSECT SSID\n +Domain-0 [^\n]*\n +NAME [^\n]*\n +two /);
    screen('r', /SSID\n +Domain-0 [^\n]*\n +two /);
    // By the time that they have had, then by their share of a processor, then by memory: the greatest first.
    screen('sss', /SSID\n +Domain-0 [^\n]*\n +two /);
    screen('d', /Delay\(sec\): /);
    screen('7\r', /2 domains[^]*Quit/);
    screen('q', /\/ \$ $/);
  });

  test('debug keys go to Xen, which tells on its console', () => {
    host.run('xm dmesg -c');
    expect(host.run('xm debug-keys re')).toContain('(XEN) Event channel information for domain 1:\n');
    const told = host.run('xm dmesg -c').split('\n');
    expect(told).toContain('(XEN) Scheduler: SMP Credit Scheduler (credit)');
    expect(told).toContain("(XEN) 'e' pressed -> dumping event-channel info");
    expect(host.run('xm debug-keys ~; xm debug-keys; xm dmesg')).toBe('xm: usage: xm debug-keys KEYS');
  });

  test('help lists the commands, and tells of one', () => {
    expect(host.run('xm help')).toMatch(
      /\n vcpu-pin DOMAIN VCPU\|all CPUS\|all\n {28}Set which CPUs a VCPU can use\.\n/,
    );
    expect(host.run('xm help sysrq; xm help x')).toBe(
      [
        'Usage: xm sysrq DOMAIN LETTER',
        '',
        'Send a sysrq to a domain.',
        "xm: x: there is no such command; 'xm help' lists them",
      ].join('\n'),
    );
  });
});

test('sched-bvt: all of its parameters at once', async () => {
  const host = await Host.boot(FILES, { xenCommandLine: 'sched=bvt' });
  expect(host.run('xm sched-bvt 0 20 0 -5 10 100')).toBe('');
  const [heading, row] = host.run('xm sched-bvt Domain-0').split('\n');
  expect(heading!.trim().split(/ +/)).toEqual([
    'Name',
    'ID',
    'McuAdv',
    'WarpBack',
    'WarpValue',
    'WarpL',
    'WarpU',
  ]);
  expect(row!.trim().split(/ +/)).toEqual(['Domain-0', '0', '20', '0', '-5', '10', '100']);
  expect(host.run('xm sched-bvt 0 0 0 0 0 0; xm sched-credit')).toBe(
    'xm: Domain-0: Invalid argument\nxm: Xen is running with the bvt scheduler',
  );
});

test('sched-atropos: period, slice, latency, and whether extra time is wanted', async () => {
  const host = await Host.boot(FILES, { xenCommandLine: 'sched=atropos' });
  expect(host.run('xm sched-atropos 0 100000000 50000000 10000000 1')).toBe('');
  expect(host.run('xm sched-atropos 0 100000000 50000000 0 1')).toMatch(
    /^xm: Latency: it is to be a number from 100000 to /,
  );
  const [heading, row] = host.run('xm sched-atropos').split('\n');
  expect(heading!.trim().split(/ +/)).toEqual(['Name', 'ID', 'Period', 'Slice', 'Latency', 'XtraTime']);
  expect(row!.trim().split(/ +/)).toEqual(['Domain-0', '0', '100000000', '50000000', '10000000', '1']);
});

test('sched-sedf: period, slice and latency in ms, extra time; or a weight', async () => {
  const host = await Host.boot(FILES, { xenCommandLine: 'sched=sedf' });
  const row = (): string[] => host.run('xm sched-sedf').split('\n')[1]!.trim().split(/ +/);
  expect(host.run('xm info | grep xen_scheduler')).toMatch(/: sedf$/);
  expect(host.run('xm sched-sedf').split('\n')[0]!.trim().split(/ +/)).toEqual(
    'Name ID Period(ms) Slice(ms) Lat(ms) Extra Weight'.split(' '),
  );
  expect(row()).toEqual(['Domain-0', '0', '20.0', '15.0', '0.0', '1', '0']);
  expect(host.run('xm sched-sedf 0 -p 100 -s 62.5 --latency=10 -e 0')).toBe('');
  expect(row()).toEqual(['Domain-0', '0', '100.0', '62.5', '10.0', '0', '0']);
  expect(host.run('xm sched-sedf 0 -w 3')).toBe('');
  expect(row()).toEqual(['Domain-0', '0', '100.0', '95.0', '10.0', '0', '3']);
  expect(host.run('xm sched-sedf 0 -p 10 -s 20; echo $?')).toBe('xm: Domain-0: Invalid argument\n1');
  expect(host.run('xm sched-sedf 0 -p 10 -w 20; echo $?')).toMatch(/^xm: A weight is in place of .*\n.*\n2$/);
  expect(host.run('xm sched-sedf 0 -p x; xm sched-sedf -p 1; xm sched-credit')).toMatch(
    /^xm: Period\(ms\): it is to be a number .*\nxm: No domain given\.\nxm: usage: .*\nxm: Xen is running with the sedf scheduler$/,
  );
});

/** Of frontends, as in the recording of a domain with a disk and a card. */
const NODES: Readonly<Record<string, string>> = {
  'vbd/51712/backend': '/local/domain/0/backend/vbd/1/51712',
  'vbd/51712/backend-id': '0',
  'vbd/51712/state': '4',
  'vbd/51712/ring-ref': '8',
  'vbd/51712/event-channel': '15',
  'vif/0/backend': '/local/domain/0/backend/vif/1/0',
  'vif/0/backend-id': '0',
  'vif/0/state': '4',
  'vif/0/handle': '0',
  'vif/0/mac': '00:16:3e:00:00:10',
  'vif/0/tx-ring-ref': '522',
  'vif/0/rx-ring-ref': '523',
};
