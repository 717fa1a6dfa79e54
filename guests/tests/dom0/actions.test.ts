/** What becomes of domains that end: on_poweroff, on_reboot, on_crash, as xend does it. */
import { beforeAll, describe, expect, test } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { Host } from './testing.ts';

const CRASH = 'hypercall mmuext_op 0 0; hypercall set_trap_table 0; spin';
const ENDINGS = { poweroff: 'exit', reboot: 'reboot', crash: CRASH };

let host: Host;
beforeAll(async () => {
  host = await Host.boot();
});

function create(...settings: readonly string[]): void {
  host.run('cat /etc/xen/mote > /tmp/c');
  for (const line of settings) host.run(`echo '${line}' >> /tmp/c`);
  host.run('xm create /tmp/c');
}

/** Lets the domain end by a command of its own, and xend do what is to be done. */
function end(command: string, name = 'mote'): void {
  host.type(`xm console ${name}\r`);
  host.until(/\n\/ \$ $/);
  host.type(`${command}\r`);
  host.until(/\n\/ \$ $/);
  host.run('sleep 1');
}

/** The guests that are there: name, vcpus' state. */
function guests(): string[] {
  return host
    .list()
    .slice(1)
    .map((line) => line.replace(/^(\S+) \d+ \d+ \d+ /, '$1 '));
}

function domid(name: string): number {
  return Number(host.run(`xm domid ${name}`));
}

/** The last lines of xend's log, without when and who. */
function log(count: number): string[] {
  return host
    .run(`tail -n ${count} /var/log/xen/xend.log`)
    .split('\n')
    .map((line) => line.replace(/^\[.*?\] /, ''));
}

describe('the usual', () => {
  test('a domain that powers off goes, and nothing is left of it', () => {
    create();
    end(ENDINGS.poweroff);
    const before = [host.free(), host.run('xenstore-ls -f'), host.run('lsevtchn')];
    create();
    const id = domid('mote');
    end(ENDINGS.poweroff);
    expect(log(1)).toEqual([`INFO Domain has shutdown: name=mote id=${id} reason=poweroff.`]);
    expect([host.free(), host.run('xenstore-ls -f'), host.run('lsevtchn')]).toEqual(before);
    expect(host.run('ls /var/lib/xend/domains')).toBe('');
    expect(checkFrameTable(host.lab.hypervisor.frames, host.lab.hypervisor.domains)).toEqual([]);
  });

  test('xm shutdown ends it, xm reboot makes it anew as often as it is asked', () => {
    create();
    const id = domid('mote');
    const uuid = host.run(`xenstore-read /local/domain/${id}/vm`);
    host.run('xm reboot mote; sleep 1');
    host.run('xm reboot mote; sleep 1');
    expect(domid('mote')).toBe(id + 2);
    expect(host.run(`xenstore-read /local/domain/${id + 2}/vm`)).toBe(uuid);
    host.run('xm shutdown mote; sleep 1');
    expect(guests()).toEqual([]);
  });

  test('a crash makes it anew, but not for ever; and a while later again', () => {
    create();
    const id = domid('mote');
    end(ENDINGS.crash);
    expect(guests()).toEqual(['mote -b----']);
    expect(domid('mote')).toBe(id + 1);
    host.run('sleep 10');
    host.run('sleep 10');
    end(ENDINGS.crash);
    expect(domid('mote')).toBe(id + 2);
    end(ENDINGS.crash);
    expect(guests()).toEqual([]);
    expect(log(2)).toEqual([
      `WARNING Domain has crashed: name=mote id=${id + 2}.`,
      expect.stringMatching(
        /^ERROR VM mote restarting too fast \(\d\.\d{6} seconds since the last restart\)\. {2}Refusing to restart to avoid loops\.$/,
      ),
    ]);
  });
});

