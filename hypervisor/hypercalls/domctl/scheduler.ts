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
  xen_domctl_sched_sedf,
  xen_domctl_scheduler_op,
  XEN_DOMCTL_SCHEDOP_getinfo,
  XEN_DOMCTL_SCHEDOP_putinfo,
  XEN_SCHEDULER_CREDIT,
  XEN_SCHEDULER_SEDF,
} from '../../abi/domctl.ts';
import { EINVAL, ESRCH } from '../../abi/errno.ts';
import { struct, type Composite, type Scalar } from '../../abi/layout.ts';
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
import type { GuestStruct } from '../../memory/guest-struct.ts';
import type { HypercallContext } from '../hypercall.ts';
import type { Parameters } from '../../state/scheduler.ts';
import { followScheduler } from '../../time/deadlines.ts';
import type { Domain } from '../../state/domain.ts';

/** A structure of scalars that are known by their names alone. */
type Layout = Composite<Readonly<Record<string, Scalar>>>;
/** Of a scheduler that has no parameters. */
const NONE: Layout = struct({});

/** By scheduler: the structure of a domain's parameters, and of its own. */
const OF_DOMAIN: Readonly<Record<number, Layout>> = {
  [XEN_SCHEDULER_CREDIT]: xen_domctl_sched_credit,
  [XEN_SCHEDULER_SEDF]: xen_domctl_sched_sedf,
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
  const op = u.as(xen_domctl_scheduler_op);
  const { scheduler } = hypervisor;
  const command = op.get('cmd');
  // The scheduler has forgotten who is dying.
  if (op.get('sched_id') !== scheduler.id || domain.isDying) return -EINVAL;
  const layout = OF_DOMAIN[scheduler.id] ?? NONE;
  const parameters = op.part('u', layout);
  if (command === XEN_DOMCTL_SCHEDOP_getinfo) {
    write(parameters, layout, scheduler.parameters(domain));
    return 0;
  }
  if (command !== XEN_DOMCTL_SCHEDOP_putinfo) return -EINVAL;
  const result = scheduler.adjust(domain, read(parameters, layout), hypervisor.nowNs());
  followScheduler(hypervisor);
  return result;
}

/** XEN_SYSCTL_scheduler_op: what is set comes back. -ESRCH: no such pool; -EINVAL as `adjustDomain`. */
export function adjustScheduler({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  const op = u.as(xen_sysctl_scheduler_op);
  const { scheduler } = hypervisor;
  const command = op.get('cmd');
  if (command !== XEN_SYSCTL_SCHEDOP_putinfo && command !== XEN_SYSCTL_SCHEDOP_getinfo) return -EINVAL;
  if (op.get('cpupool_id') !== CPUPOOL) return -ESRCH;
  if (op.get('sched_id') !== scheduler.id) return -EINVAL;
  const layout = OF_SCHEDULER[scheduler.id] ?? NONE;
  const parameters = op.part('u', layout);
  if (command === XEN_SYSCTL_SCHEDOP_putinfo) {
    const result = scheduler.configure(read(parameters, layout), hypervisor.nowNs());
    if (result !== 0) return result;
    followScheduler(hypervisor);
  }
  write(parameters, layout, scheduler.settings());
  return 0;
}

/** XEN_SYSCTL_sched_id */
export function schedulerId({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  u.as(xen_sysctl_sched_id).set('sched_id', hypervisor.scheduler.id);
  return 0;
}

function read(op: GuestStruct<Layout['fields']>, layout: Layout): Parameters {
  return Object.fromEntries(Object.keys(layout.fields).map((name) => [name, op.get(name)]));
}

function write(op: GuestStruct<Layout['fields']>, layout: Layout, values: Parameters): void {
  for (const name of Object.keys(layout.fields)) op.set(name, values[name]!);
}
