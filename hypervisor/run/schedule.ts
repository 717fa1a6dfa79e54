/** The switch from one vcpu to another: asks the scheduler, keeps run states, exchanges the processor's state. */
import { RUNSTATE_RUNNABLE, RUNSTATE_RUNNING } from '../state/vcpu.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { changeRunstate } from '../state/runstate.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { loadLdt } from '../traps/ldt.ts';
import { updatePendingAreas, writeRunstate, writeVcpuTime } from '../time/areas.ts';
import { ticksAt } from '../state/clock.ts';
import { findDeadline, followScheduler, withSlack } from '../time/deadlines.ts';
import { expirePeriodic } from './timers.ts';
import { reloadSegments } from '../traps/failsafe.ts';
import { loadGuestAddressSpace } from '../traps/mode.ts';
import { loadNamedSegments } from '../traps/selectors.ts';
import type { Decision } from '../state/scheduler.ts';
import { isRunnable } from '../sched/vcpus.ts';

const decision: Decision = { vcpu: null, sliceNs: 0 };

/** Decides who runs from now on on the processor whose turn it is, and makes it the current vcpu. */
export function schedule(hypervisor: Hypervisor): void {
  const { pcpu } = hypervisor;
  const now = hypervisor.nowNs();
  const before = pcpu.running;
  const stays = before !== null && isRunnable(before);
  const isSliceOver = hypervisor.ticks() >= pcpu.sliceEndTicks;
  pcpu.mustSchedule = false;
  hypervisor.scheduler.pick(pcpu, stays ? before : null, now, decision);
  const next = decision.vcpu;
  pcpu.sliceEndTicks =
    next === null || decision.sliceNs === Infinity
      ? Infinity
      : ticksAt(hypervisor.clock, withSlack(hypervisor, now + decision.sliceNs));
  if (next === before) {
    followScheduler(hypervisor);
    return;
  }
  if (hypervisor.trace.on) {
    const [from, to] = [nameOf(before), nameOf(next)];
    const waiting = hypervisor.scheduler.waiting(pcpu).map(nameOf);
    hypervisor.trace.emit({
      ...{ kind: 'schedule', processor: pcpu.id, from, to, reason: reasonOf(before, isSliceOver) },
      ...{ sliceNs: next === null ? Infinity : decision.sliceNs, waiting },
    });
  }
  if (before !== null) leave(hypervisor, before, now);
  else pcpu.idleNs += now - pcpu.idleSinceNs;
  if (next === null) pcpu.idleSinceNs = now;
  pcpu.running = next;
  if (next !== null) enter(hypervisor, next, now);
  findDeadline(hypervisor);
}

/** Why a vcpu does not go on. */
function reasonOf(before: Vcpu | null, isSliceOver: boolean): string {
  if (before === null) return 'nobody ran';
  if (isRunnable(before)) return isSliceOver ? 'its slice is over' : 'another comes first';
  if (before.domain.shutdown !== null) return 'its domain has ended';
  if (before.domain.pauseCount > 0) return 'its domain is paused';
  if (before.down) return 'it is down';
  if (before.awaitedMfn >= 0) return 'it waits for a page';
  if (before.blocked) return 'it waits for an event';
  return before.polling ? 'it polls for events' : 'it was stopped';
}

function leave(hypervisor: Hypervisor, vcpu: Vcpu, now: number): void {
  if (vcpu.queued) changeRunstate(vcpu, RUNSTATE_RUNNABLE, now);
  if (vcpu.domain.shutdown === null) writeRunstate(hypervisor, vcpu);
}

function enter(hypervisor: Hypervisor, vcpu: Vcpu, now: number): void {
  const { pcpu } = hypervisor;
  vcpu.processor = pcpu.id;
  switchTo(hypervisor, vcpu);
  if (pcpu.loaded !== vcpu) reloadSegments(hypervisor, vcpu);
  pcpu.loaded = vcpu;
  vcpu.fpuInitialised = true;
  changeRunstate(vcpu, RUNSTATE_RUNNING, now);
  writeRunstate(hypervisor, vcpu);
  writeVcpuTime(hypervisor, vcpu);
  if (vcpu.areasPending && vcpu.guestKernelMode) updatePendingAreas(hypervisor, vcpu);
  expirePeriodic(hypervisor, vcpu, now);
}

/**
 * Exchanges the state that the core holds for this vcpu's. No translation is kept: a page's type may have changed while
 * others ran, and what one processor unmaps, another must not see.
 */
export function switchTo(hypervisor: Hypervisor, vcpu: Vcpu): void {
  if (hypervisor.current === vcpu) return;
  const { processor } = hypervisor;
  if (hypervisor.current !== null) hypervisor.current.state = processor.saveState();
  hypervisor.current = vcpu;
  processor.restoreState(vcpu.state);
  loadGuestAddressSpace(hypervisor, vcpu);
  loadLdt(hypervisor, vcpu);
  if (vcpu.segmentsNamed) loadNamedSegments(hypervisor, vcpu);
}

function nameOf(vcpu: Vcpu | null): string {
  return vcpu === null ? 'idle' : `d${String(vcpu.domain.id)}v${String(vcpu.id)}`;
}
