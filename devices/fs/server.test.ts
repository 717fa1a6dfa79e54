/** 9P conversations, as Linux's v9fs leads them. */
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import * as errno from './errno.ts';
import { answer } from './server.ts';
import { data, message, TestClient, text, u16, u32, u64 } from './testing.ts';
import type { Node } from './node.ts';
import { FileTree } from './tree.ts';

const RDONLY = 0;
const WRONLY = 1;
const RDWR = 2;
const EXCL = 0o200;
const TRUNC = 0o1000;
const APPEND = 0o2000;

let tree: FileTree;
let client: TestClient;
beforeEach(() => {
  tree = new FileTree({ limitBytes: 100_000, limitNames: 300 });
  tree.put('/images/mote', new TextEncoder().encode('kernel'));
  tree.put('/etc/xen/guest', new TextEncoder().encode('memory = 32\n'));
  client = new TestClient(tree);
});

test('version and attach: 9P2000.L and nothing else, a message length that fits both', () => {
  const reply = client.call(100, u32(1 << 30), text('9P2000.L'));
  expect([reply.u32(), reply.text()]).toEqual([1 << 19, '9P2000.L']);
  const other = client.call(100, u32(8192), text('9P2000.u'));
  expect([other.u32(), other.text()]).toEqual([8192, 'unknown']);
  expect(client.fail(100, u32(100), text('9P2000.L'))).toBe(errno.EMSGSIZE);
  // A version begins a session: fid 0 is free again.
  const root = client.call(104, u32(0), u32(0xffff_ffff), text(''), text(''), u32(0));
  expect(root.u8()).toBe(0x80);
});

test('walk, open, read: the lab’s files', () => {
  expect(client.walk(0, 1, 'etc', 'xen', 'guest')).toBe(3);
  client.open(1, RDONLY);
  expect(client.read(1, 0, 100)).toBe('memory = 32\n');
  expect(client.read(1, 9, 2)).toBe('32');
  expect(client.read(1, 5000, 100)).toBe('');
  expect(client.attributes(1)).toMatchObject({ mode: 0o100644, size: 12, links: 1 });
  client.clunk(1);
  expect(client.fail(116, u32(1), u64(0), u32(1))).toBe(errno.EBADF);
});

test('a walk that fails behind its first name tells how far it came, and gives no fid', () => {
  expect(client.walk(0, 1, 'etc', 'nothing', 'guest')).toBe(1);
  expect(client.fail(120, u32(1))).toBe(errno.EBADF);
  expect(client.fail(110, u32(0), u32(1), u16(1), text('nothing'))).toBe(errno.ENOENT);
  expect(client.walk(0, 1)).toBe(0);
  expect(client.walk(1, 1, 'etc', '.', '..', '..', 'images')).toBe(5);
  expect(client.walk(1, 2, 'mote')).toBe(1);
  expect(client.fail(110, u32(2), u32(3), u16(1), text('x'))).toBe(errno.ENOTDIR);
  expect(client.fail(110, u32(0), u32(2), u16(0))).toBe(errno.EBADF);
});

test('create, write, append, truncate: the file is there for the lab', () => {
  client.walk(0, 1);
  client.create(1, 'log', RDWR);
  expect(client.write(1, 0, 'hello')).toBe(5);
  expect(client.write(1, 8, 'world')).toBe(5);
  expect(client.read(1, 0, 99)).toBe('hello\0\0\0world');
  const file = tree.find('/log');
  expect(file).toMatchObject({ kind: 'file', size: 13, uid: 1000, gid: 7, mode: 0o640 });
  expect(client.attributes(1)).toMatchObject({ size: 13, modified: 1000 });
  client.walk(0, 2, 'log');
  client.open(2, WRONLY | APPEND);
  client.write(2, 0, '!');
  expect(client.read(1, 8, 99)).toBe('world!');
  expect(client.fail(116, u32(2), u64(0), u32(1))).toBe(errno.EBADF);
  client.walk(0, 3, 'log');
  client.open(3, WRONLY | TRUNC);
  expect(tree.find('/log')).toMatchObject({ size: 0 });
  client.walk(0, 4);
  expect(client.fail(14, u32(4), text('log'), u32(EXCL), u32(0), u32(0))).toBe(errno.EEXIST);
  client.create(4, 'log', RDWR);
});

