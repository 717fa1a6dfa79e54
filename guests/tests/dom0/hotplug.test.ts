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
    const names = ['sdc', 'hdc1', '/dev/xvdd2', '0x301', '51744'];
    const before = host.inside('one', 'free | head -n 2');
    for (const name of names) {
      host.run(`xm block-attach one phy:vda ${name} w; sleep 0.2`);
      expect(host.run(`xm block-detach one ${name}; echo $?`)).toBe('0');
    }
    expect(host.inside('one', 'free | head -n 2')).toBe(before);
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
