/**
 * domctl(op): what a toolstack does with domains. The structure names a command, the version of this interface and a
 * domain; what the command needs and answers lies behind. For the privileged domain alone, but for asking after oneself.
 *
 * Gives 0, or: -EFAULT the structure cannot be read or written; -EACCES another version; -ESRCH no such domain; -EPERM not
 * the caller's to do; -ENOSYS no such command, or none that is here; and what the command has to say.
 */
import { XEN_DOMCTL_INTERFACE_VERSION } from '../abi/control.ts';
import * as abi from '../abi/domctl.ts';
import * as paging from '../abi/pv-paging.ts';
import { EFAULT, EINVAL, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import { struct, u32 } from '../abi/layout.ts';
import { namesOf } from '../abi/names.ts';
import { DOMID_FIRST_RESERVED, HYPERVISOR_domctl, NR_VIRQS } from '../abi/xen.ts';
import { fillNextInfo, vcpuInfo } from './domctl/info.ts';
import * as life from './domctl/life.ts';
import * as memory from './domctl/memory.ts';
import * as permissions from './domctl/permissions.ts';
import { adjustDomain } from './domctl/scheduler.ts';
import { affinity, getNodeAffinity, setNodeAffinity } from './domctl/affinity.ts';
import * as time from './domctl/time.ts';
import { cpuPolicy } from './domctl/cpu-policy.ts';
import { pagingOp } from './domctl/paging.ts';
import { shadowOp } from './domctl/shadow.ts';
import * as vcpuState from './domctl/vcpu-state.ts';
import * as vcpus from './domctl/vcpus.ts';
import type { Domain } from '../state/domain.ts';
import { findDying } from '../domain/destroy.ts';
import { isVcpuVirq } from '../events/bind.ts';
import { ControlBuffer } from './control.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';

/** Does a command for a domain: 0, or a negative errno. */
type Work = (context: HypercallContext, domain: Domain, u: ControlBuffer, command: number) => number;

interface Command {
  readonly work: Work;
  /** The structure is the answer too: where it is done, or where it is refused as well. */
  readonly answers: 'never' | 'done' | 'always';
  /** It looks at what it is given before it asks who the caller is. */
  readonly asksLater: boolean;
}

const tells = (work: Work): Command => ({ work, answers: 'done', asksLater: false });
const explains = (work: Work): Command => ({ work, answers: 'always', asksLater: false });
const does = (work: Work): Command => ({ work, answers: 'never', asksLater: false });
const permits = (work: Work): Command => ({ work, answers: 'never', asksLater: true });

/** struct xen_domctl_address_size */
const address_size = struct({ size: u32 });

const COMMANDS: Readonly<Record<number, Command>> = {
  [abi.XEN_DOMCTL_destroydomain]: does(life.destroy),
  [abi.XEN_DOMCTL_pausedomain]: does(life.pause),
  [abi.XEN_DOMCTL_unpausedomain]: does(life.unpause),
  [abi.XEN_DOMCTL_resumedomain]: does(life.resume),
  [abi.XEN_DOMCTL_max_vcpus]: does((context, domain, u) =>
    life.makeVcpus(context, domain, u.as(abi.xen_domctl_max_vcpus).get('max')),
  ),
  [abi.XEN_DOMCTL_max_mem]: does(memory.setMaximum),
  [abi.XEN_DOMCTL_getpageframeinfo3]: does(memory.pageInfo),
  [abi.XEN_DOMCTL_hypercall_init]: does(memory.writeHypercallPage),
  [abi.XEN_DOMCTL_setvcpucontext]: does(vcpus.setContext),
  [abi.XEN_DOMCTL_getvcpucontext]: does(vcpus.getContext),
  [abi.XEN_DOMCTL_sendtrigger]: does(vcpus.sendTrigger),
  [abi.XEN_DOMCTL_set_ext_vcpucontext]: does(vcpus.setExtendedContext),
  [abi.XEN_DOMCTL_get_ext_vcpucontext]: tells(vcpus.getExtendedContext),
  [abi.XEN_DOMCTL_getvcpuinfo]: tells(vcpuInfo),
  [abi.XEN_DOMCTL_irq_permission]: permits(permissions.linePermission),
  [abi.XEN_DOMCTL_ioport_permission]: permits(permissions.portPermission),
  [abi.XEN_DOMCTL_iomem_permission]: permits(permissions.memoryPermission),
  [abi.XEN_DOMCTL_settimeoffset]: does(time.timeOffset),
  [abi.XEN_DOMCTL_gettscinfo]: tells(time.tscInfo),
  [abi.XEN_DOMCTL_settscinfo]: does(time.setTscInfo),
  [abi.XEN_DOMCTL_set_virq_handler]: does(setVirqHandler),
  [abi.XEN_DOMCTL_subscribe]: does((_context, domain, u) => {
    domain.suspendPort = u.as(abi.xen_domctl_subscribe).get('port');
    return 0;
  }),
  [abi.XEN_DOMCTL_shadow_op]: tells(shadowOp),
  [paging.XEN_DOMCTL_pv_paging_op]: tells(pagingOp),
  [abi.XEN_DOMCTL_getvcpuextstate]: tells(vcpuState.getExtendedState),
  [abi.XEN_DOMCTL_setvcpuextstate]: does(vcpuState.setExtendedState),
  [abi.XEN_DOMCTL_get_vcpu_msrs]: explains(vcpuState.msrs),
  [abi.XEN_DOMCTL_set_vcpu_msrs]: explains(vcpuState.msrs),
  [abi.XEN_DOMCTL_get_cpu_policy]: tells(cpuPolicy),
  [abi.XEN_DOMCTL_set_cpu_policy]: explains(cpuPolicy),
  [abi.XEN_DOMCTL_setnodeaffinity]: does(setNodeAffinity),
  [abi.XEN_DOMCTL_getnodeaffinity]: does(getNodeAffinity),
  [abi.XEN_DOMCTL_setvcpuaffinity]: does(affinity),
  [abi.XEN_DOMCTL_getvcpuaffinity]: does(affinity),
  [abi.XEN_DOMCTL_scheduler_op]: tells(adjustDomain),
  [abi.XEN_DOMCTL_setdomainhandle]: does((_context, domain, u) => {
    domain.handle.set(u.as(abi.xen_domctl_setdomainhandle).bytesOf('handle'));
    return 0;
  }),
  [abi.XEN_DOMCTL_set_address_size]: does((_context, _domain, u) =>
    u.as(address_size).get('size') === ADDRESS_BITS ? 0 : -EINVAL,
  ),
  [abi.XEN_DOMCTL_get_address_size]: tells((_context, _domain, u) => {
    u.as(address_size).set('size', ADDRESS_BITS);
    return 0;
  }),
};

/** Names of the commands: the constants of the interface that are no flags. */
const NAMES = namesOf(
  Object.fromEntries(
    Object.entries({ ...abi, ...paging }).filter(([name]) => /^XEN_DOMCTL_[a-z]/.test(name)),
  ),
  'XEN_DOMCTL_',
);

/** All domains are 64-bit ones. */
const ADDRESS_BITS = 64;
const { offset, size } = abi.xen_domctl;

export const domctl: Hypercall = {
  number: HYPERVISOR_domctl,
  name: 'domctl',
  args: [{ name: 'op', kind: 'va' }],
  handler(context, argument) {
    const u = new ControlBuffer(size, offset.u);
    const unread = u.read(context, argument, XEN_DOMCTL_INTERFACE_VERSION);
    if (unread < 0) return unread;
    const id = u.whole(abi.xen_domctl).get('domain');
    if (context.hypervisor.trace.on) trace(context, u.command, id);
    let result: number;
    let answers: Command['answers'] = 'done';
    if (u.command === abi.XEN_DOMCTL_createdomain) result = create(context, id, u);
    else if (u.command === abi.XEN_DOMCTL_getdomaininfo) result = domainInfo(context, id, u);
    else {
      const domain = context.hypervisor.domains.get(id) ?? findDying(context.hypervisor, id);
      const { trace: told } = context.hypervisor;
      if (domain === undefined) return told.refuse(-ESRCH, 'there is no domain {}', id);
      const command = COMMANDS[u.command];
      if (!context.domain.isPrivileged && command?.asksLater !== true)
        return told.refuse(-EPERM, 'domain {} is not privileged', context.domain.id);
      if (command === undefined) return -ENOSYS;
      result = command.work(context, domain, u, u.command);
      answers = command.answers;
    }
    const isAnswered = answers === 'always' || (answers === 'done' && result === 0);
    if (isAnswered && !context.writeBytes(argument, u.bytes)) return -EFAULT;
    return result;
  },
};

function trace({ hypervisor }: HypercallContext, command: number, domain: number): void {
  hypervisor.trace.emit({ kind: 'domctl', command: NAMES[command] ?? `command ${String(command)}`, domain });
}

function setDomain(u: ControlBuffer, id: number): void {
  u.whole(abi.xen_domctl).set('domain', id);
}

/** XEN_DOMCTL_set_virq_handler: the domain gets a VIRQ of the whole machine from now on. */
function setVirqHandler({ hypervisor }: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const virq = u.as(abi.xen_domctl_set_virq_handler).get('virq');
  // Xen lets a dying domain have one, which then never dies.
  if (virq >= NR_VIRQS || isVcpuVirq(virq) || domain.isDying) return -EINVAL;
  hypervisor.virqHandlers.set(virq, domain.id);
  return 0;
}

/** XEN_DOMCTL_createdomain: the id comes back in the structure. */
function create(context: HypercallContext, wanted: number, u: ControlBuffer): number {
  if (!context.domain.isPrivileged) return -EPERM;
  const id = life.create(context.hypervisor, wanted, u.as(abi.xen_domctl_createdomain));
  if (id < 0) return id;
  setDomain(u, id);
  return 0;
}

/** XEN_DOMCTL_getdomaininfo: of the domain, or of the next one that there is. */
function domainInfo({ hypervisor, domain: caller }: HypercallContext, id: number, u: ControlBuffer): number {
  if (!hypervisor.domains.has(id) && id >= DOMID_FIRST_RESERVED) return -EINVAL;
  const found = fillNextInfo(hypervisor, id, u.as(abi.xen_domctl_getdomaininfo));
  if (found < 0) return -ESRCH;
  // What was looked up is told to nobody else.
  if (!caller.isPrivileged) return -EPERM;
  setDomain(u, found);
  return 0;
}
