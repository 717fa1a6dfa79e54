/** callback_op, set_callbacks and nmi_op: where Xen enters a guest's kernel, and what it refuses. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as abi from '../abi/callback.ts';
import { EFAULT, EINVAL, ENOSYS } from '../abi/errno.ts';
import { ARGUMENTS, TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { callbackOp, nmiOp, setCallbacks } from './callbacks.ts';

const NOWHERE = TEST_BASE + 40 * 4096;
const HANDLER = TEST_BASE + 0x123;
const NOT_CANONICAL = 2n ** 47n;

let guest: TestDomain;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, 32);
});

function register(type: number, address: number | bigint = HANDLER, flags = 0): number {
  guest.poke(ARGUMENTS, type | (flags << 16), address);
  return guest.call(callbackOp, abi.CALLBACKOP_register, ARGUMENTS);
}

function unregister(type: number): number {
  guest.poke(ARGUMENTS, type);
  return guest.call(callbackOp, abi.CALLBACKOP_unregister, ARGUMENTS);
}

type Address = 'eventCallback' | 'failsafeCallback' | 'syscallCallback' | 'sysenterCallback';
const KINDS: readonly [
  string,
  number,
  Address | 'syscall32Callback' | 'nmiCallback',
  null | ((vcpu: Vcpu) => boolean),
  number,
][] = [
  ['events', abi.CALLBACKTYPE_event, 'eventCallback', null, -EINVAL],
  ['failsafe', abi.CALLBACKTYPE_failsafe, 'failsafeCallback', (vcpu) => vcpu.failsafeMasksEvents, -EINVAL],
  ['syscall', abi.CALLBACKTYPE_syscall, 'syscallCallback', (vcpu) => vcpu.syscallMasksEvents, -EINVAL],
  ['syscall32', abi.CALLBACKTYPE_syscall32, 'syscall32Callback', (vcpu) => vcpu.syscall32MasksEvents, 0],
  ['sysenter', abi.CALLBACKTYPE_sysenter, 'sysenterCallback', (vcpu) => vcpu.sysenterMasksEvents, 0],
  [
    'sysenter of old',
    abi.CALLBACKTYPE_sysenter_deprecated,
    'sysenterCallback',
    (vcpu) => vcpu.sysenterMasksEvents,
    -EINVAL,
  ],
  ['NMIs', abi.CALLBACKTYPE_nmi, 'nmiCallback', null, 0],
];

describe.each(KINDS)('the callback for %s', (_, type, field, masks, gone) => {
  test('is registered, with its mask, and goes if a kernel can do without', () => {
    expect(register(type, NOT_CANONICAL)).toBe(-EINVAL);
    expect(guest.vcpu[field]).toBe(0);
    for (const masked of [true, false]) {
      expect(register(type, HANDLER, masked ? abi.CALLBACKF_mask_events : 2)).toBe(0);
      expect(masks?.(guest.vcpu) ?? masked).toBe(masked);
    }
    expect(guest.vcpu[field]).toBe(HANDLER);
    expect(unregister(type)).toBe(gone);
    expect(guest.vcpu[field]).toBe(gone === 0 ? 0 : HANDLER);
  });
});

test('what is not there: types, commands, arguments', () => {
  for (const type of [6, 8]) expect([register(type), unregister(type)]).toEqual([-ENOSYS, -ENOSYS]);
  for (const command of [abi.CALLBACKOP_register, abi.CALLBACKOP_unregister])
    expect(guest.call(callbackOp, command, NOWHERE)).toBe(-EFAULT);
  expect(guest.call(callbackOp, 2, ARGUMENTS)).toBe(-ENOSYS);
});

test('set_callbacks: three at once; a syscall entry of 0 leaves it, and the mask stays', () => {
  const { vcpu } = guest;
  expect(register(abi.CALLBACKTYPE_syscall, HANDLER, abi.CALLBACKF_mask_events)).toBe(0);
  expect(guest.call(setCallbacks, HANDLER + 1, HANDLER + 2, 0)).toBe(0);
  expect([vcpu.eventCallback, vcpu.failsafeCallback, vcpu.syscallCallback]).toEqual([
    HANDLER + 1,
    HANDLER + 2,
    HANDLER,
  ]);
  expect(guest.call(setCallbacks, HANDLER + 1, HANDLER + 2, HANDLER + 3)).toBe(0);
  expect([vcpu.syscallCallback, vcpu.syscallMasksEvents]).toEqual([HANDLER + 3, true]);
  for (const bad of [0, 1, 2])
    expect(
      guest.call(setCallbacks, ...[0, 1, 2].map((at) => (at === bad ? NOT_CANONICAL : BigInt(HANDLER)))),
    ).toBe(-EINVAL);
});

test('nmi_op does so for NMIs', () => {
  guest.poke(ARGUMENTS, HANDLER, 0);
  expect(guest.call(nmiOp, abi.XENNMI_register_callback, ARGUMENTS)).toBe(0);
  expect(guest.vcpu.nmiCallback).toBe(HANDLER);
  expect(guest.call(nmiOp, abi.XENNMI_unregister_callback, 0)).toBe(0);
  expect(guest.vcpu.nmiCallback).toBe(0);
  expect(guest.call(nmiOp, abi.XENNMI_register_callback, NOWHERE)).toBe(-EFAULT);
  expect(guest.call(nmiOp, 2, ARGUMENTS)).toBe(-ENOSYS);
});
