/**
 * The store of a host: what xm writes for a domain is what Xen 4.17's own toolstack writes for one (xenstore-4.17.txt: paths
 * and permissions, as recorded there; left out is what is libxl's alone); who may read and write what; transactions and limits.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { Host } from './testing.ts';

let host: Host;
beforeAll(async () => {
  host = await Host.boot();
  // The daemon of consoles has its part of them.
  host.run('xm create mote; sleep 0.1');
});

/** What a command prints in the domain. */
function inDomain(command: string): string {
  host.type('xm console mote\r');
  // What was printed before is shown first.
  host.wait(0.5);
  const printed = host.run(command);
  host.leaveConsole();
  return printed;
}

test('a domain has the nodes that it has on the real Xen, with their permissions', () => {
  const lines = host.run('xenstore-ls -f -p').split('\n');
  const nodes = lines.map((line) => line.replace(/ = ".*"/, '').replace(/\/vm\/[0-9a-f-]{36}/, '/vm/UUID'));
  const recorded = readFileSync(new URL('xenstore-4.17.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  expect([...nodes].sort()).toEqual([...recorded].sort());
  expect(host.run('xenstore-read /local/domain/1/name /local/domain/1/memory/target')).toBe('mote\n32768');
  expect(host.run('xenstore-read /local/domain/1/vm')).toMatch(
    /^\/vm\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  );
});

test('a domain reads and writes what is its own, and nothing else', () => {
  expect(inDomain('xenstore-read name domid; xenstore-write data/x 1; xenstore-read data/x')).toBe(
    'mote\n1\n1',
  );
  expect(
    inDomain('xenstore-write name other; xenstore-write /local/domain/0/name x; xenstore-rm /tool'),
  ).toBe(
    [
      'xenstore-write: name: Permission denied',
      'xenstore-write: /local/domain/0/name: Permission denied',
      'xenstore-rm: /tool: Permission denied',
    ].join('\n'),
  );
  expect(inDomain('xenstore-read /local/domain/0/name; xenstore-ls /local')).toBe(
    ['xenstore-read: /local/domain/0/name: Permission denied', 'xenstore-ls: /local: Permission denied'].join(
      '\n',
    ),
  );
  expect(inDomain('xenstore-read nothing /bad//path /bad?')).toBe(
    'xenstore-read: nothing: No such file or directory',
  );
  expect(host.run('xenstore-ls -p /local/domain/1/data')).toBe('x = "1"   (n1)');
});

test('paths that are none, and nodes that are not there', () => {
  expect(
    host.run(
      'xenstore-write relative 1; xenstore-write /a//b 1; xenstore-write /a/ 1; xenstore-write "/a b" 1',
    ),
  ).toBe(
    [
      'xenstore-write: /a//b: Invalid argument',
      'xenstore-write: /a/: Invalid argument',
      'xenstore-write: /a b: Invalid argument',
    ].join('\n'),
  );
  expect(host.run('xenstore-read /x; xenstore-rm /x; xenstore-rm /x/y; echo $?')).toBe(
    [
      'xenstore-read: /x: No such file or directory',
      'xenstore-rm: /x/y: No such file or directory',
      '1',
    ].join('\n'),
  );
});

test('a domain that is gone leaves nothing', () => {
  host.run('xm shutdown mote');
  host.wait(1);
  expect(host.list()).toHaveLength(1);
  expect(host.run('xenstore-ls -f').split('\n')).not.toContainEqual(expect.stringContaining('mote'));
});
