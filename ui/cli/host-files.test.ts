/** Folders that a host is given: all files below them, by their paths there, and what may not be among them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readFolders } from './host-files.ts';
import { UserError } from './user-error.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xenoscope-files-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A folder with these files. */
function made(name: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, path, '..'), { recursive: true });
    writeFileSync(join(folder, name, path), text);
  }
  return join(folder, name);
}

const told = (...folders: string[]): [string, string][] =>
  [...readFolders(folders)].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]);

test('files of all folders are there by their paths, in order, through links', () => {
  const one = made('one', { b: 'B', 'a/deep/c': 'C', 'a/d': 'D' });
  const other = made('other', { e: 'E' });
  symlinkSync(join(folder, 'other'), join(one, 'linked'));
  const all = [
    ['a/d', 'D'],
    ['a/deep/c', 'C'],
    ['b', 'B'],
    ['linked/e', 'E'],
    ['e', 'E'],
  ];
  expect(told(one, other)).toEqual(all);
});

test('what is twice there, no file, no folder, or without an end is told', () => {
  const one = made('one', { 'a/b': '1' });
  const other = made('other', { 'a/b': '2' });
  expect(() => told(one, other)).toThrow(new UserError(`${other}/a/b: another folder has a a/b, too`));
  expect(() => told(join(one, 'a/b'))).toThrow(new UserError(`${one}/a/b: it is no folder`));
  expect(() => told(join(one, 'none'))).toThrow(/^cannot read .*none: ENOENT/);
  symlinkSync(one, join(one, 'a/again'));
  expect(() => told(one)).toThrow(`${one}/a/again: this link leads back to a folder that it is in`);
  execFileSync('mkfifo', [join(other, 'pipe')]);
  expect(() => told(other)).toThrow(`${other}/pipe: it is neither a file nor a folder`);
});
