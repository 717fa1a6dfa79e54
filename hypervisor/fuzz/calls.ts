/** The hypercalls that a fuzzed guest makes: arguments in registers, and what they point to. */
import { vcpu_guest_context } from '../abi/arch-x86.ts';
import {
  XEN_DOMCTL_INTERFACE_VERSION,
  XEN_SYSCTL_INTERFACE_VERSION,
  XENPF_INTERFACE_VERSION,
} from '../abi/control.ts';
import * as control from '../abi/domctl.ts';
import * as grants from '../abi/grant-table.ts';
import * as memory from '../abi/memory.ts';
import * as sched from '../abi/sched.ts';
import * as xen from '../abi/xen.ts';
import {
  addressOf,
  ARGUMENT_VA,
  domidOf,
  entryAddressOf,
  entryOf,
  frameOf,
  HANDLER_VA,
  LIST_VA,
  pageOf,
  type Scene,
  smallOf,
  STACK_VA,
  valueOf,
} from './values.ts';
import { TEST_BASE } from '../memory/testing.ts';
import { PAGE_BYTES } from '../memory/pages.ts';

/** A hypercall: its number, its arguments, and u64 words for ARGUMENT_VA and LIST_VA. */
export interface Call {
  readonly number: number;
  readonly args: readonly bigint[];
  readonly memory: readonly bigint[];
  readonly list: readonly bigint[];
}

type Generator = (scene: Scene) => Call;

const ARGUMENTS = BigInt.asUintN(64, BigInt(ARGUMENT_VA));
const LIST = BigInt.asUintN(64, BigInt(LIST_VA));

function call(
  number: number,
  args: readonly (number | bigint)[],
  words: bigint[] = [],
  list: bigint[] = [],
): Call {
  return { number, args: args.map((value) => BigInt.asUintN(64, BigInt(value))), memory: words, list };
}

/** Words that mix what structures hold. */
function anything(scene: Scene, count: number): bigint[] {
  return Array.from({ length: count }, () => valueOf(scene));
}

function times<T>(count: number, make: () => T[]): T[] {
  return Array.from({ length: count }, make).flat();
}

const mmuUpdate: Generator = (scene) => {
  const count = 1 + scene.random.below(4);
  const words = times(count, () => [entryAddressOf(scene), entryOf(scene)]);
  const done = scene.random.oneIn(3) ? LIST : 0;
  const target = scene.random.oneIn(8) ? domidOf(scene) : xen.DOMID_SELF;
  return call(xen.HYPERVISOR_mmu_update, [ARGUMENTS, count, done, target], words);
};

const mmuextOp: Generator = (scene) => {
  const { random } = scene;
  const count = 1 + random.below(3);
  const words = times(count, () => {
    const command = BigInt(random.oneIn(2) ? random.below(6) : random.below(22));
    const first = random.oneIn(5) ? addressOf(scene) : BigInt(frameOf(scene));
    return [command, first, random.oneIn(2) ? BigInt(frameOf(scene)) : valueOf(scene)];
  });
  const target = random.oneIn(12) ? domidOf(scene) : xen.DOMID_SELF;
  return call(xen.HYPERVISOR_mmuext_op, [ARGUMENTS, count, random.oneIn(3) ? LIST : 0, target], words);
};

const updateVaMapping: Generator = (scene) => {
  const { random } = scene;
  const page = pageOf(scene);
  const va = random.oneIn(8) ? addressOf(scene) : BigInt(TEST_BASE + page * PAGE_BYTES);
  const protect = scene.guest.entry(page, 5);
  const flags = random.oneIn(8) ? valueOf(scene) : BigInt(random.below(8));
  return call(xen.HYPERVISOR_update_va_mapping, [va, random.oneIn(2) ? protect : entryOf(scene), flags]);
};

const otherdomain: Generator = (scene) =>
  call(xen.HYPERVISOR_update_va_mapping_otherdomain, [addressOf(scene), entryOf(scene), 0, domidOf(scene)]);

