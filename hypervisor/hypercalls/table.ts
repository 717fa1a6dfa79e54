/** All hypercalls by number. A number that is not here does not exist: -ENOSYS. */
import { callbackOp, nmiOp, setCallbacks } from './callbacks.ts';
import { consoleIo } from './console-io.ts';
import { fpuTaskswitch, getDebugreg, setDebugreg, setSegmentBase, stackSwitch } from './cpu-state.ts';
import { eventChannelOp, eventChannelOpCompat } from './event-channel-op.ts';
import { grantTableOp } from './grant-table-op.ts';
import { domctl } from './domctl.ts';
import type { Hypercall } from './hypercall.ts';
import { hypfsOp } from './hypfs-op.ts';
import { iret } from './iret.ts';
import { memoryOp } from './memory-op.ts';
import { mmuUpdate } from './mmu-update.ts';
import { mmuextOp } from './mmuext-op.ts';
import { multicall } from './multicall.ts';
import { physdevOp } from './physdev-op.ts';
import { platformOp } from './platform-op.ts';
import { refused } from './refused.ts';
import { schedOp, schedOpCompat, setTimerOp } from './sched-op.ts';
import { setGdt } from './set-gdt.ts';
import { setTrapTable } from './set-trap-table.ts';
import { sysctl } from './sysctl.ts';
import { updateDescriptor } from './update-descriptor.ts';
import { updateVaMapping, updateVaMappingOtherdomain } from './update-va-mapping.ts';
import { vcpuOp } from './vcpu-op.ts';
import { vmAssist } from './vm-assist.ts';
import { xenVersion } from './xen-version.ts';

/** Hypercall numbers are below this. */
export const NR_HYPERCALLS = 64;

const all: readonly Hypercall[] = [
  ...[setTrapTable, mmuUpdate, setGdt, stackSwitch, setCallbacks, fpuTaskswitch, schedOpCompat, setDebugreg],
  ...[getDebugreg, updateDescriptor, memoryOp, multicall, updateVaMapping, setTimerOp, eventChannelOpCompat],
  ...[xenVersion, consoleIo, vmAssist, updateVaMappingOtherdomain, iret, vcpuOp, setSegmentBase],
  ...[
    mmuextOp,
    nmiOp,
    schedOp,
    callbackOp,
    eventChannelOp,
    physdevOp,
    grantTableOp,
    domctl,
    sysctl,
    platformOp,
    hypfsOp,
    ...refused,
  ],
];

/** Filled when first used: handlers and this table name each other. */
const table: (Hypercall | null)[] = [];

/** The hypercall of a number, or null where there is none. */
export function hypercallOf(number: number): Hypercall | null {
  if (table.length === 0) {
    for (let index = 0; index < NR_HYPERCALLS; index++) table.push(null);
    for (const call of all) table[call.number] = call;
  }
  return number < NR_HYPERCALLS ? table[number]! : null;
}
