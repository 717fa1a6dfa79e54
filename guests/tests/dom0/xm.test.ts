/** Domain 0 as an administrator uses it: xm at its console, which makes, shows and ends domains. */
import { beforeAll, describe, expect, test } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { stateHash } from '../../../ui/lab/state-hash.ts';
import { Host } from './testing.ts';

function writeConfig(host: Host, lines: readonly string[]): void {
  host.run('rm -f /tmp/c');
  for (const line of lines) host.run(`echo '${line}' >> /tmp/c`);
}

describe('a host', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot();
  });

  test('a domain is made from a file, used at its console, paused, and destroyed; its memory comes back', () => {
    expect(host.list()).toEqual(['Domain-0 0 64 1 r-----']);
    const free = host.free();
    host.type('xm create -c mote\r');
    host.until(/Started domain mote \(id=1\)[^]*Welcome to Mote[^]*\n\/ \$ $/);
    expect(host.run('uname; echo $((6 * 7))')).toContain('Mote');
    host.leaveConsole();
    expect(host.list()[1]).toMatch(/^mote 1 32 1 -b----$/);
    expect(host.lab.hypervisor.domains.get(1)?.grants.maxVersion).toBe(2);
    expect(host.run('xm pause mote; xm pause 1')).toBe('');
    expect(host.list()[1]).toBe('mote 1 32 1 -bp---');
    expect(host.run('xm unpause mote; xm unpause mote; xm unpause mote')).toBe('xm: mote: Invalid argument');
    expect(host.run('xm domid mote; xm domname 1')).toBe('1\nmote');
    expect(host.run('xm vcpu-list mote')).toMatch(/\nmote +1 +0 +0 +-b- +\d+\.\d any cpu$/);
    expect(host.run('xm destroy mote')).toBe('');
    expect(host.list()).toEqual(['Domain-0 0 64 1 r-----']);
    expect(host.free()).toBe(free);
    expect(checkFrameTable(host.lab.hypervisor.frames, host.lab.hypervisor.domains)).toEqual([]);
  });

  test('what a domain says before it ends is seen, and that it has ended', () => {
    host.run('xm create mote');
    host.type('xm console mote\r');
    host.until(/\n\/ \$ $/);
    host.type('exit\r');
    host.until(/Mote: powering off\n+\/ \$ $/);
    expect(host.list()).toHaveLength(1);
  });

  test('memory is taken from a domain and given back by its balloon, up to what it may have', () => {
    host.run('xm create mote');
    host.wait(1);
    expect(host.run('xm mem-set mote 16; sleep 1')).toBe('');
    expect(host.list()[1]).toMatch(/^mote \d+ 16 1 /);
    expect(host.run('xm mem-set mote 64; xm mem-set mote x')).toBe(
      'xm: mote: it may have 33 MiB at most\nxm: x: it is to be a number of MiB',
    );
    host.run('xm mem-max mote 20; xm mem-set mote 20; sleep 1');
    expect(host.list()[1]).toMatch(/^mote \d+ 20 1 /);
    expect(host.run('xm rename mote Domain-0; xm rename mote other; xm uptime other')).toMatch(
      /^xm: VM name Domain-0 already in use by another domain\nName +ID Uptime\nother +\d+ 0:00:0\d$/,
    );
    host.run('xm destroy other');
    expect(host.run('cat /proc/xen/capabilities')).toBe('control_d');
  });

  test('several domains at once, each with its name', () => {
    for (const name of ['one', 'two', 'three']) {
      writeConfig(host, [
        'kernel = "/boot/mote.elf"',
        'ramdisk = "/boot/mote.cpio"',
        'memory = 16',
        `name = "${name}"`,
      ]);
      expect(host.run('xm create /tmp/c')).toMatch(
        new RegExp(`^Using config file "/tmp/c"\\.\\nStarted domain ${name} \\(id=\\d+\\)$`),
      );
    }
    expect(host.list().map((line) => line.split(' ')[0])).toEqual(['Domain-0', 'one', 'two', 'three']);
    expect(host.run('xm create /tmp/c')).toBe('xm: VM name three already in use by another domain');
    host.run('xm destroy one; xm destroy two; xm destroy three');
    expect(host.list()).toHaveLength(1);
  });

  test.each([
    [['kernel = "/boot/nothing"'], 'xm: /tmp/c:1: kernel: /boot/nothing: No such file or directory'],
    [['kernel = "/etc/motd"'], 'xm: /tmp/c:1: kernel: /etc/motd: it is neither an ELF image nor a bzImage'],
    [['# none', 'memory = 16'], 'xm: there is no kernel in the file'],
    [['memory = 16', 'kernel'], "xm: /tmp/c:2:1: NameError: name 'kernel' is not defined\n    kernel\n    ^"],
    [['memory = "16'], 'xm: /tmp/c:1:10: a text has no end\n    memory = "16\n             ^'],
    [
      ['memory = much'],
      "xm: /tmp/c:1:10: NameError: name 'much' is not defined\n    memory = much\n             ^",
    ],
    [
      ['disk = [ "phy:a,xvda,w" '],
      'xm: /tmp/c:1:8: [ is not closed\n    disk = [ "phy:a,xvda,w"\n           ^',
    ],
    [['disk = "phy:a,xvda,w"'], 'xm: /tmp/c:1: disk: it is to be a list'],
    [
      ['on_crash = "explode"'],
      'xm: /tmp/c:1: on_crash: explode: it is to be one of destroy, restart, preserve, rename-restart',
    ],
    [['uuid = "1-2"'], 'xm: /tmp/c:1: uuid: 1-2: it is no UUID'],
    [['name = "two words"'], 'xm: two words: a name has letters, digits and _-.:/+'],
    [
      ['colour = "red"'],
      'xm: /tmp/c:1: colour: there is no such setting: it does nothing\nxm: there is no kernel in the file',
    ],
    [['extra = [ "a" ]'], 'xm: /tmp/c:1: extra: it is no list'],
    [['disk = [ [ "a" ] ]'], 'xm: /tmp/c:1: disk: it is a list, not a text or a number'],
    [['vfb = [ "type=vnc" ]'], 'xm: /tmp/c:1: vfb: there is no such thing here: a framebuffer'],
    [['restart = "often"'], 'xm: /tmp/c:1: restart: often: it is to be one of always, onreboot, never'],
    [['kernel = "/boot/mote.elf"', 'nfs_root = "/x"'], 'xm: /tmp/c:2: nfs_root: it wants nfs_server, too'],
    [['memory = 0'], 'xm: /tmp/c:1: memory: it is to be a number from 1 to 1048576'],
    [['kernel = "/boot/mote.elf"', 'memory = 2'], 'xm: c: its kernel and ramdisk do not fit in 2 MiB'],
    [
      ['kernel = "/boot/mote.elf"', 'memory = 9999'],
      'xm: c: getting its memory: Cannot allocate memory: it wants 9999 MiB, 188 are free, and domain 0 keeps 64 of its 64 (dom0-min-mem)',
    ],
  ])('a file that will not do: %s', (lines, told) => {
    const before = host.free();
    writeConfig(host, lines);
    expect(host.run('xm create /tmp/c; echo $?')).toBe(`${told}\n1`);
    expect(host.list()).toHaveLength(1);
    expect(host.free()).toBe(before);
  });

  test('what is not there is told', () => {
    expect(
      host.run('xm; xm frob; xm migrate 1; xm destroy x; xm console 0; xm list x').split('\n').slice(-5),
    ).toEqual([
      "xm: frob: there is no such command; 'xm help' lists them",
      expect.stringMatching(/^xm: usage: xm migrate \[--live \| --postcopy\] .* DOMAIN HOST$/),
      "xm: Domain 'x' does not exist.",
      'xm: 0: this is its console',
      "xm: Domain 'x' does not exist.",
    ]);
    expect(host.run('xm destroy 0; xm pause 0')).toBe(
      'xm: Domain-0: this is the host itself\nxm: Domain-0: this is the host itself',
    );
  });

  test('a crash of a domain is told on the line and in dmesg; the others go on', () => {
    host.run('xm dmesg -c');
    host.run('cat /etc/xen/mote > /tmp/c; echo "on_crash = \\"preserve\\"" >> /tmp/c; xm create /tmp/c');
    host.type('xm console mote\r');
    host.until(/\n\/ \$ $/);
    host.type('hypercall mmuext_op 0 0; hypercall set_trap_table 0; spin\r');
    host.until(/\n\/ \$ $/);
    expect(host.list()[1]).toMatch(/^mote \d+ 32 1 -+c-$/);
    expect(host.run('xm dmesg -c')).toMatch(/^\(XEN\) .*\n\(XEN\) Domain \d+ \(vcpu#0\) crashed/);
    expect(host.run('xm dmesg')).toBe('');
    host.run('xm destroy mote');
    expect(checkFrameTable(host.lab.hypervisor.frames, host.lab.hypervisor.domains)).toEqual([]);
  });
});

test('a host goes the same way each time, to the bit', async () => {
  const hash = async (): Promise<string> => {
    const host = await Host.boot();
    host.run('xm create mote');
    host.run('xm list');
    return stateHash(host.lab.hypervisor);
  };
  expect(await hash()).toBe(await hash());
});
