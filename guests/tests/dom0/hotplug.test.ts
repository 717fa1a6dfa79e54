/** Devices come and go while a domain runs: xm block-attach, block-detach, block-list, as the manuals have one type them. */
import { beforeAll, describe, expect, test } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

const MIB = 1 << 20;

describe('disks of a domain of Mote', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot(
      {
        'etc/xen/one': moteConfig('one', "disk = [ 'file:/images/a,xvda,w' ]"),
        'etc/xen/two': moteConfig('two'),
        'images/a': new Uint8Array(MIB),
        'images/b': new Uint8Array(MIB),
        'images/c': new Uint8Array(MIB),
      },
      { disks: [{ name: 'vda', bytes: new Uint8Array(4 * MIB) }] },
    );
    host.run('mke2fs /images/b 1024; xm create one; sleep 0.2');
  });

  function expectSound(): void {
    const { frames, domains } = host.lab.hypervisor;
    expect(checkFrameTable(frames, domains)).toEqual([]);
  }

  /** The devices of `one` that are told of: number and state. */
  function states(): string[] {
    return host
      .run('xm block-list one')
      .split('\n')
      .slice(1)
      .map((line) => line.split(/ +/))
      .map(([number, , , state]) => `${number!} ${state!}`);
  }

  test('one is attached, used, and detached', () => {
    expect(host.run('xm block-attach one file:/images/b xvdb w; echo $?; sleep 0.2')).toBe('0');
    expect(states()).toEqual(['51712 4', '51728 4']);
    expect(host.inside('one', 'mount /dev/xvdb /mnt; echo there > /mnt/file; umount /mnt; echo $?')).toBe(
      '0',
    );
    expect(host.run('xm block-detach one xvdb; echo $?')).toBe('0');
    expect(states()).toEqual(['51712 4']);
    expect(host.inside('one', 'ls /dev | grep xvd')).toBe('xvda');
    expect(host.run('mount /images/b /mnt; cat /mnt/file; umount /mnt')).toBe('there');
    expectSound();
  });

  test('by all names that a disk may have, from a file and from a disk of the machine, and nothing is left over', () => {
    const comeAndGo = (...names: readonly string[]): void => {
      for (const name of names) {
        host.run(`xm block-attach one phy:vda ${name} w; sleep 0.2`);
        expect(host.run(`xm block-detach one ${name}; echo $?`)).toBe('0');
      }
    };
    const free = (): string => host.inside('one', 'free | head -n 2');
    // What the shell there leaves is collected when there is enough of it.
    comeAndGo('sdc');
    for (let n = 0; n < 10; n++) free();
    const before = free();
    comeAndGo('hdc1', '/dev/xvdd2', '0x301', '51744');
    expect(free()).toBe(before);
    expect(states()).toEqual(['51712 4']);
    expect(host.run('cat /proc/xen/backends | grep -c vbd')).toBe('1');
  });

  test('one that is in use is not taken away, unless by force', () => {
    host.run('xm block-attach one file:/images/b sdb w Domain-0; sleep 0.2');
    host.inside('one', 'mount /dev/sdb /mnt');
    host.type('xm block-detach one sdb; echo $?\r');
    host.until(/\n\d\n\/ \$ $/);
    expect(host.screen).toContain('xm: Device 2064 (vbd) could not be disconnected.\n1');
    expect(states()).toEqual(['2064 5', '51712 4']);
    // It is used as before.
    expect(host.inside('one', 'cat /mnt/file; echo more >> /mnt/file; sync; echo $?')).toBe('there\n0');
    // It goes when it is used no more.
    host.inside('one', 'umount /mnt');
    expect(states()).toEqual(['2064 6', '51712 4']);
    expect(host.run('xm block-detach one 2064; echo $?')).toBe('0');
    expect(
      host.run(
        'xm block-attach one file:/images/b sdb w; sleep 0.2; mount /images/b /mnt; cat /mnt/file; umount /mnt',
      ),
    ).toBe('there\nmore');
    host.inside('one', 'mount /dev/sdb /mnt');
    expect(host.run('xm block-detach one sdb --force; echo $?')).toBe('0');
    expect(
      host.inside('one', 'ls /dev | grep sd; cat /mnt/none; echo 1 > /mnt/x; sync; umount /mnt; echo $?'),
    ).toMatch(/error/);
    // The name is free again.
    expect(
      host.run('xm block-attach one file:/images/c sdb w; sleep 0.2; xm block-detach one sdb; echo $?'),
    ).toBe('0');
    expect(states()).toEqual(['51712 4']);
  });

  test('what cannot be is told as xend told it', () => {
    const said = (command: string): string => host.run(`${command}; echo $?`);
    expect(said('xm block-attach one file:/images/b xvda w')).toBe(
      'xm: Device xvda (51712, vbd) is already connected.\n1',
    );
    expect(said('xm block-attach one file:/images/none xvdb w')).toBe(
      'xm: Device xvdb (51728, vbd) could not be connected: /images/none: No such file or directory\n1',
    );
    expect(said('xm block-attach none file:/images/b xvdb w')).toBe("xm: Domain 'none' does not exist.\n1");
    expect(said('xm block-attach one file:/images/b xvdb x')).toMatch(
      /^xm: x: the mode is r, w, or w!.*\n1$/,
    );
    expect(said('xm block-attach one file:/images/b xvdb w two')).toMatch(
      /^xm: Cannot configure device for backend two: .*\n1$/,
    );
    expect(said('xm block-attach 0 file:/images/b xvdb w')).toMatch(/^xm: Domain-0: .*\n1$/);
    expect(said('xm block-attach one file:/images/b')).toMatch(/^xm: usage: xm block-attach DOMAIN .*\n2$/);
    expect(said('xm block-detach one xvdb')).toBe('xm: Device 51728 (vbd) not connected\n1');
    expect(said('xm block-configure one file:/images/b xvda w')).toMatch(
      /^xm: Refusing to reconfigure device vbd:51712: .*\n1$/,
    );
  });

  test('one image has one writer, unless that is forced', () => {
    host.run('xm create two');
    host.run('xm block-attach one file:/images/b xvdb w');
    expect(host.run('xm block-attach two file:/images/b xvdb w; echo $?')).toMatch(
      /^xm: Device xvdb \(51728, vbd\) could not be connected: \/images\/b: it is mounted in domain one, .*\n1$/,
    );
    expect(host.run('xm block-attach two file:/images/b xvdb r; echo $?')).toMatch(
      /read-write in domain one.*\n1$/,
    );
    expect(host.run("xm block-attach two file:/images/b xvdb 'w!'; echo $?; xm list -l two")).toMatch(
      /^0\n[^]*\(mode w!\)/,
    );
    host.run('xm block-detach two xvdb; xm block-detach one xvdb; xm destroy two');
  });

  test('all of it is told by --long, as the book has it', () => {
    expect(host.run('xm block-list one --long').replace(/(ring-ref|channel) \d+/g, '$1 N')).toBe(
      [
        '(51712',
        '  ((backend /local/domain/0/backend/vbd/1/51712)',
        '    (backend-id 0)',
        '    (state 4)',
        '    (trusted 1)',
        '    (virtual-device 51712)',
        '    (device-type disk)',
        '    (ring-ref N)',
        '    (event-channel N)',
        '    (protocol x86_64-abi)',
        '  )',
        ')',
      ].join('\n'),
    );
  });

  test('what was attached is there when the domain is made anew, and when it is restored', () => {
    host.run('xm block-attach one file:/images/b xvdb w; xm reboot -w one; sleep 1');
    expect(host.inside('one', 'ls /dev | grep xvd')).toBe('xvda\nxvdb');
    host.run('xm save one /tmp/saved; xm restore /tmp/saved; sleep 0.5');
    expect(host.inside('one', 'mount /dev/xvdb /mnt; cat /mnt/file; umount /mnt')).toBe('there\nmore');
    expect(host.run('xm block-detach one xvdb; echo $?')).toBe('0');
    host.run('xm save one /tmp/saved; xm restore /tmp/saved; sleep 0.5');
    expect(states()).toEqual(['51712 4']);
    expectSound();
  });
});

