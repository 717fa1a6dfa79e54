/** The book's fifth chapter, typed from its first line to its last: networks that are bridged, routed, and behind the host's address. */
import { beforeAll, describe, expect, test } from 'vitest';
import { parseIpv4 } from '../../../devices/lan/ethernet.ts';
import { Outside } from '../../../ui/lab/outside/outside.ts';
import { labUplink } from '../../../ui/lab/outside/uplink.ts';
import { Host } from './testing.ts';
import { listed, typeAll, typeDocument } from './testing-typed.ts';

const IMAGES = '/home/pchaganti/xen-images';
const XEND = '/etc/xen/xend-config.sxp';
const STEP_NS = 2_000_000;
const MOST_STEPS = 5000;

/** The lines that every domain of the chapter has. */
function configOf(name: string, ...lines: readonly string[]): string[] {
  const disk = `disk = ['tap:aio:${IMAGES}/ttylinux_domU.img,hda,r']`;
  return ['kernel = "/boot/mote.elf"', 'memory = 12', `name = "${name}"`, disk, ...lines];
}

/** What a browser beyond the gateway is answered. */
function asked(host: Host, address: string, port: number): string {
  const outside = new Outside(labUplink(host.lab)!);
  let text = '';
  let isOver = false;
  const connection = outside.connect(parseIpv4(address), port, {
    data: (bytes) => (text += new TextDecoder().decode(bytes)),
    ended: () => {
      connection.end();
    },
    closed: (problem) => {
      isOver = true;
      text += problem ?? '';
    },
  });
  connection.send(new TextEncoder().encode('GET /page HTTP/1.0\r\n\r\n'));
  for (let n = 0; !isOver && n < MOST_STEPS; n++) {
    outside.attend();
    host.lab.runTo(host.lab.place.ticks + STEP_NS);
  }
  return text.replace(/^[^]*\r\n\r\n/, '').trim();
}

