/**
 * What somebody breaks in a host from outside. Faults are inputs, as keys are: a run with them is made again from what was broken,
 * and when.
 */
import { LanPort } from '../../devices/lan/lan.ts';
import type { LanFault } from '../../devices/lan/lan.ts';
import { VirtioBlock } from '../../devices/virtio/block.ts';
import { DiskFaults } from '../../devices/virtio/disk-faults.ts';
import { VirtioNet } from '../../devices/virtio/net.ts';
import { VIRQ_DOM_EXC } from '../../hypervisor/abi/xen.ts';
import { destroyDomain } from '../../hypervisor/domain/destroy.ts';
import { crashDomain, pauseDomain, unpauseDomain } from '../../hypervisor/domain/life.ts';
import { sendGlobalVirq } from '../../hypervisor/events/send.ts';
import { Ticks } from '../../hypervisor/run/platform.ts';
import { setStopped } from '../../hypervisor/sched/vcpus.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Vcpu } from '../../hypervisor/state/vcpu.ts';
import type { Xen } from '../../hypervisor/xen.ts';

export type Fault =
  /** The domain is ended as Xen ends one that it cannot go on with. */
  | { readonly kind: 'crash domain'; readonly domain: number; readonly message: string }
  /** XEN_DOMCTL_destroydomain; domain 0 is told. */
  | { readonly kind: 'destroy domain'; readonly domain: number }
  /** All its vcpus stand still; as many pauses, as many unpauses. */
  | { readonly kind: 'pause domain' | 'unpause domain'; readonly domain: number }
  /** One vcpu stands still, as if its processor had. */
  | { readonly kind: 'stop vcpu' | 'start vcpu'; readonly domain: number; readonly vcpu: number }
  /** Of a disk of the machine, by its place: so many of the next requests fail with an I/O error. */
  | { readonly kind: 'fail requests'; readonly disk: number; readonly count: number }
  /** Each request takes so long from now on. */
  | { readonly kind: 'delay requests'; readonly disk: number; readonly ns: number }
  /** Of the network of a host that is alone. */
  | LanFault;

/** There is nothing in the host that could be broken so: no such domain, no such disk. */
export class FaultImpossible extends RangeError {}

/** A fault in words: `fail requests, disk 0, count 2`. */
export function describeFault({ kind, ...fields }: Fault): string {
  const words = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
  return [kind, ...words].join(', ');
}

/** Breaks something. Throws FaultImpossible. @internal */
export function suffer(hypervisor: Xen, fault: Fault): void {
  hypervisor.placeTrace(null);
  switch (fault.kind) {
    case 'crash domain':
      crashDomain(hypervisor, domainOf(hypervisor, fault.domain), fault.message);
      return;
    case 'destroy domain':
      destroy(hypervisor, domainOf(hypervisor, fault.domain));
      return;
    case 'pause domain':
      pause(hypervisor, domainOf(hypervisor, fault.domain));
      return;
    case 'unpause domain':
      unpause(hypervisor, domainOf(hypervisor, fault.domain));
      return;
    case 'stop vcpu':
    case 'start vcpu':
      setStopped(hypervisor, vcpuOf(hypervisor, fault), fault.kind === 'stop vcpu');
      return;
    case 'fail requests':
      diskFaults(hypervisor, fault.disk).failing += fault.count;
      return;
    case 'delay requests':
      diskFaults(hypervisor, fault.disk).delayNs = fault.ns;
      return;
    default:
      lanOf(hypervisor).lan.suffer(fault, hypervisor.nowNs());
      hypervisor.deviceUsed();
  }
}

function domainOf({ domains }: Xen, id: number): Domain {
  return domains.get(id) ?? impossible(`the host has no domain ${String(id)}`);
}

function vcpuOf(hypervisor: Xen, { domain, vcpu }: { readonly domain: number; readonly vcpu: number }): Vcpu {
  const found = domainOf(hypervisor, domain).vcpus[vcpu];
  return found ?? impossible(`domain ${String(domain)} has no vcpu ${String(vcpu)}`);
}

function destroy(hypervisor: Xen, domain: Domain): void {
  if (domain.isPrivileged) impossible('the host’s own domain cannot be destroyed');
  if (domain.isDying) return;
  destroyDomain(hypervisor, domain);
  sendGlobalVirq(hypervisor, VIRQ_DOM_EXC);
}

function pause(hypervisor: Xen, domain: Domain): void {
  domain.controllerPauseCount++;
  pauseDomain(hypervisor, domain);
}

function unpause(hypervisor: Xen, domain: Domain): void {
  if (domain.controllerPauseCount === 0) impossible(`domain ${String(domain.id)} is not paused`);
  domain.controllerPauseCount--;
  unpauseDomain(hypervisor, domain);
}

function diskFaults(hypervisor: Xen, disk: number): DiskFaults {
  const disks = hypervisor.platform.devices.filter((device) => device instanceof VirtioBlock);
  const found = disks[disk] ?? impossible(`the host has no disk ${String(disk)}`);
  return (found.faults ??= new DiskFaults(new Ticks(hypervisor)));
}

function lanOf({ platform }: Xen): LanPort {
  const card = platform.devices.find((device) => device instanceof VirtioNet);
  if (card?.port instanceof LanPort) return card.port;
  return impossible('the host has no network of its own: domain 0’s has, where it is alone');
}

function impossible(why: string): never {
  throw new FaultImpossible(why);
}
