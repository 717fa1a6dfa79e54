/** xm vcpu-pin, vcpu-set: which processors a vcpu may use, and how many vcpus a domain is to use. */
import * as xen from 'xen';
import { xen_domctl_getvcpuinfo, xen_domctl_vcpuaffinity, xen_sysctl_physinfo, xenctl_bitmap } from 'xen';
import { Domain, findDomain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { pathOf } from 'dom0/lib/nodes';
import { sleepNs } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { writeNode } from 'programs/lib/store';
import { domainOf, isNumber, MAX_CPUS, numberOf, processorsOf } from './arguments';
import { misused } from './switches';

/** How many vcpus a domain was made with. */
export function vcpusOf(domain: Domain): i32 {
  return domain.maxVcpu == xen.XEN_INVALID_MAX_VCPU_ID ? 0 : <i32>domain.maxVcpu + 1;
}

/** How long a vcpu has run, in ns. */
export function timeOf(domain: Domain, vcpu: u32): u64 {
  hyper.begin();
  const at = hyper.domctlPart();
  store<u32>(at, vcpu, xen_domctl_getvcpuinfo.vcpu);
  const failed = hyper.domctl(xen.XEN_DOMCTL_getvcpuinfo, domain.id);
  return failed < 0 ? 0 : load<u64>(at, xen_domctl_getvcpuinfo.cpu_time);
}

const bitmap = new StaticArray<u64>(1);

function affinity(command: u32, domid: u32, vcpu: i32): i32 {
  hyper.begin();
  const at = hyper.domctlPart();
  store<u32>(at, vcpu, xen_domctl_vcpuaffinity.vcpu);
  store<u32>(at, xen.XEN_VCPUAFFINITY_HARD, xen_domctl_vcpuaffinity.flags);
  const hard = at + xen_domctl_vcpuaffinity.cpumap_hard;
  store<u64>(hard, changetype<usize>(bitmap), xenctl_bitmap.bitmap);
  store<u32>(hard, MAX_CPUS, xenctl_bitmap.nr_bits);
  return hyper.domctl(command, domid);
}

/** The processors of the host, a bit each. */
export function onlineProcessors(): u64 {
  hyper.begin();
  const failed = hyper.sysctl(xen.XEN_SYSCTL_physinfo);
  const count = failed < 0 ? MAX_CPUS : load<u32>(hyper.sysctlPart(), xen_sysctl_physinfo.nr_cpus);
  return count >= MAX_CPUS ? ~(<u64>0) : ((<u64>1) << count) - 1;
}

/** The processors that a vcpu may use, of those that there are; 0: that is not to be known. */
export function affinityOf(domain: Domain, vcpu: i32): u64 {
  const online = onlineProcessors();
  bitmap[0] = 0;
  return affinity(xen.XEN_DOMCTL_getvcpuaffinity, domain.id, vcpu) < 0 ? 0 : bitmap[0] & online;
}

/** Lets a vcpu use these processors alone, a bit each. 0, or a negative errno. */
export function pin(domid: u32, vcpu: i32, processors: u64): i32 {
  bitmap[0] = processors;
  return affinity(xen.XEN_DOMCTL_setvcpuaffinity, domid, vcpu);
}

export function vcpuPin(args: string[]): i32 {
  if (args.length != 3) return misused();
  const domain = domainOf(args[0]);
  if (domain == null) return 1;
  const count = vcpusOf(domain);
  const isAll = args[1] == 'all';
  const only = isAll ? 0 : <i32>numberOf(domain.name + ': VCPU ' + args[1], args[1], 0, max(count - 1, 0));
  if (!isAll && !isNumber) return 1;
  const wanted = processorsOf(args[2]);
  if (wanted == 0) return 1;
  const end = isAll ? count : only + 1;
  for (let vcpu = only; vcpu < end; vcpu++) {
    const failed = pin(domain.id, vcpu, wanted);
    if (failed < 0) return complainOf(domain.name + ': VCPU ' + vcpu.toString(), failed);
  }
  return 0;
}

/** How long a kernel is waited for that is to take vcpus up or down. */
const LOOK_NS: u64 = 20_000_000;
const LOOKS: i32 = 100;

/** The domain's kernel looks at these nodes, and takes its vcpus up and down as they say. */
export function vcpuSet(args: string[]): i32 {
  if (args.length != 2) return misused();
  const domain = domainOf(args[0]);
  if (domain == null) return 1;
  const count = vcpusOf(domain);
  const wanted = <i32>numberOf(domain.name + ': ' + args[1] + ' vcpus', args[1], 1, max(count, 1));
  if (!isNumber) return 1;
  for (let vcpu = 0; vcpu < count; vcpu++) {
    const path = pathOf(domain.id) + '/cpu/' + vcpu.toString() + '/availability';
    const failed = writeNode(path, vcpu < wanted ? 'online' : 'offline');
    if (failed < 0) return complainOf(domain.name, failed);
  }
  return domain.isPaused ? 0 : awaitVcpus(domain, wanted);
}

/** 0: so many are up; or that some are not, as Mote's, which uses one alone, has been said. */
function awaitVcpus(domain: Domain, wanted: i32): i32 {
  const name = domain.name;
  let now: Domain | null = domain;
  for (let look = 0; now != null && now.vcpus != wanted; look++) {
    if (look == LOOKS) {
      complain(name + ': it has been told; ' + now.vcpus.toString() + ' of ' + wanted.toString() + ' are up');
      return 1;
    }
    sleepNs(LOOK_NS);
    now = findDomain(domain.id.toString());
  }
  return 0;
}
