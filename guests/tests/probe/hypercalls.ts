/**
 * Hypercalls: every number, with arguments that are harmless, absurd, or somebody else's. An argument is a number or an
 * expression of the kernel's assembly; \`buffer\` is a page of the kernel's.
 */
import * as xen from '../../../hypervisor/abi/xen.ts';
import type { Probe } from './probe.ts';

type Argument = number | bigint | string;

/** Registers of arguments. */
const REGISTERS = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'] as const;
/** Addresses: nothing is mapped there; Xen's own memory; not canonical. */
const UNMAPPED = 0x1000;
const XENS = 0xffff830000000000n;
const NOWHERE = 0x0000800000000000n;
/** Domain ids without a domain, and of dom0. */
const NOBODY = 0x1234;
const DOM0 = 0;
const SELF = xen.DOMID_SELF;

const NAMES = new Map<number, string>();
for (const [name, value] of Object.entries(xen))
  if (name.startsWith('HYPERVISOR_') && typeof value === 'number' && value >= 0)
    NAMES.set(value, name.slice('HYPERVISOR_'.length));

function shown(value: Argument): string {
  if (typeof value === 'string') return value;
  return value < 10 && value > -5000 ? String(value) : `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
}

function load(register: string, value: Argument): string {
  if (value === 'buffer') return `lea ${register}, [rel buffer]`;
  const number = typeof value === 'string' ? value : `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
  return `mov ${register}, ${number}`;
}

/** One hypercall. \`words\`: what the buffer holds before, as u32; \`dump\`: how much of it is shown after. */
function call(
  number: number | bigint,
  args: readonly Argument[],
  words: readonly Argument[] = [],
  dump?: number,
): Probe {
  const name =
    typeof number === 'number' ? (NAMES.get(number) ?? `hypercall ${String(number)}`) : shown(number);
  const held = words.length === 0 ? '' : ` [${words.map(shown).join(' ')}]`;
  return {
    name: `${name}(${args.map(shown).join(', ')})${held}`,
    setup: [
      ...words.map((word, index) => `mov dword [rel buffer + ${String(index * 4)}], ${String(word)}`),
      ...args.map((value, index) => load(REGISTERS[index]!, value)),
      load('rax', number),
    ].join('\n'),
    code: 'syscall',
    ...(dump === undefined ? {} : { dump }),
  };
}

