/** Networks that domain 0 makes for its domains: routed, behind a translation of addresses, apart by VLANs. */
import { holds, lab } from './lab.ts';

const NOTHING = /0 received/;
const ANSWER = /1 received/;

export const routed = lab('routed: domain 0 leads to a domain behind it', async (shell) => {
  await shell.does('sysctl -qw net.ipv4.ip_forward=1');
  await shell.makes('web', 'vif=["script=vif-route,ip=10.0.9.2,gatewaydev=xenbr0"]');
  holds('there is a way to it', await shell.does('ip route show 10.0.9.2'), /^10\.0\.9\.2 dev vif1\.0/);
  // The script gives the domain's card in domain 0 the address of xenbr0, and has it answer for all others.
  await shell.inside(
    'web',
    'mote',
    'ifconfig eth0 10.0.9.2 netmask 255.255.255.255',
    'route add default dev eth0',
  );
  holds('it answers', await shell.does('ping -c 1 10.0.9.2'), ANSWER);
  holds('it reaches domain 0 elsewhere', await shell.inMote('web', 'ping -c 1 10.0.0.100'), ANSWER);
});

export const translated = lab(
  'NAT: nftables lets a network of its own out by domain 0’s address',
  async (shell) => {
    await shell.does(
      'ip link add natbr0 type bridge && ip address add 192.168.7.1/24 dev natbr0 && ip link set natbr0 up',
    );
    await shell.does('sysctl -qw net.ipv4.ip_forward=1');
    await shell.makes('outside', 'vif=["bridge=xenbr0"]');
    await shell.inMote('outside', 'ifconfig eth0 10.0.0.50');
    await shell.makes('web', 'vif=["bridge=natbr0"]');
    const [, , before] = await shell.inside(
      'web',
      'mote',
      ...['ifconfig eth0 192.168.7.2', 'route add default gw 192.168.7.1', 'ping -c 1 10.0.0.50'],
    );
    holds('nobody outside knows its address', before!, NOTHING);
    await shell.does('nft add table nat');
    await shell.does("nft add chain nat out '{ type nat hook postrouting priority 100; }'");
    await shell.does('nft add rule nat out ip saddr 192.168.7.0/24 oifname xenbr0 counter masquerade');
    holds('it gets an answer', await shell.inMote('web', 'ping -c 1 10.0.0.50'), ANSWER);
    holds(
      'nftables has counted it',
      await shell.does('nft list table nat'),
      /counter packets 1 bytes \d+ masquerade/,
    );
  },
);

export const vlans = lab('VLAN: three domains on one bridge, of which two are of one VLAN', async (shell) => {
  await shell.does('ip link add lanbr0 type bridge vlan_filtering 1 && ip link set lanbr0 up');
  for (const [name, vlan, host] of [
    ['a', 7, 1],
    ['b', 7, 2],
    ['c', 8, 3],
  ] as const) {
    await shell.makes(name, `vif=["bridge=lanbr0,vifname=${name}"]`);
    await shell.does(
      `bridge vlan del dev ${name} vid 1 && bridge vlan add dev ${name} vid ${String(vlan)} pvid untagged`,
    );
    await shell.inMote(name, `ifconfig eth0 192.168.7.${String(host)}`);
  }
  holds('those of one hear one another', await shell.inMote('a', 'ping -c 1 192.168.7.2'), ANSWER);
  holds('another does not', await shell.inMote('a', 'ping -c 1 192.168.7.3'), NOTHING);
});
