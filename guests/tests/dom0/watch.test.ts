/** Watches of the store for processes: who is told of what, and that what a process watched ends with it. */
import { beforeAll, expect, test } from 'vitest';
import { Host } from './testing.ts';

let host: Host;
beforeAll(async () => {
  host = await Host.boot();
});

/** What a watcher prints while something is done; the first line is the watch's own beginning. */
function watched(path: string, count: number, done: string): string[] {
  return host
    .run(`(sleep 1; ${done}) & xenstore-watch -n ${count} ${path}`)
    .split('\n')
    .filter((line) => !line.startsWith('['));
}

test('changes at a path and below are told, others are not', () => {
  const changes = 'xenstore-write /a/b 1; xenstore-write /ab 1; xenstore-write /a 2; xenstore-rm /a/b';
  expect(watched('/a', 4, changes)).toEqual(['/a', '/a/b', '/a', '/a/b']);
});

test('who watches below what is taken away is told of the path it watches', () => {
  host.run('xenstore-write /t/a/b 1 /t/a/c 1');
  expect(watched('/t/a/b /t/x', 3, 'xenstore-rm /t')).toEqual(['/t/a/b', '/t/x', '/t/a/b']);
});

test('domains that come and go are told of in domain 0', () => {
  const lines = watched('@introduceDomain @releaseDomain', 4, 'xm create mote; xm destroy mote');
  expect(lines.filter((line) => line.startsWith('@'))).toEqual([
    '@introduceDomain',
    '@releaseDomain',
    '@introduceDomain',
    '@releaseDomain',
  ]);
});

test('a domain watches its own nodes by relative paths, and who comes and goes is not for it', () => {
  host.run('xm create mote');
  host.type('xm console mote\r');
  host.until(/\n\/ \$ $/);
  expect(host.run('xenstore-watch -n 1 @introduceDomain')).toBe(
    'xenstore-watch: @introduceDomain: Permission denied',
  );
  host.type('xenstore-watch -n 2 memory/target\r');
  host.until(/memory\/target\n$/);
  host.leaveConsole();
  host.run('xm mem-set mote 31; sleep 1');
  host.type('xm console mote\r');
  host.until(/\nmemory\/target\nmemory\/target\n\/ \$ $/);
  host.leaveConsole();
  host.run('xm destroy mote');
});

test('watches end with the process: more of them than there may be at once, one after the other', () => {
  // The line takes only so much at once.
  host.run('W=; for i in $(seq 1 64); do W="$W /w$i"; done');
  host.run('for i in 1 2 3 4 5 6 7 8 9; do xenstore-watch -n 64 $W > /tmp/w; done');
  expect(host.run('wc /tmp/w')).toMatch(/^ *64 /);
  expect(host.run('xenstore-watch -n 65 $W /w65')).toBe('xenstore-watch: /w65: No space left on device');
});

test('a watcher that is killed is told no more', () => {
  host.run('xenstore-watch /k > /tmp/k &');
  host.run('sleep 1; xenstore-write /k 1; sleep 1; kill %1; sleep 1; xenstore-rm /k');
  expect(host.run('cat /tmp/k')).toBe('/k\n/k');
});
