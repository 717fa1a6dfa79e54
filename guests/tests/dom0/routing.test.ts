/** Networks that are routed and not bridged: the manuals' vif-route, forwarding, proxy ARP, and the tools that set them up. */
import { beforeAll, describe, expect, test } from 'vitest';
import { moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

const GATEWAY = '10.0.0.1';

describe('a host that routes', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'etc/xen/routed': moteConfig('routed', "vif = [ 'ip=10.0.0.50' ]"),
      'etc/xen/bridged': moteConfig('bridged', "vif = [ 'script=vif-bridge' ]"),
    });
    host.run('udhcpc -i xenbr0');
  });

  test('its administrator sets the daemon to routing, as the book has it', () => {
    host.run(
      `xend stop; sed_out=$(grep -v script /etc/xen/xend-config.sxp); echo "$sed_out" > /etc/xen/xend-config.sxp`,
    );
    host.run("echo '(network-script network-route)' >> /etc/xen/xend-config.sxp");
    host.run("echo '(vif-script      vif-route)' >> /etc/xen/xend-config.sxp; xend start");
    expect(host.run('sysctl net.ipv4.ip_forward net.ipv4.conf.xenbr0.proxy_arp')).toBe(
      'net.ipv4.ip_forward = 1\nnet.ipv4.conf.xenbr0.proxy_arp = 1',
    );
  });

  test('a domain has the address that its configuration names, and all others by way of domain 0', () => {
    host.run('xm create routed; xm create bridged; sleep 0.3');
    expect(host.run('route -n')).toMatch(
      /\n10\.0\.0\.50 +0\.0\.0\.0 +255\.255\.255\.255 UH +0 +0 +0 vif1\.0\n/,
    );
    expect(host.run('ip route show dev vif1.0; brctl show')).toMatch(
      /^10\.0\.0\.50 dev vif1\.0 scope link src 10\.0\.0\.100\n[^]*peth0\n.*vif2\.0$/,
    );
    expect(host.run('ifconfig vif1.0')).toContain('inet 10.0.0.100  netmask 255.255.255.255');
    const setUp = `ifconfig eth0 10.0.0.50 netmask 255.255.255.0; route add default gw ${GATEWAY}`;
    expect(host.inside('routed', `${setUp}; ping -c 2 ${GATEWAY}`)).toContain(' 0% packet loss');
    expect(host.inside('bridged', 'udhcpc; ping -c 2 10.0.0.50')).toContain(' 0% packet loss');
    expect(host.run('ping -c 1 10.0.0.50')).toContain(' 0% packet loss');
    // One hop more than from the bridge.
    expect(host.inside('bridged', 'ping -c 1 10.0.0.50')).toContain('ttl=63');
    expect(host.inside('bridged', `ping -c 1 ${GATEWAY}`)).toContain('ttl=64');
  });

  test('what comes through is whole', () => {
    host.inside('routed', 'dd if=/bin/sh of=/tmp/data bs=1000 count=100; httpd /tmp &');
    expect(
      host.inside('bridged', 'wget -q -O /tmp/got http://10.0.0.50/data; sha256sum /tmp/got').slice(0, 64),
    ).toBe(host.inside('routed', 'sha256sum /tmp/data').slice(0, 64));
  });

  test('without forwarding there is no way; without a route the sender is told', () => {
    host.run('sysctl -w net.ipv4.ip_forward=0');
    expect(host.inside('bridged', 'ping -c 1 10.0.0.50')).toContain('100% packet loss');
    host.run('sysctl -w net.ipv4.ip_forward=1; route del 10.0.0.50 dev vif1.0; route del default');
    expect(
      host.inside(
        'bridged',
        'route del default; route add default gw 10.0.0.100; wget -O - http://192.168.7.7/',
      ),
    ).toContain('Network is unreachable');
    host.run('ip route add 10.0.0.50/32 dev vif1.0');
    expect(host.inside('bridged', 'ping -c 2 10.0.0.50')).toContain(' 0% packet loss');
  });

  test('its tools refuse what cannot be', () => {
    expect(
      host.run(
        'ip link show none; ip addr add 10.0.0.9/24 dev xenbr0; ip route add 10.0.0.50 dev vif1.0; echo $?',
      ),
    ).toBe(
      [
        'ip: Device "none" does not exist.',
        'ip: xenbr0: it has the address 10.0.0.100, and there is room for one',
        'ip: 10.0.0.50: File exists\n1',
      ].join('\n'),
    );
    expect(
      host.run('sysctl net.ipv4.none; echo $?; echo x > /proc/sys/net/ipv4/ip_forward; echo $?'),
    ).toMatch(
      /^sysctl: cannot stat \/proc\/sys\/net\/ipv4\/none: No such file or directory\n1\n.*Invalid argument\n1$/,
    );
    expect(host.run('ls /proc/sys/net/ipv4/conf').split(/ +/)).toEqual([
      'lo',
      'peth0',
      'vif1.0',
      'vif2.0',
      'xenbr0',
    ]);
    expect(
      host.run('xm destroy routed; route -n | grep -c vif; ls /proc/sys/net/ipv4/conf | grep -c vif1'),
    ).toBe('0\n0');
  });
});