describe('network cards of a domain of Mote', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'etc/xen/one': moteConfig('one', "vif = [ '' ]"),
      'etc/xen/two': moteConfig('two', "vif = [ 'bridge=private, rate=2Mb/s', '' ]"),
      'etc/xen/scripts/own': new TextEncoder().encode(
        '. /etc/xen/scripts/vif-common.sh\necho "$command $vif $XENBUS_TYPE $(param mac) $mode" >> /tmp/own\n' +
          'case $command in online) ifconfig $vif 10.9.0.1 netmask 255.255.255.0 up; success;; esac\n',
      ),
      'etc/xen/scripts/failing': new TextEncoder().encode('echo it will not do; exit 3\n'),
    });
    host.run('xm create one; sleep 0.2; udhcpc -i xenbr0');
  });

  /** The ports of all bridges. */
  function ports(): string {
    return host.run('cat /proc/net/bridge | grep port');
  }

  test('bridges come and go, and what cannot be is told', () => {
    expect(
      host.run(
        'brctl addbr private; brctl stp private off; brctl setfd private 0; ifconfig private up; echo $?',
      ),
    ).toBe('0');
    expect(host.run('brctl show private')).toBe(
      'bridge name\tbridge id\t\tSTP enabled\tinterfaces\nprivate\t\t8000.feffffffffff\tno\t\t',
    );
    expect(
      host.run(
        'brctl addbr private; brctl delbr private; brctl delbr none; brctl addif private none; echo $?',
      ),
    ).toBe(
      [
        "brctl: device private already exists; can't create bridge with the same name",
        "brctl: bridge private is still up; can't delete it",
        'brctl: bridge none does not exist!',
        'brctl: interface none does not exist!\n1',
      ].join('\n'),
    );
    expect(
      host.run('brctl addif private vif1.0; brctl delif private peth0; brctl stp private on; echo $?'),
    ).toBe(
      [
        "brctl: device vif1.0 is already a member of a bridge; can't enslave it to bridge private.",
        'brctl: device peth0 is not a slave of private',
        'brctl: private: there is no spanning tree here: bridges are not to be joined in a ring\n1',
      ].join('\n'),
    );
    expect(
      host.run(
        'brctl addbr more; brctl delbr more; brctl addbr again; brctl show again | wc -l; brctl delbr again',
      ),
    ).toBe('2');
    expect(ports()).toBe('xenbr0 port peth0\nxenbr0 port vif1.0');
  });

  test('one is attached to a private bridge, over which domains reach each other alone', () => {
    expect(host.run('xm network-attach one bridge=private mac=00:16:3E:00:00:77; echo $?; sleep 0.2')).toBe(
      '0',
    );
    host.run('xm create two; sleep 0.2');
    expect(ports()).toBe(
      'xenbr0 port peth0\nxenbr0 port vif1.0\nxenbr0 port vif2.1\nprivate port vif1.1\nprivate port vif2.0',
    );
    expect(host.inside('one', 'ifconfig eth1 10.7.0.1 netmask 255.255.255.0; ifconfig eth1')).toContain(
      'ether 00:16:3e:00:00:77',
    );
    expect(host.inside('two', 'ifconfig eth0 10.7.0.2 netmask 255.255.255.0; ping -c 2 10.7.0.1')).toContain(
      ' 0% packet loss',
    );
    // Domain 0 has no address there.
    expect(host.run('ping -c 1 10.7.0.1; echo $?')).toMatch(/1$/);
    expect(host.run('xm network-list one --long')).toMatch(
      /\n\)\n\(1\n {2}\(\(backend \/local\/domain\/0\/backend\/vif\/1\/1\)\n[^]*\n {4}\(mac 00:16:3e:00:00:77\)[^]*\n {2}\)\n\)$/,
    );
    expect(host.run('xm network-list one')).toMatch(/\n0 +0 +00:16:3e:[^]*\n1 +0 +00:16:3e:00:00:77 /);
    expect(host.run('xm network-detach one 00:16:3e:00:00:77; echo $?')).toBe('0');
    expect(host.inside('one', 'cat /proc/net/dev | grep -c eth; netstat -r')).toMatch(/^1\n/);
    expect(ports()).not.toContain('vif1.1');
    expect(host.run('xm network-detach one 5; echo $?')).toBe('xm: Device 5 (vif) not connected\n1');
  });

  test('cards come and go, and nothing is left of them', () => {
    const once = (): string => host.run('xm network-attach one; sleep 0.1; xm network-detach one 1; echo $?');
    const used = (): number => Number(/Mem: +\d+ +(\d+)/.exec(host.inside('one', 'free'))![1]);
    // At first pages are taken for objects of sizes that are new.
    for (let n = 0; n < 10; n++) once();
    const before = used();
    for (let n = 0; n < 10; n++) expect(once()).toBe('0');
    expect(used() - before).toBeLessThanOrEqual(4);
  });

  test('its rate is what the configuration allows, however fast the rest is', () => {
    host.run(
      'xm network-attach one bridge=private rate=1Mb/s; xm network-attach one rate=250KB/s@20ms; sleep 0.2',
    );
    expect(host.run('xenstore-read backend/vif/1/1/rate backend/vif/1/2/rate backend/vif/2/0/rate')).toBe(
      '6250,50000\n5000,20000\n12500,50000',
    );
    host.run('xm network-detach one 2; ifconfig private 10.5.0.1 netmask 255.255.255.0');
    const serve = 'dd if=/bin/sh of=/tmp/data bs=1000 count=200; httpd /tmp &';
    host.inside('one', `udhcpc -i eth0; ifconfig eth1 10.5.0.2 netmask 255.255.255.0; ${serve}`);
    host.inside('two', `ifconfig eth0 10.5.0.3 netmask 255.255.255.0; ${serve}`);
    /** Bytes a second that come from an address. */
    const rate = (address: string): number => {
      const before = host.lab.ns;
      host.run(`wget -q -O /tmp/got http://${address}/data`);
      expect(host.run('ls -l /tmp/got')).toContain(' 200000 ');
      return 200_000 / ((host.lab.ns - before) / 1e9);
    };
    const address = /inet ([\d.]+)/.exec(host.inside('one', 'ifconfig eth0'))![1]!;
    expect(rate(address)).toBeGreaterThan(1_000_000);
    const limits: readonly (readonly [string, number])[] = [
      ['10.5.0.2', 125_000],
      ['10.5.0.3', 250_000],
    ];
    for (const [limited, most] of limits) {
      // What the card had saved up while nothing was sent is one interval's, or what the longest packet has: 128 KiB.
      expect(rate(limited)).toBeLessThan((most * 200_000) / (200_000 - 131_072));
      const steady = rate(limited);
      expect(steady).toBeGreaterThan(most * 0.8);
      expect(steady).toBeLessThan(most * 1.1);
    }
    host.run('xm network-detach one 1');
  });

  test('a script of its own sees to a card, and says what is wrong', () => {
    expect(
      host.run(
        "xm network-attach one mac=00:16:3e:00:00:78 'script=own mode=mine' vifname=unused; echo $?; cat /tmp/own",
      ),
    ).toBe('0\nonline vif1.1 vif 00:16:3e:00:00:78 mine');
    host.inside('one', 'ifconfig eth1 10.9.0.2 netmask 255.255.255.0');
    expect(host.run('ping -c 1 10.9.0.2')).toContain(' 0% packet loss');
    expect(host.run('xm network-detach one 1; cat /tmp/own | tail -n 1')).toBe(
      'offline vif1.1 vif 00:16:3e:00:00:78 mine',
    );
    expect(host.run('xm network-attach one script=failing; echo $?; cat /var/log/xen/xen-hotplug.log')).toBe(
      'xm: Device 1 (vif) could not be connected. /etc/xen/scripts/failing: it has failed, with status 3; /var/log/xen/xen-hotplug.log has more\n1\nit will not do\nit will not do',
    );
    expect(host.run('xm network-attach one bridge=none; echo $?')).toBe(
      'xm: Device 1 (vif) could not be connected. none: there is no such bridge\n1',
    );
    expect(host.run('xm network-attach one vifname=web0; brctl show; xm network-detach one 1')).toContain(
      '\tweb0\n'.trimEnd(),
    );
    for (const [wrong, said] of [
      ['colour=red', 'colour=red: there is mac=, bridge=, ip=, script=, vifname=, rate=, backend='],
      ['rate=fast', 'rate=fast: a rate is as in 10Mb/s, 250KB/s or 1MB/s@20ms'],
      ['backend=two', 'backend=two: cards are served by Domain-0 alone'],
      ['type=ioemu', 'type=ioemu: there are no emulated cards here'],
      ['script=none', '/etc/xen/scripts/none: there is no such script'],
    ])
      expect(host.run(`xm network-attach one ${wrong!}; echo $?`)).toBe(`xm: ${said!}\n1`);
    expect(host.run('xm network-attach one mac; echo $?')).toMatch(
      /^xm: Invalid argument: mac\nxm: usage: .*\n2$/,
    );
  });
});
