/** What Xen tells a guest after an instruction that it did in its stead: that it is done, and what it was stopped for. */
import * as layout from '../../core/wasm/layout.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { injectTrap } from './bounce.ts';

/** A single step. */
export const DR6_BS = 0x4000;

/**
 * pv_emul_instruction_done: the current vcpu goes on at `rip`. `hits`: breakpoints that the instruction has hit (bits of
 * DR6). With TF, or with hits, it has a #DB first.
 */
export function instructionDone(hypervisor: Hypervisor, vcpu: Vcpu, rip: number, hits = 0): void {
  const { processor } = hypervisor;
  processor.rip = rip;
  const { flags } = processor;
  if ((flags & layout.RF) !== 0) processor.flags = flags & ~layout.RF;
  trapAfter(hypervisor, vcpu, hits | ((flags & layout.TF) === 0 ? 0 : DR6_BS));
}

/** A #DB of the current vcpu for these reasons (bits of DR6); without any, none. */
export function trapAfter(hypervisor: Hypervisor, vcpu: Vcpu, reasons: number): void {
  if (reasons === 0) return;
  vcpu.debugRegisters[6] = (vcpu.debugRegisters[6]! | reasons) >>> 0;
  injectTrap(hypervisor, vcpu, layout.VECTOR_DB, 0);
}
