/**
 * platform_op(op): the machine's own affairs, for the privileged domain: the wall clock, what the firmware said, the
 * processors. The structure names a command and the version of this interface.
 *
 * Gives 0, or: -EFAULT the structure cannot be read or written; -EACCES another version; -EPERM not the caller's to do;
 * -ENOSYS no such command, or one that Xen keeps to itself as it is configured; and what the command has to say. This machine
 * has no sleep but the last, no EFI, no MTRRs, and its BIOS told of no disks: those commands answer as Xen's do on such a one.
 */
import { XENPF_INTERFACE_VERSION } from '../abi/control.ts';
import { EFAULT, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, ESRCH } from '../abi/errno.ts';
import { PM1_CONTROL, PM1_CONTROL_BYTES, SLEEP_ENABLE } from '../../devices/firmware/power.ts';
import { struct, u32 } from '../abi/layout.ts';
import { namesOf } from '../abi/names.ts';
import * as abi from '../abi/platform.ts';
import { HYPERVISOR_platform_op } from '../abi/xen.ts';
import { SHUTDOWN_poweroff } from '../abi/sched.ts';
import { shutdownDomain } from '../domain/life.ts';
import { setTime } from '../time/wall-clock.ts';
import { ControlBuffer } from './control.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';

type Work = (context: HypercallContext, u: ControlBuffer) => number;

const refuses =
  (errno: number): Work =>
  () =>
    -errno;

const COMMANDS: Readonly<Record<number, Work>> = {
  [abi.XENPF_settime32]: setTime32,
  [abi.XENPF_settime64]: setTime64,
  // No MTRR to set or to tell of.
  [abi.XENPF_add_memtype]: refuses(EOPNOTSUPP),
  [abi.XENPF_del_memtype]: refuses(EINVAL),
  [abi.XENPF_read_memtype]: refuses(EINVAL),
  // The vendor has no microcode.
  [abi.XENPF_microcode_update]: refuses(EINVAL),
  [abi.XENPF_platform_quirk]: quirk,
  [abi.XENPF_get_cpu_version]: processorVersion,
  [abi.XENPF_efi_runtime_call]: refuses(ENOSYS),
  [abi.XENPF_firmware_info]: firmwareInfo,
  [abi.XENPF_enter_acpi_sleep]: enterSleep,
  // Frequencies are Xen's affair, not domain 0's (cpufreq=xen), and idle times are told for their sake.
  [abi.XENPF_change_freq]: refuses(ENOSYS),
  [abi.XENPF_getidletime]: refuses(ENOSYS),
  [abi.XENPF_set_processor_pminfo]: powerInfo,
  [abi.XENPF_get_cpuinfo]: processorInfo,
  [abi.XENPF_cpu_online]: online,
  [abi.XENPF_cpu_offline]: offline,
  [abi.XENPF_cpu_hotadd]: refuses(EINVAL),
  [abi.XENPF_mem_hotadd]: refuses(EINVAL),
  [abi.XENPF_core_parking]: coreParking,
};

const NAMES = namesOf(
  Object.fromEntries(Object.entries(abi).filter(([name]) => /^XENPF_/.test(name))),
  'XENPF_',
);

const { offset, size } = abi.xen_platform_op;

export const platformOp: Hypercall = {
  number: HYPERVISOR_platform_op,
  name: 'platform_op',
  args: [{ name: 'op', kind: 'va' }],
  handler(context, argument) {
    const u = new ControlBuffer(size, offset.u);
    const unread = u.read(context, argument, XENPF_INTERFACE_VERSION);
    if (unread < 0) return unread;
    const { hypervisor, domain } = context;
    if (!domain.isPrivileged) return -EPERM;
    if (hypervisor.trace.on) {
      const command = NAMES[u.command] ?? `command ${String(u.command)}`;
      hypervisor.trace.emit({ kind: 'platform_op', command });
    }
    const work = COMMANDS[u.command];
    if (work === undefined) return -ENOSYS;
    const result = work(context, u);
    if (result !== 0) return result;
    return context.writeBytes(argument, u.bytes) ? 0 : -EFAULT;
  },
};

function setTime32({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xenpf_settime32);
  setTime(hypervisor, BigInt(op.get('secs')), op.get('nsecs'), op.getBig('system_time'));
  return 0;
}

function setTime64({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xenpf_settime64);
  if (op.get('mbz') !== 0) return -EINVAL;
  setTime(hypervisor, op.getBig('secs'), op.get('nsecs'), op.getBig('system_time'));
  return 0;
}

/** XENPF_firmware_info: no disk and no screen that the BIOS told of; no shift key was held. */
function firmwareInfo(_: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xenpf_firmware_info);
  switch (op.get('type')) {
    case abi.XEN_FW_DISK_INFO:
    case abi.XEN_FW_DISK_MBR_SIGNATURE:
    case abi.XEN_FW_VBEDDC_INFO:
      return -ESRCH;
    case abi.XEN_FW_EFI_INFO:
      return -ENOSYS;
    case abi.XEN_FW_KBD_SHIFT_FLAGS:
      if (op.get('index') !== 0) return -ESRCH;
      op.bytesOf('u')[0] = 0;
      return 0;
    default:
      return -EINVAL;
  }
}

