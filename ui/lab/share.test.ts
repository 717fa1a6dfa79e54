/** What can be in a share, and what not. */
import { expect, test } from 'vitest';
import { makeShare } from './share.ts';

const NOTHING = new Uint8Array(0);

test('files are where their paths say', () => {
  const share = makeShare(
    new Map([
      ['/a/b', Uint8Array.of(1)],
      ['c', NOTHING],
    ]),
  );
  expect(share.find('a/b')).toMatchObject({ kind: 'file', size: 1 });
  expect([...share.root.entries.keys()]).toEqual(['a', 'c']);
});

test.each([
  [['a', 'a/b'], 'a/b: what is to be its directory is a file'],
  [['a/b', 'a'], 'a: it is a directory, too'],
  [['x'.repeat(256)], /^x+: a name has 255 bytes at most$/],
  [['a/../b'], 'a/../b: no file can have this name'],
])('%#: what cannot be', (paths, told) => {
  expect(() => makeShare(new Map(paths.map((path) => [path, NOTHING])))).toThrow(told);
});

test.each([
  [{ limitBytes: 2 ** 20, limitNames: 1 }, 'b: a share holds 1 MiB in 1 files and directories at most'],
  [{ limitBytes: 0, limitNames: 9 }, 'a: a share holds 0 MiB in 9 files and directories at most'],
])('%#: there can be too much', (limits, told) => {
  const files = new Map(['a', 'b'].map((path) => [path, new Uint8Array(10)]));
  expect(() => makeShare(files, limits)).toThrow(told);
});
