/** What Xen writes into a guest's memory about time: vcpu_time_info, runstate areas. */
import { struct, u64 } from '../abi/layout.ts';
import { vcpu_info, vcpu_time_info } from '../abi/shared-info.ts';
import { vcpu_runstate_info } from '../abi/vcpu.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { copyToGuest } from '../memory/guest-access.ts';
import { GuestStruct } from '../memory/guest-struct.ts';
import type { StructOf } from '../memory/guest-struct.ts';
import { writeBytes } from '../memory/guest-frames.ts';
import { DEFAULT_PERIOD_NS } from '../state/clock.ts';
import { readTsc, tscScale } from './tsc.ts';
import { writeWallClock } from './wall-clock.ts';

/** vcpu_runstate_info.time: ns spent in each RUNSTATE_*, in their order. */
const spent_times = struct({ running: u64, runnable: u64, blocked: u64, offline: u64 });
const SPENT = ['running', 'runnable', 'blocked', 'offline'] as const;

const time = new GuestStruct(vcpu_time_info, 0);
const runstate = new GuestStruct(vcpu_runstate_info, 0);

/** update_vcpu_system_time: the time record of a vcpu, in its vcpu_info and in its registered area. */
export function writeVcpuTime(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { frames } = hypervisor;
  const ticks = readTsc(hypervisor, vcpu.domain);
  const scale = tscScale(hypervisor, vcpu.domain);
  const ns = hypervisor.nowNs();
  vcpu.timeVersion = (vcpu.timeVersion + 2) >>> 0;
  time.set('version', vcpu.timeVersion);
  time.set('tsc_timestamp', ticks);
  time.set('system_time', ns);
  time.set('tsc_to_system_mul', scale.multiplier);
  time.set('tsc_shift', scale.shift);
  if (vcpu.info !== 0) writeBytes(frames, vcpu.info + vcpu_info.offset.time, time.bytes);
  if (vcpu.timeArea !== 0) writeArea(hypervisor, vcpu, vcpu.timeArea, time.bytes);
}

/** update_runstate_area: the run state of the vcpu whose page tables are loaded. */
export function writeRunstate(hypervisor: Hypervisor, vcpu: Vcpu): void {
  if (vcpu.runstateArea === 0) return;
  fillRunstate(vcpu, vcpu.runstateNs, runstate);
  writeArea(hypervisor, vcpu, vcpu.runstateArea, runstate.bytes);
}

/** Fills in a vcpu's vcpu_runstate_info: how many ns it has spent in each state is `times`. */
export function fillRunstate(
  vcpu: Vcpu,
  times: Readonly<Float64Array>,
  info: StructOf<typeof vcpu_runstate_info>,
): void {
  info.set('state', vcpu.runstate);
  info.set('state_entry_time', vcpu.runstateSinceNs);
  const spent = info.part('time', spent_times);
  SPENT.forEach((name, state) => {
    spent.set(name, times[state]!);
  });
}

/** Areas are addresses of the guest's kernel: while its user runs, they wait. */
function writeArea(hypervisor: Hypervisor, vcpu: Vcpu, va: number, bytes: Uint8Array): void {
  if (hypervisor.current !== vcpu || !vcpu.guestKernelMode) vcpu.areasPending = true;
  else {
    const { paging } = hypervisor.frames;
    const { missed } = paging;
    copyToGuest(hypervisor.frames, vcpu, va, bytes);
    // One that is not here is written when the vcpu, which waits for it when it looks, comes onto a processor again.
    paging.missed = missed;
  }
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