test('readdir gives every name once, however small the pieces, also while names go', () => {
  client.walk(0, 1);
  client.mkdir(0, 'many');
  client.walk(0, 2, 'many');
  const names = Array.from({ length: 50 }, (_, n) => `file-${String(n)}`);
  for (const name of names) {
    client.walk(2, 3);
    client.create(3, name, WRONLY);
    client.clunk(3);
  }
  client.walk(2, 4);
  client.open(4, RDONLY);
  for (const count of [60, 100, 4000]) expect(client.list(4, count)).toEqual(['.', '..', ...names]);
  expect(client.list(4, 10)).toEqual([]);
  // As rm -r does: a piece, what is in it removed, the next piece.
  const first = client.call(40, u32(4), u64(0), u32(300));
  const entries = first.data(first.u32());
  expect(entries.length).toBeGreaterThan(200);
  for (const name of names.slice(0, 7)) client.call(76, u32(2), text(name), u32(0));
  expect(client.list(4, 4000)).toEqual(['.', '..', ...names.slice(7)]);
});

test('mkdir, rename, unlink', () => {
  client.mkdir(0, 'a');
  client.walk(0, 1, 'a');
  client.mkdir(1, 'b');
  client.walk(1, 2, 'b');
  client.rename(0, 'images', 2, 'pictures');
  expect(tree.find('/a/b/pictures/mote')).not.toBeNull();
  expect(client.walk(0, 3, 'a', 'b', 'pictures', '..', 'pictures', 'mote')).toBe(6);
  // A directory into itself; over one with something in it; a file over a directory.
  expect(client.fail(74, u32(0), text('a'), u32(2), text('x'))).toBe(errno.EINVAL);
  expect(client.fail(74, u32(0), text('etc'), u32(0), text('a'))).toBe(errno.ENOTEMPTY);
  client.walk(0, 4, 'a', 'b', 'pictures');
  client.rename(4, 'mote', 1, 'mote');
  expect(client.fail(74, u32(1), text('mote'), u32(1), text('b'))).toBe(errno.EISDIR);
  expect(client.fail(74, u32(1), text('b'), u32(1), text('mote'))).toBe(errno.ENOTDIR);
  expect(client.fail(76, u32(0), text('a'), u32(0x200))).toBe(errno.ENOTEMPTY);
  expect(client.fail(76, u32(1), text('mote'), u32(0x200))).toBe(errno.ENOTDIR);
  expect(client.fail(76, u32(1), text('b'), u32(0))).toBe(errno.EISDIR);
  client.call(76, u32(2), text('pictures'), u32(0x200));
  // What is not there has no new name, and nothing comes into a directory that is gone.
  expect(client.fail(74, u32(0), text('nothing'), u32(0), text('x'))).toBe(errno.ENOENT);
  expect(client.fail(72, u32(4), text('late'), u32(0), u32(0))).toBe(errno.ENOENT);
  expect(client.fail(74, u32(1), text('mote'), u32(4), text('late'))).toBe(errno.ENOENT);
  client.call(76, u32(1), text('b'), u32(0x200));
  expect(tree.find('/a/b')).toBeNull();
  expect(client.attributes(1).links).toBe(2);
});

test('symbolic and hard links', () => {
  client.call(16, u32(0), text('latest'), text('images/mote'), u32(0));
  client.walk(0, 1, 'latest');
  expect(client.call(22, u32(1)).text()).toBe('images/mote');
  expect(client.attributes(1)).toMatchObject({ mode: 0o120777, size: 11 });
  expect(client.fail(12, u32(1), u32(0))).toBe(errno.EINVAL);
  expect(client.fail(22, u32(0))).toBe(errno.EINVAL);
  client.walk(0, 2, 'images', 'mote');
  client.call(70, u32(0), u32(2), text('again'));
  expect(client.attributes(2).links).toBe(2);
  client.walk(0, 3, 'images');
  client.call(76, u32(3), text('mote'), u32(0));
  client.open(2, RDONLY);
  expect(client.read(2, 0, 10)).toBe('kernel');
  expect(client.fail(70, u32(0), u32(3), text('dir'))).toBe(errno.EPERM);
  expect(client.fail(16, u32(0), text('x'), text('y'.repeat(5000)), u32(0))).toBe(errno.ENAMETOOLONG);
});

