/** The console of a domain that is alone: Xen at the other end of its ring, and what a guest may try with the page. */
import { beforeEach, expect, test } from 'vitest';
import { xencons_interface, XENCONS_IN_BYTES, XENCONS_OUT_BYTES } from '../abi/console.ts';
import { EINVAL } from '../abi/errno.ts';
import { DOMID_SELF, MMUEXT_PIN_L1_TABLE } from '../abi/xen.ts';
import { sendEvent } from '../events/send.ts';
import { mmuextOp } from '../hypercalls/mmuext-op.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import { PAGE_PRESENT, PAGE_USER } from '../memory/entries.ts';
import { PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { ARGUMENTS, TABLE_FLAGS, TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { closeConsole, openConsole, serveConsole, typeOnConsole } from './console-ring.ts';
import { destroyDomain } from './destroy.ts';
import { ECS_UNBOUND } from '../state/event-channels.ts';

const RING_PFN = 20;
const RING = TEST_BASE + RING_PFN * 4096;
const { offset } = xencons_interface;

let guest: TestDomain;
let printed: string;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, 32);
  const { domain, hypervisor } = guest;
  domain.consoleMfn = guest.mfns[RING_PFN]!;
  const channel = domain.events.allocate()!;
  channel.state = ECS_UNBOUND;
  domain.consolePort = channel.port;
  openConsole(hypervisor, domain);
  printed = '';
  hypervisor.onConsole = (from, bytes) => {
    expect(from).toBe(domain);
    printed += String.fromCharCode(...bytes);
  };
});

function index(field: keyof typeof offset): number {
  const word = guest.peek(RING + offset[field] - (offset[field] % 8));
  return Number((word >> BigInt((offset[field] % 8) * 8)) & 0xffff_ffffn);
}

/** Sets an index of the ring, as the guest would. */
function setIndex(field: 'in_cons' | 'in_prod' | 'out_cons' | 'out_prod', value: number): void {
  const pair = field.startsWith('in')
    ? (['in_cons', 'in_prod'] as const)
    : (['out_cons', 'out_prod'] as const);
  const [low, high] = pair.map((name) => BigInt(name === field ? value : index(name)));
  guest.poke(RING + offset[pair[0]], low! | (high! << 32n));
}

/** Puts text into the ring and raises the port. */
function print(text: string): void {
  const from = index('out_prod');
  const bytes = new Map<number, bigint>();
  [...text].forEach((letter, n) => {
    const at = offset.out + ((from + n) % XENCONS_OUT_BYTES);
    const word = at - (at % 8);
    const shift = BigInt((at % 8) * 8);
    const old = bytes.get(word) ?? guest.peek(RING + word);
    bytes.set(word, (old & ~(0xffn << shift)) | (BigInt(letter.charCodeAt(0)) << shift));
  });
  for (const [at, word] of bytes) guest.poke(RING + at, word);
  setIndex('out_prod', (from + text.length) >>> 0);
  expect(sendEvent(guest.hypervisor, guest.domain, guest.domain.consolePort)).toBe(0);
}

function type(text: string): void {
  typeOnConsole(guest.hypervisor, guest.domain, new TextEncoder().encode(text));
}

/** The keys that wait in the ring. */
function typed(): string {
  let text = '';
  for (let at = index('in_cons'); at !== index('in_prod'); at = (at + 1) >>> 0) {
    const place = offset.in + (at % XENCONS_IN_BYTES);
    text += String.fromCharCode(
      Number((guest.peek(RING + place - (place % 8)) >> BigInt((place % 8) * 8)) & 0xffn),
    );
  }
  return text;
}

test('what the guest prints is taken when it raises the port, across the ring’s end and the index’s', () => {
  print('hello');
  expect(printed).toBe('hello');
  expect(index('out_cons')).toBe(index('out_prod'));
  setIndex('out_prod', 0xffff_fffe);
  setIndex('out_cons', 0xffff_fffe);
  print('over the end');
  expect(printed).toBe('helloover the end');
  expect(index('out_cons')).toBe(10);
});

test('keys go in while there is room, and the rest when the guest has read', () => {
  type('a'.repeat(XENCONS_IN_BYTES) + 'bc');
  expect(typed()).toBe('a'.repeat(XENCONS_IN_BYTES));
  type('d');
  setIndex('in_cons', index('in_prod'));
  serveConsole(guest.hypervisor, guest.domain);
  expect(typed()).toBe('bcd');
});

test('indices that make no sense cost the guest its console, and nobody anything', () => {
  setIndex('out_prod', 0x8000_0000);
  setIndex('in_cons', 0x8000_0000);
  serveConsole(guest.hypervisor, guest.domain);
  type('x');
  expect(printed).toBe('');
  expect(index('in_prod')).toBe(0);
  expect(guest.check()).toEqual([]);
});

test('the page is held as writable: the guest cannot make it a page table that keys would write to', () => {
  const { frames } = guest.hypervisor;
  const mfn = guest.domain.consoleMfn;
  expect(guest.check()).toEqual([]);
  expect(guest.call(updateVaMapping, RING, guest.entry(RING_PFN, PAGE_PRESENT | PAGE_USER), 0)).toBe(0);
  guest.poke(ARGUMENTS, MMUEXT_PIN_L1_TABLE, mfn, 0);
  expect(guest.call(mmuextOp, ARGUMENTS, 1, 0, DOMID_SELF)).toBe(-EINVAL);
  type('\x07\x10');
  expect(frames.type[mfn]).toBe(PGT_WRITABLE_PAGE);
  expect(guest.check()).toEqual([]);
});

test('once Xen does not serve it any more, the page is the guest’s to use', () => {
  closeConsole(guest.hypervisor, guest.domain);
  expect(guest.domain.consoleRing).toBe(null);
  expect(guest.check()).toEqual([]);
  guest.poke(RING, 0, 0);
  expect(guest.call(updateVaMapping, RING, guest.entry(RING_PFN, PAGE_PRESENT | PAGE_USER), 0)).toBe(0);
  guest.poke(ARGUMENTS, MMUEXT_PIN_L1_TABLE, guest.domain.consoleMfn, 0);
  expect(guest.call(mmuextOp, ARGUMENTS, 1, 0, DOMID_SELF)).toBe(0);
  type('x');
  serveConsole(guest.hypervisor, guest.domain);
  expect(guest.check()).toEqual([]);
});

test('a domain that is destroyed gives its console back; keys for it go nowhere', () => {
  const { frames } = guest.hypervisor;
  const mfn = guest.domain.consoleMfn;
  expect(guest.call(updateVaMapping, RING, guest.entry(21, TABLE_FLAGS), 0)).toBe(0);
  destroyDomain(guest.hypervisor, guest.domain);
  expect(frames.isFree(mfn)).toBe(true);
  expect(frames.remains.size).toBe(0);
  type('x');
  expect(guest.check()).toEqual([]);
});