const ACPI_STATE_S5 = 5;

/** XENPF_enter_acpi_sleep: the machine is switched off. Other states than S5 it has not. */
function enterSleep({ hypervisor, domain }: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xenpf_enter_acpi_sleep);
  if (op.get('flags') !== 0) return -EINVAL;
  if (op.get('sleep_state') !== ACPI_STATE_S5)
    return op.get('sleep_state') > 0 && op.get('sleep_state') < ACPI_STATE_S5 ? -EOPNOTSUPP : -EINVAL;
  for (const step of ['Preparing system for', 'Entering']) hypervisor.console.log(`${step} ACPI S5 state.`);
  hypervisor.platform.writePort(PM1_CONTROL, PM1_CONTROL_BYTES, op.get('val_a') | SLEEP_ENABLE);
  if (hypervisor.platform.power.isOff) shutdownDomain(hypervisor, domain, SHUTDOWN_poweroff, null);
  return 0;
}

/** XENPF_platform_quirk: of interrupt controllers that this machine has not. */
function quirk(_: HypercallContext, u: ControlBuffer): number {
  const id = u.as(abi.xenpf_platform_quirk).get('quirk_id');
  return id >= abi.QUIRK_NOIRQBALANCING && id <= abi.QUIRK_IOAPIC_GOOD_REGSEL ? 0 : -EINVAL;
}

/** XENPF_get_cpuinfo: processors are numbered by their APIC ids, without ACPI by nothing else. */
function processorInfo({ hypervisor: { pcpus } }: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xenpf_pcpuinfo);
  const id = op.get('xen_cpuid');
  const isThere = id < pcpus.length;
  op.set('flags', isThere ? abi.XEN_PCPU_FLAGS_ONLINE : abi.XEN_PCPU_FLAGS_INVALID);
  if (isThere) {
    op.set('apic_id', id);
    op.set('acpi_id', id);
  }
  op.set('max_present', pcpus.length - 1);
  return 0;
}

const VENDOR_REGISTERS = [1, 3, 2] as const;
const vendorParts = struct({ first: u32, second: u32, third: u32 });
const VENDOR_PARTS = ['first', 'second', 'third'] as const;
/** A family that goes on in another field; from which family on models do (get_cpu_family in asm/processor.h). */
const EXTENDED_FAMILY = 15;
const FIRST_EXTENDED_MODEL = 6;

/** What EAX of CPUID's leaf 1 says. */
export function readSignature(eax: number): { family: number; model: number; stepping: number } {
  const base = (eax >>> 8) & 15;
  const family = base === EXTENDED_FAMILY ? base + ((eax >>> 20) & 0xff) : base;
  const extended = family >= FIRST_EXTENDED_MODEL ? (eax >>> 12) & 0xf0 : 0;
  return { family, model: ((eax >>> 4) & 15) | extended, stepping: eax & 15 };
}

/** XENPF_get_cpu_version: by CPUID's leaves 0 and 1. */
function processorVersion({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xenpf_pcpu_version);
  const { pcpus, processor } = hypervisor;
  const isThere = op.get('xen_cpuid') < pcpus.length;
  const leaf = processor.cpuid(0, 0);
  const vendor = op.part('vendor_id', vendorParts);
  VENDOR_REGISTERS.forEach((register, index) => {
    vendor.set(VENDOR_PARTS[index]!, isThere ? leaf[register] : 0);
  });
  const { family, model, stepping } = readSignature(processor.cpuid(1, 0)[0]);
  op.set('family', isThere ? family : 0);
  op.set('model', isThere ? model : 0);
  op.set('stepping', isThere ? stepping : 0);
  op.set('max_present', pcpus.length - 1);
  return 0;
}

/** XENPF_set_processor_pminfo: throttling Xen does not do; no processor has an ACPI id that the others could be about. */
function powerInfo(_: HypercallContext, u: ControlBuffer): number {
  return u.as(abi.xenpf_set_processor_pminfo).get('type') === abi.XEN_PM_TX ? -ENOSYS : -EINVAL;
}

/** XENPF_cpu_online: all are. */
function online({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  return u.as(abi.xenpf_cpu_ol).get('cpuid') < hypervisor.pcpus.length ? 0 : -EINVAL;
}

/** XENPF_cpu_offline: the first never goes; nor, here, does any other. */
function offline({ hypervisor }: HypercallContext, u: ControlBuffer): number {
  return u.as(abi.xenpf_cpu_ol).get('cpuid') < hypervisor.pcpus.length ? -EOPNOTSUPP : -EINVAL;
}

/** XENPF_core_parking: none is parked, and none can be. */
function coreParking(_: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xenpf_core_parking);
  const type = op.get('type');
  if (type === abi.XEN_CORE_PARKING_GET) op.set('idle_nums', 0);
  else if (type !== abi.XEN_CORE_PARKING_SET) return -EINVAL;
  return 0;
}
