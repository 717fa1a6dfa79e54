/**
 * The scheduler's parameters, of a domain and its own (sched_adjust and sched_adjust_global in common/sched/core.c). Each
 * scheduler's are a structure of its own, and the scheduler knows them by the names of its members.
 */
import {
  atropos_adjdom,
  bvt_adjdom,
  SCHED_ATROPOS,
  SCHED_BVT,
  SCHED_RROBIN,
  xen_domctl_sched_credit,
  xen_domctl_scheduler_op,
  XEN_DOMCTL_SCHEDOP_getinfo,
  XEN_DOMCTL_SCHEDOP_putinfo,
  XEN_SCHEDULER_CREDIT,
} from '../../abi/domctl.ts';
import { EINVAL, ESRCH } from '../../abi/errno.ts';
import type { Fields, Type } from '../../abi/layout.ts';
import {
  bvt_ctl,
  rrobin_ctl,
  xen_sysctl_credit_schedule,
  xen_sysctl_sched_id,
  xen_sysctl_scheduler_op,
  XEN_SYSCTL_SCHEDOP_getinfo,
  XEN_SYSCTL_SCHEDOP_putinfo,
} from '../../abi/sysctl.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';
import type { Parameters } from '../../state/scheduler.ts';
import { followScheduler } from '../../time/deadlines.ts';
import type { Domain } from '../../state/domain.ts';

/** A structure of scalars: their types, and where they are. */
interface Layout {
  readonly fields: Fields;
  readonly offset: Readonly<Record<string, number>>;
}

/** By scheduler: the structure of a domain's parameters, and of its own. */
const OF_DOMAIN: Readonly<Record<number, Layout>> = {
  [XEN_SCHEDULER_CREDIT]: xen_domctl_sched_credit,
  [SCHED_BVT]: bvt_adjdom,
  [SCHED_ATROPOS]: atropos_adjdom,
};
const OF_SCHEDULER: Readonly<Record<number, Layout>> = {
  [XEN_SCHEDULER_CREDIT]: xen_sysctl_credit_schedule,
  [SCHED_BVT]: bvt_ctl,
  [SCHED_RROBIN]: rrobin_ctl,
};

/** The pool that all processors are in. */
const CPUPOOL = 0;

/** XEN_DOMCTL_scheduler_op. -EINVAL: not the scheduler that runs, no such command, or values that it refuses. */
export function adjustDomain({ hypervisor }: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const { offset } = xen_domctl_scheduler_op;
  const { scheduler } = hypervisor;
  const command = u.u32(offset.cmd);
  // The scheduler has forgotten who is dying.
  if (u.u32(offset.sched_id) !== scheduler.id || domain.isDying) return -EINVAL;
  const layout = OF_DOMAIN[scheduler.id];
  if (command === XEN_DOMCTL_SCHEDOP_getinfo) {
    write(u, offset.u, layout, scheduler.parameters(domain));
    return 0;
  }
  if (command !== XEN_DOMCTL_SCHEDOP_putinfo) return -EINVAL;
  const result = scheduler.adjust(domain, read(u, offset.u, layout), hypervisor.nowNs());
  followScheduler(hypervisor);
  return result;
}

/** XEN_SYSCTL_scheduler_op: what is set comes back. -ESRCH: no such pool; -EINVAL as `adjustDomain`. */
export function adjustScheduler({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  const { offset } = xen_sysctl_scheduler_op;
  const { scheduler } = hypervisor;
  const command = u.u32(offset.cmd);
  if (command !== XEN_SYSCTL_SCHEDOP_putinfo && command !== XEN_SYSCTL_SCHEDOP_getinfo) return -EINVAL;
  if (u.u32(offset.cpupool_id) !== CPUPOOL) return -ESRCH;
  if (u.u32(offset.sched_id) !== scheduler.id) return -EINVAL;
  const layout = OF_SCHEDULER[scheduler.id];
  if (command === XEN_SYSCTL_SCHEDOP_putinfo) {
    const result = scheduler.configure(read(u, offset.u, layout), hypervisor.nowNs());
    if (result !== 0) return result;
    followScheduler(hypervisor);
  }
  write(u, offset.u, layout, scheduler.settings());
  return 0;
}

/** XEN_SYSCTL_sched_id */
export function schedulerId({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  u.setU32(xen_sysctl_sched_id.offset.sched_id, hypervisor.scheduler.id);
  return 0;
}

function read(u: ControlBuffer, at: number, layout: Layout | undefined): Parameters {
  if (layout === undefined) return {};
  const members = Object.entries(layout.fields);
  return Object.fromEntries(
    members.map(([name, type]) => [name, readOne(u, at + layout.offset[name]!, type)]),
  );
}

function readOne(u: ControlBuffer, at: number, { kind }: Type): number {
  if (kind === 'u16') return u.u16(at);
  if (kind === 'u32') return u.u32(at);
  if (kind === 'i32') return u.u32(at) | 0;
  return u.wide(at);
}

function write(u: ControlBuffer, at: number, layout: Layout | undefined, values: Parameters): void {
  if (layout === undefined) return;
  for (const [name, { size }] of Object.entries(layout.fields)) {
    const to = at + layout.offset[name]!;
    const value = values[name]!;
    if (size === 2) u.setU16(to, value);
    else if (size === 4) u.setU32(to, value);
    else u.setWide(to, value);
  }
}
