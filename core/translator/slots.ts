/** What of the processor's state lives in locals while translated code runs, and where else it is (core/wasm/layout.ts). */
import {
  CC_KIND,
  CC_RESULT,
  CC_SOURCE,
  REGS,
  SLOT_ADDRESS,
  SLOT_PAGE,
  STATE_END,
  TLB_BASE,
} from '../wasm/layout.ts';
import { I32, I64 } from './opcodes.ts';

export interface Slot {
  readonly address: number;
  readonly type: number;
  readonly bytes: number;
  /** Nothing that is taken in writes it, or keeps what it was in front of a call that may. */
  readonly fixed: boolean;
}

const wide = (address: number, fixed = false): Slot => ({ address, type: I64, bytes: 8, fixed });
const narrow = (address: number, fixed = false): Slot => ({ address, type: I32, bytes: 4, fixed });

export const SLOTS: readonly Slot[] = [
  ...Array.from({ length: 16 }, (_, register) => wide(REGS + register * 8)),
  wide(REGS + SLOT_PAGE * 8, true),
  wide(REGS + SLOT_ADDRESS * 8),
  narrow(CC_KIND),
  wide(CC_RESULT),
  wide(CC_SOURCE),
  narrow(TLB_BASE, true),
];

/** By the bytes that they are made of, from REGS on. */
const byByte: (Slot | undefined)[] = Array.from({ length: STATE_END + 8 - REGS }, () => undefined);
for (const slot of SLOTS) byByte.fill(slot, slot.address - REGS, slot.address - REGS + slot.bytes);

/** The slot that the byte at an address belongs to. */
export function slotAt(address: number): Slot | undefined {
  return byByte[address - REGS];
}

export const PAGE: Slot = slotAt(REGS + SLOT_PAGE * 8)!;
export const KIND: Slot = slotAt(CC_KIND)!;
export const TLB: Slot = slotAt(TLB_BASE)!;
