/** Mote's 9P client at the lab's own server: what either does to the tree, the other sees. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FileNode } from '../../../../devices/fs/node.ts';
import { DEFAULT_LIMITS, FileTree } from '../../../../devices/fs/tree.ts';
import { read32, write32 } from '../../../../devices/little-endian.ts';
import { NinePTree } from '../../../tests/9p/testing.ts';
import { DIRECTORY, FILE } from '../../../tests/file-system.ts';

const EPERM = -1;
const ENOENT = -2;
const EIO = -5;
const EBUSY = -16;
const EEXIST = -17;
const ENOTDIR = -20;
const EISDIR = -21;
const EINVAL = -22;
const ENOSPC = -28;
const EROFS = -30;
const ENAMETOOLONG = -36;
const ENOTEMPTY = -39;
const DEVICE = 0o020644;

const text = (bytes: string): Uint8Array => new TextEncoder().encode(bytes);

function bytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, n) => (n * 7 + (n >> 8)) & 255);
}

function mounted(tree: FileTree, readOnly = false): NinePTree {
  const mote = new NinePTree(tree);
  expect(mote.calls.mount(readOnly)).toBe(0);
  return mote;
}

/** The bytes of a file as the lab has them. */
function inLab(tree: FileTree, path: string): Uint8Array {
  const node = tree.find(path) as FileNode;
  return node.data.slice(0, node.size);
}

/** Vitest takes its time to compare as many. */
function expectSame(found: Uint8Array | number, wanted: Uint8Array): void {
  expect(typeof found === 'number' ? found : Buffer.compare(found, wanted)).toBe(0);
}

test('what the lab has is read and listed', () => {
  const tree = new FileTree();
  const data = bytes(300_000);
  tree.put('a/b/data', data);
  tree.put('hello', text('hello\n'));
  const mote = mounted(tree);
  expect(mote.list('')).toEqual(['.', '..', 'a', 'hello']);
  expect(mote.list('a/b')).toEqual(['.', '..', 'data']);
  expect(mote.read('hello', 0, 100)).toEqual(text('hello\n'));
  expect(mote.read('a/b/../../hello', 2, 3)).toEqual(text('llo'));
  expect(mote.size('a/b/data')).toBe(300_000);
  // More than one message carries.
  const before = mote.messages;
  expectSame(mote.read('a/b/data', 1, 299_999), data.subarray(1));
  expect(mote.messages - before).toBeLessThan(25);
  expect(mote.read('a/b/data', 300_000, 5)).toEqual(new Uint8Array(0));
  expect(mote.links('a')).toBe(3);
});

test('what Mote writes the lab has, byte for byte', () => {
  const tree = new FileTree();
  const mote = mounted(tree);
  const data = bytes(290_000);
  expect(mote.create('d', DIRECTORY)).toBe(0);
  expect(mote.create('d/f')).toBe(0);
  expect(mote.write('d/f', 0, data)).toBe(data.length);
  expectSame(inLab(tree, 'd/f'), data);
  expect(mote.write('d/f', 290_002, text('end'))).toBe(3);
  expect([...inLab(tree, 'd/f').subarray(289_999)]).toEqual([data[289_999], 0, 0, ...text('end')]);
  expect(mote.truncate('d/f', 3)).toBe(0);
  expect(mote.size('d/f')).toBe(3);
  expect(inLab(tree, 'd/f')).toEqual(data.subarray(0, 3));
  expect(mote.symlink('l', 'd/f')).toBe(0);
  expect(mote.readLink('l')).toBe('d/f');
  expect(mote.symlink('long', 'x'.repeat(4095))).toBe(0);
  expect(mote.readLink('long')).toBe('x'.repeat(4095));
  expect(mote.link('d/f', 'hard')).toBe(0);
  expect(mote.links('hard')).toBe(2);
  expect(mote.chmod('hard', 0o755)).toBe(0);
  expect(tree.find('d/f')?.mode).toBe(0o755);
  expect(mote.rename('d/f', 'moved')).toBe(0);
  expect(mote.rename('d', 'e')).toBe(0);
  expect(mote.remove('hard')).toBe(0);
  expect(mote.remove('e', true)).toBe(0);
  expect([...tree.root.entries.keys()]).toEqual(['l', 'long', 'moved']);
  expect(mote.calls.sync()).toBe(0);
});

test('errors are the server’s, and Mote’s own where it need not ask', () => {
  const tree = new FileTree();
  tree.put('d/f', text('x'));
  const mote = mounted(tree);
  expect(mote.read('none', 0, 1)).toBe(ENOENT);
  expect(mote.read('d', 0, 1)).toBe(EISDIR);
  expect(mote.read('d/f/x', 0, 1)).toBe(ENOTDIR);
  expect(mote.create('d', DIRECTORY)).toBe(EEXIST);
  expect(mote.create('d/f', FILE)).toBe(EEXIST);
  expect(mote.create('d/f/x', FILE)).toBe(ENOTDIR);
  expect(mote.create('tty', DEVICE)).toBe(EPERM);
  expect(mote.create('n'.repeat(256))).toBe(ENAMETOOLONG);
  expect(mote.remove('d', true)).toBe(ENOTEMPTY);
  expect(mote.remove('d')).toBe(EISDIR);
  expect(mote.remove('d/f', true)).toBe(ENOTDIR);
  expect(mote.rename('d', 'd/below')).toBe(EINVAL);
  expect(mote.symlink('d', 'x')).toBe(EEXIST);
  expect(mote.readLink('d/f')).toBe(EINVAL);
  expect(mote.truncate('d', 0)).toBe(EISDIR);
  expect(mote.calls.mount(false)).toBe(EBUSY);
  expect(mote.calls.mountOther()).toBe(ENOENT);
});

