/** VLANs (802.1Q) through the bridges, and dummy interfaces: `vconfig` and `ip link`, as the manuals' networks have them. */
import { beforeAll, describe, expect, test } from 'vitest';
import { moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

describe('a host whose wire carries several networks', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'etc/xen/trunk': moteConfig('trunk', "vif = [ '' ]"),
      'etc/xen/access': moteConfig('access', "vif = [ 'bridge=vlan10' ]"),
      'etc/xen/other': moteConfig('other', "vif = [ '' ]"),
    });
    host.run('brctl addbr vlan10; ifconfig vlan10 up; vconfig add xenbr0 10; brctl addif vlan10 xenbr0.10');
    host.run('ifconfig xenbr0.10 up; xm create trunk; xm create access; xm create other; sleep 0.3');
    host.inside('trunk', 'vconfig add eth0 10; ifconfig eth0.10 192.168.10.1 netmask 255.255.255.0');
    host.inside('access', 'ifconfig eth0 192.168.10.2 netmask 255.255.255.0');
    host.inside('other', 'vconfig add eth0 20; ifconfig eth0.20 192.168.10.3 netmask 255.255.255.0');
  });

  test('a domain that tags its frames reaches one whose bridge is that VLAN, whole packets too', () => {
    expect(host.inside('trunk', 'ping -c 2 192.168.10.2')).toContain(' 0% packet loss');
    host.inside('access', 'dd if=/bin/sh of=/tmp/data bs=1000 count=40; httpd /tmp &');
    const sum = host.inside('access', 'sha256sum /tmp/data').slice(0, 64);
    expect(host.inside('trunk', 'wget -q -O - http://192.168.10.2/data | sha256sum').slice(0, 64)).toBe(sum);
  });

  test('who is in another VLAN, or in none, does not hear of it', () => {
    expect(host.inside('other', 'ping -c 1 192.168.10.2')).toContain('100% packet loss');
    host.inside('other', 'vconfig rem eth0.20; ifconfig eth0 192.168.10.3 netmask 255.255.255.0');
    expect(host.inside('other', 'ping -c 1 192.168.10.1')).toContain('100% packet loss');
    host.inside(
      'other',
      'ifconfig eth0 0.0.0.0; ip link add link eth0 name office type vlan id 10; ifconfig office 192.168.10.3 netmask 255.255.255.0',
    );
    expect(host.inside('other', 'ping -c 1 192.168.10.2')).toContain(' 0% packet loss');
  });

  test('a VLAN goes with its interface, and its tools refuse what cannot be', () => {
    host.run('vconfig add vif1.0 7; xm destroy trunk; sleep 0.2');
    expect(host.run('ip link show vif1.0.7')).toBe('ip: Device "vif1.0.7" does not exist.');
    expect(
      host.run(
        'vconfig add none 1; vconfig add peth0 4095; vconfig add xenbr0 10; vconfig rem peth0; vconfig; echo $?',
      ),
    ).toBe(
      [
        'vconfig: none: there is no such interface',
        'vconfig: 4095: a VLAN has a number from 1 to 4094',
        'vconfig: xenbr0: File exists',
        'vconfig: peth0: Invalid argument',
        'vconfig: usage: vconfig add INTERFACE ID | rem INTERFACE.ID\n2',
      ].join('\n'),
    );
    expect(host.run('ip link add dummy0 type dummy; ip link add dummy0 type dummy; ip link del peth0')).toBe(
      'ip: dummy0: File exists\nip: peth0: it is neither a VLAN nor a dummy',
    );
    expect(
      host.run(
        'ifconfig dummy0 192.168.77.1; ping -c 1 192.168.77.2; ip link del dummy0; route -n | grep -c 77',
      ),
    ).toContain('100% packet loss');
    expect(host.run('vconfig rem xenbr0.10; brctl show vlan10 | grep -c xenbr0.10')).toBe(
      'Removed VLAN -:xenbr0.10:-\n0',
    );
  });
});
