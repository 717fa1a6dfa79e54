/**
 * The data segments of a vcpu that comes onto a processor, and the failsafe callback (Xen: load_segments in
 * arch/x86/domain.c). Its selectors are loaded anew from the descriptor tables; while it was away another vcpu may have
 * changed what they name. Where one cannot be loaded any more the guest's kernel is told by its failsafe callback, with the
 * selectors as they were. The frame, from low to high:
 *
 *   RCX, R11, DS, ES, FS, GS, RIP, CS | saved upcall mask << 32, RFLAGS, RSP, SS
 */
import { highHalf, lowHalf } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { writeGuestWords } from '../memory/guest-access.ts';
import { writeByte } from '../memory/guest-frames.ts';
import { UPCALL_MASK, shownFlags } from './bounce.ts';
import { toggleGuestMode } from './mode.ts';
import { loadData } from './segments.ts';
import { loadFlat } from '../domain/flat-segments.ts';
import { crashDomain } from '../domain/life.ts';

const DATA_SEGMENTS = [layout.SEG_DS, layout.SEG_ES, layout.SEG_FS, layout.SEG_GS] as const;
/** Segments whose bases are registers of their own (fs_base, gs_base_kernel and gs_base_user). */
const WITH_BASES = [layout.SEG_FS, layout.SEG_GS] as const;
const NULL_SELECTOR_MASK = 0xfffc;
const FRAME_WORDS = 11;
/** Flags that a handler does not get. */
const CLEARED = layout.AC | layout.RF | layout.NT | layout.TF | (1 << 17);
const R11 = 11;

/**
 * Loads DS, ES, FS and GS of the current vcpu anew. The bases of FS and GS stay what they were: a 32-bit process's selector
 * stays in GS while its kernel runs on a base of its own.
 */
export function reloadSegments(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { processor } = hypervisor;
  const selectors = DATA_SEGMENTS.map((segment) => processor.selector(segment));
  const bases = WITH_BASES.map((segment) => processor.segmentBase(segment));
  let good = true;
  let changed = false;
  DATA_SEGMENTS.forEach((segment, n) => {
    if ((selectors[n]! & NULL_SELECTOR_MASK) === 0) return;
    changed = true;
    if (!loadData(hypervisor, segment, selectors[n]!)) good = false;
  });
  WITH_BASES.forEach((segment, n) => {
    processor.setSegmentBase(segment, bases[n]!);
  });
  if (changed) processor.stateChanged();
  if (!good) enterFailsafe(hypervisor, vcpu, selectors);
}

function enterFailsafe(hypervisor: Hypervisor, vcpu: Vcpu, selectors: readonly number[]): void {
  const { processor, machine } = hypervisor;
  if (hypervisor.trace.on) hypervisor.trace.emit({ kind: 'failsafe', rip: processor.rip });
  const fromKernel = vcpu.guestKernelMode;
  const stack = processor.get(layout.RSP);
  const cs = processor.selector(layout.SEG_CS);
  const mask = machine.bytes[vcpu.info + UPCALL_MASK]!;
  const [rip, rflags, ss] = [processor.rip, processor.flags, processor.selector(layout.SEG_SS)];
  if (!fromKernel) toggleGuestMode(hypervisor, vcpu);
  const top = fromKernel ? stack : vcpu.kernelSp;
  const bottom = top - (top & 15) - FRAME_WORDS * 8;
  const frame = new Uint32Array(FRAME_WORDS * 2);
  let at = 0;
  const put = (low: number, high: number): void => {
    frame[at++] = low;
    frame[at++] = high;
  };
  put(processor.low(layout.RCX), processor.high(layout.RCX));
  put(processor.low(R11), processor.high(R11));
  for (const selector of selectors) put(selector, 0);
  put(lowHalf(rip), highHalf(rip));
  put(fromKernel ? cs & ~3 : cs, mask);
  put(shownFlags(vcpu, rflags, mask), 0);
  put(lowHalf(stack), highHalf(stack));
  put(ss, 0);
  if (!writeGuestWords(hypervisor.frames, vcpu, bottom, frame)) {
    crashDomain(hypervisor, vcpu.domain, "cannot push a failsafe frame onto the kernel's stack");
    return;
  }
  if (vcpu.failsafeMasksEvents && mask === 0) writeByte(hypervisor.frames, vcpu.info + UPCALL_MASK, 1);
  processor.flags = rflags & ~CLEARED;
  processor.set(layout.RSP, bottom);
  processor.rip = vcpu.failsafeCallback;
  loadFlat(hypervisor);
}
