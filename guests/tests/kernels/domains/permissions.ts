/** What a toolstack gives a domain besides memory and vcpus: devices, VIRQs, time; and platform_op, the machine's own affairs. */
import * as xen from 'xen';
import { physdev_map_pirq, shared_info, xen_domctl_getdomaininfo, xen_domctl_iomem_permission } from 'xen';
import { xen_domctl_ioport_permission, xen_domctl_irq_permission, xen_domctl_tsc_info } from 'xen';
import { xen_platform_op, xenpf_core_parking, xenpf_firmware_info, xenpf_pcpu_version } from 'xen';
import { xenpf_pcpuinfo, xenpf_set_processor_pminfo, xenpf_settime64 } from 'xen';
import { HYPERVISOR_physdev_op } from 'kernel/xen/hypercalls';
import { hypercall1, virtual } from 'kernel/xen/intrinsics';
import { SHARED_INFO, unmapPage } from 'kernel/memory/window';
import { check, checkNumber } from '../check';
import { begin, D, domctl } from './control';
import { at, made, map } from './made';

const operation: usize = memory.data(144, 8);
const P: usize = operation + xen_platform_op.u;
const request: usize = memory.data(64, 8);
const HOUR: u64 = 3600;
const LINE: u32 = 5;

function ports(first: u32, count: u32, allow: bool): i32 {
  begin();
  store<u32>(D + xen_domctl_ioport_permission.first_port, first);
  store<u32>(D + xen_domctl_ioport_permission.nr_ports, count);
  store<u8>(D + xen_domctl_ioport_permission.allow_access, allow ? 1 : 0);
  return domctl(xen.XEN_DOMCTL_ioport_permission, made());
}

function deviceFrames(first: u64, count: u64, allow: bool): i32 {
  begin();
  store<u64>(D + xen_domctl_iomem_permission.first_mfn, first);
  store<u64>(D + xen_domctl_iomem_permission.nr_mfns, count);
  store<u8>(D + xen_domctl_iomem_permission.allow_access, allow ? 1 : 0);
  return domctl(xen.XEN_DOMCTL_iomem_permission, made());
}

function line(pirq: u32, allow: bool): i32 {
  begin();
  store<u32>(D + xen_domctl_irq_permission.pirq, pirq);
  store<u8>(D + xen_domctl_irq_permission.allow_access, allow ? 1 : 0);
  return domctl(xen.XEN_DOMCTL_irq_permission, made());
}

function mapLine(domid: u32, index: u32): i32 {
  memory.fill(request, 0, physdev_map_pirq.SIZE);
  store<u16>(request + physdev_map_pirq.domid, <u16>domid);
  store<u32>(request + physdev_map_pirq.type, xen.MAP_PIRQ_TYPE_GSI);
  store<u32>(request + physdev_map_pirq.index, index);
  store<u32>(request + physdev_map_pirq.pirq, index);
  return HYPERVISOR_physdev_op(xen.PHYSDEVOP_map_pirq, request);
}

