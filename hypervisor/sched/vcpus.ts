/** Vcpus becoming runnable and ceasing to be: wake, block, poll, yield, up, down (common/sched/core.c). */
import { upcallDue } from '../state/vcpu-info.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { RUNSTATE_BLOCKED, RUNSTATE_OFFLINE, RUNSTATE_RUNNABLE } from '../state/vcpu.ts';
import { changeRunstate } from '../state/runstate.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { findDeadline, followScheduler, withSlack } from '../time/deadlines.ts';
import { allows, runsOn } from '../state/pcpu.ts';

/** vcpu_runnable */
export function isRunnable(vcpu: Vcpu): boolean {
  const { domain } = vcpu;
  return (
    vcpu.initialised &&
    !vcpu.down &&
    vcpu.isStopped !== true &&
    !vcpu.blocked &&
    !vcpu.polling &&
    vcpu.awaitedMfn < 0 &&
    domain.pauseCount === 0 &&
    domain.shutdown === null
  );
}

/** Evaluates a vcpu anew after something about it changed, and tells the scheduler. */
export function update(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const now = hypervisor.nowNs();
  const runnable = isRunnable(vcpu);
  if (runnable === vcpu.queued) return;
  vcpu.queued = runnable;
  if (runnable) {
    changeRunstate(vcpu, RUNSTATE_RUNNABLE, now);
    // A vcpu that slept and woke before anyone else ran has not left its processor.
    const pcpu = runsOn(hypervisor.pcpus, vcpu);
    if (pcpu === undefined) hypervisor.scheduler.wake(vcpu, now);
    else pcpu.mustSchedule = true;
  } else {
    const offline =
      vcpu.down ||
      vcpu.isStopped === true ||
      !vcpu.initialised ||
      vcpu.domain.shutdown !== null ||
      vcpu.domain.pauseCount > 0;
    changeRunstate(vcpu, offline ? RUNSTATE_OFFLINE : RUNSTATE_BLOCKED, now);
    const pcpu = runsOn(hypervisor.pcpus, vcpu);
    if (pcpu !== undefined) pcpu.mustSchedule = true;
    else hypervisor.scheduler.sleep(vcpu);
  }
  followScheduler(hypervisor);
}

/** How long it may take from an event until who waits for it wakes: an interrupt between processors, one that sleeps deeply. */
const MOST_WAKE_NS = 100_000;

/** vcpu_kick: an event has come for a vcpu, which may be waiting for it. */
export function kick(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { chance, wakings } = hypervisor;
  if (wakings === undefined || (!vcpu.blocked && !vcpu.polling)) {
    wake(hypervisor, vcpu);
    return;
  }
  // It has been kicked already.
  if (wakings.has(vcpu)) return;
  const now = hypervisor.nowNs();
  const delayNs = chance?.draw('wake delay', MOST_WAKE_NS, now) ?? 0;
  if (delayNs === 0) {
    wake(hypervisor, vcpu);
    return;
  }
  wakings.set(vcpu, now + delayNs);
  findDeadline(hypervisor);
}

/** Wakes whom a kick has reached by now. */
export function wakeLate(hypervisor: Hypervisor, nowNs: number): void {
  for (const [vcpu, atNs] of hypervisor.wakings ?? []) if (atNs <= nowNs) wake(hypervisor, vcpu);
}

/** vcpu_unblock: ends blocking and polling. */
export function wake(hypervisor: Hypervisor, vcpu: Vcpu): void {
  hypervisor.wakings?.delete(vcpu);
  if (!vcpu.blocked && !vcpu.polling) return;
  vcpu.blocked = false;
  vcpu.polling = false;
  vcpu.pollTimeoutNs = -1;
  tell(hypervisor, vcpu, 'wake');
  update(hypervisor, vcpu);
}

/** Sends the vcpu an NMI, which its handler takes when it runs next. */
export function sendNmi(hypervisor: Hypervisor, vcpu: Vcpu): void {
  vcpu.nmiPending = true;
  wake(hypervisor, vcpu);
}

/** vcpu_block: unless an event waits for delivery, the vcpu sleeps until one does. */
export function block(hypervisor: Hypervisor, vcpu: Vcpu): void {
  if (upcallDue(hypervisor, vcpu)) return;
  vcpu.blocked = true;
  tell(hypervisor, vcpu, 'block');
  update(hypervisor, vcpu);
}

/** The vcpu sleeps until one of the ports is raised, or system time is `timeoutNs` (-1: for ever). */
export function poll(hypervisor: Hypervisor, vcpu: Vcpu, ports: number[], timeoutNs: number): void {
  vcpu.polling = true;
  vcpu.pollPorts = ports;
  vcpu.pollTimeoutNs = timeoutNs < 0 ? timeoutNs : withSlack(hypervisor, timeoutNs);
  tell(hypervisor, vcpu, 'poll');
  update(hypervisor, vcpu);
}

/** vcpu_yield */
export function yieldProcessor({ scheduler, pcpu }: Hypervisor): void {
  scheduler.yield(pcpu);
  pcpu.mustSchedule = true;
}

/** vcpu_set_hard_affinity: the processors it may run on, a bit each. One that it must leave decides anew. */
export function setAffinity(hypervisor: Hypervisor, vcpu: Vcpu, affinity: number): void {
  vcpu.affinity = affinity;
  const pcpu = runsOn(hypervisor.pcpus, vcpu);
  if (pcpu !== undefined) {
    if (!allows(vcpu, pcpu)) pcpu.mustSchedule = true;
  } else if (vcpu.queued) {
    hypervisor.scheduler.affinityChanged(vcpu, hypervisor.nowNs());
    followScheduler(hypervisor);
  }
}

/** vcpu_pause and vcpu_unpause, for who breaks something: its processor stands still, or goes on. */
export function setStopped(hypervisor: Hypervisor, vcpu: Vcpu, isStopped: boolean): void {
  vcpu.isStopped = isStopped;
  update(hypervisor, vcpu);
}

export function setDown(hypervisor: Hypervisor, vcpu: Vcpu, down: boolean): void {
  vcpu.down = down;
  tell(hypervisor, vcpu, down ? 'down' : 'up');
  update(hypervisor, vcpu);
}

function tell(hypervisor: Hypervisor, vcpu: Vcpu, change: 'wake' | 'block' | 'poll' | 'up' | 'down'): void {
  if (hypervisor.trace.on)
    hypervisor.trace.emit({ kind: 'vcpu', domain: vcpu.domain.id, vcpu: vcpu.id, change });
}