describe('the networks of the book on Xen 3.0', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot();
    typeAll(host, [
      [`mkdir -p ${IMAGES}; dd if=/dev/zero of=${IMAGES}/ttylinux_domU.img bs=1k count=800`, /^dd: 800/],
      [`mkfs -t ext2 ${IMAGES}/ttylinux_domU.img; mount -o loop ${IMAGES}/ttylinux_domU.img /mnt`, ''],
      ['mkdir /mnt/{bin,dev,etc,proc,tmp}', ''],
      ['cp /bin/{init,sh,cat,echo,ipconfig,ping,httpd,mount} /mnt/bin', ''],
      // It sees to its own card, as any system does.
      ['echo "ipconfig &" > /mnt/etc/rc; umount /mnt', ''],
    ]);
  });

  test('bridged, as xend has it unless told otherwise', () => {
    typeAll(host, [
      [
        `grep -v '#' ${XEND} | grep script`,
        /^\(network-script network-bridge\)\n\(vif-script +vif-bridge\)$/,
      ],
    ]);
    typeDocument(
      host,
      `cat > ${IMAGES}/ttylinux_domU.cfg`,
      ...configOf('bridged_domU', "vif = [ 'bridge=xenbr0' ]", 'root = "/dev/hda ro"'),
    );
    host.type(`xm create ${IMAGES}/ttylinux_domU.cfg -c\r`);
    host.until(/Started domain bridged_domU \(id=1\)[^]*\n\/ \$ $/);
    host.leaveConsole();
    typeAll(host, [
      ['xm list', listed(['Domain-0', 0, 64, 'r-----'], ['bridged_domU', 1, 12, '-b----'])],
      ['ifconfig', /^lo: [^]*\nxenbr0: [^]*\npeth0: [^]*\nvif1\.0: /],
      ['brctl show', /^bridge name\tbridge id\t\tSTP enabled\tinterfaces\nxenbr0\t.*\tpeth0\n\t+vif1\.0$/],
      ['xm destroy bridged_domU', ''],
    ]);
  });

  test('routed', () => {
    typeAll(host, [
      ['service xend stop', ''],
      [`grep -v network-script ${XEND} | grep -v vif-script > /tmp/config; cp /tmp/config ${XEND}`, ''],
      [`echo "(network-script network-route)" >> ${XEND}`, ''],
      [`echo "(vif-script      vif-route)" >> ${XEND}`, ''],
      ['xend start', ''],
    ]);
    typeDocument(
      host,
      `cat > ${IMAGES}/ttylinux_domU.cfg`,
      ...configOf('routed_domU', "vif = [ 'ip=10.0.0.165' ]", 'root = "/dev/hda ro"'),
      // The domain's own address, which the book's image has in its files.
      'ip = "10.0.0.165"',
    );
    host.type(`xm create ${IMAGES}/ttylinux_domU.cfg -c\r`);
    host.until(/Started domain routed_domU \(id=2\)[^]*\n\/ \$ $/);
    host.leaveConsole();
    typeAll(host, [
      ['xm list', listed(['Domain-0', 0, 64, 'r-----'], ['routed_domU', 2, 12, '-b----'])],
      ['cat /proc/sys/net/ipv4/ip_forward', '1'],
      ['ifconfig vif2.0', /inet 10\.0\.0\.100 +netmask 255\.255\.255\.255/],
      [
        'route -n',
        /^Kernel IP routing table\nDestination [^]*\n10\.0\.0\.165 +0\.0\.0\.0 +255\.255\.255\.255 UH +0 +0 +0 vif2\.0\n/,
      ],
      ['ping -c 1 10.0.0.165', / 0% packet loss/],
      ['xm destroy routed_domU', ''],
    ]);
  });

  test('a virtual network behind the host, with a web server and a database', () => {
    typeDocument(
      host,
      'cat > /etc/network/interfaces',
      'auto dummy0',
      'iface dummy0 inet static',
      '    address 192.168.2.1',
      '    netmask 255.255.255.0',
    );
    typeAll(host, [
      ['ifup dummy0; ifconfig dummy0', /inet 192\.168\.2\.1 {2}netmask 255\.255\.255\.0/],
      [`grep -v network-script ${XEND} | grep -v vif-script > /tmp/config; cp /tmp/config ${XEND}`, ''],
      [`echo "(network-script 'network-bridge netdev=dummy0')" >> ${XEND}`, ''],
      ['echo "1" > /proc/sys/net/ipv4/ip_forward', ''],
      ['echo "net.ipv4.ip_forward = 1" > /etc/sysctl.conf; /sbin/sysctl -p', 'net.ipv4.ip_forward = 1'],
    ]);
    const machines = [
      ['# assume this is the webserver vm', 'vlan_domU_1', '192.168.2.2', 80],
      ['# assume this is the mysql vm', 'vlan_domU_2', '192.168.2.3', 3306],
    ] as const;
    for (const [comment, name, address] of machines)
      typeDocument(
        host,
        `cat > ${IMAGES}/${name}.cfg`,
        comment,
        ...configOf(name, `vif = [ 'ip=${address}' ]`, 'root = "/dev/hda ro"', 'gateway="192.168.2.1"'),
        `ip = "${address}"`,
        'netmask = "255.255.255.0"',
      );
    typeAll(host, [
      ['iptables -t nat -A POSTROUTING -s 192.168.0.0/16 -j MASQUERADE', ''],
      ['iptables -A PREROUTING -t nat -p tcp -i eth0 --dport 80 -j DNAT --to 192.168.2.2:80', ''],
      ['iptables -A PREROUTING -t nat -p tcp -i eth0 --dport 3306 -j DNAT --to 192.168.2.3:3306', ''],
      ['xend restart; brctl show', /xenbr0\t.*\tdummy0$/],
      ['ifconfig eth0', /inet 10\.0\.0\.100 /],
      ['route -n', /\n0\.0\.0\.0 +10\.0\.0\.1 +0\.0\.0\.0 +UG .* eth0/],
      ['iptables -t nat -L -n', /dpt:80 to:192\.168\.2\.2:80\n.*dpt:3306 to:192\.168\.2\.3:3306/],
    ]);
    for (const [, name, , port] of machines) {
      typeAll(host, [[`xm create ${IMAGES}/${name}.cfg; sleep 0.3`, /Started domain vlan_domU_/]]);
      host.inside(
        name,
        `mount -t ramfs ramfs /tmp; echo ${name} > /tmp/page; httpd -p ${String(port)} /tmp &`,
      );
    }
    expect(host.inside('vlan_domU_1', 'ping -c 1 192.168.2.3; ping -c 1 10.0.0.1')).toMatch(
      / 0% packet loss[^]* 0% packet loss/,
    );
    expect(asked(host, '10.0.0.100', 80)).toBe('vlan_domU_1');
    expect(asked(host, '10.0.0.100', 3306)).toBe('vlan_domU_2');
    expect(asked(host, '10.0.0.100', 81)).toBe('nobody listens there');
    typeAll(host, [['xm destroy vlan_domU_1; xm destroy vlan_domU_2; iptables -t nat -F', '']]);
  });

  test('and bridged again', () => {
    typeAll(host, [
      [`grep -v netdev ${XEND} > /tmp/config; cp /tmp/config ${XEND}; service xend restart`, ''],
      ['brctl show', /xenbr0\t.*\tpeth0$/],
      ['route -n', /\n0\.0\.0\.0 +10\.0\.0\.1 +0\.0\.0\.0 +UG .* xenbr0/],
    ]);
  });
});