export function permissions(): void {
  checkNumber('no port', ports(0x378, 0, true), -xen.EINVAL);
  checkNumber('more ports than there are', ports(0xfff8, 9, true), -xen.EINVAL);
  checkNumber('so many that it wraps', ports(0x378, 0xffff_ffff, true), -xen.EINVAL);
  checkNumber('ports of a device', ports(0x378, 8, true), 0);
  checkNumber('all ports', ports(0, 0x1_0000, true), -xen.EPERM);
  checkNumber("Xen's timer", ports(0x40, 4, true), -xen.EPERM);
  checkNumber("Xen's serial line", ports(0x3f8, 1, true), -xen.EPERM);
  checkNumber("PCI's configuration", ports(0xcfc, 4, true), -xen.EPERM);
  checkNumber('taken away', ports(0x37c, 8, false), 0);
  checkNumber('no device memory', deviceFrames(5, 0, true), -xen.EINVAL);
  checkNumber('so much that it wraps', deviceFrames(0xffff_ffff_ffff_ffff, 2, true), -xen.EINVAL);
  checkNumber('all of it', deviceFrames(0, 0, true), -xen.EPERM);
  checkNumber('beyond what there can be', deviceFrames(1 << 50, 1, true), -xen.EPERM);
  checkNumber("the screen's", deviceFrames(0xa0, 0x20, true), 0);
  checkNumber('taken away', deviceFrames(0xa0, 0x20, false), 0);
  checkNumber('no such line', line(9999, true), -xen.EINVAL);
  checkNumber("the timer's", line(0, true), -xen.EPERM);
  checkNumber('a line for ourselves', mapLine(xen.DOMID_SELF, LINE), 0);
  checkNumber('is one for it', line(LINE, true), 0);
  checkNumber('taken away', line(LINE, false), 0);
  checkNumber('a line for nobody', mapLine(0x7000, LINE), -xen.ESRCH);
}

function virqHandler(virq: u32, domain: u32): i32 {
  begin();
  store<u32>(D, virq);
  return domctl(xen.XEN_DOMCTL_set_virq_handler, domain);
}

export function others(): void {
  checkNumber('a VIRQ that does not exist', virqHandler(24, made()), -xen.EINVAL);
  checkNumber("a vcpu's own", virqHandler(xen.VIRQ_TIMER, made()), -xen.EINVAL);
  checkNumber("the console's", virqHandler(xen.VIRQ_CON_RING, made()), 0);
  checkNumber('ours again', virqHandler(xen.VIRQ_CON_RING, 0), 0);
  begin();
  checkNumber('no port for its suspending', domctl(xen.XEN_DOMCTL_subscribe, made()), 0);
  timeOffset();
  tsc();
  begin();
  domctl(xen.XEN_DOMCTL_getdomaininfo, made());
  checkNumber('it shares no pages', load<u64>(D + xen_domctl_getdomaininfo.shr_pages), 0);
  checkNumber('claims none', load<u64>(D + xen_domctl_getdomaininfo.outstanding_pages), 0);
  checkNumber('is of the first pool', load<u32>(D + xen_domctl_getdomaininfo.cpupool), 0);
  check('addresses have a width', load<u8>(D + xen_domctl_getdomaininfo.gpaddr_bits) >= 36);
}

/** The seconds of its wall clock, as its shared_info has them. */
function itsSeconds(): u64 {
  return load<u32>(at(0) + shared_info.wc_sec) | ((<u64>load<u32>(at(0) + shared_info.wc_sec_hi)) << 32);
}

function timeOffset(): void {
  begin();
  domctl(xen.XEN_DOMCTL_getdomaininfo, made());
  checkNumber(
    'its shared_info',
    map(0, load<u64>(D + xen_domctl_getdomaininfo.shared_info_frame), made()),
    0,
  );
  begin();
  checkNumber('its clock as ours', domctl(xen.XEN_DOMCTL_settimeoffset, made()), 0);
  const before = itsSeconds();
  begin();
  store<u64>(D, HOUR);
  checkNumber('an hour ahead', domctl(xen.XEN_DOMCTL_settimeoffset, made()), 0);
  checkNumber('it is', itsSeconds() - before, HOUR);
  begin();
  store<u64>(D, -HOUR);
  checkNumber('and behind', domctl(xen.XEN_DOMCTL_settimeoffset, made()), 0);
  checkNumber('it is', before - itsSeconds(), HOUR);
  setsClock();
  checkNumber('it stays behind when the clock is set', wallClockBase() - itsSeconds(), HOUR);
  unmapPage(at(0));
}