const setGdt: Generator = (scene) => {
  const entries = scene.random.oneIn(6) ? scene.random.below(9000) : scene.random.below(1200);
  const frames = times(16, () => [BigInt(frameOf(scene))]);
  return call(xen.HYPERVISOR_set_gdt, [ARGUMENTS, entries], frames);
};

const updateDescriptor: Generator = (scene) => {
  const descriptor = scene.random.pick([0x00af_9b00_0000_ffffn, 0x0000_8900_0000_0067n, scene.random.wide()]);
  return call(xen.HYPERVISOR_update_descriptor, [entryAddressOf(scene) & ~7n, descriptor]);
};

const reservation = (scene: Scene, list: bigint): bigint[] => {
  const { random } = scene;
  const order = BigInt(random.oneIn(3) ? random.below(12) : 0);
  const flags = BigInt(random.oneIn(4) ? random.next() : 0) << 32n;
  const domid = random.oneIn(6) ? domidOf(scene) : xen.DOMID_SELF;
  return [list, BigInt(1 + random.below(6)), order | flags, BigInt(domid)];
};

const memoryOp: Generator = (scene) => {
  const { random } = scene;
  const command = random.oneIn(3)
    ? random.below(64)
    : random.pick([
        memory.XENMEM_decrease_reservation,
        memory.XENMEM_populate_physmap,
        memory.XENMEM_exchange,
      ]);
  const start = random.oneIn(12) ? random.below(8) << memory.MEMOP_EXTENT_SHIFT : 0;
  const words = random.oneIn(6)
    ? anything(scene, 9)
    : [...reservation(scene, LIST), ...reservation(scene, LIST + 64n), 0n];
  const list = times(16, () => [BigInt(random.oneIn(4) ? pageOf(scene) : frameOf(scene))]);
  return call(xen.HYPERVISOR_memory_op, [command | start, ARGUMENTS], words, list);
};

/** Grant operations that look at the words as the structures have them. */
const grantTableOp: Generator = (scene) => {
  const { random } = scene;
  const command = random.below(14);
  const va = BigInt(TEST_BASE + pageOf(scene) * PAGE_BYTES);
  const host = random.oneIn(4) ? entryAddressOf(scene) : va;
  const flags = BigInt(random.oneIn(4) ? random.next() : random.below(32));
  const ref = BigInt(random.below(16));
  const domid = BigInt(random.oneIn(5) ? domidOf(scene) : scene.other.domain.id);
  const shapes: Readonly<Record<number, bigint[]>> = {
    [grants.GNTTABOP_map_grant_ref]: [host, flags | (ref << 32n), domid],
    [grants.GNTTABOP_unmap_grant_ref]: [host, random.oneIn(2) ? BigInt(frameOf(scene)) * 4096n : 0n, ref],
    [grants.GNTTABOP_setup_table]: [BigInt(xen.DOMID_SELF) | (BigInt(random.below(5)) << 32n), 0n, LIST],
    [grants.GNTTABOP_transfer]: [BigInt(frameOf(scene)), domid | (ref << 32n)],
    [grants.GNTTABOP_copy]: [
      ref,
      domid | (BigInt(random.below(4096)) << 16n),
      random.oneIn(2) ? BigInt(frameOf(scene)) : ref,
      BigInt(random.oneIn(2) ? xen.DOMID_SELF : Number(domid)),
      BigInt(random.below(64)) | (BigInt(random.below(4)) << 16n),
    ],
    [grants.GNTTABOP_unmap_and_replace]: [host, va + 4096n, ref],
    [grants.GNTTABOP_set_version]: [BigInt(1 + random.below(2))],
    [grants.GNTTABOP_swap_grant_ref]: [ref | (BigInt(random.below(16)) << 32n)],
  };
  const words = random.oneIn(8) ? anything(scene, 6) : (shapes[command] ?? anything(scene, 6));
  return call(xen.HYPERVISOR_grant_table_op, [command, ARGUMENTS, 1], words);
};

