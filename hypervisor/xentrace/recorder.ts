/** Records what happens in Xen's trace buffers, while a toolstack wants that. */
import { TRC_SCHED_RUNSTATE_CHANGE } from '../abi/trace.ts';
import { RUNSTATE_offline, RUNSTATE_running } from '../abi/vcpu.ts';
import { HYPERVISOR_multicall, VIRQ_TBUF } from '../abi/xen.ts';
import { sendGlobalVirq } from '../events/send.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { TraceEvent } from '../trace/event.ts';
import type { TraceSink } from '../trace/tracer.ts';
import { putRecord } from './buffers.ts';
import { hypercallRecord, recordOf } from './records.ts';

export class BufferRecorder implements TraceSink {
  private readonly hypervisor: Hypervisor;
  private isThere = false;
  /** The multicall under way. */
  private multicall: TraceEvent | null = null;

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
  }

  /** Hears the trace for as long as the buffers are enabled. */
  follow(): void {
    const { isEnabled } = this.hypervisor.traceBuffers;
    if (isEnabled === this.isThere) return;
    this.isThere = isEnabled;
    this.multicall = null;
    if (isEnabled) this.hypervisor.trace.add(this);
    else this.hypervisor.trace.remove(this);
  }

  event(event: TraceEvent): void {
    const { hypervisor } = this;
    if (!hypervisor.traceBuffers.isEnabled) return;
    this.runstates();
    const { detail } = event;
    const cpu = detail.kind === 'schedule' ? detail.processor : hypervisor.pcpu.id;
    const isWithin = this.multicall !== null;
    if (detail.kind === 'hypercall' && detail.number === HYPERVISOR_multicall) this.multicall = event;
    const record = detail.kind === 'hypercall' ? hypercallRecord(detail, isWithin) : recordOf(event);
    if (record.event !== 0) putRecord(hypervisor, cpu, hypervisor.ticks(), record);
  }

  end(event: TraceEvent): void {
    if (event === this.multicall) this.multicall = null;
  }

  /** Not all that changes a vcpu's run state is an event: what has changed is seen right behind it. */
  private runstates(): void {
    for (const { vcpus } of this.hypervisor.domains.values()) for (const vcpu of vcpus) this.runstate(vcpu);
  }

  private runstate({ domain, id, runstate, runstateSinceNs, processor }: Vcpu): void {
    const { traceBuffers, pcpu, clock } = this.hypervisor;
    const name = `${String(domain.id)}.${String(id)}`;
    const before = traceBuffers.runstates.get(name) ?? RUNSTATE_offline;
    if (before === runstate) return;
    traceBuffers.runstates.set(name, runstate);
    const ran = before === RUNSTATE_running || runstate === RUNSTATE_running;
    const event = TRC_SCHED_RUNSTATE_CHANGE | (before << 8) | (runstate << 4);
    const ticks = Math.ceil(runstateSinceNs / clock.periodNs);
    putRecord(this.hypervisor, ran ? processor : pcpu.id, ticks, { event, extra: [(domain.id << 16) | id] });
  }
}

/** A buffer is half full: its reader is told. */
export function tellReader(hypervisor: Hypervisor): void {
  hypervisor.traceBuffers.isDue = false;
  sendGlobalVirq(hypervisor, VIRQ_TBUF);
}
