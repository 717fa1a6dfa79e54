/** INS and OUTS, with REP or without: between a port and the guest's memory, one element after the other. */
import * as layout from '../../../core/wasm/layout.ts';
import type { Vcpu } from '../../state/vcpu.ts';
import { PREEMPT_UNITS } from '../../state/caller.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import { copyFromGuest, copyToGuest, isGuestAddress } from '../../memory/guest-access.ts';
import { injectPageFault } from '../bounce.ts';
import { ioBreakpointsHit } from '../../domain/debug-registers.ts';
import { DONE, INJECTED, REFUSED, STAYS } from './outcome.ts';
import type { Instruction } from './fetch.ts';
import { mayAccess, readPort, writePort } from './ports.ts';

const PF_WRITE = 2;
const element = new Uint8Array(4);
const view = new DataView(element.buffer);

/** Performs the instruction, as far as memory allows; a long repetition stops now and then, RIP
 * staying on it, as does one that hits a breakpoint. */
export function stringIo(hypervisor: Hypervisor, vcpu: Vcpu, instruction: Instruction): number {
  const { processor } = hypervisor;
  const { opcode, operand16, address32, repeat } = instruction;
  const out = (opcode & 2) !== 0;
  const size = (opcode & 1) === 0 ? 1 : operand16 ? 2 : 4;
  const port = processor.low(layout.RDX) & 0xffff;
  if (!mayAccess(hypervisor, vcpu, port, size)) return REFUSED;
  const pointer = out ? layout.RSI : layout.RDI;
  const base = out && instruction.segment >= 0 ? processor.segmentBase(instruction.segment) : 0;
  const step = (processor.flags & layout.DF) !== 0 ? -size : size;
  const count = repeat === 0 ? 1 : address32 ? processor.low(layout.RCX) : processor.get(layout.RCX);
  instruction.breakpoints = count === 0 ? 0 : ioBreakpointsHit(vcpu, port, size);
  for (let done = 0; done < count; done++) {
    if (done >= (instruction.breakpoints === 0 ? PREEMPT_UNITS : 1)) return STAYS;
    const va = base + (address32 ? processor.low(pointer) : processor.get(pointer));
    // An address that cannot be the guest's is no page fault (pv_emul_virt_to_linear).
    if (!isGuestAddress(va)) return REFUSED;
    if (!transfer(hypervisor, vcpu, port, size, va, out)) {
      injectPageFault(hypervisor, vcpu, va, out ? 0 : PF_WRITE);
      return INJECTED;
    }
    advance(hypervisor, pointer, step, address32);
    if (repeat !== 0) advance(hypervisor, layout.RCX, -1, address32);
  }
  return DONE;
}

/** Moves one element. False where memory cannot be accessed. */
function transfer(
  hypervisor: Hypervisor,
  vcpu: Vcpu,
  port: number,
  size: number,
  va: number,
  out: boolean,
): boolean {
  const bytes = element.subarray(0, size);
  if (!out) {
    view.setUint32(0, readPort(hypervisor, vcpu.domain, port, size), true);
    return copyToGuest(hypervisor.frames, vcpu, va, bytes);
  }
  element.fill(0);
  if (!copyFromGuest(hypervisor.frames, vcpu, va, bytes)) return false;
  writePort(hypervisor, vcpu.domain, port, size, view.getUint32(0, true));
  return true;
}

/** Adds to a register, with the address size's width. */
function advance(hypervisor: Hypervisor, register: number, step: number, address32: boolean): void {
  const { processor } = hypervisor;
  if (address32) processor.setHalves(register, (processor.low(register) + step) >>> 0, 0);
  else processor.set(register, processor.get(register) + step);
}