/** A toolstack's commands: a version that is right, mostly, and a domain that is there. */
const domctl: Generator = (scene) => {
  const { random } = scene;
  const command = random.oneIn(3) ? random.below(90) : random.pick(DOMCTLS);
  const version = BigInt(random.oneIn(30) ? random.next() : XEN_DOMCTL_INTERFACE_VERSION);
  const { domains, dying } = scene.guest.hypervisor;
  const there = [...domains.keys(), ...dying.keys()];
  const target = BigInt(random.oneIn(4) ? domidOf(scene) : random.pick(there));
  const own = random.oneIn(2) ? anything(scene, 16) : [BigInt(random.below(4)), LIST, valueOf(scene), LIST];
  if (command === control.XEN_DOMCTL_createdomain && !random.oneIn(4))
    own.splice(0, own.length, ...configuration(scene));
  const words = [BigInt(command) | (version << 32n), target, ...own];
  const isContext = command === control.XEN_DOMCTL_setvcpucontext && random.oneIn(2);
  return call(xen.HYPERVISOR_domctl, [ARGUMENTS], words, isContext ? context(scene) : anything(scene, 512));
};

/** A context of a vcpu that a domain might have: the beginning of one, as far as the list's page goes. */
function context(scene: Scene): bigint[] {
  const { random } = scene;
  const words = Array.from({ length: 512 }, () => 0n);
  const put = (at: number, value: bigint): void => {
    words[at / 8] = value;
  };
  const { offset } = vcpu_guest_context;
  put(offset.flags, random.oneIn(4) ? valueOf(scene) : BigInt(random.below(64)));
  put(offset['user_regs.rip'], BigInt.asUintN(64, BigInt(HANDLER_VA)));
  put(offset['user_regs.rflags'], random.oneIn(2) ? 0x200n : valueOf(scene));
  for (const name of ['cs', 'ss', 'ds', 'fs'] as const)
    put(offset[`user_regs.${name}`], BigInt(random.oneIn(2) ? random.below(0x1_0000) : 0));
  put(0, valueOf(scene));
  put(24, random.oneIn(2) ? 0x1f80n : valueOf(scene));
  return words;
}

/** The machine's own affairs. */
const platformOp: Generator = (scene) => {
  const { random } = scene;
  const command = BigInt(random.oneIn(20) ? random.next() : random.below(PLATFORM_OPS));
  const version = BigInt(random.oneIn(30) ? random.next() : XENPF_INTERFACE_VERSION);
  const own = random.oneIn(2) ? anything(scene, 16) : [BigInt(random.below(6)), 0n, 0n];
  return call(xen.HYPERVISOR_platform_op, [ARGUMENTS], [command | (version << 32n), ...own]);
};

const PLATFORM_OPS = 64;

/** A configuration of a domain that will do, nearly always: xen_domctl_createdomain. */
function configuration({ random }: Scene): bigint[] {
  const vcpus = BigInt(random.oneIn(10) ? random.below(1000) : 1 + random.below(3));
  const grantFrames = BigInt(random.oneIn(4) ? random.below(100) : 0xffff_ffff);
  const version = BigInt(1 + random.below(2));
  return [0n, 0n, 0n, vcpus << 32n, 0x7fn | (grantFrames << 32n), 0xffff_ffffn | (version << 32n), 0n, 0n];
}

