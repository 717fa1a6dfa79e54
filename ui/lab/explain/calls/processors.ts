/** vcpus: scheduling, their life, where Xen enters them, their registers. */
import { row } from '../explanation.ts';
import type { CallRow, HypercallRows } from '../explanation.ts';

const SCHED = 'hypercalls/sched-op.ts';
const VCPU = 'hypercalls/vcpu-op.ts';
const CALLBACKS = 'hypercalls/callbacks.ts';
const CPU_STATE = 'hypercalls/cpu-state.ts';

const SCHED_COMMANDS: Readonly<Record<string, CallRow>> = {
  SCHEDOP_yield: row(
    'lets somebody else have the processor',
    'The vcpu stays runnable: it only goes to the end of the queue. Kernels yield where they would spin for a lock.',
    'sched/vcpus.ts',
    'yieldProcessor',
  ),
  SCHEDOP_block: row(
    'sleeps until an event comes',
    'What HLT is on real hardware. Xen takes the processor away until a port of the vcpu’s is raised, unless one is pending already: that is how no wake-up is lost.',
    'sched/vcpus.ts',
    'block',
  ),
  SCHEDOP_shutdown: row(
    'shuts itself down: {reason:SHUTDOWN}',
    'The domain stops. The toolstack hears of it and looks at the reason: it destroys, restarts or saves it.',
    'domain/life.ts',
    'shutdownDomain',
    { errors: { EINVAL: 'there is no such reason' } },
  ),
  SCHEDOP_poll: row(
    'sleeps until one of {nr_ports} ports is pending, or until {timeout:instant}',
    'As block, for few ports only, even where events are masked: drivers wait so for a ring’s answer, and locks for their owner.',
    'sched/vcpus.ts',
    'poll',
    { errors: { EINVAL: 'too many ports, or one that cannot be' } },
  ),
  SCHEDOP_remote_shutdown: row(
    'shuts {domain_id:dom} down: {reason:SHUTDOWN}',
    'A toolstack says that of another domain.',
    SCHED,
    'schedOp',
    {
      errors: {
        EPERM: 'that is for a privileged domain',
        ESRCH: 'there is no such domain',
        EINVAL: 'not of oneself',
      },
    },
  ),
  SCHEDOP_shutdown_code: row(
    'says what its end is to count as: {reason:SHUTDOWN}',
    'For a kernel that is about to crash and will not get to say it then.',
    SCHED,
    'schedOp',
  ),
  SCHEDOP_watchdog: row(
    'sets its watchdog {id} to {timeout} s',
    'If it is not set again in time the domain has hung, and Xen shuts it down.',
    'time/watchdog.ts',
    'setWatchdog',
    { gives: 'watchdog {result}' },
  ),
  SCHEDOP_pin_override: row(
    'asks to be pinned to processor {pcpu}',
    'For firmware calls that work on one processor only: domain 0 of some machines.',
    SCHED,
    'schedOp',
    { errors: { EPERM: 'not for guests' } },
  ),
};

