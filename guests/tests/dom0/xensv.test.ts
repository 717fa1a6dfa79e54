/** The page that manages hosts, and what it asks of domain 0: domains are told, made, changed, cloned, kept as they were, and go to other hosts. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Host } from './testing.ts';

const CONFIG = [
  'name = "one"',
  'kernel = "/boot/mote.elf"',
  'ramdisk = "/boot/mote.cpio"',
  'memory = 12',
  'disk = ["file:/tmp/one.img,xvda,w"]',
  'vif = ["mac=00:16:3e:00:00:77, bridge=xenbr0"]',
  '',
].join('\n');

interface Told {
  readonly domains: readonly {
    readonly id: number;
    readonly name: string;
    readonly state: string;
    readonly memoryMb: number;
    readonly written: number;
  }[];
}

describe('a host with xensv', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({}, { memoryMb: 160, hostMb: 256 });
    host.run('xensv start');
  });

  const got = (path: string): unknown =>
    JSON.parse(host.run(`wget -q -O - http://127.0.0.1:8080/api/${path}`).replaceAll('\n', ''));
  const told = (): Told['domains'] => (got('host') as Told).domains;
  /** Empty, or how it was refused. */
  const post = (path: string, body: string): string => {
    host.run(body.includes('\n') ? `cat > /tmp/body <<'END'\n${body}\nEND` : `echo -n '${body}' > /tmp/body`);
    return host
      .run(`wget -q -O - --post-file=/tmp/body http://127.0.0.1:8080/api/${path}`)
      .replace(/^\{\}$/, '');
  };
  const names = (): string[] => told().map(({ name }) => name);

  test('it is a daemon, and serves a page that is one file', () => {
    expect(host.run('xensv status; xensv start; echo $?')).toMatch(/^xensv is running, as process \d+\n0$/);
    expect(host.run('xensv now; echo $?')).toBe('xensv: usage: xensv start|stop|restart|status\n2');
    const page = host.run('wget -q -O - http://127.0.0.1:8080/ | head -3');
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(host.run('wget -q -O - http://127.0.0.1:8080/api/nothing')).toContain('404');
  });

  test('the host and its templates are told', () => {
    expect(got('host')).toMatchObject({
      cpus: 1,
      totalMb: 256,
      domains: [{ id: 0, name: 'Domain-0', memoryMb: 160 }],
    });
    expect(got('templates')).toContainEqual({
      name: 'mote',
      text: expect.stringContaining('kernel  = "/boot/mote.elf"\n') as string,
    });
    expect(got('log/xend')).toEqual({ text: expect.stringContaining('Xend Daemon started') as string });
    expect(got('log/dmesg')).toEqual({ text: expect.stringContaining('Xen version 4.17') as string });
  });

  test('a domain is made of a configuration, or it is said what is wrong with it', () => {
    expect(post('create', CONFIG)).toContain('409');
    host.run('mke2fs /tmp/one.img 64');
    expect(post('create', CONFIG)).toBe('');
    expect(told()[1]).toMatchObject({ name: 'one', memoryMb: 12 });
    expect(post('create', CONFIG)).toContain('409');
  });

  test('its console is shown and typed at', () => {
    host.run('sleep 1');
    expect(
      post('console/one', 'mount /dev/xvda /mnt; echo first > /mnt/note; sync; echo ma$((1+1))de\n'),
    ).toBe('');
    host.run('sleep 1');
    expect(got('console/one')).toEqual({ text: expect.stringContaining('ma2de') as string });
    expect(told()[1]!.written).toBeGreaterThan(0);
  });

  test('it is paused, goes on, is renamed and back, and what cannot be is refused', () => {
    expect(post('domain/one/pause', '')).toBe('');
    expect(told()[1]!.state).toContain('p');
    expect(post('domain/one/snapshot', '')).toContain('409');
    expect(post('domain/one/unpause', '')).toBe('');
    expect(post('domain/one/rename', 'name=other')).toBe('');
    expect(names()).toEqual(['Domain-0', 'other']);
    expect(post('domain/other/rename', 'name=one')).toBe('');
    expect(post('domain/none/pause', '')).toContain('409');
    expect(post('domain/one/fly', '')).toContain('409');
    expect(post('domain/one/migrate', 'host=nowhere')).toContain('409');
  });

  test('a clone has a disk, a card and a name of its own', () => {
    expect(post('domain/one/clone', 'name=two')).toBe('');
    expect(names()).toEqual(['Domain-0', 'one', 'two']);
    host.run('sleep 1');
    post('console/two', 'mount /dev/xvda /mnt; cat /mnt/note; ifconfig eth0\n');
    host.run('sleep 1');
    const { text } = got('console/two') as { readonly text: string };
    expect(text).toContain('first');
    expect(text.toLowerCase()).not.toContain('00:16:3e:00:00:77');
    expect(host.run('xm list --long two')).toContain('(uname file:/tmp/one.img-two)');
    expect(post('domain/one/clone', 'name=two')).toContain('409');
    expect(post('domain/two/destroy', '')).toBe('');
  });

  test('a snapshot is memory and disks of one moment, and is gone back to', () => {
    expect(post('domain/one/snapshot', '')).toBe('');
    const [kept] = got('snapshots') as { readonly name: string; readonly bytes: number }[];
    expect(kept).toMatchObject({ name: expect.stringMatching(/^one@\d+$/) as string });
    expect(kept!.bytes).toBeGreaterThan(1 << 20);
    post('console/one', 'echo second > /mnt/note; sync\n');
    host.run('sleep 1');
    expect(post(`snapshot/${kept!.name}/restore`, '')).toBe('');
    host.run('sleep 1');
    post('console/one', 'echo it-is-$(cat /mnt/note)\n');
    host.run('sleep 1');
    expect(got('console/one')).toEqual({ text: expect.stringContaining('it-is-first') as string });
    expect(post(`snapshot/${kept!.name}/delete`, '')).toBe('');
    expect(got('snapshots')).toEqual([]);
    expect(post(`snapshot/${kept!.name}/restore`, '')).toContain('409');
  });

  test('other hosts are asked by way of this one', () => {
    expect(got('at/127.0.0.1/host')).toMatchObject({ totalMb: 256 });
    expect(host.run('wget -q -O - http://127.0.0.1:8080/api/at/nowhere/host')).toContain('404');
    expect(post('hosts', '10.0.0.101')).toBe('');
    expect(post('hosts', 'nowhere')).toContain('409');
    expect(got('hosts')).toEqual(['10.0.0.101']);
  });

  test('a domain that is suspended is off, and told of; it comes back', () => {
    host.run('xm create mote name=asleep memory=12; xm suspend asleep');
    expect(got('host')).toMatchObject({ suspended: ['asleep'] });
    expect(names()).not.toContain('asleep');
    expect(post('domain/asleep/resume', '')).toBe('');
    expect(got('host')).toMatchObject({ suspended: [] });
    expect(names()).toContain('asleep');
    host.run('xm destroy asleep');
  });

  test('where there are passwords, only who gives one of them is let in', () => {
    const asked = (header: string): string =>
      host.run(`wget -q -O - ${header} http://127.0.0.1:8080/api/hosts; echo $?`);
    const basic = (text: string): string => `--header='Authorization: Basic ${btoa(text)}'`;
    expect(asked('')).toMatch(/\n0$/);
    host.run("echo 'ann:open sesame' > /etc/xen/xensv-password; echo 'bob:b' >> /etc/xen/xensv-password");
    expect(asked('')).toBe('wget: server returned error: 401 Unauthorized\n8');
    for (const wrong of ['ann:open', 'ann:open sesame ', 'bob:open sesame', '', ':'])
      expect(asked(basic(wrong)), wrong).toContain('401 Unauthorized');
    for (const right of ['ann:open sesame', 'bob:b']) expect(asked(basic(right)), right).toMatch(/\n0$/);
    // By way of another host, the browser is not asked again.
    expect(asked("--header='Via: 1.0 xensv'")).toContain('403 Forbidden');
    host.run('rm /etc/xen/xensv-password');
    expect(asked('')).toMatch(/\n0$/);
  });
});
