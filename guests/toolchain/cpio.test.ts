import { describe, expect, it } from 'vitest';
import { cpio, filesOf } from './cpio.ts';

interface Unpacked {
  path: string;
  mode: number;
  inode: number;
  data: string;
}

/** Reads an archive back by the format's description: 110 bytes of header, name, data, each padded to four. */
function unpack(archive: Uint8Array): Unpacked[] {
  const text = Buffer.from(archive).toString('latin1');
  const members: Unpacked[] = [];
  for (let at = 0; at < text.length;) {
    expect(text.slice(at, at + 6)).toBe('070701');
    const field = (index: number) => parseInt(text.slice(at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const size = field(6);
    const nameEnd = at + 110 + field(11) - 1;
    const dataStart = (nameEnd + 1 + 3) & ~3;
    members.push({
      path: text.slice(at + 110, nameEnd),
      mode: field(1),
      inode: field(0),
      data: text.slice(dataStart, dataStart + size),
    });
    at = (dataStart + size + 3) & ~3;
  }
  return members;
}

const entries = [
  { type: 'directory', path: 'bin' },
  { type: 'file', path: 'bin/tool', data: Buffer.from('#!x'), executable: true },
  { type: 'file', path: 'note', data: Buffer.from('12345') },
  { type: 'link', path: 'bin/sh', target: 'tool' },
] as const;

describe('cpio', () => {
  it('writes members that read back, padded to four bytes, and a trailer', () => {
    expect(unpack(cpio(entries))).toEqual([
      { path: 'bin', mode: 0o040755, inode: 1, data: '' },
      { path: 'bin/tool', mode: 0o100755, inode: 2, data: '#!x' },
      { path: 'note', mode: 0o100644, inode: 3, data: '12345' },
      { path: 'bin/sh', mode: 0o120777, inode: 4, data: 'tool' },
      { path: 'TRAILER!!!', mode: 0, inode: 0, data: '' },
    ]);
  });

  it('gives the same bytes for the same entries', () => {
    expect(cpio(entries)).toEqual(cpio(entries));
  });

  it('reads the files of its own archives', () => {
    const files = filesOf(cpio(entries));
    expect([...files].map(([path, data]) => [path, String.fromCharCode(...data)])).toEqual([
      ['bin/tool', '#!x'],
      ['note', '12345'],
    ]);
  });
});