describe.each(Object.entries(ENDINGS))('what is asked for on %s', (ending, command) => {
  test('destroy', () => {
    create(`on_${ending} = "destroy"`);
    end(command);
    expect(guests()).toEqual([]);
  });

  test('restart', () => {
    create(`on_${ending} = "restart"`);
    const id = domid('mote');
    end(command);
    expect(guests()).toEqual(['mote -b----']);
    expect(domid('mote')).toBe(id + 1);
    host.run('xm destroy mote');
  });

  test('preserve', () => {
    create(`on_${ending} = "preserve"`);
    const id = domid('mote');
    end(command);
    expect(guests()).toEqual([expect.stringMatching(/^mote -+(s|c)-+$/)]);
    expect(log(1)).toEqual([`INFO Preserving dead domain mote (${id}).`]);
    host.run('xm destroy mote');
  });

  test('rename-restart', () => {
    create(`on_${ending} = "rename-restart"`);
    const id = domid('mote');
    end(command);
    expect(guests()).toEqual([expect.stringMatching(/^Domain-[0-9a-f-]{36} -+(s|c)-+$/), 'mote -b----']);
    expect(domid('mote')).toBe(id + 1);
    host.run(`xm destroy mote; xm destroy ${id}; sleep 1`);
    expect(host.run('xenstore-ls /vm; ls /var/lib/xend/domains')).toBe('');
  });
});

test.each(['restart', 'rename-restart'])(
  '%s: the new one has the disks and cards of the dead one',
  (action) => {
    host.run('dd if=/dev/zero of=/tmp/disk bs=1k count=64 2> /dev/null');
    create('disk = [ "file:/tmp/disk,xvda,w" ]', 'vif = [ "" ]', `on_reboot = "${action}"`);
    // Devices are there a while after the prompt.
    host.run('sleep 1');
    const id = domid('mote');
    end('echo kept > /dev/xvda; sync; reboot');
    expect(domid('mote')).toBe(id + 1);
    host.run('sleep 1');
    host.type('xm console mote\r');
    host.until(/\n\/ \$ $/);
    expect(host.run('head -n 1 /dev/xvda; ifconfig eth0')).toMatch(/^kept\neth0/);
    host.leaveConsole();
    expect(
      host.run('xenstore-ls /local/domain/0/backend/vbd; xenstore-ls /local/domain/0/backend/vif'),
    ).not.toMatch(new RegExp(`^${id} `, 'm'));
    host.run(`xm destroy mote; xm destroy ${id}`);
  },
);

test('a domain that was renamed keeps its new name', () => {
  create();
  host.run('xm rename mote other; xm reboot other; sleep 1');
  expect(guests()).toEqual(['other -b----']);
  host.run('xm reboot other; sleep 1; xm destroy other');
  expect(guests()).toEqual([]);
});

test('one that cannot be made anew is gone, and the log says why', () => {
  host.run('cat /boot/mote.elf > /tmp/k');
  create('kernel = "/tmp/k"');
  host.run('rm /tmp/k; xm reboot mote; sleep 1');
  expect(guests()).toEqual([]);
  expect(log(2)).toEqual([
    expect.stringMatching(/^INFO xm: \S+\/config:1: kernel: \/tmp\/k: No such file or directory$/),
    expect.stringMatching(/^ERROR Failed to restart domain \d+\.$/),
  ]);
});

test('a new xend knows the domains that are there, and does once what is to be done', () => {
  create('on_poweroff = "preserve"');
  const pid = /^ *(\d+) .* xend$/m.exec(host.run('ps'))![1]!;
  host.run(`kill ${pid}; sleep 1`);
  end('exit');
  expect(guests()).toEqual(['mote ---s--']);
  host.run('xend; sleep 1');
  expect(log(1)[0]).toMatch(/^INFO Preserving dead domain mote/);
  const second = /^ *(\d+) .* xend$/m.exec(host.run('ps'))![1]!;
  const lines = host.run('grep -v started /var/log/xen/xend.log | wc');
  host.run(`kill ${second}; sleep 1; xend; sleep 1`);
  expect(host.run('grep -v started /var/log/xen/xend.log | wc')).toBe(lines);
  host.run('xm destroy mote');
});
