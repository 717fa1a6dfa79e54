/** What the module exports: see core/machine.ts, which binds it. */
import { invalidateFrame } from './code-frames';
import { dropBlocks, modeChanged } from './blocks';
import { anyBreakpoints, setBreakpoints } from './breakpoints';
import { cpuid as answerCpuid } from './cpuid';
import { debugArmed } from './debug';
import { readFlags, writeFlags } from './flags';
import { readCodeSegment } from './code-segment';
import {
  CODE_LIMIT,
  CR0,
  CR2,
  CR4,
  DR6,
  DR7,
  EFER,
  EXIT_ADDRESS,
  EXIT_ERROR,
  EXIT_REASON,
  FCW,
  FRAMES,
  FRAME_VERSIONS,
  MEMORY,
  MXCSR,
  TRANSLATED_UNDER,
  VOID_READ,
} from './layout';
import {
  currentSpace,
  flushTlb,
  flushTlbPage as flushPage,
  loadAddressSpace as loadRoot,
  selectBank,
  translateAny,
} from './paging';

import { noteOutside, watchChanged } from './watch';

const CR0_WP: u32 = 0x10000;
const EFER_NXE: u32 = 0x800;

export { dropBlocks, flushTlb, readFlags, watchChanged, writeFlags };
export { run } from './run';
export { turnTo } from './blocks';

/** A frame was written from outside. */
export function frameWritten(frame: u32): void {
  invalidateFrame(frame);
  noteOutside(frame);
}

/** Makes the processor of a machine with so many frames, in long mode with paging, NX and SSE enabled. */
export function initialise(frames: u32): void {
  store<u32>(FRAMES, frames);
  memory.fill(FRAME_VERSIONS, 0, frames * 4);
  memory.fill(VOID_READ, 0xff, 0x1000);
  store<u64>(CR0, 0x80050033);
  store<u64>(CR4, 0x620);
  store<u64>(EFER, 0xd01);
  store<u64>(DR6, 0xffff0ff0);
  store<u64>(DR7, 0x400);
  store<u16>(FCW, 0x37f);
  store<u32>(MXCSR, 0x1f80);
  store<u32>(CODE_LIMIT, 0xffffffff);
  flushTlb();
  selectBank(0);
  dropBlocks();
  modeChanged();
}

/** The list of breakpoints (layout.ts BREAKPOINTS) has changed: its first `count` are set. */
export function breakpointsChanged(count: u32): void {
  const were = anyBreakpoints();
  setBreakpoints(count);
  if (were || count) dropBlocks();
}

/** The whole state was put in place from outside, its cached translations too (machine-state.ts): they stay. */
export function stateRestored(): void {
  readCodeSegment();
  dropBlocks();
}

/** CPL, segments, control or debug registers were written from outside. */
export function stateChanged(): void {
  modeChanged();
  selectBank(currentSpace());
  // What cached translations were made under.
  const rights = (load<u32>(CR0) & CR0_WP) | (load<u32>(EFER) & EFER_NXE) | (debugArmed() ? 1 : 0);
  if (rights == load<u32>(TRANSLATED_UNDER)) return;
  store<u32>(TRANSLATED_UNDER, rights);
  flushTlb();
}

export function flushTlbPage(low: u32, high: u32): void {
  flushPage(((<u64>high) << 32) | (<u64>low));
}

export function loadAddressSpace(low: u32, high: u32, space: u32, keep: u32): void {
  loadRoot(((<u64>high) << 32) | (<u64>low), space, keep != 0);
}

/** Machine address of a virtual one, or -1; leaves no trace of a fault. */
export function translate(low: u32, high: u32, access: u32): f64 {
  const reason = load<u64>(EXIT_REASON);
  const error = load<u32>(EXIT_ERROR);
  const address = load<u64>(EXIT_ADDRESS);
  const cr2 = load<u64>(CR2);
  const pointer = translateAny(((<u64>high) << 32) | (<u64>low), access);
  store<u64>(EXIT_REASON, reason);
  store<u32>(EXIT_ERROR, error);
  store<u64>(EXIT_ADDRESS, address);
  store<u64>(CR2, cr2);
  return pointer >= <u32>MEMORY ? <f64>(pointer - MEMORY) : -1;
}

export function cpuid(leaf: u32, subleaf: u32): void {
  answerCpuid(leaf, subleaf);
}
