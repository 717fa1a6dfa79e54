/** How long a vcpu has been running, runnable, blocked, offline (vcpu_runstate_change). */
import type { Vcpu } from './vcpu.ts';

/** Goes to a RUNSTATE_* at system time `nowNs`. */
export function changeRunstate(vcpu: Vcpu, state: number, nowNs: number): void {
  if (vcpu.runstate === state) return;
  const index = vcpu.runstate;
  vcpu.runstateNs[index] = vcpu.runstateNs[index]! + (nowNs - vcpu.runstateSinceNs);
  vcpu.runstate = state;
  vcpu.runstateSinceNs = nowNs;
}
