/**
 * Linux's own frontends (xen-blkfront, xen-netfront) against the backends here: Debian's cloud kernel with its root on a disk of
 * the host and an address by DHCP. What the store, the event channels and xm tell of it is what the real Xen 4.17 tells of such
 * a domain: xenstore-devices-4.17.txt (without what is libxl's alone), event-channels-4.17.txt, devices-4.17.txt.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { debianImages } from '../../debian/fetch.ts';
import { check, hasTools } from '../ext2.ts';
import { hostCounts } from './testing-counts.ts';
import type { HostCounts } from './testing-counts.ts';
import { diskBytes, fileOf, sha256 } from './testing-integrity.ts';
import { awaitShell, inLinux, linuxParts, shell } from './testing-linux.ts';
import { Host } from './testing.ts';

const images = await debianImages();

function recorded(name: string): string[] {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
}

/** Of what is another one on each host, the form. */
const FORMS: readonly (readonly [path: RegExp, form: RegExp])[] = [
  [/\/(params|physical-device-path)$/, /^\/dev\/\w+$/],
  [/\/physical-device$/, /^[0-9a-f]+:[0-9a-f]+$/],
  [/\/(store|console)\/ring-ref$/, /^\d+$/],
  // How many grants were in use by then.
  [/\/[rt]x-ring-ref$/, /^\d+$/],
  [/\/console\/tty$/, /^\S+$/],
  [/\/image\/(kernel|ramdisk)$/, /^\/\S+$/],
  [/\/image\/cmdline$/, /^.*console=hvc0/],
  [/\/start_time$/, /^\d+\.\d\d$/],
];
/** What netback has on Linux and this one has not. */
const NOT_OFFERED = /\/backend\/vif\/1\/0\/feature-(ctrl-ring|multicast-control|dynamic-multicast-control)$/;

/** A line of the store with what is another one on each host told by its form. */
function comparable(line: string): string {
  const [, path, value, permissions] = /^(\S+) = "(.*)" +(\(.*\))$/.exec(line) ?? [line, line];
  const form = FORMS.find(([which]) => which.test(path!))?.[1];
  if (form !== undefined) expect(value, path).toMatch(form);
  const shown = form !== undefined || NOT_OFFERED.test(path!) ? '…' : value;
  return `${path!} = ${shown!} ${permissions!}`;
}

/** That the domain is gone, and what there was before it is there again. */
function expectNoneLeft(host: Host, before: HostCounts): void {
  expect(host.list()).toHaveLength(1);
  const { nodes, ...counts } = hostCounts(host);
  expect({ ...counts, nodes: before.nodes }).toEqual(before);
  expect(nodes).not.toMatch(/\blin\b|\/backend\/\w+\/\d/);
}