test('a full tree takes what fits', () => {
  const tree = new FileTree({ ...DEFAULT_LIMITS, limitBytes: 100_000 });
  const mote = mounted(tree);
  expect(mote.create('f')).toBe(0);
  expect(mote.write('f', 0, bytes(90_000))).toBe(90_000);
  expect(mote.write('f', 90_000, bytes(20_000))).toBe(ENOSPC);
  expect(mote.size('f')).toBe(90_000);
  expect(mote.calls.freeBlocks()).toBe(2);
});

test('a read-only mount is not written', () => {
  const tree = new FileTree();
  tree.put('f', text('x'));
  const mote = mounted(tree, true);
  expect(mote.read('f', 0, 9)).toEqual(text('x'));
  const results = [
    mote.write('f', 0, text('y')),
    mote.truncate('f', 0),
    mote.create('g'),
    mote.create('d', DIRECTORY),
    mote.symlink('s', 'f'),
    mote.link('f', 'g'),
    mote.rename('f', 'g'),
    mote.remove('f'),
    mote.remove('f', true),
  ];
  expect(results).toEqual(results.map(() => EROFS));
});

test('a long directory is listed whole', () => {
  const tree = new FileTree();
  const names = Array.from({ length: 1000 }, (_, n) => `file-${String(n)}-${'x'.repeat(n % 200)}`);
  for (const name of names) tree.put(`d/${name}`, text(''));
  const mote = mounted(tree);
  expect(mote.list('d')).toEqual(['.', '..', ...names].sort());
});

test('a file that is open outlives its name; nothing is left when all is closed', () => {
  const tree = new FileTree();
  const mote = mounted(tree);
  const fids = mote.fids;
  mote.create('f');
  expect(mote.hold('f')).toBe(0);
  expect(mote.calls.unmount()).toBe(EBUSY);
  expect(mote.remove('f')).toBe(0);
  expect(mote.writeHeld(text('still there'))).toBe(11);
  expect(tree.usedBytes).toBe(11);
  mote.calls.letGo();
  expect(tree.usedBytes).toBe(0);
  expect(mote.fids).toBe(fids);
  expect(mote.calls.unmount()).toBe(0);
  expect(mote.fids).toBe(0);
  const blocks = mote.calls.blocksUsed();
  expect(mote.calls.mount(false)).toBe(0);
  mote.list('');
  expect(mote.calls.unmount()).toBe(0);
  expect(mote.calls.blocksUsed()).toBe(blocks);
});

test('a server that tells of more than was asked for is not believed, nor a device that says so, too', () => {
  const [RREAD, RWRITE, COUNT_AT] = [117, 119, 7];
  const tree = new FileTree();
  tree.put('f', bytes(100));
  const mote = mounted(tree);
  let more = 0;
  mote.tamper = (reply) => {
    if (reply[4] === RREAD || reply[4] === RWRITE) write32(reply, COUNT_AT, read32(reply, COUNT_AT) + more);
    if (reply[4] === RREAD) write32(reply, 0, reply.length + more);
    return reply;
  };
  mote.saysLength = (reply) => read32(reply, 0);
  const work = (): unknown[] => [
    mote.read('f', 0, 4),
    mote.write('f', 4, text('word')),
    mote.read('f', 96, 4),
  ];
  expect(work()).toEqual([bytes(4), 4, bytes(100).subarray(96)]);
  for (more of [1, 5000, 0x7fff_0000]) expect(work()).toEqual([EIO, EIO, EIO]);
});

/** What a server may tell instead of its answer. */
const tampering = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(60), by: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), to: fc.nat(40) }),
  fc.record({ kind: fc.constant('error' as const), errno: fc.nat() }),
);

test('whatever a server answers costs an error, not the kernel', () => {
  const WORK = [
    (mote: NinePTree) => mote.create('n'),
    (mote: NinePTree) => mote.write('n', 0, text('words')),
    (mote: NinePTree) => mote.read('d/f', 0, 4000),
    (mote: NinePTree) => mote.list('d'),
    (mote: NinePTree) => mote.readLink('l'),
    (mote: NinePTree) => mote.rename('n', 'm'),
    (mote: NinePTree) => mote.remove('d', true),
    (mote: NinePTree) => mote.calls.freeBlocks(),
  ];
  const tampered = fc.array(fc.option(tampering), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(tampered, (changes) => {
      const tree = new FileTree();
      tree.put('d/f', bytes(5000));
      const mote = new NinePTree(tree);
      expect(mote.calls.mount(false)).toBe(0);
      mote.symlink('l', 'd/f');
      let next = 0;
      mote.tamper = (reply) => {
        const change = changes[next++ % changes.length];
        if (change === null || change === undefined) return reply;
        if (change.kind === 'cut') return reply.slice(0, Math.min(change.to, reply.length));
        const told = change.kind === 'error' ? reply.slice(0, 11) : reply.slice();
        if (change.kind === 'flip' && change.at < told.length) told[change.at]! ^= change.by;
        if (change.kind === 'error' && told.length === 11) {
          const view = new DataView(told.buffer);
          view.setUint32(0, 11, true);
          view.setUint8(4, 7);
          view.setUint32(7, change.errno, true);
        }
        return told;
      };
      for (const work of WORK) work(mote);
    }),
    { numRuns: 300, seed: 1 },
  );
  const mote = new NinePTree(new FileTree());
  mote.tamper = (reply) => reply.slice(0, 5);
  expect(mote.calls.mount(false)).toBe(EIO);
});