const VCPU_COMMANDS: Readonly<Record<string, CallRow>> = {
  VCPUOP_initialise: row(
    'gives vcpu {vcpu} its first registers: it will begin at {user_regs.rip:address}',
    'As a boot processor starts the others: with a start address, a stack, page tables. It does not run before `up`.',
    VCPU,
    'vcpuOp',
    { errors: { EEXIST: 'it has some already', EINVAL: 'they name what a guest must not have' } },
  ),
  VCPUOP_up: row('brings vcpu {vcpu} up', 'It becomes runnable.', VCPU, 'vcpuOp', {
    errors: { EINVAL: 'it was not initialised' },
  }),
  VCPUOP_down: row(
    'takes vcpu {vcpu} down',
    'It runs no more until it is brought up. When the last one goes the domain has powered itself off.',
    VCPU,
    'vcpuOp',
  ),
  VCPUOP_is_up: row('asks whether vcpu {vcpu} is up', 'Kernels look before they start one.', VCPU, 'vcpuOp', {
    gives: 'it is {result:isUp}',
  }),
  VCPUOP_get_runstate_info: row(
    'asks how long vcpu {vcpu} has run, waited and slept',
    'Time that others had is stolen time: a guest that knows of it accounts fairly.',
    'time/areas.ts',
    'fillRunstate',
    { gives: 'it is {state:RUNSTATE}' },
  ),
  VCPUOP_register_runstate_memory_area: row(
    'wants to read vcpu {vcpu}’s run state at {addr.v:address}',
    'Xen writes there at every switch, so that the guest need not ask.',
    'time/areas.ts',
    'writeRunstate',
  ),
  VCPUOP_register_vcpu_time_memory_area: row(
    'wants to read vcpu {vcpu}’s time at {addr.v:address}',
    'What turns the TSC into system time, where user mode can read it: a clock without a system call.',
    'time/areas.ts',
    'writeVcpuTime',
  ),
  VCPUOP_set_periodic_timer: row(
    'wants the timer interrupt of vcpu {vcpu} every {period_ns:span}',
    'The old way to have a tick.',
    'time/deadlines.ts',
    'setPeriodic',
    { errors: { EINVAL: 'less than a millisecond, or absurdly long' } },
  ),
  VCPUOP_stop_periodic_timer: row(
    'wants no periodic timer on vcpu {vcpu}',
    'A kernel that sets single deadlines needs none.',
    'time/deadlines.ts',
    'setPeriodic',
  ),
  VCPUOP_set_singleshot_timer: row(
    'sets its timer to {timeout_abs_ns:instant}',
    'At that instant of system time VIRQ_TIMER is raised: the next tick, the end of a sleep.',
    'time/deadlines.ts',
    'setSingleshot',
    { errors: { EINVAL: 'only a vcpu’s own timer' } },
  ),
  VCPUOP_stop_singleshot_timer: row(
    'stops its timer',
    'Nothing is due any more.',
    'time/deadlines.ts',
    'setSingleshot',
    {
      errors: { EINVAL: 'only a vcpu’s own timer' },
    },
  ),
  VCPUOP_register_vcpu_info: row(
    'moves what vcpu {vcpu} shares with Xen to frame {mfn:hex}',
    'The event words and time of the first 32 vcpus are in one page. A kernel prefers each in memory of its own.',
    VCPU,
    'vcpuOp',
    {
      errors: {
        EINVAL: 'it was moved before, or the frame is not its own and writable',
        ENXIO: 'the offset does not fit',
      },
    },
  ),
  VCPUOP_send_nmi: row(
    'sends vcpu {vcpu} an NMI',
    'An interrupt that cannot be masked: to see where a processor hangs.',
    'traps/upcall.ts',
    'deliverNmi',
  ),
  VCPUOP_get_physid: row(
    'asks on which processor vcpu {vcpu} is pinned',
    'For what only makes sense on one processor.',
    VCPU,
    'vcpuOp',
    { errors: { EINVAL: 'it is not pinned' } },
  ),
};

const NO_COMMAND = {
  ENOSYS: 'there is no such command',
  EFAULT: 'the structure cannot be read at that address',
};