describe.skipIf(images === undefined || !hasTools())("Debian's cloud kernel (LZ4), disk and network", () => {
  let host: Host;
  let before: HostCounts;
  beforeAll(async () => {
    const parts = linuxParts(images!, { type: 'ext4', rootMib: 16, vcpus: 2 });
    ({ host, told: before } = await Host.brought('linux-devices', ...parts, (booting) => {
      const counts = hostCounts(booting);
      booting.type('xm create -c linux\r');
      awaitShell(booting);
      return counts;
    }));
  });

  test('boots from its ext4 root and gets an address by DHCP', () => {
    const log = host.screen;
    expect(log).toContain('Started domain lin (id=1)');
    expect(log).toContain('Hypervisor detected: Xen PV');
    // As XENMEM_set_memory_map has it, and as libxl gives it.
    expect(log).toMatch(/Xen: \[mem 0x0{10}100000-0x0{9}7ffffff\] usable/);
    expect(log).toMatch(/RAMDISK: \[mem 0x0[4-5][0-9a-f]{6}-/);
    expect(log).toContain('Checked W+X mappings: passed, no W+X pages found.');
    // As on the real Xen.
    expect(log).toContain(
      'blkfront: xvda: flush diskcache: enabled; persistent grants: enabled; indirect descriptors: enabled; bounce buffer: enabled',
    );
    expect(log).toContain('xen_netfront: backend supports XDP headroom');
    expect(log).toContain('lease of 10.0.0.101 obtained from 10.0.0.1');
    expect(log).not.toMatch(/WARNING|BUG|Call Trace|unpacking failed|xvda disabled|I\/O error/);
    // From here on it is to print what it is asked for alone.
    shell(host, 'dmesg -n 1');
    expect(shell(host, 'grep " / " /proc/mounts')).toBe('/dev/xvda / ext4 rw,relatime 0 0');
    expect(shell(host, 'grep -c ^processor /proc/cpuinfo')).toBe('2');
    expect(shell(host, 'dd if=/dev/zero bs=1k count=64 2>/dev/null | md5sum')).toBe(
      'fcd6bcb56c1689fcef28b57c22475bad  -',
    );
    expect(shell(host, 'cat /sys/hypervisor/version/extra /sys/hypervisor/type')).toMatch(/xen$/);
    host.leaveConsole();
  });

  test('is a domain like others: listed, powered off from inside; then the host goes back to before', () => {
    const running = host.lab.save();
    expect(host.list()[1]).toMatch(/^lin 1 128 2 -b-+$/);
    expect(host.run('xm uptime lin')).toMatch(/lin +1 0:00:0\d$/);
    host.type('xm console lin\r\r');
    host.until(/# /);
    host.type('poweroff -f\r');
    host.until(/reboot: (Power down|System halted)\n+\/ \$ $/);
    // What happens then is on_poweroff: it is destroyed.
    host.run('sleep 1');
    expectNoneLeft(host, before);
    host.lab.goTo(running);
    expect(host.list()).toHaveLength(2);
  });

  test('its nodes are those of such a domain on the real Xen: paths, values or their forms, permissions', () => {
    const lines = host
      .run('xenstore-ls -f -p')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
      .split('\n');
    expect(lines.map(comparable).sort()).toEqual(
      recorded('xenstore-devices-4.17.txt').map(comparable).sort(),
    );
  });

  test('its event channels and the lists of its devices too', () => {
    const channels = host
      .run('lsevtchn 1')
      .replace(/Port \d+/g, 'Port N')
      .split('\n');
    expect(channels).toEqual(
      recorded('event-channels-4.17.txt').map((line) => line.replace(/Port \d+/, 'Port N')),
    );
    const lists = host.run('xm block-list lin; xm network-list lin');
    expect(lists.replace(/\d{3}\/\d{3}/, '522/523').split('\n')).toEqual(recorded('devices-4.17.txt'));
  });

  test('it and a domain of Mote serve each other by HTTP, and domain 0', () => {
    const given = inLinux(
      host,
      'dd if=/dev/urandom of=/www/file bs=1k count=1000 2>/dev/null; sha256sum < /www/file',
    );
    expect(given).toMatch(/^[0-9a-f]{64} {2}-$/);
    host.run('xm create other; sleep 1');
    const got = host.inside('other', 'udhcpc; wget -O /tmp/file http://10.0.0.101/file; sha256sum /tmp/file');
    expect(got).toContain(given.slice(0, 64));
    expect(host.run('wget -O /tmp/file http://10.0.0.101/file; sha256sum /tmp/file')).toContain(
      given.slice(0, 64),
    );
    host.inside('other', 'httpd /tmp &');
    expect(inLinux(host, 'wget -q -O - http://10.0.0.102/file | sha256sum')).toBe(given);
    expect(inLinux(host, 'ping -c 2 10.0.0.102')).toContain(' 0% packet loss');
    // Long packets came here to be cut: many of them would be more than these bytes need.
    const [, packets, bytes] = /^vif 1 0 tx_packets (\d+) tx_bytes (\d+)/m.exec(
      host.run('cat /proc/xen/backends'),
    )!;
    expect(Number(bytes) / Number(packets)).toBeGreaterThan(1514);
    // No checksum was wrong: what was cut, what was left blank.
    expect(inLinux(host, "awk '/^Tcp: [0-9]/ { print $14, $16 }' /proc/net/snmp")).toBe('0 0');
    host.run('xm destroy other');
  });

  let written = '';
  test('what it writes to its file system it reads again', () => {
    const make =
      'dd if=/dev/urandom of=/data bs=64k count=64 2>/dev/null; sync; echo 3 > /proc/sys/vm/drop_caches';
    const [first, again] = inLinux(host, `${make}; sha256sum < /data; fstrim /; sha256sum < /data`).split(
      '\n',
    );
    expect(again).toBe(first);
    written = first!.slice(0, 64);
  });

  test('its disks come and go while it runs', () => {
    host.run('echo content > /tmp/more.img; dd if=/dev/zero of=/tmp/more.img bs=1024 seek=1 count=255');
    expect(host.run('xm block-attach lin file:/tmp/more.img xvdc w; echo $?; sleep 1')).toBe('0');
    expect(inLinux(host, 'cat /sys/block/xvdc/size; head -c 7 /dev/xvdc; echo; ls /dev/xvdc')).toBe(
      '512\ncontent\n/dev/xvdc',
    );
    expect(host.run('xm block-list lin')).toMatch(/\n51712 0 [^]*\n51744 0 +\d+ +4 /);
    expect(host.run('xm block-detach lin xvdc; echo $?')).toBe('0');
    expect(inLinux(host, 'ls /dev /sys/block | grep -c xvdc')).toBe('0');
    expect(host.run('xm block-list lin')).not.toContain('51744');
    expect(host.run('xm block-attach lin file:/tmp/more.img xvdc r; sleep 1')).toBe('');
    expect(inLinux(host, 'cat /sys/block/xvdc/ro')).toBe('1');
    expect(host.run('xm block-detach -f lin xvdc; echo $?; sleep 1')).toBe('0');
    expect(inLinux(host, 'ls /dev | grep -c xvdc')).toBe('0');
  });

  test('its cards come and go while it runs', () => {
    const cards = (): string => inLinux(host, 'ls /sys/class/net');
    const before = cards();
    expect(host.run('xm network-attach lin mac=00:16:3e:00:00:99; echo $?; sleep 1')).toBe('0');
    const added = cards()
      .split(/\s+/)
      .find((name) => !before.split(/\s+/).includes(name))!;
    expect(inLinux(host, `cat /sys/class/net/${added}/address`)).toBe('00:16:3e:00:00:99');
    inLinux(host, `ip addr add 10.44.0.2/24 dev ${added}; ip link set ${added} up`);
    host.run('brctl delif xenbr0 vif1.1; ifconfig vif1.1 10.44.0.1 netmask 255.255.255.0');
    expect(host.run('ping -c 2 10.44.0.2')).toContain(' 0% packet loss');
    expect(host.run('xm network-detach lin 1; echo $?')).toBe('0');
    expect(cards()).toBe(before);
  });

  test('its memory follows xm mem-set', () => {
    const available = (): number => Number(inLinux(host, "awk '/^MemTotal/ { print $2 }' /proc/meminfo"));
    const whole = available();
    host.run('xm mem-set lin 100; sleep 2');
    expect(host.list()[1]).toMatch(/^lin 1 100 2 /);
    expect(whole - available()).toBe(28 * 1024);
    host.run('xm mem-set lin 128; sleep 2');
    expect(host.list()[1]).toMatch(/^lin 1 128 2 /);
    expect(available()).toBe(whole);
  });

  test('its processors follow xm vcpu-set', () => {
    host.run('xm vcpu-set lin 1; sleep 2');
    expect(inLinux(host, 'cat /sys/devices/system/cpu/online')).toBe('0');
    expect(host.run('xm vcpu-list lin')).toMatch(/lin +1 +1 +- +--p/);
    host.run('xm vcpu-set lin 2; sleep 1');
    // On Debian udev does this when a processor has come.
    expect(
      inLinux(host, 'echo 1 > /sys/devices/system/cpu/cpu1/online; cat /sys/devices/system/cpu/online'),
    ).toBe('0-1');
    expect(inLinux(host, 'taskset 2 sha256sum < /data')).toBe(`${written}  -`);
    expect(host.run('xm vcpu-list lin')).toMatch(/lin +1 +1 +0 +-b-/);
  });

  test('it gets a key of xm sysrq', () => {
    host.run('xm sysrq lin h; sleep 1');
    expect(inLinux(host, 'dmesg | tail -n 1')).toContain('sysrq: HELP : loglevel(0-9)');
  });

  test('it reboots when xm reboot says so, and finds what it has written', () => {
    host.run('xm reboot lin; sleep 4');
    host.type('xm console lin\r');
    expect(awaitShell(host)).toContain('Run /init as init process');
    expect(shell(host, 'sha256sum < /data; dmesg | grep -c "recovery complete"')).toBe(`${written}  -\n0`);
    host.leaveConsole();
    expect(host.list()[1]).toMatch(/^lin \d+ 128 2 /);
  });

  test('it stands still, has its share, and goes on when the domain of Mote beside it crashes and is destroyed', () => {
    expect(host.run('xm create other; sleep 1')).toContain('Started domain other');
    expect(host.run('xm pause lin; ping -c 1 10.0.0.101 | grep received; xm list lin')).toMatch(
      /100% packet loss[^]*\nlin +\d+ +128 +2 +..p---/,
    );
    expect(host.run('xm unpause lin; ping -c 1 10.0.0.101')).toContain(' 0% packet loss');
    expect(host.run('xm sched-credit -d lin -w 512 -c 80; xm sched-credit -d lin')).toMatch(
      /\nlin +\d+ +512 +80$/,
    );
    host.type('xm console other\r');
    host.until(/\n\/ \$ $/);
    host.type('hypercall mmuext_op 0 0; hypercall set_trap_table 0; spin\r');
    host.until(/\n\/ \$ $/);
    expect(host.run('sleep 2; xm list')).toMatch(/\nother +\d+ +16/);
    expect(host.run('xm destroy other; xm dmesg -c')).toMatch(/Domain \d+ \(vcpu#0\) crashed/);
    expect(inLinux(host, 'ping -c 1 10.0.0.100')).toContain(' 0% packet loss');
  });

  test('xm shutdown ends it; nothing is left, and its file system is sound', () => {
    host.run('xm shutdown lin; sleep 6');
    expectNoneLeft(host, before);
    const disk = diskBytes(host, 0);
    check(disk);
    expect(sha256(fileOf(disk, 'data'))).toBe(written);
  });
});
