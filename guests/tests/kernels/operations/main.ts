/**
 * What vcpu_op, sched_op, physdev_op, callback_op and their like refuse, and in which order they look: the errnos of each, to
 * be compared with the real Xen's.
 */
import * as xen from 'xen';
import { EBUSY, EEXIST, EFAULT, EINVAL, ENOENT, ENOSYS, physdev_pirq_eoi_gmfn, sched_poll } from 'xen';
import { initKernel } from 'kernel/boot';
import { HYPERVISOR_physdev_op, HYPERVISOR_sched_op, HYPERVISOR_vcpu_op } from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';
import { allocatePage, PAGE_SIZE } from 'kernel/memory/pages';
import { mfnOf } from 'kernel/memory/pagetable';
import { checkNumber, finish } from '../check';

const request: usize = memory.data(32, 8);
/** In Xen's own part of the address space. */
const XENS: u64 = 0xffff_8000_0000_1000;

export function main(): void {
  initKernel();
  vcpus();
  polls();
  devices();
  finish();
}

function newPage(): usize {
  const page = allocatePage();
  memory.fill(page, 0, PAGE_SIZE);
  return page;
}

function vcpus(): void {
  checkNumber('a vcpu that does not exist', HYPERVISOR_vcpu_op(xen.VCPUOP_is_up, 4, request), -ENOENT);
  checkNumber('a command that does not', HYPERVISOR_vcpu_op(99, 0, request), -ENOSYS);
  checkNumber('a command that does not, of such a vcpu', HYPERVISOR_vcpu_op(99, 4, request), -ENOENT);
  checkNumber('a context from nowhere', HYPERVISOR_vcpu_op(xen.VCPUOP_initialise, 1, 0), -EFAULT);
  checkNumber('for one that has one', HYPERVISOR_vcpu_op(xen.VCPUOP_initialise, 0, 0), -EFAULT);
  checkNumber('another one', HYPERVISOR_vcpu_op(xen.VCPUOP_initialise, 0, newPages()), -EEXIST);
  checkNumber('up without one', HYPERVISOR_vcpu_op(xen.VCPUOP_up, 1, 0), -EINVAL);
  store<u64>(request, XENS);
  checkNumber(
    "run states to an address of Xen's",
    HYPERVISOR_vcpu_op(xen.VCPUOP_register_runstate_memory_area, 0, request),
    -EFAULT,
  );
  checkNumber(
    "time to an address of Xen's",
    HYPERVISOR_vcpu_op(xen.VCPUOP_register_vcpu_time_memory_area, 0, request),
    -EFAULT,
  );
  checkNumber('an NMI with an argument', HYPERVISOR_vcpu_op(xen.VCPUOP_send_nmi, 1, request), -EINVAL);
  checkNumber('a physical id', HYPERVISOR_vcpu_op(xen.VCPUOP_get_physid, 0, request), -EINVAL);
  store<u64>(request, 999_999);
  checkNumber(
    'a period that is too short',
    HYPERVISOR_vcpu_op(xen.VCPUOP_set_periodic_timer, 0, request),
    -EINVAL,
  );
  checkNumber(
    'a deadline of another',
    HYPERVISOR_vcpu_op(xen.VCPUOP_set_singleshot_timer, 1, request),
    -EINVAL,
  );
  checkNumber('stopping its', HYPERVISOR_vcpu_op(xen.VCPUOP_stop_singleshot_timer, 1, request), -EINVAL);
}

/** Two pages in a row: room for a context. */
function newPages(): usize {
  const first = newPage();
  const second = newPage();
  return first < second ? first : second;
}

function polls(): void {
  store<u64>(request + sched_poll.ports, 0);
  store<u32>(request + sched_poll.nr_ports, 129);
  store<u64>(request + sched_poll.timeout, 1);
  checkNumber('polling 129 ports', HYPERVISOR_sched_op(xen.SCHEDOP_poll, request), -EINVAL);
  store<u32>(request + sched_poll.nr_ports, 1);
  checkNumber('polling a list from nowhere', HYPERVISOR_sched_op(xen.SCHEDOP_poll, request), -EFAULT);
  store<u32>(request + sched_poll.nr_ports, 0);
  checkNumber('polling none, until a time that is over', HYPERVISOR_sched_op(xen.SCHEDOP_poll, request), 0);
  checkNumber('a command that does not exist', HYPERVISOR_sched_op(99, request), -ENOSYS);
}

function devices(): void {
  store<u32>(request, 4);
  checkNumber('I/O privilege level 4', HYPERVISOR_physdev_op(xen.PHYSDEVOP_set_iopl, request), -EINVAL);
  store<u64>(request, XENS);
  store<u32>(request + 8, 8);
  checkNumber("a port bitmap of Xen's", HYPERVISOR_physdev_op(xen.PHYSDEVOP_set_iobitmap, request), -EINVAL);
  store<u64>(request, virtual(request));
  store<u32>(request + 8, 65537);
  checkNumber('of 65537 ports', HYPERVISOR_physdev_op(xen.PHYSDEVOP_set_iobitmap, request), -EINVAL);
  store<u64>(request + physdev_pirq_eoi_gmfn.gmfn, u64.MAX_VALUE);
  checkNumber(
    'interrupts noted nowhere',
    HYPERVISOR_physdev_op(xen.PHYSDEVOP_pirq_eoi_gmfn_v2, request),
    -EINVAL,
  );
  store<u64>(request + physdev_pirq_eoi_gmfn.gmfn, mfnOf(newPage()));
  checkNumber('in a page', HYPERVISOR_physdev_op(xen.PHYSDEVOP_pirq_eoi_gmfn_v2, request), 0);
  checkNumber('in another', HYPERVISOR_physdev_op(xen.PHYSDEVOP_pirq_eoi_gmfn_v2, request), -EBUSY);
  store<u64>(request + physdev_pirq_eoi_gmfn.gmfn, u64.MAX_VALUE);
  checkNumber('then nowhere', HYPERVISOR_physdev_op(xen.PHYSDEVOP_pirq_eoi_gmfn_v2, request), -EINVAL);
  checkNumber('a command that does not exist', HYPERVISOR_physdev_op(99, request), -ENOSYS);
}
