/** The switch from one vcpu to another: asks the scheduler, keeps run states, exchanges the processor's state. */
import { RUNSTATE_RUNNABLE, RUNSTATE_RUNNING } from '../domain/vcpu.ts';
import type { Vcpu } from '../domain/vcpu.ts';
import { changeRunstate } from '../domain/runstate.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { loadLdt } from '../memory/ldt.ts';
import { updatePendingAreas, writeRunstate, writeVcpuTime } from '../time/areas.ts';
import { ticksAt } from '../time/clock.ts';
import { expirePeriodic, findDeadline } from '../time/timers.ts';
import { loadGuestAddressSpace } from '../traps/mode.ts';
import type { Decision } from './scheduler.ts';
import { isRunnable } from './vcpus.ts';

const decision: Decision = { vcpu: null, sliceNs: 0 };

/** Decides who runs from now on, and makes it the current vcpu. */
export function schedule(hypervisor: Hypervisor): void {
  const now = hypervisor.nowNs();
  const before = hypervisor.running;
  hypervisor.mustSchedule = false;
  hypervisor.scheduler.pick(before !== null && isRunnable(before) ? before : null, now, decision);
  const next = decision.vcpu;
  hypervisor.sliceEndTicks =
    next === null || decision.sliceNs === Infinity
      ? Infinity
      : ticksAt(hypervisor.clock, now + decision.sliceNs);
  if (next === before) return;
  if (hypervisor.trace.on) {
    hypervisor.placeTrace(null);
    hypervisor.trace.emit({ kind: 'schedule', from: nameOf(before), to: nameOf(next) });
  }
  if (before !== null) leave(hypervisor, before, now);
  hypervisor.running = next;
  if (next !== null) enter(hypervisor, next, now);
  findDeadline(hypervisor);
}

function leave(hypervisor: Hypervisor, vcpu: Vcpu, now: number): void {
  if (vcpu.queued) changeRunstate(vcpu, RUNSTATE_RUNNABLE, now);
  if (vcpu.domain.shutdown === null) writeRunstate(hypervisor, vcpu);
}

function enter(hypervisor: Hypervisor, vcpu: Vcpu, now: number): void {
  if (hypervisor.current !== vcpu) switchTo(hypervisor, vcpu);
  changeRunstate(vcpu, RUNSTATE_RUNNING, now);
  writeRunstate(hypervisor, vcpu);
  writeVcpuTime(hypervisor, vcpu);
  if (vcpu.areasPending && vcpu.guestKernelMode) updatePendingAreas(hypervisor, vcpu);
  expirePeriodic(hypervisor, vcpu, now);
}

/** Exchanges the processor's state. */
function switchTo(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { processor } = hypervisor;
  if (hypervisor.current !== null) hypervisor.current.state = processor.saveState();
  hypervisor.current = vcpu;
  processor.restoreState(vcpu.state);
  loadGuestAddressSpace(hypervisor, vcpu);
  loadLdt(hypervisor, vcpu);
}

function nameOf(vcpu: Vcpu | null): string {
  return vcpu === null ? 'idle' : `d${String(vcpu.domain.id)}v${String(vcpu.id)}`;
}
