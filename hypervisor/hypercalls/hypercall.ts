/**
 * The shape that every hypercall has: one file each, with its number, its name, its arguments (for the trace) and what
 * it does. A handler returns what the guest gets in RAX: 0 or a result, or a negative errno. It never throws for anything
 * a guest does: malformed input costs an errno, a fault, or the domain (`crashDomain`).
 */
import { fromHalves, highHalf, lowHalf } from '../../core/machine.ts';
import { upcallDue } from '../state/vcpu-info.ts';
import { Caller, PREEMPT_UNITS } from '../state/caller.ts';
import type { HypercallArgument } from '../trace/arguments.ts';

export interface Hypercall {
  /** __HYPERVISOR_* */
  readonly number: number;
  /** The name without `__HYPERVISOR_`. */
  readonly name: string;
  readonly args: readonly HypercallArgument[];
  /**
   * Does it. The arguments are the first five registers (RDI RSI RDX R10 R8) as signed numbers, exact below 2^53; an
   * argument that is a raw 64-bit value (a page-table entry, a descriptor) is read by `context.low` and `context.high`.
   */
  handler(context: HypercallContext, a1: number, a2: number, a3: number, a4: number, a5: number): number;
}

/** A hypercall under way: who makes it, with which arguments. One object per hypervisor, reused. */
export class HypercallContext extends Caller {
  number = 0;
  /** The six arguments as u32 halves: argument i at [2i] (lower) and [2i + 1] (upper). */
  readonly words = new Uint32Array(12);
  /** True in an entry of a multicall: arguments come from and continuations go to its memory. */
  inMulticall = false;
  /** Set by `continueWith`: the hypercall goes on later, with the arguments in `words`. */
  continued = false;
  /** Set by iret: all registers are another frame's, RAX among them; it is left by IRET, not by SYSRET. */
  replaced = false;
  byIret = false;
  private units = 0;

  /** Lower and upper half of argument `index` (0 to 5). */
  low(index: number): number {
    return this.words[index * 2]!;
  }
  high(index: number): number {
    return this.words[index * 2 + 1]!;
  }
  /** Argument `index` as a signed number. */
  argument(index: number): number {
    return fromHalves(this.words[index * 2]!, this.words[index * 2 + 1]!);
  }
  setArgument(index: number, value: number): void {
    this.words[index * 2] = lowHalf(value);
    this.words[index * 2 + 1] = highHalf(value);
  }

  /**
   * It needs what is in a page of the caller's that is not here: whatever it answers, it is made again when it is. So it has done
   * nothing yet that counts twice, or continues behind what it has done.
   */
  get mustWait(): boolean {
    const { paging, owner } = this.hypervisor.frames;
    return paging.missed >= 0 && owner[paging.missed] === this.domain.id;
  }

  /** Starts the count of work units for `preemptCheck`. */
  startWork(): void {
    this.hypervisor.frames.paging.missed = -1;
    this.units = 0;
    this.continued = false;
    this.replaced = false;
    this.byIret = false;
  }
  /**
   * hypercall_preempt_check: asked before each unit of work but the first; true means: `continueWith` the rest. The guest
   * has an event to see to, its vcpu is to leave the processor, or it has worked for long.
   */
  preemptCheck(): boolean {
    const { hypervisor, vcpu } = this;
    return ++this.units >= PREEMPT_UNITS || hypervisor.pcpu.mustSchedule || upcallDue(hypervisor, vcpu);
  }
  /**
   * hypercall_create_continuation: the same hypercall is made again with these arguments, after events and other vcpus
   * had their chance. Return its result from the handler: `return context.continueWith(...)`.
   */
  continueWith(...args: number[]): number {
    for (let index = 0; index < args.length; index++) this.setArgument(index, args[index]!);
    this.continued = true;
    return 0;
  }
}
