/** XENMEM_acquire_resource: a toolstack reaches the grant table of a domain that it makes. */
import { beforeEach, expect, test } from 'vitest';
import { EFAULT, EINVAL, EPERM, ESRCH } from '../../abi/errno.ts';
import * as abi from '../../abi/memory.ts';
import { DOMID_SELF } from '../../abi/xen.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { ARGUMENTS, TEST_BASE, TestDomain, testHost } from '../../memory/testing.ts';
import { memoryOp } from '../memory-op.ts';

const LIST = TEST_BASE + 30 * PAGE_BYTES;
const NOWHERE = 0x5000;
const SHARED = 0;
const STATUS = 1;

let dom0: TestDomain;
let guest: TestDomain;

beforeEach(() => {
  const host = testHost(2048);
  guest = new TestDomain(host, 1, 64);
  dom0 = new TestDomain(host, 0, 64, 1, true);
});

interface Request {
  readonly by?: TestDomain;
  readonly domid?: number;
  readonly type?: number;
  readonly id?: number;
  readonly count?: number;
  readonly pad?: number;
  readonly frame?: number | bigint;
  readonly list?: number;
}

function acquire({
  by = dom0,
  domid = 1,
  type = 1,
  id = SHARED,
  count = 1,
  pad = 0,
  frame = 0,
  list = LIST,
}: Request): number {
  by.enter();
  const head = BigInt(domid) | (BigInt(type) << 16n) | (BigInt(id) << 32n);
  by.poke(ARGUMENTS, head, BigInt(count) | (BigInt(pad) << 32n), frame, list);
  return by.call(memoryOp, abi.XENMEM_acquire_resource, ARGUMENTS);
}

const listed = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => Number(dom0.peek(LIST + index * 8)));

test('the frames of a domain’s grant table, which grows as far as is asked', () => {
  const { grants } = guest.domain;
  expect(acquire({ count: 1 })).toBe(0);
  expect(listed(1)).toEqual([...grants.frames]);
  expect(acquire({ frame: 2, count: 2 })).toBe(0);
  expect(grants.frames).toHaveLength(4);
  expect(listed(2)).toEqual(grants.frames.slice(2));
  expect(guest.check()).toEqual([]);
});

test('status frames, where the table has any', () => {
  expect(acquire({ id: STATUS })).toBe(-EINVAL);
  guest.domain.grants.version = 2;
  expect(acquire({ id: STATUS })).toBe(0);
  expect(listed(1)).toEqual([...guest.domain.grants.statusFrames]);
});

test('how many frames there can be, where no list is given', () => {
  expect(acquire({ list: 0, count: 0 })).toBe(0);
  expect(Number(dom0.peek(ARGUMENTS + 8))).toBe(64);
  expect(acquire({ list: 0, count: 1 })).toBe(-EINVAL);
});

test('what is refused', () => {
  expect(acquire({ frame: 60, count: 5 })).toBe(-EINVAL);
  expect(guest.domain.grants.frames).toHaveLength(1);
  expect([acquire({ type: 0 }), acquire({ type: 2 }), acquire({ id: 2 })]).toEqual([
    -EINVAL,
    -EINVAL,
    -EINVAL,
  ]);
  expect([acquire({ pad: 1 }), acquire({ frame: -1n }), acquire({ frame: 0xffff_ffff })]).toEqual([
    -EINVAL,
    -EINVAL,
    -EINVAL,
  ]);
  expect([acquire({ domid: 0 }), acquire({ domid: DOMID_SELF })]).toEqual([-EPERM, -ESRCH]);
  expect([acquire({ domid: 77 }), acquire({ by: guest, domid: 0 }), acquire({ by: guest })]).toEqual([
    -ESRCH,
    -EPERM,
    -EPERM,
  ]);
  expect(acquire({ list: NOWHERE })).toBe(-EFAULT);
});
