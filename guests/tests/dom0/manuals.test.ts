/** What the manuals of Xen have one type: switches in any place, old names, daemons started and stopped; and what is said when it cannot be. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Host } from './testing.ts';

const SETTINGS = ['kernel = "/boot/mote.elf"', 'ramdisk = "/boot/mote.cpio"', 'memory = 16'];

describe('a host whose administrator has read the manuals', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'etc/xen/small': new TextEncoder().encode(`${SETTINGS.join('\n')}\nname = "small"\n`),
      'images/a': new Uint8Array(512),
    });
  });

  test('a switch is long or short, stands anywhere, and is never taken for a name', () => {
    const long = host.run('xm list -l Domain-0').replace(/_time [\d.]+/g, '');
    for (const switched of ['--long Domain-0', '-long Domain-0', 'Domain-0 --long', '--lo 0'])
      expect(host.run(`xm list ${switched}`).replace(/_time [\d.]+/g, '')).toBe(long);
    expect(host.run('xm list -x; echo $?; xm list --longer; echo $?; xm list --long=2; echo $?')).toBe(
      ['-x', '--longer', '--long=2']
        .map((text) => `xm: there is no option ${text}\nxm: usage: xm list [-l|--long] [DOMAIN, ...]\n2`)
        .join('\n'),
    );
    expect(host.run('xm create -c; echo $?')).toMatch(/^xm: usage: xm create .*\n2$/);
    expect(host.run('xm migrate -p; echo $?; xm sched-credit -d')).toMatch(
      /^xm: usage: xm migrate .*\n2\nxm: usage: xm sched-credit .*$/,
    );
  });

  test('what is not here says so, and where it is instead', () => {
    const said = (commands: string): string => host.run(commands);
    expect(said('xm labels; xm new x; xm vtpm-list')).toMatch(
      /^xm: labels: not here: .*\nxm: new: not here: .*xm create.*\nxm: vtpm-list: not here: /,
    );
    expect(said('xm create small pae=1; xm create small vnc=1')).toMatch(
      /^(xm: on the command line: \w+: there is no such thing here: a fully virtualized machine\n?){2}$/,
    );
    expect(said('XM_SERVER=http://10.0.0.101:8006/ xm list; echo $?')).toMatch(
      /^xm: http:.*8006\/: not here: xm works on its own host.*\n2$/,
    );
    expect(said('lvcreate; xenman; ssh a; vi x; lxc-start; xentrace')).not.toContain('not found');
  });

  test('the processor is told of as Linux does; xentop and df -h are what they are', () => {
    expect(said()).toMatch(
      /^processor\t: 0\nvendor_id\t: \w+\n[^]*model name\t: \S.*\n[^]*cpu MHz\t\t: 1000\.000\n[^]*flags\t\t: fpu .*\bpae .*\bhypervisor /,
    );
    function said(): string {
      return host.run('cat /proc/cpuinfo');
    }
    expect(host.run('xentop -b -i 1')).toMatch(/^ +NAME +STATE .*\n +Domain-0 /);
    expect(host.run('df -h /lab')).toMatch(/^Filesystem +Size .*\nlab +1\.0G /);
  });

  test('every command tells how it is used', () => {
    const commands = [...host.run('xm help').matchAll(/^ ([a-z-]+)/gm)].map(([, name]) => name!);
    expect(commands.length).toBeGreaterThan(30);
    const asked = commands.filter((name) => name !== 'help');
    const told = host.run(
      `for c in ${asked.join(' ')}; do xm $c --help | head -n 1; xm $c --nothing 2>&1 | head -n 1; done`,
    );
    expect(told.split('\n').map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual(
      asked.flatMap((name) => [`Usage: xm ${name}`, 'xm: there is']),
    );
    expect(host.run('xm help balloon; xm --help | head -n 1')).toMatch(
      /^Usage: xm mem-set DOMAIN MB\n[^]*\n create \[-c\]/,
    );
  });

  test('a domain is made with its console, paused, quietly, and with settings of the command line', () => {
    host.type('xm create small -c\r');
    host.until(/Started domain small \(id=1\)[^]*Welcome to Mote[^]*\n\/ \$ $/);
    host.leaveConsole();
    expect(
      host.run(
        'xm create -q -p --defconfig=small name=other memory=12 disk=file:/images/a,sda1,r extra="a \\tb"',
      ),
    ).toBe('');
    expect(host.list().slice(1)).toEqual(['small 1 16 1 -b----', 'other 2 12 1 --p---']);
    expect(host.run('xm list --long other')).toMatch(
      /\(maxmem 12\)[^]*\(args 'a \\tb'\)[^]*\(uname file:\/images\/a\)\n +\(dev sda1:disk\)/,
    );
    // They are its own when it is made anew, too.
    host.run('xm unpause other; xm reboot --wait other; sleep 1');
    expect(host.list()[2]).toMatch(/^other 3 12 1 /);
    expect(host.run('xm list -l other')).toContain("(args 'a \\tb')");
    expect(
      host.run(
        'cd /etc; xm create xen/small name=x memory=much; xm create small name=x colour=red; xm create no; cd /',
      ),
    ).toBe(
      [
        'xm: on the command line: memory: it is to be a number from 1 to 1048576',
        'xm: on the command line: colour: there is no such setting',
        'xm: no: there is no such file here, nor in /etc/xen, /lab, /lab/xen',
      ].join('\n'),
    );
    expect(host.run('xm create --path=/etc:/tmp small')).toBe(
      'xm: small: there is no such file here, nor in /etc, /tmp',
    );
  });

  test('a configuration is a program, which is given variables on the command line', () => {
    expect(host.run('xm create xmexample2')).toMatch(
      /^xm: \/etc\/xen\/xmexample2:12:14: ValueError: Variable vmid is not set: .*\n {4}xm_vars.check\(\)\n {17}\^$/,
    );
    expect(host.run('xm create xmexample2 vmid=none')).toContain(
      "invalid literal for int() with base 10: 'none'",
    );
    expect(host.run('xm create -p xmexample2 vmid=3 memory=12; xm list --long VM3')).toMatch(
      /^Using config file .*\nStarted domain VM3 \(id=\d+\)\n[^]*\(maxmem 12\)[^]*\(mac 00:16:3e:00:01:03\)/,
    );
    host.run('xm destroy VM3');
    expect(host.run('xm create -n xmexample2 vmid=4 disk=phy:vda,sda1,r extra="a b"; xm list | wc -l')).toBe(
      [
        'Using config file "/etc/xen/xmexample2".',
        '(vm',
        '    (name VM4)',
        '    (memory 16)',
        '    (on_poweroff destroy)',
        '    (on_reboot restart)',
        '    (on_crash restart)',
        '    (image',
        '        (linux',
        '            (kernel /boot/mote.elf)',
        '            (ramdisk /boot/mote.cpio)',
        "            (args 'a b')",
        '        )',
        '    )',
        '    (device',
        '        (vbd',
        '            (uname phy:/dev/vda)',
        '            (dev sda1)',
        '            (mode r)',
        '        )',
        '    )',
        '    (device',
        '        (vif',
        '            (mac 00:16:3e:00:01:04)',
        '            (bridge xenbr0)',
        '        )',
        '    )',
        ')',
        '4',
      ].join('\n'),
    );
  });

  test('the settings of the first manual make the command line that xm made of them', () => {
    const lines = [
      'kernel = "/boot/mote.elf"; memory = 8 + 8; name = "old"; nics = 2; cpu = -1; restart = "never"',
      'ip = "10.0.0.5"; netmask = "255.255.255.0"; gateway = "10.0.0.1"; hostname = "%s.example" % name',
      'nfs_server = "10.0.0.2"; nfs_root = "/srv/" + name; root = "/dev/nfs"; extra = "quiet"',
    ];
    host.run(`echo '${lines.join('\n')}' > /tmp/old`);
    expect(host.run('xm create -p /tmp/old; xm list -l old; xm destroy old')).toMatch(
      /\(on_poweroff destroy\)\n +\(on_reboot destroy\)\n +\(on_crash destroy\)[^]*\(args 'ip=10\.0\.0\.5:10\.0\.0\.2:10\.0\.0\.1:255\.255\.255\.0:old\.example:eth0:off root=\/dev\/nfs nfsroot=10\.0\.0\.2:\/srv\/old quiet'\)[^]*\(vif[^]*\(vif/,
    );
  });

  test('all are shut down, and that is waited for', () => {
    expect(host.run('xm shutdown -aw; echo $?; xm list | wc -l')).toBe(
      'Domain small terminated\nDomain other terminated\n0\n2',
    );
    expect(host.run('xm shutdown -a; echo $?; xm shutdown -a x; echo $?; xm shutdown -H -R x')).toMatch(
      /^0\nxm: usage: xm shutdown .*\n2\nxm: usage: xm shutdown .*$/,
    );
  });

  test('xend is started once, stopped, and asked whether it runs', () => {
    const daemons = (): string[] =>
      host
        .run('ps')
        .split('\n')
        .filter((line) => line.endsWith(' xend'));
    expect(host.run('xend status; echo $?')).toMatch(/^xend is running, as process \d+\n0$/);
    const before = daemons();
    expect(before).toHaveLength(1);
    expect(host.run('xend start; echo $?; xend; echo $?')).toBe('0\n0');
    expect(daemons().map((line) => line.slice(0, 5))).toEqual(before.map((line) => line.slice(0, 5)));
    expect(host.run('xend stop; echo $?; xend status; echo $?; xend stop; echo $?')).toBe(
      '0\nxend is not running\n3\n0',
    );
    expect(daemons()).toEqual([]);
    host.run('xend restart; xend restart');
    expect(daemons()).toHaveLength(1);
    expect(host.run('xm log | tail -n 1')).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d+\] INFO /);
    expect(host.run('xend once; echo $?; xenstored; xenconsoled')).toMatch(
      /^xend: usage: xend start\|stop\|restart\|status\n2\nxenstored: it is running already, as process \d+\nxenconsoled: it is running already, as process \d+$/,
    );
  });

  test('what a domain has, its kernel counts as the toolstack does; and what its balloon cannot do is told', () => {
    host.run('xm create small maxmem=24; sleep 0.5');
    const kib = 'cat /proc/xen/memory_target';
    expect(host.inside('small', kib)).toBe('16384');
    expect(host.run('xm balloon small 12; echo $?')).toBe('0');
    expect(host.inside('small', kib)).toBe('12288');
    host.inside('small', 'echo 14336 > /proc/xen/memory_target');
    expect(host.list()[1]).toMatch(/^small \d+ 14 1 /);
    // It grows past what it started with, to what it may have, and keeps what it is at.
    const total = (): number => Number(/^Mem: +(\d+)/m.exec(host.inside('small', 'free'))![1]);
    const before = total();
    host.inside('small', 'dd if=/bin/sh of=/tmp/full bs=64k count=4; sha256sum /tmp/full > /tmp/sum');
    expect(host.run('xm mem-set small 24; echo $?; xm list small')).toMatch(/^0\n[^]*\nsmall +\d+ +24 /);
    expect(total() - before).toBe(10 * 1024);
    host.inside('small', 'dd if=/dev/zero of=/tmp/more bs=64k count=208');
    host.run('xm save small /tmp/saved; xm restore /tmp/saved; sleep 0.2');
    expect(host.inside('small', `ls -l /tmp; sha256sum /tmp/full | cmp - /tmp/sum; echo $?; ${kib}`)).toMatch(
      / 13631488 [^]* more\n[^]*\n0\n24576$/,
    );
    host.inside('small', 'rm /tmp/more /tmp/full');
    expect(host.run('xm mem-max small 40; xm mem-set small 40; echo $?; xm mem-set small 12; echo $?')).toBe(
      'xm: small: its balloon has come to 24 MiB, and no further\n1\n0',
    );
    expect(host.run('xm maxmem small 20; xm mem-set small 24; echo $?; xm destroy small')).toMatch(
      /^xm: small: it may have 2\d MiB at most\n1$/,
    );
  });

  test('a setting that would have no effect is refused, or that is said', () => {
    expect(host.run("xm create -p small 'vif=script=vif-none'")).toBe(
      'xm: on the command line: vif: /etc/xen/scripts/vif-none: there is no such script',
    );
    expect(host.run("xm create -p small 'vif=ip=192.168.1.165, script=/etc/xen/scripts/vif-bridge'")).toMatch(
      /^xm: \/etc\/xen\/small: vif: ip=192\.168\.1\.165: nothing here holds the domain to it; .*\nUsing config file .*\nStarted domain small /,
    );
    host.run('xm destroy small');
    host.run("xm create -p small 'disk=tap:aio:/images/a,xvda,r'");
    expect(host.run('xm list -l small')).toContain('(uname tap:aio:/images/a)');
    host.run('xm destroy small');
  });

  test('an address, a gateway and a name that the file says are the domain’s', () => {
    const lines = ['name = "fixed"', 'vif = [ "" ]', 'ip = "10.0.0.60"', 'netmask = "255.255.0.0"'];
    const more = ['gateway = "10.0.0.1"', 'hostname = "told"'];
    host.run(`cat > /tmp/fixed <<'END'\n${[...SETTINGS, ...lines, ...more].join('\n')}\nEND`);
    expect(host.run('xm create /tmp/fixed; sleep 1; ping -c 1 10.0.0.60')).toContain(' 0% packet loss');
    const told = host.inside('fixed', 'hostname; ifconfig eth0; route -n; cat /proc/cmdline');
    expect(told).toMatch(
      /^told\n[^]*inet 10\.0\.0\.60 +netmask 255\.255\.0\.0\n[^]*\n0\.0\.0\.0 +10\.0\.0\.1 [^]*\nip=10\.0\.0\.60:127\.0\.255\.255:10\.0\.0\.1:255\.255\.0\.0:told:eth0:off$/,
    );
    host.run("xm destroy fixed; echo '(loglevel DEBUG)' >> /etc/xen/xend-config.sxp; xm create /tmp/fixed");
    expect(host.run('xm log | tail -n 1')).toMatch(/ DEBUG Domain fixed \(id=\d+\) created$/);
    host.run('xm destroy fixed');
    // A list on the command line is the whole list; anything else is added to the file's.
    const devices = (given: string): string => host.run(`xm create -n /tmp/fixed ${given} | grep -c '(vif'`);
    expect(devices(`"vif=['', 'bridge=xenbr0', '']"`)).toBe('3');
    expect(devices('vif=bridge=xenbr0')).toBe('2');
    expect(host.run(`xm create -n /tmp/fixed "disk=['file:"`)).toMatch(/^xm: on the command line:1:\d+: /);
    // Without an address the file may still ask for DHCP.
    expect(host.run('xm create small name=asks vif= dhcp=dhcp; sleep 1')).toContain('Started');
    expect(host.inside('asks', 'ifconfig eth0')).toMatch(/inet 10\.0\.0\.1\d\d /);
    host.run('xm destroy asks');
  });
});
