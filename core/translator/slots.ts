/** What of the processor's state lives in locals while translated code runs, and where else it is (core/wasm/layout.ts). */
import { CC_KIND, CC_RESULT, CC_SOURCE, REGS, SLOT_ADDRESS, SLOT_PAGE, TLB_BASE } from '../wasm/layout.ts';
import { I32, I64 } from './opcodes.ts';

export interface Slot {
  readonly address: number;
  readonly type: number;
  readonly bytes: number;
  /** Nothing that is taken in writes it. */
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

const byAddress = new Map(SLOTS.map((slot) => [slot.address, slot]));

/** The slot that the byte at an address belongs to. */
export function slotAt(address: number): Slot | undefined {
  return byAddress.get(address) ?? byAddress.get(address & ~7);
}

export const PAGE: Slot = byAddress.get(REGS + SLOT_PAGE * 8)!;
export const KIND: Slot = byAddress.get(CC_KIND)!;