const DOMCTLS: readonly number[] = [
  ...[control.XEN_DOMCTL_createdomain, control.XEN_DOMCTL_max_vcpus, control.XEN_DOMCTL_max_mem],
  ...[control.XEN_DOMCTL_pausedomain, control.XEN_DOMCTL_unpausedomain, control.XEN_DOMCTL_getdomaininfo],
  ...[
    control.XEN_DOMCTL_setvcpucontext,
    control.XEN_DOMCTL_getvcpuinfo,
    control.XEN_DOMCTL_getpageframeinfo3,
  ],
  ...[
    control.XEN_DOMCTL_setvcpuaffinity,
    control.XEN_DOMCTL_getvcpuaffinity,
    control.XEN_DOMCTL_hypercall_init,
  ],
  ...[
    control.XEN_DOMCTL_getvcpucontext,
    control.XEN_DOMCTL_set_ext_vcpucontext,
    control.XEN_DOMCTL_settscinfo,
  ],
  ...[control.XEN_DOMCTL_irq_permission, control.XEN_DOMCTL_iomem_permission],
  ...[control.XEN_DOMCTL_ioport_permission, control.XEN_DOMCTL_settimeoffset],
  ...[control.XEN_DOMCTL_set_virq_handler, control.XEN_DOMCTL_subscribe],
  ...[control.XEN_DOMCTL_shadow_op, control.XEN_DOMCTL_get_cpu_policy, control.XEN_DOMCTL_set_cpu_policy],
  ...[control.XEN_DOMCTL_getvcpuextstate, control.XEN_DOMCTL_setvcpuextstate],
  ...[control.XEN_DOMCTL_get_vcpu_msrs, control.XEN_DOMCTL_set_vcpu_msrs],
  ...[control.XEN_DOMCTL_resumedomain, control.XEN_DOMCTL_createdomain, control.XEN_DOMCTL_createdomain],
];

const sysctl: Generator = (scene) => {
  const { random } = scene;
  const command = random.oneIn(3) ? random.below(30) : random.pick([1, 3, 6, 8, 9, 16]);
  const version = BigInt(random.oneIn(30) ? random.next() : XEN_SYSCTL_INTERFACE_VERSION);
  const own = random.oneIn(2)
    ? anything(scene, 16)
    : [BigInt(random.below(4)), LIST, BigInt(random.below(64))];
  return call(xen.HYPERVISOR_sysctl, [ARGUMENTS], [BigInt(command) | (version << 32n), ...own]);
};

const schedOp: Generator = (scene) => {
  const { random } = scene;
  const command = random.oneIn(40)
    ? random.below(8)
    : random.pick([sched.SCHEDOP_yield, sched.SCHEDOP_block]);
  return call(xen.HYPERVISOR_sched_op, [command, ARGUMENTS], anything(scene, 3));
};

/** Calls whose first argument is a command and whose others are values or the address of an argument. */
const COMMAND_CALLS: readonly number[] = [
  xen.HYPERVISOR_xen_version,
  xen.HYPERVISOR_nmi_op,
  xen.HYPERVISOR_console_io,
  xen.HYPERVISOR_set_segment_base,
  xen.HYPERVISOR_set_debugreg,
  xen.HYPERVISOR_get_debugreg,
  xen.HYPERVISOR_fpu_taskswitch,
  xen.HYPERVISOR_set_timer_op,
  xen.HYPERVISOR_xenpmu_op,
  xen.HYPERVISOR_hvm_op,
];

const commandCall: Generator = (scene) => {
  const { random } = scene;
  const words = anything(scene, 12);
  const second = random.oneIn(3) ? smallOf(scene) : ARGUMENTS;
  return call(random.pick(COMMAND_CALLS), [smallOf(scene), second, ARGUMENTS, valueOf(scene)], words);
};

/** Event channels: ports, domains and vcpus that exist, mostly. */
const eventChannelOp: Generator = (scene) => {
  const { random } = scene;
  const domains = BigInt(domidOf(scene)) | (BigInt(domidOf(scene)) << 16n);
  const ports = BigInt(random.below(10)) | (BigInt(random.below(3)) << 32n);
  const words = random.oneIn(2)
    ? [domains | (BigInt(random.below(8)) << 32n), ports]
    : [ports, domains, ports];
  const fifo = [BigInt(frameOf(scene)), BigInt(random.below(512) * 8) | (BigInt(random.below(3)) << 32n)];
  const command = random.below(15);
  return call(xen.HYPERVISOR_event_channel_op, [command, ARGUMENTS], random.oneIn(4) ? fifo : words);
};

