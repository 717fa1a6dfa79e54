import { expect, test } from 'vitest';
import { RCX, RSP, SEG_DS, SEG_FS, SEG_GS } from '../../core/wasm/layout.ts';
import { writeByte } from '../memory/guest-frames.ts';
import { address, CODE, load, STACK, start } from '../testing-guest.ts';
import type { Setup } from '../testing-guest.ts';
import { FLAT_RING3_SS64 } from '../abi/arch-x86.ts';

/** A selector that names nothing: its table ends before. */
const BAD = 0x2b;
const SOURCE = `
  mov rcx, 0x1122334455667788
  nop
  ud2
failsafe:
  ud2`;

function prepare(): Setup {
  const setup = load(SOURCE);
  start(setup, setup.guest.vcpu);
  setup.guest.vcpu.failsafeCallback = address(setup.labels, 'failsafe');
  return setup;
}

/** Puts a selector into the vcpu's saved state, as if its descriptor had been taken away since it was loaded. */
function name({ guest }: Setup, segment: number, selector: number): void {
  const { processor } = guest.hypervisor;
  processor.restoreState(guest.vcpu.state);
  processor.setSegment(segment, selector, 0, 0, 0);
  guest.vcpu.state = processor.saveState();
}

test('a selector that cannot be loaded any more enters the failsafe callback with all selectors', () => {
  const setup = prepare();
  const { guest, labels } = setup;
  name(setup, SEG_FS, BAD);
  name(setup, SEG_DS, FLAT_RING3_SS64);
  writeByte(guest.hypervisor.frames, guest.vcpu.info + 1, 0);
  guest.vcpu.failsafeMasksEvents = true;
  expect(guest.hypervisor.run(1000).kind).toBe('shutdown');
  const { processor } = guest.hypervisor;
  expect(processor.rip).toBe(address(labels, 'failsafe'));
  const bottom = STACK - 11 * 8;
  expect(processor.get(RSP)).toBe(bottom);
  const frame = Array.from({ length: 11 }, (_, n) => Number(BigInt.asIntN(64, guest.peek(bottom + n * 8))));
  expect(frame.slice(0, 7)).toEqual([0, 0, FLAT_RING3_SS64, 0, BAD, 0, CODE]);
  expect(frame[7]).toBe(0xe030);
  expect(frame[8]! & 0x200).toBe(0x200);
  expect(frame.slice(9)).toEqual([STACK, FLAT_RING3_SS64]);
  expect(guest.hypervisor.machine.bytes[guest.vcpu.info + 1]).toBe(1);
  expect([processor.selector(SEG_FS), processor.selector(SEG_DS)]).toEqual([0, FLAT_RING3_SS64]);
});

test('selectors that can be loaded change nothing', () => {
  const setup = prepare();
  name(setup, SEG_DS, FLAT_RING3_SS64);
  expect(setup.guest.hypervisor.run(1000).kind).toBe('shutdown');
  const { processor } = setup.guest.hypervisor;
  expect(processor.big(RCX)).toBe(0x1122334455667788n);
  expect(processor.selector(SEG_DS)).toBe(FLAT_RING3_SS64);
});

test('the bases of FS and GS are not those of the selectors that are loaded anew', () => {
  const setup = prepare();
  const { processor } = setup.guest.hypervisor;
  name(setup, SEG_FS, FLAT_RING3_SS64);
  name(setup, SEG_GS, FLAT_RING3_SS64);
  processor.restoreState(setup.guest.vcpu.state);
  processor.setSegmentBase(SEG_FS, 0x12345000);
  processor.setSegmentBase(SEG_GS, -0x12345000);
  setup.guest.vcpu.state = processor.saveState();
  expect(setup.guest.hypervisor.run(1000).kind).toBe('shutdown');
  expect([SEG_FS, SEG_GS].map((segment) => processor.segmentBase(segment))).toEqual([
    0x12345000, -0x12345000,
  ]);
  expect(processor.selector(SEG_GS)).toBe(FLAT_RING3_SS64);
});

test('without room for the frame the domain ends, and says why', () => {
  const setup = prepare();
  const { guest } = setup;
  name(setup, SEG_FS, BAD);
  const { processor } = guest.hypervisor;
  processor.restoreState(guest.vcpu.state);
  processor.set(RSP, 0x1000);
  guest.vcpu.state = processor.saveState();
  expect(guest.hypervisor.run(1000).kind).toBe('shutdown');
  expect(guest.domain.shutdown?.crash?.message).toContain('cannot push a failsafe frame');
});