test('an unlinked file lives while it is open; its bytes are free when it is closed', () => {
  const before = tree.usedBytes;
  client.walk(0, 1);
  client.create(1, 'temporary', RDWR);
  client.write(1, 0, 'x'.repeat(4000));
  client.call(76, u32(0), text('temporary'), u32(0));
  expect(client.read(1, 3999, 10)).toBe('x');
  expect(tree.usedBytes).toBe(before + 4000);
  client.clunk(1);
  expect(tree.usedBytes).toBe(before);
});

test('setattr: size, mode, owner, times', () => {
  client.walk(0, 1, 'images', 'mote');
  const set = (valid: number, fields: { mode?: number; size?: number; seconds?: number }): void => {
    const { mode = 0, size = 0, seconds = 0 } = fields;
    client.call(26, ...[1, valid, mode, 5, 6].map(u32), ...[size, 0, 0, seconds, 0].map(u64));
  };
  set(1, { mode: 0o100755 });
  set(2 | 4, {});
  set(8, { size: 3 });
  set(0x20 | 0x100, { seconds: 77 });
  expect(client.attributes(1)).toMatchObject({ mode: 0o100755, uid: 5, gid: 6, size: 3, modified: 77 });
  set(8, { size: 6 });
  client.open(1, RDONLY);
  expect(client.read(1, 0, 10)).toBe('ker\0\0\0');
  expect(client.attributes(1).modified).toBe(1000);
});

test('what was cut off a file does not come back when it grows', () => {
  tree.put('/x', new Uint8Array(600).fill(1));
  client.walk(0, 1, 'x');
  client.open(1, RDWR);
  for (const size of [599, 100, 0]) {
    for (const now of [size, 600])
      client.call(26, ...[1, 8, 0, 0, 0].map(u32), ...[now, 0, 0, 0, 0].map(u64));
    expect(client.read(1, 0, 600)).toBe('\x01'.repeat(size).padEnd(600, '\0'));
  }
});

test('statfs, fsync, flush; what is not there says so', () => {
  const reply = client.call(8, u32(0));
  expect([reply.u32(), reply.u32(), reply.u64()]).toEqual([0x01021997, 4096, 24]);
  client.call(50, u32(0), u32(0));
  client.call(108, u16(3));
  expect(client.fail(30, u32(0), u32(1), text('user.x'))).toBe(errno.EOPNOTSUPP);
  expect(client.fail(102, u32(0))).toBe(errno.EOPNOTSUPP);
});

test('limits: bytes, names, and names that are none', () => {
  client.walk(0, 1);
  client.create(1, 'big', RDWR);
  expect(client.fail(118, u32(1), u64(2 ** 40), u32(1), data(Uint8Array.of(1)))).toBe(errno.ENOSPC);
  expect(client.fail(26, ...[1, 8, 0, 0, 0].map(u32), ...[2 ** 62, 0, 0, 0, 0].map(u64))).toBe(errno.ENOSPC);
  expect(client.fail(72, u32(0), text('a/b'), u32(0), u32(0))).toBe(errno.EINVAL);
  expect(client.fail(72, u32(0), text('..'), u32(0), u32(0))).toBe(errno.EINVAL);
  expect(client.fail(72, u32(0), text('x'.repeat(256)), u32(0), u32(0))).toBe(errno.ENAMETOOLONG);
  while (tree.names < 300) client.mkdir(0, `d${String(tree.names)}`);
  expect(client.fail(72, u32(0), text('one more'), u32(0), u32(0))).toBe(errno.ENOSPC);
});

test('messages that are none: too short, too long, cut off, no UTF-8', () => {
  const error = (bytes: Uint8Array): number => {
    const reply = answer(client.session, bytes, client.now);
    expect(reply[4]).toBe(7);
    return reply[7]!;
  };
  expect(error(new Uint8Array(3))).toBe(errno.EINVAL);
  const walk = message(110, u32(0), u32(1), u16(1), text('etc'));
  expect(error(walk.subarray(0, walk.length - 1))).toBe(errno.EMSGSIZE);
  const cut = walk.slice(0, walk.length - 1);
  cut[0]!--;
  expect(error(cut)).toBe(errno.EINVAL);
  expect(error(message(118, u32(0), u64(0), u32(9000), data(new Uint8Array(9000))))).toBe(errno.EMSGSIZE);
  const bad = message(110, u32(0), u32(1), u16(1), text('e'));
  bad[bad.length - 1] = 0xff;
  expect(error(bad)).toBe(errno.EINVAL);
});