const vcpuOp: Generator = (scene) => {
  const { random } = scene;
  const command = random.oneIn(2) ? random.below(16) : random.pick([1, 4, 5, 6, 8, 9, 10, 13]);
  const words = random.oneIn(2)
    ? [BigInt(frameOf(scene)), BigInt(random.below(640) * 8)]
    : [random.oneIn(2) ? addressOf(scene) : BigInt(random.below(50_000_000)), 0n];
  return call(xen.HYPERVISOR_vcpu_op, [command, random.below(3), ARGUMENTS], words);
};

const settings: Generator = (scene) => {
  const { random } = scene;
  const handler = random.oneIn(3) ? valueOf(scene) : BigInt.asUintN(64, BigInt(HANDLER_VA));
  switch (random.below(3)) {
    case 0:
      return call(xen.HYPERVISOR_vm_assist, [random.below(2), random.oneIn(3) ? 32 : random.below(7)]);
    case 1:
      return call(
        xen.HYPERVISOR_callback_op,
        [random.below(3), ARGUMENTS],
        [BigInt(random.below(9)), handler],
      );
    default:
      return call(
        xen.HYPERVISOR_physdev_op,
        [random.below(30), ARGUMENTS],
        [BigInt(frameOf(scene)), valueOf(scene)],
      );
  }
};

/** Entry points: handlers that lead back to the code that makes hypercalls, mostly. */
const entryPoints: Generator = (scene) => {
  const { random } = scene;
  const handler = random.oneIn(4) ? valueOf(scene) : BigInt.asUintN(64, BigInt(HANDLER_VA));
  switch (random.below(3)) {
    case 0:
      return call(xen.HYPERVISOR_set_callbacks, [handler, handler, handler]);
    case 1: {
      const vector = BigInt(random.oneIn(2) ? 14 : random.below(256));
      return call(xen.HYPERVISOR_set_trap_table, [ARGUMENTS], [vector | (0xe033n << 16n), handler, 0n, 0n]);
    }
    default:
      return call(xen.HYPERVISOR_stack_switch, [
        0xe02b,
        random.oneIn(4) ? valueOf(scene) : STACK_VA + PAGE_BYTES,
      ]);
  }
};

const multicall: Generator = (scene) => {
  const count = 1 + scene.random.below(4);
  const entries = times(count, () => {
    const inner = randomCall(scene);
    const args = Array.from({ length: 6 }, (_, index) => inner.args[index] ?? 0n);
    return [BigInt(inner.number), 0n, ...args];
  });
  return call(xen.HYPERVISOR_multicall, [LIST, count], anything(scene, 8), entries);
};

/** Mostly deadly. */
const iret: Generator = (scene) =>
  scene.random.oneIn(12) ? call(xen.HYPERVISOR_iret, anything(scene, 3)) : commandCall(scene);

const anyCall: Generator = (scene) =>
  call(
    scene.random.oneIn(8) ? scene.random.next() : scene.random.below(66),
    anything(scene, 5),
    anything(scene, 16),
    anything(scene, 16),
  );

/** How often each is made. */
const WEIGHTED: readonly (readonly [number, Generator])[] = [
  [12, mmuUpdate],
  [10, mmuextOp],
  [12, updateVaMapping],
  [1, otherdomain],
  [3, setGdt],
  [2, updateDescriptor],
  [5, memoryOp],
  [8, grantTableOp],
  [3, schedOp],
  [6, commandCall],
  [6, eventChannelOp],
  [4, vcpuOp],
  [4, settings],
  [2, entryPoints],
  [4, domctl],
  [2, sysctl],
  [1, platformOp],
  [3, multicall],
  [1, iret],
  [5, anyCall],
];
const GENERATORS = WEIGHTED.flatMap(([weight, generator]) => Array.from({ length: weight }, () => generator));

export function randomCall(scene: Scene): Call {
  return scene.random.pick(GENERATORS)(scene);
}
