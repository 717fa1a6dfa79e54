/**
 * Debian's unmodified generic kernel as domain 0, with its xen-utils: the stock xl lists the host and makes, shows and ends a domain.
 * What they print is what they print on the real Xen 4.17, machines aside.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { SHUTDOWN_poweroff } from '../../../hypervisor/abi/sched.ts';
import { debianDom0 } from '../../debian/dom0.ts';
import { DebianHost } from './testing.ts';

const debian = await debianDom0();
const CTRL_RIGHT_BRACKET = '\x1d';

describe.skipIf(debian === undefined)('Debian as domain 0', () => {
  let host: DebianHost;
  beforeAll(async () => {
    host = await DebianHost.booted(debian!);
  });

  test('comes up on ACPI’s word, with its disks’ and cards’ lines, and lets root in', () => {
    for (const line of [
      'Hypervisor detected: Xen PV',
      'IOAPIC[0]: apic_id 0, version 32, address 0xfec00000, GSI 0-23',
      'ACPI: INT_SRC_OVR (bus 0 bus_irq 9 global_irq 9 high level)',
      'ACPI: Interpreter enabled',
      'ACPI: Using IOAPIC for interrupt routing',
      '(XEN) PCI add device 0000:00:01.0',
    ])
      expect(host.screen).toContain(line);
    expect(host.screen).not.toMatch(/WARNING|BUG|Call Trace|ACPI (?:BIOS )?Error|Flags mismatch/);
    host.logIn();
    const lines = host.run('grep -v CPU0 /proc/interrupts | grep pirq').split('\n');
    expect(
      lines.map((line) =>
        line
          .trim()
          .split(/\s+/)
          .filter((_, n) => n !== 1)
          .join(' '),
      ),
    ).toEqual([
      '5: xen-pirq -ioapic-level virtio1',
      '8: xen-pirq -ioapic-edge rtc0',
      '9: xen-pirq -ioapic-level acpi',
      '11: xen-pirq -ioapic-level virtio0',
    ]);
    expect(host.run('ip -br link show master xenbr0')).toMatch(/^eth0 +UP/);
  });

  test('xl info and xl list', () => {
    const info = new Map(
      host
        .run('xl info')
        .split('\n')
        .map((line) => line.split(/ *: /) as [string, string]),
    );
    const told = [
      'host',
      'machine',
      'nr_cpus',
      'nr_nodes',
      'virt_caps',
      'total_memory',
      'xen_version',
      'xen_caps',
    ];
    expect(told.map((name) => info.get(name)?.trim())).toEqual([
      ...['dom0', 'x86_64', '1', '1', 'pv gnttab-v1 gnttab-v2', '840', '4.17.7', 'xen-3.0-x86_64'],
    ]);
    expect(info.get('hw_caps')).toMatch(/^[0-9a-f]{8}(:[0-9a-f]{8}){7}$/);
    expect(host.list()).toEqual(['Domain-0 0 512 1 r-----']);
    expect(host.run('xl cpupool-list').split('\n')[1]).toMatch(/^Pool-0 +1 +credit +y +1$/);
  });

  test('xl create makes a domain of Mote, whose console can be used; xl destroy ends it', () => {
    expect(host.run('xl create /etc/xen/mote')).toBe('Parsing config from /etc/xen/mote');
    host.type('xl console mote\r');
    host.until(/Welcome to Mote[^]*\$ $/);
    host.type('echo here\r');
    host.until(/\nhere\n\/ \$ $/);
    host.type(CTRL_RIGHT_BRACKET);
    host.until(/root@dom0:\S* $/);
    expect(host.list()[1]).toMatch(/^mote 1 32 1 -b-+$/);
    expect(host.run('/usr/lib/xen-4.17/bin/lsevtchn 1')).toContain(
      'VCPU 0: Interdomain (Connected) - Remote Domain 0, Port',
    );
    expect(host.run('xl pause mote; xl list mote').split('\n')[1]).toMatch(/ -[b-]p--- /);
    expect(host.invariant()).toEqual([]);
    expect(host.run('xl destroy mote')).toBe('');
    expect(host.list()).toHaveLength(1);
    expect(host.invariant()).toEqual([]);
  });

  test('xentrace has what Xen records of itself, and xenalyze reads that', () => {
    host.run('PATH=$PATH:/usr/lib/xen-4.17/bin xentrace -D -e all -T 1 /tmp/trace 2>&1 | cat');
    const told = host.run('xenalyze --cpu-hz 1G --summary /tmp/trace 2>/dev/null');
    expect(told).toMatch(/^Total time: 1\.\d\d seconds/m);
    expect(told).toMatch(/^ +iret +\[23\]: +\d{2,}$/m);
    expect(told).toMatch(/^ +running: +\d{2,} /m);
    expect(host.invariant()).toEqual([]);
  });

  test('serves a domain of Mote a disk and a card: what is written there is in the image, and they hear one another', () => {
    host.run('dd if=/dev/zero of=disk.img bs=1M count=4; ip addr add 10.0.0.1/24 dev xenbr0');
    const devices = `'disk=["file:/root/disk.img,xvda,w"]' 'vif=["bridge=xenbr0"]'`;
    expect(host.run(`xl create -q /etc/xen/mote ${devices}`)).not.toContain('error');
    host.type('xl console mote\r');
    host.until(/Welcome to Mote[^]*\$ $/);
    for (const command of [
      'mke2fs /dev/xvda',
      'mount /dev/xvda /mnt',
      'echo written > /mnt/note',
      'umount /mnt',
      'ifconfig eth0 10.0.0.2',
    ]) {
      host.type(`${command}\r`);
      host.until(/\n\/ \$ $/);
      expect(host.screen.split('\n').slice(1, -1).join('\n')).not.toMatch(/error|cannot|no such/i);
    }
    host.type('ping -c 1 10.0.0.1\r');
    host.until(/\n\/ \$ $/);
    expect(host.screen).toMatch(/1 packets transmitted, 1 received/);
    host.type(CTRL_RIGHT_BRACKET);
    host.until(/root@dom0:\S* $/);
    const [, disk] = host.run('xl block-list mote').split('\n');
    expect(disk).toMatch(/^51712 0 +\d+ +4 +\d+ +\d+ +\/local\/domain\/0\/backend\/vbd\/\d+\/51712/);
    expect(host.invariant()).toEqual([]);
    host.run('xl destroy mote');
    expect(host.run('mount -o loop disk.img /mnt; cat /mnt/note; umount /mnt')).toContain('written');
    expect(host.invariant()).toEqual([]);
  });

  test('powers the machine off', () => {
    host.type('poweroff\r');
    const ns = host.lab.ns + 60e9;
    while (host.lab.domain.shutdown === null && host.lab.ns < ns) host.lab.run({ ns }, 50_000_000);
    expect(host.lab.domain.shutdown?.reason).toBe(SHUTDOWN_poweroff);
    expect(host.screen).toContain('(XEN) Entering ACPI S5 state.');
  });
});
