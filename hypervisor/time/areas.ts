/** What Xen writes into a guest's memory about time: vcpu_time_info, runstate areas. */
import { highHalf, lowHalf } from '../../core/machine.ts';
import { vcpu_info, vcpu_time_info } from '../abi/shared-info.ts';
import { vcpu_runstate_info } from '../abi/vcpu.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { writeGuestWords } from '../memory/guest-access.ts';
import { writeWords } from '../memory/guest-frames.ts';
import { DEFAULT_PERIOD_NS } from '../state/clock.ts';
import { writeWallClock } from './wall-clock.ts';

const TIME_WORDS = vcpu_time_info.size / 4;
const RUNSTATE_WORDS = vcpu_runstate_info.size / 4;

const time = new Uint32Array(TIME_WORDS);
const runstate = new Uint32Array(RUNSTATE_WORDS);

/** update_vcpu_system_time: the time record of a vcpu, in its vcpu_info and in its registered area. */
export function writeVcpuTime(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { frames, clock } = hypervisor;
  const ticks = hypervisor.ticks();
  const ns = hypervisor.nowNs();
  vcpu.timeVersion = (vcpu.timeVersion + 2) >>> 0;
  time[0] = vcpu.timeVersion;
  time[2] = lowHalf(ticks);
  time[3] = highHalf(ticks);
  time[4] = lowHalf(ns);
  time[5] = highHalf(ns);
  time[6] = clock.multiplier;
  time[7] = clock.shift & 0xff;
  if (vcpu.info !== 0) writeWords(frames, vcpu.info + vcpu_info.offset.time, time);
  if (vcpu.timeArea !== 0) writeArea(hypervisor, vcpu, vcpu.timeArea, time);
}

/** update_runstate_area: the run state of the vcpu whose page tables are loaded. */
export function writeRunstate(hypervisor: Hypervisor, vcpu: Vcpu): void {
  if (vcpu.runstateArea === 0) return;
  fillRunstate(vcpu, runstate);
  writeArea(hypervisor, vcpu, vcpu.runstateArea, runstate);
}

/** A vcpu's vcpu_runstate_info as words. */
export function fillRunstate(vcpu: Vcpu, words: Uint32Array): void {
  words[0] = vcpu.runstate;
  words[1] = 0;
  words[2] = lowHalf(vcpu.runstateSinceNs);
  words[3] = highHalf(vcpu.runstateSinceNs);
  for (let state = 0; state < 4; state++) {
    words[4 + state * 2] = lowHalf(vcpu.runstateNs[state]!);
    words[5 + state * 2] = highHalf(vcpu.runstateNs[state]!);
  }
}

/** Areas are addresses of the guest's kernel: while its user runs, they wait. */
function writeArea(hypervisor: Hypervisor, vcpu: Vcpu, va: number, words: Uint32Array): void {
  if (hypervisor.current !== vcpu || !vcpu.guestKernelMode) vcpu.areasPending = true;
  else writeGuestWords(hypervisor.frames, vcpu, va, words);
}

/** Writes the areas that could not be written before. */
export function updatePendingAreas(hypervisor: Hypervisor, vcpu: Vcpu): void {
  vcpu.areasPending = false;
  writeRunstate(hypervisor, vcpu);
  if (vcpu.timeArea !== 0) writeVcpuTime(hypervisor, vcpu);
}

/** What a new domain starts with: the wall clock, and vcpus that tick at 100 Hz until told otherwise. */
export function startTime(hypervisor: Hypervisor, domain: Domain): void {
  writeWallClock(hypervisor, domain);
  const now = hypervisor.nowNs();
  for (const vcpu of domain.vcpus) {
    vcpu.runstateSinceNs = now;
    vcpu.periodNs = DEFAULT_PERIOD_NS;
    vcpu.periodicNs = now + DEFAULT_PERIOD_NS;
  }
}