function tsc(): void {
  begin();
  checkNumber('our TSC', domctl(xen.XEN_DOMCTL_gettscinfo, 0), -xen.EINVAL);
  begin();
  checkNumber('its TSC', domctl(xen.XEN_DOMCTL_gettscinfo, made()), 0);
  checkNumber('by default', load<u32>(D + xen_domctl_tsc_info.tsc_mode), xen.TSC_MODE_DEFAULT);
  checkNumber('for the first time', load<u32>(D + xen_domctl_tsc_info.incarnation), 1);
  check('has a frequency', load<u32>(D + xen_domctl_tsc_info.gtsc_khz) > 0);
  begin();
  store<u32>(D + xen_domctl_tsc_info.tsc_mode, 4);
  checkNumber('a mode that does not exist', domctl(xen.XEN_DOMCTL_settscinfo, made()), -xen.EINVAL);
  begin();
  store<u32>(D + xen_domctl_tsc_info.tsc_mode, xen.TSC_MODE_NEVER_EMULATE);
  store<u32>(D + xen_domctl_tsc_info.incarnation, 6);
  checkNumber('never emulated', domctl(xen.XEN_DOMCTL_settscinfo, made()), 0);
  begin();
  domctl(xen.XEN_DOMCTL_gettscinfo, made());
  checkNumber('it is', load<u32>(D + xen_domctl_tsc_info.tsc_mode), xen.TSC_MODE_NEVER_EMULATE);
  checkNumber('told of no frequency', load<u32>(D + xen_domctl_tsc_info.gtsc_khz), 0);
  checkNumber('nor time', load<u64>(D + xen_domctl_tsc_info.elapsed_nsec), 0);
  checkNumber('again', load<u32>(D + xen_domctl_tsc_info.incarnation), 7);
}

/** platform_op with what the structure holds. */
function platformOp(command: u32): i64 {
  store<u32>(operation + xen_platform_op.cmd, command);
  store<u32>(operation + xen_platform_op.interface_version, xen.XENPF_INTERFACE_VERSION);
  return hypercall1(xen.HYPERVISOR_platform_op, virtual(operation));
}

function fresh(): void {
  memory.fill(operation, 0, xen_platform_op.SIZE);
}

/** Our wall clock's seconds at system time 0. */
function wallClockBase(): u64 {
  const high = (<u64>load<u32>(SHARED_INFO + shared_info.wc_sec_hi)) << 32;
  return high | load<u32>(SHARED_INFO + shared_info.wc_sec);
}

function setsClock(): void {
  const before = wallClockBase();
  fresh();
  store<u64>(P + xenpf_settime64.secs, before + 100 * HOUR);
  store<u32>(P + xenpf_settime64.mbz, 1);
  checkNumber('the clock, but for a bit', platformOp(xen.XENPF_settime64), -xen.EINVAL);
  checkNumber('is not set', wallClockBase() - before, 0);
  store<u32>(P + xenpf_settime64.mbz, 0);
  checkNumber('the clock', platformOp(xen.XENPF_settime64), 0);
  checkNumber('is set', wallClockBase() - before, 100 * HOUR);
}

function firmware(type: u32, index: u32): i64 {
  fresh();
  store<u32>(P + xenpf_firmware_info.type, type);
  store<u32>(P + xenpf_firmware_info.index, index);
  return platformOp(xen.XENPF_firmware_info);
}

function withNumber(command: u32, number: u32): i64 {
  fresh();
  store<u32>(P, number);
  return platformOp(command);
}

