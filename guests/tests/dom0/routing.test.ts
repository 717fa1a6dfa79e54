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

describe('a host that translates addresses', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'etc/xen/web': moteConfig('web', "vif = [ 'bridge=inside' ]"),
      'etc/xen/client': moteConfig('client', "vif = [ '' ]"),
      'etc/xen/natted': moteConfig('natted', "vif = [ 'script=vif-nat, ip=192.168.9.2' ]"),
    });
    host.run('udhcpc -i xenbr0; brctl addbr inside; ifconfig inside 192.168.2.1 netmask 255.255.255.0');
    host.run('xm create web; xm create client; sleep 0.3');
    host.inside('web', 'ifconfig eth0 192.168.2.2 netmask 255.255.255.0; route add default gw 192.168.2.1');
    host.inside('web', 'echo inside > /tmp/page; httpd /tmp &');
    host.inside('client', 'udhcpc');
    host.run('echo 1 > /proc/sys/net/ipv4/ip_forward');
  });

  test('domains behind it reach others only as the host', () => {
    const client = /inet ([\d.]+)/.exec(host.inside('client', 'ifconfig eth0'))![1]!;
    expect(host.inside('web', `ping -c 1 ${client}`)).toContain('100% packet loss');
    expect(host.run('iptables -t nat -A POSTROUTING -s 192.168.0.0/16 -j MASQUERADE; echo $?')).toBe('0');
    expect(host.inside('web', `ping -c 2 ${client}`)).toContain(' 0% packet loss');
    host.inside('client', 'echo outside > /tmp/page; httpd /tmp &');
    expect(host.inside('web', `wget -q -O - http://${client}/page; wget -q -O - http://${client}/page`)).toBe(
      'outside\noutside',
    );
    expect(host.inside('client', 'netstat -a')).not.toContain('192.168.2.2');
  });

  test("a port of the host's is one of a domain's, as the book forwards it", () => {
    const dom0 = /inet ([\d.]+)/.exec(host.run('ifconfig xenbr0'))![1]!;
    expect(host.inside('client', `wget -O - http://${dom0}:8080/page`)).toContain('refused');
    expect(
      host.run(
        'iptables -A PREROUTING -t nat -p tcp -i xenbr0 --dport 8080 -j DNAT --to 192.168.2.2:80; echo $?',
      ),
    ).toBe('0');
    expect(host.inside('client', `wget -q -O - http://${dom0}:8080/page`)).toBe('inside');
    expect(host.run('iptables -t nat -L -n')).toBe(
      [
        'Chain PREROUTING (policy ACCEPT)',
        'target     prot opt source               destination         ',
        'DNAT       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:8080 to:192.168.2.2:80',
        '',
        'Chain POSTROUTING (policy ACCEPT)',
        'target     prot opt source               destination         ',
        'MASQUERADE all  --  192.168.0.0/16       0.0.0.0/0           ',
      ].join('\n'),
    );
    expect(host.run('iptables -t nat -S PREROUTING')).toBe(
      '-P PREROUTING ACCEPT\n-A PREROUTING -i xenbr0 -p tcp --dport 8080 -j DNAT --to-destination 192.168.2.2:80',
    );
  });

  test('what comes in and goes through is filtered', () => {
    const dom0 = /inet ([\d.]+)/.exec(host.run('ifconfig xenbr0'))![1]!;
    host.run('iptables -A FORWARD -p tcp --dport 80 -d 192.168.2.2 -j REJECT');
    expect(host.inside('client', `wget -O - http://${dom0}:8080/page`)).toContain('refused');
    host.run('iptables -I FORWARD -p tcp -i xenbr0 ! -s 192.168.0.0/16 -j ACCEPT');
    expect(host.inside('client', `wget -q -O - http://${dom0}:8080/page`)).toBe('inside');
    expect(host.run('iptables -L FORWARD -v')).toMatch(
      /\n +\d+ +\d+ ACCEPT +tcp +-- +xenbr0 \* +!192\.168\.0\.0\/16 /,
    );
    host.run(
      'iptables -D FORWARD 1; iptables -D FORWARD -p tcp --dport 80 -d 192.168.2.2 -j REJECT; iptables -A INPUT -i lo -j ACCEPT; iptables -P INPUT DROP',
    );
    expect(host.inside('client', `ping -c 1 ${dom0}`)).toContain('100% packet loss');
    host.run('iptables -A INPUT -p icmp -j ACCEPT');
    expect(host.inside('client', `ping -c 1 ${dom0}`)).toContain(' 0% packet loss');
    host.run('iptables -F; iptables -P INPUT ACCEPT');
    expect(host.run('iptables -S')).toBe('-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT');
  });

  test('by what a packet is of its connection: what answers comes in and through, and nothing else', () => {
    const address = (inside: string): string => /inet ([\d.]+)/.exec(inside)![1]!;
    const dom0 = address(host.run('ifconfig xenbr0'));
    const client = address(host.inside('client', 'ifconfig eth0'));
    host.run('httpd /etc &');
    for (const chain of ['INPUT', 'FORWARD'])
      host.run(`iptables -A ${chain} -m state --state ESTABLISHED,RELATED -j ACCEPT`);
    host.run('iptables -A INPUT -i lo -j ACCEPT; iptables -P INPUT DROP; iptables -P FORWARD DROP');
    host.run('iptables -A FORWARD -i inside -m state --state NEW -j ACCEPT');
    // Out of it and from inside through it, with the answers; an error about it, too; but not to it, nor in.
    expect(host.run(`wget -q -O - http://${client}/page; ping -c 1 ${client}`)).toMatch(
      /^outside\n[^]* 0% packet loss/,
    );
    expect(host.run(`wget -O - http://${client}:81/page`)).toContain('refused');
    expect(host.inside('web', `wget -q -O - http://${client}/page; ping -c 1 ${client}`)).toMatch(
      /^outside\n[^]* 0% packet loss/,
    );
    expect(host.inside('client', `ping -c 1 ${dom0}; ping -c 1 192.168.2.2`)).toMatch(/100% [^]*100% /);
    // A port that is let in: its answers go out by the same.
    host.run('iptables -A INPUT -p tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT');
    host.run(
      'iptables -A OUTPUT -o lo -j ACCEPT; iptables -A OUTPUT -m state ! --state INVALID,NEW -j ACCEPT; iptables -P OUTPUT DROP',
    );
    expect(host.inside('client', `wget -q -O - http://${dom0}/motd`)).toBe(host.run('cat /etc/motd'));
    expect(host.run(`ping -c 1 ${client}`)).toContain('100% packet loss');
    expect(host.run('iptables -S INPUT; iptables -L OUTPUT -n; iptables -S OUTPUT')).toMatch(
      /-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n[^]*-A INPUT -p tcp --dport 80 -m state --state NEW -j ACCEPT\n[^]* ! state INVALID,NEW\n[^]*-A OUTPUT -m state ! --state INVALID,NEW -j ACCEPT$/,
    );
    host.run('iptables -F; for c in INPUT FORWARD OUTPUT; do iptables -P $c ACCEPT; done');
  });

  test('the scripts of the manuals do that for a host and a card', () => {
    host.run('iptables -t nat -F; sh /etc/xen/scripts/network-nat start; xm create natted; sleep 0.3');
    expect(host.run('iptables -t nat -S POSTROUTING; ip addr show dev vif3.0')).toMatch(
      /-A POSTROUTING -o xenbr0 -j MASQUERADE\n[^]*inet 192\.168\.9\.254\/24/,
    );
    const setUp = 'ifconfig eth0 192.168.9.2 netmask 255.255.255.0; route add default gw 192.168.9.254';
    expect(host.inside('natted', `${setUp}; ping -c 2 ${GATEWAY}`)).toContain(' 0% packet loss');
  });

  test('what is wrong is told', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['-t mangle -L', "can't initialize iptables table `mangle': Table does not exist"],
      ['-A NONE -j DROP', 'No chain/target/match by that name.'],
      ['-A PREROUTING -j DNAT --to 1.2.3.4', 'No chain/target/match by that name.'],
      ['-A INPUT -j LOG', "Couldn't load target `LOG': there is none of this name"],
      ['-A INPUT -j MASQUERADE', 'target MASQUERADE is not for the chain INPUT'],
      ['-A INPUT -m limit --limit 1/s -j DROP', "Couldn't load match `limit': there is none of this name"],
      ['-A INPUT -m state --state NEW,OLD -j DROP', 'Bad state "OLD"'],
      ['-A INPUT --dport 80 -j DROP', 'ports are of tcp and udp: -p tcp'],
      ['-A INPUT -s here -j DROP', "host/network `here' not found"],
      ['-t nat -A PREROUTING -j DNAT', 'DNAT: You must specify --to'],
      ['-D INPUT -j DROP', 'Bad rule (does a matching rule exist in that chain?).'],
    ];
    for (const [words, said] of cases)
      expect(host.run(`iptables ${words}; echo $?`)).toBe(`iptables: ${said}\n1`);
    expect(host.run('iptables; echo $?')).toMatch(/^iptables: usage: [^]*\n2$/);
  });
});
