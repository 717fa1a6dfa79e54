/**
 * Bounce frames: how a guest's kernel gets an exception, a system call or an event. A frame is pushed onto its stack and
 * its handler is entered with the flat selectors (Xen: create_bounce_frame in x86_64/entry.S). From low to high:
 *
 *   RCX, R11, [error code], RIP, CS | saved upcall mask << 32, RFLAGS, RSP, SS
 *
 * The guest's kernel runs in ring 3; its frames say ring 0, and IF of the frame is the upcall mask, inverted.
 */
import { ACCESS_WRITE, fromHalves, highHalf, lowHalf } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { writeByte, writeTranslated, writeWords } from '../memory/guest-frames.ts';
import { toggleGuestMode } from './mode.ts';
import { loadFlat } from '../domain/flat-segments.ts';
import { crashDomain } from '../domain/life.ts';
import { awaitFrame } from '../domain/paging.ts';
import { pagedAt } from '../memory/guest-access.ts';
import { PAGE_BYTES, pageOffset } from '../memory/pages.ts';

/** Offsets in struct vcpu_info. */
export const UPCALL_MASK = 1;
const CR2 = 16;

/** Vectors that push an error code: #DF #TS #NP #SS #GP #PF #AC #CP. */
const HAVE_ERROR_CODE =
  (1 << 8) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 17) | (1 << 21);

const VMASST_ARCHITECTURAL_IOPL = 1 << 4;
const PF_USER = 4;

/** The handler masks events (TBF_INTERRUPT); the frame has an error code (TBF_EXCEPTION_ERRCODE). */
export const MASK_EVENTS = 1;
const WITH_ERROR_CODE = 2;
/** The handler of a system call finds DF clear. */
export const CLEAR_DIRECTION = 4;

/** The frame being made, as u32 halves from RCX upwards: at most 8 words of 8 bytes. */
const frame = new Uint32Array(16);
const cr2 = new Uint32Array(2);

/**
 * Enters a handler of the current vcpu's kernel. Crashes the domain when the handler is 0 or the stack cannot be written. Where the
 * stack is not here, the vcpu waits for it, and enters the handler then.
 */
export function bounce(
  hypervisor: Hypervisor,
  vcpu: Vcpu,
  handler: number,
  flags: number,
  error: number,
): void {
  const { processor, machine } = hypervisor;
  const fromKernel = vcpu.guestKernelMode;
  const stackLow = processor.low(layout.RSP);
  const stackHigh = processor.high(layout.RSP);
  const ss = processor.selector(layout.SEG_SS);
  const cs = processor.selector(layout.SEG_CS);
  if (!fromKernel) toggleGuestMode(hypervisor, vcpu);
  let top = fromKernel ? fromHalves(stackLow, stackHigh) : vcpu.kernelSp;
  top -= top & 15;

  const maskAt = vcpu.info + UPCALL_MASK;
  const mask = machine.bytes[maskAt]!;
  const ripLow = processor.word(layout.RIP);
  const ripHigh = processor.word(layout.RIP + 4);
  const rflags = processor.flags;
  const shown = shownFlags(vcpu, rflags, mask);

  let at = 0;
  frame[at++] = processor.low(layout.RCX);
  frame[at++] = processor.high(layout.RCX);
  frame[at++] = processor.low(layout.RCX + 10);
  frame[at++] = processor.high(layout.RCX + 10);
  if ((flags & WITH_ERROR_CODE) !== 0) {
    frame[at++] = error;
    frame[at++] = 0;
  }
  frame[at++] = ripLow;
  frame[at++] = ripHigh;
  frame[at++] = fromKernel ? cs & ~3 : cs;
  frame[at++] = mask;
  frame[at++] = shown;
  frame[at++] = 0;
  frame[at++] = stackLow;
  frame[at++] = stackHigh;
  frame[at++] = ss;
  frame[at++] = 0;

  const bottom = top - at * 4;
  if (handler === 0 || !pushFrame(hypervisor, bottom, at)) {
    const awaited = handler === 0 ? -1 : pagedStack(hypervisor, vcpu, bottom, top);
    if (awaited >= 0) {
      if (!fromKernel) toggleGuestMode(hypervisor, vcpu);
      vcpu.heldBounce = { handler, flags, error };
      awaitFrame(hypervisor, vcpu, awaited);
      return;
    }
    crashDomain(
      hypervisor,
      vcpu.domain,
      handler === 0 ? 'no handler to bounce to' : `cannot push a bounce frame onto the kernel's stack`,
    );
    return;
  }
  if ((flags & MASK_EVENTS) !== 0 && mask === 0) writeByte(hypervisor.frames, maskAt, 1);
  const direction = (flags & CLEAR_DIRECTION) === 0 ? 0 : layout.DF;
  const cleared = layout.AC | layout.RF | layout.NT | layout.TF | (1 << 17) | direction;
  if ((rflags & cleared) !== 0) processor.flags = rflags & ~cleared;
  processor.setHalves(layout.RSP, lowHalf(bottom), highHalf(bottom));
  processor.rip = handler;
  // A watchpoint that MOV SS has hit comes behind the next instruction, which is Xen's now: it is lost there (do_debug).
  processor.setWord(layout.DEBUG_HELD, 0);
  loadFlat(hypervisor);
}