export function platform(): void {
  fresh();
  checkNumber('no such command', platformOp(9999), -xen.ENOSYS);
  store<u32>(operation + xen_platform_op.interface_version, 1);
  const other = hypercall1(xen.HYPERVISOR_platform_op, virtual(operation));
  checkNumber('another version', other, -xen.EACCES);
  checkNumber('not to be read', hypercall1(xen.HYPERVISOR_platform_op, 0x1000), -xen.EFAULT);
  checkNumber('a disk of the BIOS', firmware(xen.XEN_FW_DISK_INFO, 99), -xen.ESRCH);
  checkNumber('its signature', firmware(xen.XEN_FW_DISK_MBR_SIGNATURE, 99), -xen.ESRCH);
  checkNumber('a second screen', firmware(xen.XEN_FW_VBEDDC_INFO, 1), -xen.ESRCH);
  checkNumber('EFI', firmware(xen.XEN_FW_EFI_INFO, 0), -xen.ENOSYS);
  checkNumber('shift keys', firmware(xen.XEN_FW_KBD_SHIFT_FLAGS, 0), 0);
  checkNumber('of a second keyboard', firmware(xen.XEN_FW_KBD_SHIFT_FLAGS, 1), -xen.ESRCH);
  checkNumber('something else', firmware(9, 0), -xen.EINVAL);
  fresh();
  checkNumber('EFI at run time', platformOp(xen.XENPF_efi_runtime_call), -xen.ENOSYS);
  fresh();
  checkNumber('idle times', platformOp(xen.XENPF_getidletime), -xen.ENOSYS);
  fresh();
  checkNumber('a frequency', platformOp(xen.XENPF_change_freq), -xen.ENOSYS);
  checkNumber('a quirk', withNumber(xen.XENPF_platform_quirk, xen.QUIRK_IOAPIC_GOOD_REGSEL), 0);
  checkNumber('that nobody knows', withNumber(xen.XENPF_platform_quirk, 9), -xen.EINVAL);
  checkNumber('power management of no kind', platformPower(9), -xen.EINVAL);
  checkNumber('throttling', platformPower(xen.XEN_PM_TX), -xen.ENOSYS);
  checkNumber('a processor', withNumber(xen.XENPF_get_cpuinfo, 0), 0);
  checkNumber('is there', load<u32>(P + xenpf_pcpuinfo.flags), xen.XEN_PCPU_FLAGS_ONLINE);
  checkNumber('the last', load<u32>(P + xenpf_pcpuinfo.max_present), 0);
  checkNumber('another one', withNumber(xen.XENPF_get_cpuinfo, 99), 0);
  checkNumber('is not', load<u32>(P + xenpf_pcpuinfo.flags), xen.XEN_PCPU_FLAGS_INVALID);
  checkNumber('its version', withNumber(xen.XENPF_get_cpu_version, 0), 0);
  check('is of a family', load<u32>(P + xenpf_pcpu_version.family) > 0);
  checkNumber('of the other', withNumber(xen.XENPF_get_cpu_version, 99), 0);
  checkNumber('there is none', load<u32>(P + xenpf_pcpu_version.family), 0);
  checkNumber('to be there', withNumber(xen.XENPF_cpu_online, 0), 0);
  checkNumber('one that is not', withNumber(xen.XENPF_cpu_online, 99), -xen.EINVAL);
  checkNumber('the first cannot go', withNumber(xen.XENPF_cpu_offline, 0), -xen.EOPNOTSUPP);
  checkNumber('nor who is not there', withNumber(xen.XENPF_cpu_offline, 99), -xen.EINVAL);
  checkNumber('parked', withNumber(xen.XENPF_core_parking, xen.XEN_CORE_PARKING_GET), 0);
  checkNumber('are none', load<u32>(P + xenpf_core_parking.idle_nums), 0);
  checkNumber('in another way', withNumber(xen.XENPF_core_parking, 9), -xen.EINVAL);
  checkNumber('an MTRR beyond the last', withNumber(xen.XENPF_del_memtype, 9), -xen.EINVAL);
  checkNumber('what is not there', withNumber(xen.XENPF_read_memtype, 99), -xen.EINVAL);
}

/** XENPF_set_processor_pminfo: id, type. */
function platformPower(type: u32): i64 {
  fresh();
  store<u32>(P + xenpf_set_processor_pminfo.type, type);
  return platformOp(xen.XENPF_set_processor_pminfo);
}
