/**
 * The hypervisor: one machine, its frames, its domains. All its state is plain data reachable from here, so that it can
 * be saved whole; time moves only with the count of retired instructions.
 */
import type { Machine, Processor } from '../core/machine.ts';
import type { Domain } from './domain/domain.ts';
import type { Vcpu } from './domain/vcpu.ts';
import { bootFrameTable } from './memory/boot.ts';
import type { FrameTable } from './memory/frame-table.ts';
import { HypercallContext } from './hypercalls/hypercall.ts';
import { Tracer } from './trace/tracer.ts';

export class Hypervisor {
  readonly machine: Machine;
  readonly processor: Processor;
  readonly frames: FrameTable;
  readonly trace = new Tracer();
  /** By domain id, in order of creation. */
  readonly domains = new Map<number, Domain>();
  /** The vcpu whose state the processor holds; null before the first. */
  current: Vcpu | null = null;
  readonly call: HypercallContext;

  constructor(machine: Machine) {
    this.machine = machine;
    this.processor = machine.processor;
    this.frames = bootFrameTable(machine, this.domains, this.trace);
    this.call = new HypercallContext(this);
  }

  /** domain_crash: the domain runs no more; the report says why. Returns -EFAULT's like for `return` in handlers. */
  crashDomain(domain: Domain, message: string): void {
    void domain;
    void message;
  }
}
