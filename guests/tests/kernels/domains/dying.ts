/** What a toolstack may still ask of a domain that is dying: it was destroyed, and we look at one of its pages. */
import * as xen from 'xen';
import { xen_domctl_vcpuaffinity, xen_memory_reservation } from 'xen';
import { HYPERVISOR_memory_op } from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';
import { checkNumber } from '../check';
import { getContext, setContext } from './contexts';
import { begin, D, domctl } from './control';
import { CODE, made, map, mfnOf } from './made';

const answer: usize = memory.data(5168, 8);
const request: usize = memory.data(64, 8);

function asked(what: string, command: u32, wanted: i64, first: u64 = 0): void {
  begin();
  store<u64>(D, first);
  checkNumber(what, domctl(command, made()), wanted);
}

export function dyingDomain(): void {
  asked('destroyed again', xen.XEN_DOMCTL_destroydomain, 0);
  asked('paused', xen.XEN_DOMCTL_pausedomain, 0);
  asked('unpaused', xen.XEN_DOMCTL_unpausedomain, 0);
  asked('resumed', xen.XEN_DOMCTL_resumedomain, 0);
  asked('what it may have', xen.XEN_DOMCTL_max_mem, 0, 64);
  asked('its vcpus made again', xen.XEN_DOMCTL_max_vcpus, 0, 2);
  asked('its vcpu', xen.XEN_DOMCTL_getvcpuinfo, 0);
  asked('its width', xen.XEN_DOMCTL_get_address_size, 0);
  asked('its handle', xen.XEN_DOMCTL_setdomainhandle, 0);
  asked('its TSC', xen.XEN_DOMCTL_gettscinfo, 0);
  asked('more of its vcpu', xen.XEN_DOMCTL_get_ext_vcpucontext, 0);
  asked('its clock', xen.XEN_DOMCTL_settimeoffset, 0, 5);
  asked('a hypercall page', xen.XEN_DOMCTL_hypercall_init, -xen.EINVAL, mfnOf(CODE));
  asked('no command', 9999, -xen.ENOSYS);
  checkNumber('its context', getContext(0, made(), virtual(answer)), 0);
  checkNumber('put back', setContext(0, virtual(answer)), 0);
  checkNumber('taken away', setContext(0, 0), 0);
  begin();
  store<u32>(D + xen_domctl_vcpuaffinity.flags, xen.XEN_VCPUAFFINITY_HARD);
  store<u64>(D + xen_domctl_vcpuaffinity.cpumap_hard_bitmap, virtual(answer));
  store<u32>(D + xen_domctl_vcpuaffinity.cpumap_hard_nr_bits, 8);
  checkNumber('where it may run', domctl(xen.XEN_DOMCTL_getvcpuaffinity, made()), 0);
  checkNumber('another page of it', map(CODE, mfnOf(CODE), made()), -xen.EBUSY);
  memory.fill(request, 0, xen_memory_reservation.SIZE);
  store<u16>(request + xen_memory_reservation.domid, <u16>made());
  store<u64>(request + xen_memory_reservation.extent_start, virtual(answer));
  store<u64>(request + xen_memory_reservation.nr_extents, 1);
  checkNumber('more memory', HYPERVISOR_memory_op(xen.XENMEM_populate_physmap, request), 0);
}