/** A frame of the stack that is not here; -1: all of it is. */
function pagedStack({ frames }: Hypervisor, vcpu: Vcpu, bottom: number, top: number): number {
  if (vcpu.domain.paged === null) return -1;
  return Math.max(pagedAt(frames, vcpu.kernelRoot, bottom), pagedAt(frames, vcpu.kernelRoot, top - 1));
}

/** Enters the handler that the current vcpu could not be entered at before, if it waits for that. */
export function bounceHeld(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const held = vcpu.heldBounce;
  if (held === null) return;
  vcpu.heldBounce = null;
  bounce(hypervisor, vcpu, held.handler, held.flags, held.error);
}

/** RFLAGS as a frame shows them: IF is the upcall mask, inverted; IOPL is the guest's where it asked for that. */
export function shownFlags(vcpu: Vcpu, rflags: number, mask: number): number {
  let shown = rflags & ~(layout.IF | layout.IOPL);
  if (mask === 0) shown |= layout.IF;
  if ((vcpu.domain.vmAssist & VMASST_ARCHITECTURAL_IOPL) !== 0) shown |= vcpu.iopl << 12;
  return shown;
}

/** Writes the first `words` u32 of `frame` at a virtual address (16- or 8-aligned). False where it faults. */
function pushFrame(hypervisor: Hypervisor, bottom: number, words: number): boolean {
  const { processor, frames } = hypervisor;
  const address = processor.translate(bottom, ACCESS_WRITE);
  if (address < 0) return false;
  const inPage = (PAGE_BYTES - pageOffset(address)) >>> 2;
  if (inPage >= words) {
    writeTranslated(frames, address, frame, 0, words);
    return true;
  }
  const next = processor.translate(bottom + inPage * 4, ACCESS_WRITE);
  if (next < 0) return false;
  writeTranslated(frames, address, frame, 0, inPage);
  writeTranslated(frames, next, frame, inPage, words - inPage);
  return true;
}

/** pv_inject_hw_exception: the guest's handler for a vector, with `error` where the vector has an error code. */
export function injectTrap(hypervisor: Hypervisor, vcpu: Vcpu, vector: number, error: number): void {
  const withError = vector < 32 && (HAVE_ERROR_CODE & (1 << vector)) !== 0;
  if (hypervisor.trace.on)
    hypervisor.trace.emit({ kind: 'trap', vector, error, rip: hypervisor.processor.rip });
  enter(hypervisor, vcpu, vector, withError, error);
}

/** pv_inject_sw_interrupt: the guest's handler for INT n; never an error code. */
export function injectSoftware(hypervisor: Hypervisor, vcpu: Vcpu, vector: number): void {
  if (hypervisor.trace.on)
    hypervisor.trace.emit({ kind: 'trap', vector, error: 0, rip: hypervisor.processor.rip });
  enter(hypervisor, vcpu, vector, false, 0);
}

/** arch_set_cr2 */
export function setCr2({ frames }: Hypervisor, vcpu: Vcpu, value: number): void {
  vcpu.cr2 = value;
  cr2[0] = lowHalf(value);
  cr2[1] = highHalf(value);
  writeWords(frames, vcpu.info + CR2, cr2);
}

/** pv_inject_page_fault: CR2 goes to vcpu_info too, and the user bit says which half of the guest it was. */
export function injectPageFault(hypervisor: Hypervisor, vcpu: Vcpu, address: number, error: number): void {
  setCr2(hypervisor, vcpu, address);
  const shown = vcpu.guestKernelMode ? error & ~PF_USER : error | PF_USER;
  if (hypervisor.trace.on)
    hypervisor.trace.emit({ kind: 'page_fault', address, error: shown, rip: hypervisor.processor.rip });
  enter(hypervisor, vcpu, layout.VECTOR_PF, true, shown);
}

function enter(hypervisor: Hypervisor, vcpu: Vcpu, vector: number, withError: boolean, error: number): void {
  const handler = vcpu.traps.addresses[vector]!;
  if (handler === 0) {
    crashDomain(
      hypervisor,
      vcpu.domain,
      `unhandled trap #${String(vector)}, error code ${error.toString(16)}`,
    );
    return;
  }
  const masks = (vcpu.traps.flags[vector]! & 4) !== 0 ? MASK_EVENTS : 0;
  bounce(hypervisor, vcpu, handler, masks | (withError ? WITH_ERROR_CODE : 0), error);
}