/** A command with each of several arguments. */
function each(number: number, commands: readonly number[], ...rest: Argument[]): Probe[] {
  return commands.map((command) => call(number, [command, ...rest]));
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

const {
  HYPERVISOR_set_trap_table: SET_TRAP_TABLE,
  HYPERVISOR_mmu_update: MMU_UPDATE,
  HYPERVISOR_set_gdt: SET_GDT,
  HYPERVISOR_set_callbacks: SET_CALLBACKS,
  HYPERVISOR_fpu_taskswitch: FPU_TASKSWITCH,
  HYPERVISOR_sched_op_compat: SCHED_OP_COMPAT,
  HYPERVISOR_platform_op: PLATFORM_OP,
  HYPERVISOR_set_debugreg: SET_DEBUGREG,
  HYPERVISOR_get_debugreg: GET_DEBUGREG,
  HYPERVISOR_update_descriptor: UPDATE_DESCRIPTOR,
  HYPERVISOR_memory_op: MEMORY_OP,
  HYPERVISOR_multicall: MULTICALL,
  HYPERVISOR_update_va_mapping: UPDATE_VA_MAPPING,
  HYPERVISOR_set_timer_op: SET_TIMER_OP,
  HYPERVISOR_event_channel_op_compat: EVENT_CHANNEL_OP_COMPAT,
  HYPERVISOR_xen_version: XEN_VERSION,
  HYPERVISOR_console_io: CONSOLE_IO,
  HYPERVISOR_physdev_op_compat: PHYSDEV_OP_COMPAT,
  HYPERVISOR_grant_table_op: GRANT_TABLE_OP,
  HYPERVISOR_vm_assist: VM_ASSIST,
  HYPERVISOR_update_va_mapping_otherdomain: UPDATE_VA_MAPPING_OTHERDOMAIN,
  HYPERVISOR_vcpu_op: VCPU_OP,
  HYPERVISOR_set_segment_base: SET_SEGMENT_BASE,
  HYPERVISOR_mmuext_op: MMUEXT_OP,
  HYPERVISOR_xsm_op: XSM_OP,
  HYPERVISOR_nmi_op: NMI_OP,
  HYPERVISOR_sched_op: SCHED_OP,
  HYPERVISOR_callback_op: CALLBACK_OP,
  HYPERVISOR_xenoprof_op: XENOPROF_OP,
  HYPERVISOR_event_channel_op: EVENT_CHANNEL_OP,
  HYPERVISOR_physdev_op: PHYSDEV_OP,
  HYPERVISOR_hvm_op: HVM_OP,
  HYPERVISOR_sysctl: SYSCTL,
  HYPERVISOR_domctl: DOMCTL,
  HYPERVISOR_kexec_op: KEXEC_OP,
  HYPERVISOR_tmem_op: TMEM_OP,
  HYPERVISOR_argo_op: ARGO_OP,
  HYPERVISOR_xenpmu_op: XENPMU_OP,
  HYPERVISOR_dm_op: DM_OP,
  HYPERVISOR_hypfs_op: HYPFS_OP,
  HYPERVISOR_mca: MCA,
} = xen;

/** XEN_DOMCTL_INTERFACE_VERSION and so on of Xen 4.17. */
const DOMCTL_VERSION = 0x15;
const SYSCTL_VERSION = 0x15;
const PLATFORM_VERSION = 0x03000001;
const MCA_VERSION = 0x0100_0009;

const VERSION: readonly Probe[] = [
  call(XEN_VERSION, [0, 0]),
  call(XEN_VERSION, [1, 'buffer'], [], 16),
  call(XEN_VERSION, [3, 'buffer']),
  call(XEN_VERSION, [4, 'buffer']),
  call(XEN_VERSION, [5, 'buffer'], [], 8),
  ...[0, 1, 2, 3].map((submap) => call(XEN_VERSION, [6, 'buffer'], [submap, 0], 8)),
  call(XEN_VERSION, [7, 0]),
  call(XEN_VERSION, [8, 'buffer']),
  call(XEN_VERSION, [9, 'buffer'], [], 16),
  call(XEN_VERSION, [10, 'buffer'], [0, 0]),
  call(XEN_VERSION, [10, 0]),
  ...each(XEN_VERSION, [2, 11, 12, 0x1000], 'buffer'),
  ...each(XEN_VERSION, [1, 2, 3, 4, 5, 6, 8, 9], UNMAPPED),
  call(XEN_VERSION, [1, XENS]),
  call(XEN_VERSION, [1, NOWHERE]),
  call(XEN_VERSION, [0x1_0000_0000, 0]),
  call(0x1_0000_0011n, [0, 0]),
];

const CONTROL: readonly Probe[] = [
  ...[DOMCTL, SYSCTL, PLATFORM_OP].flatMap((number) => [
    call(number, [UNMAPPED]),
    call(number, [XENS]),
    call(number, ['buffer'], [1, 0]),
  ]),
  // Commands: createdomain, destroydomain, pausedomain, getdomaininfo, an unknown one.
  ...[1, 2, 3, 5, 9999].flatMap((command) => [
    call(DOMCTL, ['buffer'], [command, DOMCTL_VERSION, SELF]),
    call(DOMCTL, ['buffer'], [command, DOMCTL_VERSION, DOM0]),
    call(DOMCTL, ['buffer'], [command, DOMCTL_VERSION, NOBODY]),
  ]),
  call(DOMCTL, ['buffer'], [5, DOMCTL_VERSION - 1, SELF]),
  call(DOMCTL, ['buffer'], [5, DOMCTL_VERSION + 1, SELF]),
  // readconsole, tbuf_op, physinfo, getdomaininfolist, an unknown one.
  ...[1, 2, 3, 6, 9999].map((command) => call(SYSCTL, ['buffer'], [command, SYSCTL_VERSION])),
  call(SYSCTL, ['buffer'], [3, SYSCTL_VERSION - 1]),
  call(SYSCTL, ['buffer'], [3, SYSCTL_VERSION + 1]),
  // settime, add_memtype, cpu frequency, an unknown one.
  ...[17, 31, 51, 9999].map((command) => call(PLATFORM_OP, ['buffer'], [command, PLATFORM_VERSION])),
  call(PLATFORM_OP, ['buffer'], [17, PLATFORM_VERSION - 1]),
  call(PLATFORM_OP, ['buffer'], [17, 0x4000001]),
  ...each(XSM_OP, [0, 1], 0),
  call(XSM_OP, ['buffer'], [1, 1]),
  ...each(
    HVM_OP,
    [0, 1, 2, 3, 6, 7, 8, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 99],
    'buffer',
  ),
  ...[0, 1, 20].map((command) => call(HVM_OP, [command, 'buffer'], [SELF, 0, 0, 0])),
  call(HVM_OP, [1, 'buffer'], [SELF, 1, 0, 0]),
  call(HVM_OP, [0, UNMAPPED]),
  call(HVM_OP, [1, UNMAPPED]),
  ...each(KEXEC_OP, [0, 1, 2, 3, 4, 5, 6, 99], 'buffer'),
  ...each(KEXEC_OP, [0, 2], UNMAPPED),
  ...each(TMEM_OP, [0, 1], 0),
  ...each(XENPMU_OP, [0, 1, 2, 3, 4, 5, 6, 7, 99], 'buffer'),
  ...each(XENPMU_OP, [0], UNMAPPED),
  ...each(ARGO_OP, [1, 2, 3, 4, 99], 'buffer'),
  call(DM_OP, [SELF, 0, 'buffer']),
  call(DM_OP, [SELF, 1, 'buffer']),
  call(DM_OP, [DOM0, 1, 'buffer']),
  call(DM_OP, [NOBODY, 1, 'buffer']),
  call(DM_OP, [SELF, 99, 'buffer']),
  ...each(HYPFS_OP, [0, 1, 2, 99], 0),
  call(MCA, [UNMAPPED]),
  call(MCA, ['buffer'], [1, MCA_VERSION]),
  call(MCA, ['buffer'], [1, 0]),
  ...each(XENOPROF_OP, [0, 1, 2, 3, 12, 15, 99], 'buffer'),
  ...[11, 43, 44, 45, 46, 47, 49, 50, 51, 52, 53, 54, 55, 56, 60, 63, 64, 100, 255].map((number) =>
    call(number, [0, 0, 0]),
  ),
  call(0xffff_ffff_ffff_ffffn, []),
];

const PROCESSOR: readonly Probe[] = [
  ...[UNMAPPED, XENS, NOWHERE].map((at) => call(SET_TRAP_TABLE, [at])),
  call(SET_TRAP_TABLE, ['buffer'], [0xe033_00c8, 0, 0, 0x8000, 0, 0, 0, 0]),
  ...[UNMAPPED, XENS].map((at) => call(SET_GDT, [at, 1])),
  call(SET_GDT, ['buffer', 7169]),
  call(SET_GDT, ['buffer', 1], [0xffffff, 0]),
  call(SET_GDT, ['buffer', 1], [0xffffffff, 0xffffffff]),
  call(SET_GDT, ['buffer', 1], [0, 0]),
  call(SET_GDT, [0, 0]),
  call(SET_CALLBACKS, [NOWHERE, 0, 0]),
  call(SET_CALLBACKS, [0, NOWHERE, 0]),
  {
    name: 'callback_op(0, the syscall callback)',
    code: 'mov edi, CALLBACKOP_register\n lea rsi, [rel syscall_callback]\n mov eax, HYPERVISOR_callback_op\n syscall',
  },
  ...range(8, 10).map((type) => call(CALLBACK_OP, [0, 'buffer'], [type, 0, 0, 0])),
  ...[0, 1, 2, 5, 7].map((type) => call(CALLBACK_OP, [0, 'buffer'], [type, 0, 0, 0x8000])),
  ...range(0, 8).map((type) => call(CALLBACK_OP, [1, 'buffer'], [type])),
  ...each(CALLBACK_OP, [0, 1, 2], UNMAPPED),
  ...each(NMI_OP, [0, 1, 2], 'buffer'),
  ...each(NMI_OP, [0, 1], UNMAPPED),
  ...each(FPU_TASKSWITCH, [1, 0]),
  ...range(0, 8).map((register) => call(GET_DEBUGREG, [register])),
  call(GET_DEBUGREG, [-1]),
  ...range(0, 8).map((register) => call(SET_DEBUGREG, [register, 0])),
  call(SET_DEBUGREG, [0, XENS]),
  call(SET_DEBUGREG, [0, NOWHERE]),
  call(SET_DEBUGREG, [0, 0xffffffff81000000n]),
  call(SET_DEBUGREG, [0, 0x7fffffffffff]),
  call(SET_DEBUGREG, [6, 0x1_0000_0000]),
  call(SET_DEBUGREG, [6, 0xffff1fff]),
  call(SET_DEBUGREG, [7, 0x1_0000_0000]),
  call(SET_DEBUGREG, [7, 0x2000]),
  call(SET_DEBUGREG, [7, 0x20001]),
  call(SET_DEBUGREG, [7, 0x20000]),
  call(SET_DEBUGREG, [7, 0xdc00]),
  call(SET_DEBUGREG, [-1, 0]),
  ...[6, 7].map((register) => call(GET_DEBUGREG, [register])),
  ...[0, 6, 7].map((register) => call(SET_DEBUGREG, [register, 0])),
  ...range(0, 4).map((which) => call(SET_SEGMENT_BASE, [which, NOWHERE])),
  call(SET_SEGMENT_BASE, [0, XENS]),
  call(SET_SEGMENT_BASE, [3, 0]),
  call(SET_SEGMENT_BASE, [3, 0xffff]),
  call(SET_SEGMENT_BASE, [3, 0xe02b]),
  call(SET_SEGMENT_BASE, [0, 0]),
  ...[0, 8, 1, XENS].map((at) => call(UPDATE_DESCRIPTOR, [at, 0])),
  call(UPDATE_DESCRIPTOR, [0xffff_f000, 0]),
  ...range(0, 7).flatMap((type) => [call(VM_ASSIST, [2, type])]),
  ...[4, 5, 6, 7, 31, 33, 63, 64].map((type) => call(VM_ASSIST, [0, type])),
  ...[4, 5].map((type) => call(VM_ASSIST, [1, type])),
];

const MEMORY: readonly Probe[] = [
  ...[0, 1].map((count) => call(MMU_UPDATE, [UNMAPPED, count, 0, SELF])),
  ...[0, 1, NOBODY, 0x7ff1, 0x7ff2, 0x7ff3, 0x7ff4, 0x7fff].map((domain) =>
    call(MMU_UPDATE, ['buffer', 0, 0, domain]),
  ),
  ...[0, 1, 2, 3, 4, 7].map((command) => call(MMU_UPDATE, ['buffer', 1, 0, SELF], [command, 0, 0, 0])),
  ...[0, 1, 2, 3].map((command) => call(MMU_UPDATE, ['buffer', 1, 0, SELF], [command, 0xffff, 0, 0])),
  call(MMU_UPDATE, ['buffer', 1, UNMAPPED, SELF], [3, 0, 0, 0]),
  ...[0, 1].map((count) => call(MMUEXT_OP, [UNMAPPED, count, 0, SELF])),
  ...[0, 1, NOBODY, 0x7ff1, 0x7ff2, 0x7ff4].map((domain) => call(MMUEXT_OP, ['buffer', 0, 0, domain])),
  ...range(0, 25).map((command) => call(MMUEXT_OP, ['buffer', 1, 0, SELF], [command, 0, 0xffffff, 0, 3, 0])),
  call(MMUEXT_OP, ['buffer', 1, 0, SELF], [13, 0, 0, 0, 0, 0]),
  call(MMUEXT_OP, ['buffer', 1, 0, SELF], [13, 0, 0x1000, 0, 1, 0]),
  call(MMUEXT_OP, ['buffer', 1, 0, SELF], [13, 0, 0x1000, 0, 8193, 0]),
  call(MMUEXT_OP, ['buffer', 1, 0, SELF], [13, 0, 0, 0, 0, 0]),
  call(UPDATE_VA_MAPPING, [UNMAPPED, 0, 0]),
  call(UPDATE_VA_MAPPING, [XENS, 0, 0]),
  call(UPDATE_VA_MAPPING, [NOWHERE, 0, 0]),
  call(UPDATE_VA_MAPPING, ['buffer', 0x7fff_ffff_f067n, 0]),
  call(UPDATE_VA_MAPPING, ['buffer', 0xffff_f067, 0]),
  ...[SELF, DOM0, NOBODY, 0x7ff1, 0x7ff2].map((domain) =>
    call(UPDATE_VA_MAPPING_OTHERDOMAIN, [UNMAPPED, 0, 0, domain]),
  ),
  ...each(MEMORY_OP, range(0, 28), UNMAPPED),
  ...each(MEMORY_OP, [0x3f, 0x40, 0x42, 0x43, 0x4c], UNMAPPED),
  ...[3, 4, 14, 0xd, 0xe].map((command) => call(MEMORY_OP, [command, 'buffer'], [SELF])),
  ...[3, 4, 14].flatMap((command) =>
    [DOM0, NOBODY, 1].map((domain) => call(MEMORY_OP, [command, 'buffer'], [domain])),
  ),
  call(MEMORY_OP, [12, 'buffer'], [], 24),
  // Reservations: extent_start, nr_extents, extent_order and mem_flags, domid.
  ...[0, 1, 6].flatMap((command) => [
    call(MEMORY_OP, [command, 'buffer'], [UNMAPPED, 0, 0, 0, 0, 0, SELF]),
    call(MEMORY_OP, [command, 'buffer'], [UNMAPPED, 0, 1, 0, 0, 0, SELF]),
    call(MEMORY_OP, [command, 'buffer'], [UNMAPPED, 0, 1, 0, 99, 0, SELF]),
    call(MEMORY_OP, [command, 'buffer'], [UNMAPPED, 0, 1, 0, 0, 0, DOM0]),
    call(MEMORY_OP, [command, 'buffer'], [UNMAPPED, 0, 1, 0, 0, 0, NOBODY]),
    call(MEMORY_OP, [command, 'buffer'], [UNMAPPED, 0, 0, 1, 0, 0, SELF]),
  ]),
  call(MEMORY_OP, [7, 'buffer'], [SELF, 0, 0, 0, 0, 0]),
  call(MEMORY_OP, [7, 'buffer'], [SELF, 1, 0, 0, 0, 0]),
  call(MEMORY_OP, [7, 'buffer'], [DOM0, 1, 0, 0, 0, 0]),
  call(MEMORY_OP, [7, 'buffer'], [NOBODY, 1, 0, 0, 0, 0]),
  call(MEMORY_OP, [15, 'buffer'], [SELF, 0, 0, 0]),
  call(MEMORY_OP, [23, 'buffer'], [SELF, 0, 1, 0, 0, 0]),
  call(MEMORY_OP, [26, 'buffer'], [SELF, 0, 0, 0, 0, 0, 0, 0]),
  call(MEMORY_OP, [26, 'buffer'], [NOBODY, 0, 0, 0, 0, 0, 0, 0]),
  // acquire_resource: domid and type, id, nr_frames, pad, frame, frame_list.
  call(MEMORY_OP, [28, 'buffer'], [SELF, 0, 0, 0, 0, 0, 0, 0]),
  call(MEMORY_OP, [28, 'buffer'], [DOM0, 0, 0, 0, 0, 0, 0, 0]),
  call(MEMORY_OP, [28, 'buffer'], [NOBODY, 0, 0, 0, 0, 0, 0, 0]),
  call(MULTICALL, [UNMAPPED, 0]),
  call(MULTICALL, [UNMAPPED, 1]),
  call(MULTICALL, ['buffer', 1], [XEN_VERSION, 0, 0x55, 0, 0, 0, 0, 0], 16),
  call(MULTICALL, ['buffer', 1], [63, 0, 0x55, 0, 0, 0, 0, 0], 16),
  call(MULTICALL, ['buffer', 1], [MULTICALL, 0, 0x55, 0, 0, 0, 0, 0], 16),
  call(MULTICALL, ['buffer', 1], [XEN_VERSION, 1, 0x55, 0, 0, 0, 0, 0], 16),
];

const TIME: readonly Probe[] = [
  ...each(SCHED_OP_COMPAT, [0], 0),
  ...each(SCHED_OP_COMPAT, [3, 4, 99], 0),
  call(SCHED_OP, [0, 0]),
  ...each(SCHED_OP, [2, 3, 4, 5, 6, 7, 8, 99], UNMAPPED),
  call(SCHED_OP, [3, 'buffer'], [0, 0, 129, 0, 1, 0]),
  call(SCHED_OP, [3, 'buffer'], [UNMAPPED, 0, 1, 0, 1, 0]),
  call(SCHED_OP, [3, 'buffer'], [0, 0, 0, 0, 1, 0]),
  call(SCHED_OP, [3, 'buffer'], [UNMAPPED, 0, 0, 0, 1, 0]),
  ...[SELF, DOM0, NOBODY, 1].map((domain) => call(SCHED_OP, [4, 'buffer'], [domain, 0])),
  call(SCHED_OP, [6, 'buffer'], [1, 0]),
  call(SCHED_OP, [6, 'buffer'], [3, 0]),
  call(SCHED_OP, [6, 'buffer'], [0, 5]),
  call(SCHED_OP, [6, 'buffer'], [0, 5]),
  call(SCHED_OP, [6, 'buffer'], [0, 5]),
  call(SCHED_OP, [6, 'buffer'], [1, 0]),
  call(SCHED_OP, [6, 'buffer'], [2, 0]),
  call(SCHED_OP, [6, 'buffer'], [1, 0]),
  call(SCHED_OP, [7, 'buffer'], [0]),
  call(SET_TIMER_OP, [0]),
  ...range(0, 15).map((command) => call(VCPU_OP, [command, 99, UNMAPPED])),
  ...[0, 4, 5, 6, 8, 10, 12, 13, 99].map((command) => call(VCPU_OP, [command, 0, UNMAPPED])),
  ...[0, 1, 3, 7, 9, 14].map((command) => call(VCPU_OP, [command, 0, 'buffer'])),
  call(VCPU_OP, [12, 0, 'buffer']),
  call(VCPU_OP, [3, 1, 0]),
  call(VCPU_OP, [1, 1, 0]),
  call(VCPU_OP, [6, 0, 'buffer'], [0, 0]),
  call(VCPU_OP, [6, 0, 'buffer'], [999_999, 0]),
  call(VCPU_OP, [6, 0, 'buffer'], [0xffffffff, 0x7fffffff]),
  call(VCPU_OP, [7, 0, 0]),
  call(VCPU_OP, [8, 0, 'buffer'], [1, 0, 1, 0]),
  call(VCPU_OP, [8, 0, 'buffer'], [1, 0, 0, 0]),
  call(VCPU_OP, [9, 0, 0]),
  call(VCPU_OP, [10, 0, 'buffer'], [0xffffff, 0, 0, 0]),
  call(VCPU_OP, [10, 0, 'buffer'], [0, 0, 4095, 0]),
  call(VCPU_OP, [10, 0, 'buffer'], [0, 0, 4, 0]),
  call(VCPU_OP, [5, 0, 'buffer'], [0, 0]),
];

const EVENTS: readonly Probe[] = [
  ...each(EVENT_CHANNEL_OP, range(0, 15), UNMAPPED),
  call(EVENT_CHANNEL_OP_COMPAT, [UNMAPPED]),
  call(EVENT_CHANNEL_OP_COMPAT, ['buffer'], [99, 0, 0]),
  // send, close, unmask, bind_vcpu, set_priority: ports that are not there.
  ...[4, 3, 9].flatMap((command) =>
    [0, 50, 5000, 0xffffffff].map((port) => call(EVENT_CHANNEL_OP, [command, 'buffer'], [port])),
  ),
  call(EVENT_CHANNEL_OP, [8, 'buffer'], [50, 0]),
  call(EVENT_CHANNEL_OP, [8, 'buffer'], [1, 99]),
  call(EVENT_CHANNEL_OP, [13, 'buffer'], [1, 0]),
  // bind_interdomain: domain, port.
  ...[SELF, DOM0, NOBODY].map((domain) => call(EVENT_CHANNEL_OP, [0, 'buffer'], [domain, 50, 0])),
  // bind_virq: virq, vcpu.
  ...[3, 5, 16, 23, 24, 99].map((virq) => call(EVENT_CHANNEL_OP, [1, 'buffer'], [virq, 0, 0])),
  ...[0, 1, 2, 3, 8, 9, 10].map((virq) => call(EVENT_CHANNEL_OP, [1, 'buffer'], [virq, 1, 0])),
  ...[0, 1, 2, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((virq) =>
    call(EVENT_CHANNEL_OP, [1, 'buffer'], [virq, 0, 0]),
  ),
  call(EVENT_CHANNEL_OP, [1, 'buffer'], [0, 0, 0]),
  call(EVENT_CHANNEL_OP, [2, 'buffer'], [0, 0, 0]),
  call(EVENT_CHANNEL_OP, [2, 'buffer'], [9, 1, 0]),
  // status: domain, port.
  ...[SELF, DOM0, NOBODY].map((domain) => call(EVENT_CHANNEL_OP, [5, 'buffer'], [domain, 3])),
  call(EVENT_CHANNEL_OP, [5, 'buffer'], [SELF, 0]),
  call(EVENT_CHANNEL_OP, [5, 'buffer'], [SELF, 50]),
  call(EVENT_CHANNEL_OP, [5, 'buffer'], [SELF, 5000]),
  // alloc_unbound: domain, remote domain.
  ...[SELF, DOM0, NOBODY].map((domain) => call(EVENT_CHANNEL_OP, [6, 'buffer'], [domain, 0])),
  call(EVENT_CHANNEL_OP, [6, 'buffer'], [(NOBODY << 16) | SELF, 0]),
  call(EVENT_CHANNEL_OP, [7, 'buffer'], [99, 0]),
  ...[DOM0, NOBODY].map((domain) => call(EVENT_CHANNEL_OP, [10, 'buffer'], [domain])),
  call(EVENT_CHANNEL_OP, [11, 'buffer'], [0xffffff, 0, 0, 0]),
  call(EVENT_CHANNEL_OP, [11, 'buffer'], [0xffffff, 0, 0, 99]),
  call(EVENT_CHANNEL_OP, [11, 'buffer'], [0xffffff, 0, 4095, 0]),
  call(EVENT_CHANNEL_OP, [11, 'buffer'], [0xffffff, 0, 4, 0]),
  call(EVENT_CHANNEL_OP, [12, 'buffer'], [0xffffff, 0]),
];

const GRANTS: readonly Probe[] = [
  ...each(GRANT_TABLE_OP, range(0, 13), UNMAPPED, 1),
  ...each(GRANT_TABLE_OP, range(0, 12), UNMAPPED, 0),
  call(GRANT_TABLE_OP, [0x1000, UNMAPPED, 0]),
  call(GRANT_TABLE_OP, [0, 'buffer', 0x80000000]),
  // query_size, setup_table, get_version, set_version.
  ...[SELF, DOM0, NOBODY].map((domain) => call(GRANT_TABLE_OP, [6, 'buffer', 1], [domain, 0, 0, 0], 16)),
  ...[SELF, DOM0, NOBODY].map((domain) =>
    call(GRANT_TABLE_OP, [2, 'buffer', 1], [domain, 0, 0, 0, 0, 0], 12),
  ),
  call(GRANT_TABLE_OP, [2, 'buffer', 1], [SELF, 9999, 0, 0, 0, 0], 12),
  ...[SELF, DOM0, NOBODY].map((domain) => call(GRANT_TABLE_OP, [10, 'buffer', 1], [domain, 0], 8)),
  ...[0, 3, 2, 1].map((version) => call(GRANT_TABLE_OP, [8, 'buffer', 1], [version], 4)),
  ...[SELF, NOBODY].map((domain) => call(GRANT_TABLE_OP, [9, 'buffer', 1], [1, domain, 0, 0], 12)),
  // map_grant_ref: host_addr, flags, ref, domain, status.
  call(GRANT_TABLE_OP, [0, 'buffer', 1], [0x1000, 0, 0, 0, NOBODY, 0x55, 0, 0], 32),
  call(GRANT_TABLE_OP, [0, 'buffer', 1], [0x1000, 0, 2, 9999, DOM0, 0x55, 0, 0], 32),
  call(GRANT_TABLE_OP, [0, 'buffer', 1], [0x1000, 0, 2, 9999, SELF, 0x55, 0, 0], 32),
  // unmap_grant_ref: host_addr, dev_bus_addr, handle, status.
  call(GRANT_TABLE_OP, [1, 'buffer', 1], [0x1000, 0, 0, 0, 9999, 0x55], 24),
  call(GRANT_TABLE_OP, [11, 'buffer', 1], [9999, 9998, 0x55], 12),
];

const DEVICES: readonly Probe[] = [
  ...each(PHYSDEV_OP, range(0, 32), UNMAPPED),
  call(PHYSDEV_OP_COMPAT, [UNMAPPED]),
  call(PHYSDEV_OP_COMPAT, ['buffer'], [99, 0, 0]),
  call(PHYSDEV_OP_COMPAT, ['buffer'], [6, 0, 4]),
  call(PHYSDEV_OP, [5, 'buffer'], [0, 0]),
  call(PHYSDEV_OP, [12, 'buffer'], [0]),
  call(PHYSDEV_OP, [6, 'buffer'], [4]),
  call(PHYSDEV_OP, [7, 'buffer'], [0, 0, 65537, 0]),
  call(PHYSDEV_OP, [7, 'buffer'], [0, 0xffff8300, 8, 0]),
  ...[8, 9, 10, 11, 13, 14, 15, 16, 19, 20, 21, 23, 24, 25, 26, 27, 29, 30, 31].map((command) =>
    call(PHYSDEV_OP, [command, 'buffer'], [0, 0, 0, 0]),
  ),
  call(PHYSDEV_OP, [13, 'buffer'], [SELF, 0, 0, 0]),
  call(PHYSDEV_OP, [14, 'buffer'], [SELF, 0]),
  ...each(CONSOLE_IO, [0, 1, 2], 0, UNMAPPED),
  ...each(CONSOLE_IO, [0, 1, 2], 1, UNMAPPED),
  call(CONSOLE_IO, [0, -1, 'buffer']),
  call(CONSOLE_IO, [1, 1, 'buffer']),
];

export const HYPERCALLS: readonly Probe[] = [
  ...VERSION,
  ...CONTROL,
  ...PROCESSOR,
  ...MEMORY,
  ...TIME,
  ...EVENTS,
  ...GRANTS,
  ...DEVICES,
];
