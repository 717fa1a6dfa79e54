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
  readonly name: string;
  readonly address: number;
  readonly type: number;
  readonly bytes: number;
  /** Nothing that is taken in writes it, or keeps what it was in front of a call that may. */
  readonly fixed: boolean;
}

const wide = (name: string, address: number, fixed = false): Slot => ({
  ...{ name, address, fixed },
  ...{ type: I64, bytes: 8 },
});
const narrow = (name: string, address: number, fixed = false): Slot => ({
  ...{ name, address, fixed },
  ...{ type: I32, bytes: 4 },
});

const GENERAL = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');

export const SLOTS: readonly Slot[] = [
  ...GENERAL.map((name, register) => wide(name, REGS + register * 8)),
  wide('page', REGS + SLOT_PAGE * 8, true),
  wide('address', REGS + SLOT_ADDRESS * 8),
  narrow('kind', CC_KIND),
  wide('result', CC_RESULT),
  wide('source', CC_SOURCE),
  narrow('tlb', TLB_BASE, true),
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