export const processorCalls: Readonly<Record<string, HypercallRows>> = {
  sched_op: {
    header: 'sched.h',
    row: row(
      'makes an unknown scheduling operation',
      'A guest says to Xen’s scheduler that it waits, yields or ends.',
      SCHED,
      'schedOp',
    ),
    commands: SCHED_COMMANDS,
    errors: NO_COMMAND,
  },
  sched_op_compat: {
    header: 'sched.h',
    row: row(
      'makes an unknown scheduling operation, by the old interface',
      'The first form of sched_op.',
      SCHED,
      'schedOpCompat',
    ),
    commands: Object.fromEntries(
      Object.entries(SCHED_COMMANDS)
        .filter(([name]) => /^SCHEDOP_(yield|block|shutdown)$/.test(name))
        .map(([name, each]) => [name, { ...each, says: each.says.replace('{reason:', '{argument:') }]),
    ),
    errors: NO_COMMAND,
  },
  set_timer_op: {
    header: 'xen.h',
    row: row(
      'sets its timer to {deadline:instant}',
      'At that instant of system time VIRQ_TIMER is raised: the next tick, the end of a sleep. 0 stops it.',
      'hypercalls/sched-op.ts',
      'setTimerOp',
    ),
    commands: {},
    errors: {},
  },
  vcpu_op: {
    header: 'vcpu.h',
    row: row(
      'makes an unknown operation on vcpu {vcpu}',
      'A domain starts and stops its own processors.',
      VCPU,
      'vcpuOp',
    ),
    commands: VCPU_COMMANDS,
    errors: { ...NO_COMMAND, ENOENT: 'it has no such vcpu' },
  },
  set_trap_table: {
    header: 'xen.h',
    row: row(
      'registers its handlers of exceptions',
      'A guest must not load an interrupt table: Xen’s is the real one. It tells Xen where its handlers are, and Xen enters them.',
      'hypercalls/set-trap-table.ts',
      'setTrapTable',
    ),
    commands: {},
    errors: { EFAULT: 'the table cannot be read', EINVAL: 'a handler’s address is not one' },
  },
  set_callbacks: {
    header: 'xen.h',
    row: row(
      'says where Xen enters its kernel: events at {event:address}, system calls at {syscall:address}',
      'The three doors into a paravirtualized kernel: for events, for segments that cannot be loaded, for system calls.',
      CALLBACKS,
      'setCallbacks',
    ),
    commands: {},
    errors: { EINVAL: 'an address is not canonical' },
  },
  callback_op: {
    header: 'callback.h',
    row: row(
      'makes an unknown callback operation',
      'Doors into a paravirtualized kernel, one at a time.',
      CALLBACKS,
      'callbackOp',
    ),
    commands: {
      CALLBACKOP_register: row(
        'says where Xen enters its kernel for {type:CALLBACKTYPE}: {address:address}',
        'Xen enters the guest’s kernel there, as a processor would by its interrupt table or its system call registers.',
        CALLBACKS,
        'callbackOp',
        { errors: { EINVAL: 'the address is not canonical', ENOSYS: 'there is no such door' } },
      ),
      CALLBACKOP_unregister: row(
        'takes the door for {type:CALLBACKTYPE} away',
        'What has to be there always cannot be taken away.',
        CALLBACKS,
        'callbackOp',
        { errors: { EINVAL: 'that one has to be there', ENOSYS: 'there is no such door' } },
      ),
    },
    errors: NO_COMMAND,
  },
  nmi_op: {
    header: 'nmi.h',
    row: row(
      'makes an unknown NMI operation',
      'The door for interrupts that cannot be masked.',
      CALLBACKS,
      'nmiOp',
    ),
    commands: {
      XENNMI_register_callback: row(
        'says where Xen enters its kernel for an NMI: {handler_address:address}',
        'An interrupt that cannot be masked: to see where a processor hangs.',
        CALLBACKS,
        'nmiOp',
        { errors: { EINVAL: 'the address is not canonical' } },
      ),
      XENNMI_unregister_callback: row('wants no NMIs', 'They are lost from now on.', CALLBACKS, 'nmiOp'),
    },
    errors: NO_COMMAND,
  },
  stack_switch: {
    header: 'xen.h',
    row: row(
      'has its kernel entered on the stack at {esp:address}',
      'Where an exception in user mode puts its frame: a real kernel writes that into its TSS, at every switch between processes.',
      CPU_STATE,
      'stackSwitch',
    ),
    commands: {},
    errors: {},
  },
  fpu_taskswitch: {
    header: 'xen.h',
    row: row(
      '{set:sets} the flag that the floating point unit is another process’s',
      'As CR0.TS on real hardware: the next use of the FPU traps, so that a kernel loads its registers only for who needs them.',
      CPU_STATE,
      'fpuTaskswitch',
    ),
    commands: {},
    errors: {},
  },
  set_segment_base: {
    header: 'arch-x86/xen-x86_64.h',
    row: row(
      'sets an unknown segment base',
      'Bases of FS and GS are privileged registers on this processor.',
      CPU_STATE,
      'setSegmentBase',
    ),
    commands: {
      SEGBASE_FS: row(
        'sets the base of FS to {base:address}',
        'Where user programs have the data of a thread.',
        CPU_STATE,
        'setSegmentBase',
      ),
      SEGBASE_GS_USER: row(
        'sets the user’s base of GS to {base:address}',
        'It takes effect on the way back to user mode.',
        CPU_STATE,
        'setSegmentBase',
      ),
      SEGBASE_GS_KERNEL: row(
        'sets its kernel’s base of GS to {base:address}',
        'Where a kernel has the data of a processor.',
        CPU_STATE,
        'setSegmentBase',
      ),
      SEGBASE_GS_USER_SEL: row(
        'loads the user’s GS with selector {base:hex}',
        'A selector from a descriptor table, whose base becomes the user’s.',
        CPU_STATE,
        'setSegmentBase',
      ),
    },
    errors: { EINVAL: 'the base is not canonical, or there is no such register' },
  },
  set_debugreg: {
    header: 'xen.h',
    row: row(
      'sets debug register {register} to {value:address}',
      'Breakpoints in hardware: a debugger in the guest uses them, but they must not point at Xen.',
      CPU_STATE,
      'setDebugreg',
    ),
    commands: {},
    errors: {
      EPERM: 'the address is Xen’s',
      EINVAL: 'bits that are not there',
      ENODEV: 'there is no such register',
    },
  },
  get_debugreg: {
    header: 'xen.h',
    row: row('reads debug register {register}', 'Breakpoints in hardware.', CPU_STATE, 'getDebugreg', {
      gives: '{result}',
    }),
    commands: {},
    errors: { ENODEV: 'there is no such register' },
  },
  iret: {
    header: 'xen.h',
    row: row(
      'returns from its kernel to what it had interrupted',
      'IRET in ring 3 could not change rings, nor unmask events in the same instant: Xen loads the frame on the stack, changes the page tables where it goes to user mode, and lets events in.',
      'hypercalls/iret.ts',
      'iret',
    ),
    commands: {},
    errors: {},
  },
};