test('any messages in any order: answers, never an exception, and what is used is counted right', () => {
  const types = fc.constantFrom(
    8,
    12,
    14,
    16,
    20,
    22,
    24,
    26,
    40,
    50,
    70,
    72,
    74,
    76,
    100,
    104,
    108,
    110,
    116,
    118,
    120,
    122,
  );
  const field = fc.oneof(
    fc.nat(4).map(u32),
    fc.constantFrom(0, 3, 100, 5000).map(u32),
    fc.constantFrom('a', 'b', 'etc', '..').map(text),
    fc.constantFrom(0, 1, 2).map(u16),
    fc.constantFrom(0, 10, 2 ** 33, 2 ** 63).map(u64),
  );
  // Messages of the right form, on few fids and names: most of these succeed.
  const fid = fc.nat(4).map(u32);
  const name = fc.constantFrom('a', 'b', 'c', 'etc').map(text);
  const mode = fc.constantFrom(0o777, 0o100644).map(u32);
  const flags = fc.constantFrom(RDONLY, RDWR, RDWR | TRUNC, 0x200).map(u32);
  const right = fc.oneof(
    fc.tuple(fid, fid, name).map(([a, b, c]) => message(110, a, b, u16(1), c)),
    fc.tuple(fid, fid).map(([a, b]) => message(110, a, b, u16(0))),
    fc.tuple(fid, name, flags, mode).map(([a, b, c, d]) => message(14, a, b, c, d, u32(0))),
    fc.tuple(fid, name, mode).map(([a, b, c]) => message(72, a, b, c, u32(0))),
    fc.tuple(fid, name, fid, name).map(([a, b, c, d]) => message(74, a, b, c, d)),
    fc.tuple(fid, name, flags).map(([a, b, c]) => message(76, a, b, c)),
    fc.tuple(fid, fid, name).map(([a, b, c]) => message(70, a, b, c)),
    fc.tuple(fid, fc.nat(3000)).map(([a, at]) => message(118, a, u64(at), u32(5), data(new Uint8Array(5)))),
    fid.map((a) => message(120, a)),
    fid.map((a) => message(122, a)),
  );
  const anything = fc
    .tuple(types, fc.array(field, { maxLength: 8 }))
    .map(([type, fields]) => message(type, ...fields));
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: right }, anything), { maxLength: 80 }), (list) => {
      const made = new FileTree({ limitBytes: 100_000, limitNames: 300 });
      const { session } = new TestClient(made);
      for (const bytes of list) expect(answer(session, bytes, client.now).length).toBeGreaterThanOrEqual(7);
      session.begin(8192);
      const nodes = new Set<Node>([made.root, ...allOf(made)]);
      let bytes = 0;
      for (const node of nodes) if (node.kind === 'file') bytes += node.size;
      expect(made.usedBytes).toBe(bytes);
      expect(made.names).toBe(allOf(made).length);
      for (const node of nodes) expect(node.holders).toBe(0);
    }),
    { seed: 8, numRuns: 400 },
  );
});

/** What every name in a tree means. */
function allOf(from: FileTree): Node[] {
  const found: Node[] = [];
  const pending = [from.root];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop())
    for (const { node } of directory.entries.values()) {
      found.push(node);
      if (node.kind === 'directory') pending.push(node);
    }
  return found;
}

test('a tree holds as many bytes as it may, and not one more', () => {
  const small = new FileTree({ limitBytes: 1000, limitNames: 10 });
  expect(small.put('/a', new Uint8Array(400))).toBe(errno.OK);
  expect(small.put('/b', new Uint8Array(600))).toBe(errno.OK);
  expect(small.put('/c', new Uint8Array(1))).toBe(errno.ENOSPC);
  expect(small.put('/b', new Uint8Array(599))).toBe(errno.OK);
  expect(small.put('/c', new Uint8Array(1))).toBe(errno.OK);
});
