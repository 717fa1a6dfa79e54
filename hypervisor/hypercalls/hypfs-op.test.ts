/** hypfs_op: what `xenhypfs` reads, and what it is told otherwise; answers as on the reference. */
import { beforeEach, expect, test } from 'vitest';
import { EACCES, EFAULT, EINVAL, ENOBUFS, ENOENT, EOPNOTSUPP, EPERM } from '../abi/errno.ts';
import * as abi from '../abi/hypfs.ts';
import { copyFromGuest, copyToGuest } from '../memory/guest-access.ts';
import { GuestStruct } from '../memory/guest-struct.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { hypfsOp } from './hypfs-op.ts';

const PATH = TEST_BASE + 8 * PAGE_BYTES;
const BUFFER = TEST_BASE + 9 * PAGE_BYTES;
const NOWHERE = TEST_BASE + 40 * PAGE_BYTES;
const HEAD = abi.xen_hypfs_direntry.size;
const {
  XEN_HYPFS_OP_get_version: version,
  XEN_HYPFS_OP_read: read,
  XEN_HYPFS_OP_write_contents: write,
} = abi;

let dom0: TestDomain;
beforeEach(() => {
  dom0 = new TestDomain(testHost(1024), 0, 32, 1, true);
});

function ask(command: number, path: string, count = PAGE_BYTES, buffer = BUFFER): number {
  const bytes = new TextEncoder().encode(path);
  copyToGuest(dom0.hypervisor.frames, dom0.vcpu, PATH, bytes);
  return dom0.call(hypfsOp, command, PATH, bytes.length, buffer, count);
}

/** What was read: its kind, and its content. */
function answer(): { readonly type: number; readonly content: Uint8Array } {
  const bytes = new Uint8Array(PAGE_BYTES);
  expect(copyFromGuest(dom0.hypervisor.frames, dom0.vcpu, BUFFER, bytes)).toBe(true);
  const entry = new GuestStruct(abi.xen_hypfs_direntry, 0, bytes);
  expect(entry.get('max_write_len')).toBe(0);
  return { type: entry.get('type'), content: bytes.slice(HEAD, HEAD + entry.get('content_len')) };
}

/** The names in a directory that was read, with their kinds. */
function list(): [string, number][] {
  const { type, content } = answer();
  expect(type).toBe(abi.XEN_HYPFS_TYPE_DIR);
  const found: [string, number][] = [];
  const view = new DataView(content.buffer);
  for (let at = 0, next = -1; next !== 0 && at < content.length; at += next) {
    const from = at + abi.DIRLISTENTRY_NAME;
    const name = new TextDecoder().decode(content.subarray(from, content.indexOf(0, from)));
    found.push([name, content[at]!]);
    next = view.getUint16(at + abi.DIRLISTENTRY_OFF_NEXT, true);
  }
  return found;
}

test('directories, strings, numbers', () => {
  expect(dom0.call(hypfsOp, version, 0, 0, 0, 0)).toBe(abi.XEN_HYPFS_VERSION);
  const { XEN_HYPFS_TYPE_DIR: directory, XEN_HYPFS_TYPE_STRING: string, XEN_HYPFS_TYPE_UINT: uint } = abi;
  expect(ask(read, '/\0')).toBe(0);
  expect(list().map(([name]) => name)).toEqual(['buildinfo', 'cpupool', 'params']);
  for (const path of ['/buildinfo\0', '/buildinfo/\0', '//buildinfo\0']) {
    expect(ask(read, path), path).toBe(0);
    expect(list()).toEqual([
      ['changeset', string],
      ['compileinfo', directory],
      ['version', directory],
    ]);
  }
  expect(ask(read, '/params\0')).toBe(0);
  expect(list()).toEqual([]);
  expect(ask(read, '/buildinfo/version/major\0')).toBe(0);
  expect(answer()).toEqual({ type: uint, content: Uint8Array.of(4, 0, 0, 0) });
  expect(ask(read, '/buildinfo/version/extra\0')).toBe(0);
  expect(answer()).toEqual({ type: string, content: new TextEncoder().encode('.7\0') });
});

test('too little room, nothing there, not to be written, nobody to ask', () => {
  expect(ask(read, '/buildinfo/version/major\0', HEAD + 3)).toBe(-ENOBUFS);
  expect(ask(read, '/buildinfo/version/major\0', HEAD + 4)).toBe(0);
  expect(ask(read, '/buildinfo\0', HEAD - 1)).toBe(-EINVAL);
  expect(ask(read, '/buildinfo\0', PAGE_BYTES, NOWHERE)).toBe(-EFAULT);
  for (const path of ['/nothing\0', '/buildinfo/changeset/x\0']) expect(ask(read, path)).toBe(-ENOENT);
  for (const path of ['buildinfo\0', '/buildinfo', '/buildinfo\0x\0', '', '\0', `/${'x'.repeat(1023)}\0`])
    expect(ask(read, path), path).toBe(-EINVAL);
  expect(dom0.call(hypfsOp, read, NOWHERE, 4, BUFFER, PAGE_BYTES)).toBe(-EFAULT);
  expect(ask(write, '/buildinfo/changeset\0')).toBe(-EACCES);
  expect(ask(3, '/\0')).toBe(-EOPNOTSUPP);
  expect(dom0.call(hypfsOp, version, 0, 1, 0, 0)).toBe(-EINVAL);
  const guest = new TestDomain(dom0.hypervisor, 1, 32);
  expect(guest.call(hypfsOp, version, 0, 0, 0, 0)).toBe(-EPERM);
});
