/** console_io: domain 0 writes and reads as it likes; what others write comes out in whole lines, marked. */
import { beforeEach, expect, test } from 'vitest';
import { E2BIG, EFAULT, EINVAL, ENOSYS, EPERM } from '../abi/errno.ts';
import { CONSOLEIO_read, CONSOLEIO_write } from '../abi/xen.ts';
import { copyFromGuest, copyToGuest } from '../memory/guest-access.ts';
import { TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import type { Xen } from '../xen.ts';
import { consoleIo } from './console-io.ts';

const PAGES = 32;
/** Pages that nothing else uses, for what is longer than a page. */
const TEXT = TEST_BASE + 8 * 4096;
const NOWHERE = TEST_BASE + PAGES * 4096;

let hypervisor: Xen;
let domain0: TestDomain;
let domain1: TestDomain;
let line: string;

beforeEach(() => {
  hypervisor = testHost(1024);
  domain0 = new TestDomain(hypervisor, 0, PAGES, 1, true);
  domain1 = new TestDomain(hypervisor, 1, PAGES);
  line = '';
  hypervisor.console.onOutput = (bytes) => (line += new TextDecoder().decode(bytes));
});

function write(guest: TestDomain, text: string): number {
  guest.enter();
  const bytes = new TextEncoder().encode(text);
  if (!copyToGuest(hypervisor.frames, guest.vcpu, TEXT, bytes)) throw new Error('no room for the text');
  return guest.call(consoleIo, CONSOLEIO_write, bytes.length, TEXT);
}

/** What domain 0 reads of what was typed. */
function read(count: number): string {
  domain0.enter();
  const length = domain0.call(consoleIo, CONSOLEIO_read, count, TEXT);
  const bytes = new Uint8Array(length);
  expect(copyFromGuest(hypervisor.frames, domain0.vcpu, TEXT, bytes)).toBe(true);
  return new TextDecoder().decode(bytes);
}

const ring = (): string =>
  new TextDecoder().decode(hypervisor.console.readRing(hypervisor.console.quietBytes, 16384, false).bytes);

test('what domain 0 writes goes out as it is, each newline as a terminal needs it, and into no ring', () => {
  expect(write(domain0, 'no whole line, ')).toBe(0);
  expect(write(domain0, 'and\none\n')).toBe(0);
  expect(line).toBe('no whole line, and\r\none\r\n');
  expect(ring()).toBe('');
});

test('more than is copied at a time goes out whole, however often it is continued', () => {
  const text = Array.from({ length: 2000 }, (_, n) => String.fromCharCode(97 + (n % 26))).join('');
  expect(write(domain0, text)).toBe(0);
  expect(line).toBe(text);
});

test('what others write comes out by lines with a mark of whose they are, printable characters alone', () => {
  expect(write(domain1, 'a beginning ')).toBe(0);
  expect(line).toBe('');
  expect(write(domain1, 'and\tan end\x1b[31m\r\nrest')).toBe(0);
  expect(line).toBe('(d1) a beginning and\tan end[31m\r\n');
  expect(ring()).toBe('(d1) a beginning and\tan end[31m\n');
});

test('a line of theirs that does not end comes out when it is 1024 characters long', () => {
  expect(write(domain1, 'x'.repeat(1024))).toBe(0);
  expect(line).toBe('');
  expect(write(domain1, 'yz\n')).toBe(0);
  expect(line).toBe(`(d1) ${'x'.repeat(1024)}\r\n(d1) yz\r\n`);
});

test('what was typed is read once, as much as is asked for', () => {
  hypervisor.console.input.push(...new TextEncoder().encode('typed'));
  expect(read(3)).toBe('typ');
  expect(read(100)).toBe('ed');
  expect(read(100)).toBe('');
});

test('what makes no sense is refused', () => {
  const call = (guest: TestDomain, command: number, count: number, buffer = TEXT): number => {
    guest.enter();
    return guest.call(consoleIo, command, count, buffer);
  };
  expect(call(domain1, CONSOLEIO_read, 1)).toBe(-EPERM);
  expect(call(domain0, 2, 1)).toBe(-ENOSYS);
  expect(call(domain0, CONSOLEIO_write, 2 ** 31)).toBe(-E2BIG);
  expect(call(domain1, CONSOLEIO_write, 2 ** 31)).toBe(-EINVAL);
  expect(call(domain0, CONSOLEIO_write, 1, NOWHERE)).toBe(-EFAULT);
  expect(call(domain0, CONSOLEIO_write, 8, NOWHERE - 4)).toBe(-EFAULT);
  hypervisor.console.input.push(120);
  expect(call(domain0, CONSOLEIO_read, 1, NOWHERE)).toBe(-EFAULT);
  expect(call(domain0, CONSOLEIO_write, 0, NOWHERE)).toBe(0);
  expect(line).toBe('');
});
