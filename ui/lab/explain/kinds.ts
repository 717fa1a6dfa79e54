/** The part of the table that is about events which are no hypercalls. */
import type { TraceDetail } from '../../../hypervisor/trace/event.ts';
import { plainWide } from '../../../hypervisor/trace/plain.ts';
import type { HeaderName, KindRow, SourceName } from './explanation.ts';
import { addressWords, domainWords, entryWords, FORMATS, hex, spanWords } from './words.ts';
import type { DomainNames } from './words.ts';

type Kind = Exclude<TraceDetail['kind'], 'hypercall'>;

const at = (path: string, name: string): SourceName => ({ path, name });
const xen = (path: string, name: string): SourceName => at(`hypervisor/${path}`, name);
const header = (file: string, symbol: string): HeaderName => ({ file, symbol });

const TRAPS: Readonly<Record<number, string>> = {
  0: 'a division by zero (#DE)',
  1: 'a debug exception (#DB)',
  2: 'an NMI',
  3: 'a breakpoint (#BP)',
  4: 'an overflow (#OF)',
  5: 'a bound check (#BR)',
  6: 'an invalid instruction (#UD)',
  7: 'a use of the FPU that is not ready (#NM)',
  8: 'a double fault (#DF)',
  10: 'an invalid TSS (#TS)',
  11: 'a segment that is not present (#NP)',
  12: 'a stack fault (#SS)',
  13: 'a general protection fault (#GP)',
  14: 'a page fault (#PF)',
  16: 'an x87 error (#MF)',
  17: 'a misaligned access (#AC)',
  19: 'a vector error (#XM)',
};

/** What a page fault's error code says. */
function faultWords(error: number): string {
  const what = (error & 16) !== 0 ? 'fetching code' : (error & 2) !== 0 ? 'writing' : 'reading';
  const who = (error & 4) !== 0 ? 'user mode' : 'the kernel';
  const why = (error & 1) !== 0 ? 'is not allowed to' : 'finds nothing mapped';
  return `${who} ${why}, ${what}`;
}

const say = (format: string, value: number): string => FORMATS[format]!(value, new Map());

const VCPU_CHANGES = {
  wake: 'wakes up',
  block: 'goes to sleep until an event comes',
  poll: 'goes to sleep until one of some ports is raised',
  page: 'stands still until a page is here',
  up: 'comes up',
  down: 'goes down',
} as const;

const PAGING_CHANGES = {
  evict: 'is not here yet',
  populate: 'is needed now',
  prep: 'has come',
} as const;

function storeWords(d: Extract<TraceDetail, { kind: 'xenstore' }>, whom: string): string {
  const what = [d.message, d.path, d.text === '' || d.isError ? d.text : JSON.stringify(d.text)]
    .filter((part) => part !== '')
    .join(' ');
  const within = d.transaction === 0 ? '' : `, in transaction ${String(d.transaction)}`;
  if (d.way === 'watch')
    return `the store tells ${whom} that ${d.path} has changed, as it had asked to be (${d.text})`;
  if (d.way === 'request') return `${whom} asks the store: ${what}${within}`;
  return d.isError
    ? `the store refuses ${whom}: ${what}${within}`
    : `the store answers ${whom}: ${what}${within}`;
}

function grantWords(d: Extract<TraceDetail, { kind: 'grant' }>, names: DomainNames): string {
  const [user, granter] = [domainWords(d.domain, names), domainWords(d.granter, names)];
  const what = `frame ${hex(d.mfn)}, granted by ${granter} as reference ${String(d.ref)}`;
  const grants: Readonly<Record<string, string>> = {
    mapped: `${user} has ${what}, mapped${d.readOnly ? ' to read' : ' to read and write'}`,
    unmapped: `${user} has given back ${what}`,
    copied: `Xen has copied ${String(d.bytes)} bytes for ${user}, ${d.readOnly ? 'from' : 'to'} ${what}`,
    transferred: `frame ${hex(d.mfn)} was ${granter}’s, and is ${user}’s now, by its entry ${String(d.ref)}`,
  };
  return grants[d.change] ?? what;
}

const RING_DEVICES: Readonly<Record<string, string>> = {
  block: 'disk',
  transmit: 'network card, sending',
  receive: 'network card, receiving',
};

function ringWords(d: Extract<TraceDetail, { kind: 'ring' }>, frontend: string, backend: string): string {
  if (d.ring === 'printed')
    return d.way === 'produced'
      ? `${frontend} prints ${d.text}`
      : `${backend} has taken ${d.text} that ${frontend} has printed`;
  if (d.ring === 'typed')
    return d.way === 'produced'
      ? `${backend} types ${d.text} for ${frontend}`
      : `${frontend} has taken ${d.text} that were typed`;
  const device = `${RING_DEVICES[d.ring] ?? d.ring} ${String(d.device)}`;
  const grants = Array.isArray(d.refs) && d.refs.length > 0 ? `, by grants ${d.refs.join(', ')}` : '';
  const slot = `(entry ${String(d.index)}, ${device})`;
  if (d.way === 'request') return `${frontend} asks ${backend}: ${d.text}${grants} ${slot}`;
  return `${backend} answers ${frontend}: ${d.text} ${slot}`;
}

/** `d0v0` with what the domain is called. */
function namedVcpu(name: string, names: DomainNames): string {
  const [, domain, vcpu] = /^d(\d+)v(\d+)$/.exec(name) ?? [];
  return domain === undefined ? name : vcpuWords({ domain: Number(domain), vcpu: Number(vcpu) }, names);
}

function scheduleWords(d: Extract<TraceDetail, { kind: 'schedule' }>, names: DomainNames): string {
  const stops = d.from === 'idle' ? 'nobody ran' : `${namedVcpu(d.from, names)} stops: ${d.reason}`;
  const slice = Number.isFinite(d.sliceNs) ? `, for ${spanWords(d.sliceNs)} at most` : '';
  const next = d.to === 'idle' ? 'nobody can run now' : `${namedVcpu(d.to, names)} runs now${slice}`;
  const others = Array.isArray(d.waiting) ? d.waiting.map((each: string) => namedVcpu(each, names)) : [];
  const waiting = others.length > 0 ? `; ${others.join(', ')} must wait` : '';
  return `on processor ${String(d.processor)} ${stops}; ${next}${waiting}`;
}

function deviceWords(d: Extract<TraceDetail, { kind: 'device' }>): string {
  const amount = `${String(d.bytes)} bytes, ${String(d.buffers)} buffers of memory`;
  const works: Readonly<Record<string, string>> = {
    read: `the disk has read sector ${String(d.sector)} and on into memory (${amount})`,
    write: `the disk has written sector ${String(d.sector)} and on from memory (${amount})`,
    flush: 'the disk has made sure that all that was written is there',
    send: `the network card has sent a frame from memory: ${d.text} (${amount})`,
    receive: `a frame has come to the network card, and is in memory: ${d.text} (${amount})`,
  };
  return works[d.action] ?? `${d.device}: ${d.text}`;
}

function vcpuWords({ domain, vcpu }: { domain: number; vcpu: number }, names: DomainNames): string {
  return `vcpu ${String(vcpu)} of ${domainWords(domain, names)}`;
}

/** One row for each kind. */
export const KIND_ROWS: { readonly [K in Kind]: KindRow<K> } = {
  refusal: {
    title: 'a check says no',
    says: (d) => `Xen says no: ${d.why}`,
    why: 'Everything that a domain hands over is checked before it is believed. This is the check that has failed, with what it looked at.',
    header: header('errno.h', 'EINVAL'),
    source: xen('trace/tracer.ts', 'Tracer'),
  },
  emulated: {
    title: 'privileged instruction emulated',
    says: (d, who) => `Xen does “${d.instruction}” for ${who}, at ${addressWords(d.rip)}`,
    why: 'A guest’s kernel runs in ring 3, where privileged instructions fault. Xen looks at the instruction and does what it may do for this guest: slow, and so kernels use hypercalls where it matters.',
    header: null,
    source: xen('traps/privop/emulate.ts', 'emulatePrivileged'),
  },
  cpuid: {
    title: 'CPUID answered by Xen',
    says: (d, who) =>
      `${who} asks what the processor is (CPUID leaf ${hex(d.leaf)}, subleaf ${hex(d.subleaf)}), and Xen answers`,
    why: 'CPUID does not fault in ring 3. A paravirtualized kernel marks it with a prefix that does, so that Xen can hide what a guest cannot have.',
    header: header('arch-x86/xen.h', 'XEN_EMULATE_PREFIX'),
    source: xen('traps/forced-emulation.ts', 'emulateForced'),
  },
  failsafe: {
    title: 'failsafe callback',
    says: (d, who) =>
      `a segment of ${who} cannot be loaded on the way back to it: Xen enters its failsafe callback, at ${addressWords(d.rip)}`,
    why: 'A descriptor may be gone when Xen returns to a guest. Instead of killing it Xen lets its kernel decide.',
    header: header('callback.h', 'CALLBACKTYPE_failsafe'),
    source: xen('traps/failsafe.ts', 'reloadSegments'),
  },
  trap: {
    title: 'exception given to the guest',
    says: (d, who) =>
      `${TRAPS[d.vector] ?? `interrupt ${String(d.vector)}`} of ${who} at ${addressWords(d.rip)}: Xen enters its handler`,
    why: 'The processor enters ring 0, which is Xen. What is the guest’s own affair Xen hands on: it puts a frame on the kernel’s stack, as the processor would have, and goes on at the handler.',
    header: header('xen.h', '__HYPERVISOR_set_trap_table'),
    source: xen('traps/bounce.ts', 'injectTrap'),
  },
  page_fault: {
    title: 'page fault given to the guest',
    says: (d, who) =>
      `page fault of ${who} at ${addressWords(d.address)}: ${faultWords(d.error)}; Xen enters its handler`,
    why: 'A page that is not there is, nearly always, the guest kernel’s business: memory not filled yet, copy on write. Xen tells it the address in its shared page, since CR2 cannot be read in ring 3.',
    header: header('arch-x86/xen.h', 'vcpu_info'),
    source: xen('traps/bounce.ts', 'injectPageFault'),
  },
  ptwr: {
    title: 'page-table write emulated',
    says: (d, who) =>
      `${who} writes into a page table at ${addressWords(d.address)} as if it might: Xen checks the entry and writes it`,
    why: 'Page tables are mapped read-only. With the assist for writable page tables a kernel may write all the same: the write faults, and Xen does it as mmu_update would.',
    header: header('xen.h', 'VMASST_TYPE_writable_pagetables'),
    source: xen('traps/ptwr.ts', 'emulatePageTableWrite'),
  },
  math_state_restore: {
    title: 'FPU is ready again',
    says: (_, who) => `${who} uses the FPU for the first time since a switch: Xen clears the flag`,
    why: 'The guest has set the flag by fpu_taskswitch, or Xen did at a switch of vcpus.',
    header: header('xen.h', '__HYPERVISOR_fpu_taskswitch'),
    source: xen('run/exits.ts', 'handleExit'),
  },
  upcall: {
    title: 'event upcall',
    says: (_, who) => `Xen enters ${who} at its event callback: something is pending`,
    why: 'The paravirtualized interrupt. On the way back to a guest Xen looks whether a port is pending and events are unmasked, and if so makes a frame on the kernel’s stack and enters its handler, which looks for the ports in shared memory.',
    header: header('callback.h', 'CALLBACKTYPE_event'),
    source: xen('traps/upcall.ts', 'deliverUpcall'),
  },
  port: {
    title: 'port raised',
    says: (d, _, names) => `port ${String(d.port)} of ${domainWords(d.domain, names)} becomes pending`,
    why: 'Xen sets a bit in memory that it shares with the domain. If the port is not masked the vcpu has an event to see to, and wakes up if it sleeps.',
    header: header('xen.h', 'shared_info'),
    source: xen('events/send.ts', 'setPortPending'),
  },
  grant: {
    title: 'a grant is used',
    says: (d, _, names) => grantWords(d, names),
    why: 'A domain offers a frame to one other domain by an entry in its grant table. Xen has checked that entry and marked it as in use: until it is given back the granter cannot safely use the frame for something else.',
    header: header('grant_table.h', 'grant_entry_v1'),
    source: xen('grants/pin.ts', 'pinForMapping'),
  },
  channel: {
    title: 'a port changes',
    says: (d, _, names) => `port ${String(d.port)} of ${domainWords(d.domain, names)}: ${d.from} → ${d.to}`,
    why: 'A port is an end of an event channel: closed, waiting for a partner, or bound to another domain’s port, a virtual interrupt, a device’s interrupt or the domain’s own vcpus. Masked it collects events, and delivers none.',
    header: header('event_channel.h', 'evtchn_status'),
    source: xen('events/tell.ts', 'tellPort'),
  },
  virq: {
    title: 'virtual interrupt',
    says: (d, _, names) =>
      `Xen raises the virtual interrupt ${say('VIRQ', d.virq)} for ${vcpuWords(d, names)}`,
    why: 'What Xen itself has to say to a domain: a timer, console input, a domain that died.',
    header: header('xen.h', 'NR_VIRQS'),
    source: xen('events/send.ts', 'sendVirq'),
  },
  timer: {
    title: 'timer expired',
    says: (d, _, names) => `the ${d.timer} timer of ${vcpuWords(d, names)} has expired`,
    why: 'The guest had asked for it. Its kernel will hear of it as VIRQ_TIMER, or wakes from a poll.',
    header: header('vcpu.h', 'VCPUOP_set_singleshot_timer'),
    source: xen('run/timers.ts', 'expireTimers'),
  },
  variation: {
    title: 'the seed decides',
    says: (d) => `the seed makes something otherwise than without one: ${d.name}, by ${String(d.amount)}`,
    why: 'What varies on real machines (how long a disk takes, which frame is lost) is drawn here from the seed of the run, so that it can be had again.',
    header: null,
    source: at('devices/chance.ts', 'Chance'),
  },
  schedule: {
    title: 'switch of vcpus',
    says: (d, _, names) => scheduleWords(d, names),
    why: 'The scheduler chooses who has the processor: when a slice is over, when a vcpu sleeps, or when one that has a better claim wakes up.',
    header: header('sched.h', 'SCHEDOP_yield'),
    source: xen('run/schedule.ts', 'schedule'),
  },
  vcpu: {
    title: 'vcpu changes its state',
    says: (d, _, names) => `${vcpuWords(d, names)} ${VCPU_CHANGES[d.change]}`,
    why: 'A vcpu that can run is in a queue of the scheduler’s; one that waits is in none, and costs nothing.',
    header: header('vcpu.h', 'RUNSTATE_blocked'),
    source: xen('sched/vcpus.ts', 'update'),
  },
  shutdown: {
    title: 'domain shuts down',
    says: (d, _, names) => `${domainWords(d.domain, names)} shuts down: ${say('SHUTDOWN', d.reason)}`,
    why: 'No vcpu of it runs any more. Domain 0 gets VIRQ_DOM_EXC, and its toolstack decides what becomes of it.',
    header: header('sched.h', 'SCHEDOP_shutdown'),
    source: xen('domain/life.ts', 'shutdownDomain'),
  },
  crash: {
    title: 'domain crashes',
    says: (d, _, names) => `Xen ends ${domainWords(d.domain, names)}: ${d.message}`,
    why: 'What a guest cannot be helped with costs it its life, and nobody else anything.',
    header: header('sched.h', 'SHUTDOWN_crash'),
    source: xen('domain/life.ts', 'crashDomain'),
  },
  console: {
    title: 'a line on Xen’s console',
    says: (d, _, names) =>
      `${domainWords(d.domain, names)} prints ${JSON.stringify(d.text)} on Xen’s console`,
    why: 'Domain 0’s own console, and of guests an emergency one, which works before they have any driver.',
    header: header('xen.h', 'CONSOLEIO_write'),
    source: xen('hypercalls/console-io.ts', 'consoleIo'),
  },
  page_type: {
    title: 'a frame gets another type',
    says: (d) => `frame ${hex(d.mfn)} is in use as ${d.to} from now on (before: ${d.from})`,
    why: 'The heart of paravirtualization: a frame is writable, or a page table of one level, or holds descriptors, and never two of them at once. So nobody can write into a page table that the processor uses.',
    header: null,
    source: xen('memory/page-types.ts', 'getPageType'),
  },
  validate: {
    title: 'a page table is checked',
    says: (d) => `Xen checks all entries of frame ${hex(d.mfn)} as an L${String(d.level)} page table`,
    why: 'Every frame that the table names must be the guest’s own, and none of them a page table that becomes writable. Tables below are checked on the way.',
    header: null,
    source: xen('memory/page-types.ts', 'getPageType'),
  },
  invalidate: {
    title: 'a page table is one no more',
    says: (d) =>
      `nobody uses frame ${hex(d.mfn)} as an L${String(d.level)} page table any more: Xen gives back all it named`,
    why: 'Each entry held a reference to a frame. Without them the frames can have other types, or be freed.',
    header: null,
    source: xen('memory/page-types.ts', 'putPageType'),
  },
  entry: {
    title: 'a page-table entry is to change',
    says: (d) =>
      `entry ${String(d.slot)} of the L${String(d.level)} table in frame ${hex(d.mfn)} is to be: ${entryWords(plainWide(d.low >>> 0, d.high >>> 0))}`,
    why: 'Xen takes a reference to what the new entry names, or refuses; then it writes the entry, and gives back what the old one held.',
    header: header('xen.h', 'mmu_update'),
    source: xen('memory/update-entry.ts', 'updateL1Entry'),
  },
  mmuext: {
    title: 'an operation of mmuext_op',
    says: (d, who) => `for ${who}: ${d.command} ${addressWords(d.argument)}`,
    why: 'One operation of a batch: change the root page table, flush, pin, unpin.',
    header: header('xen.h', 'mmuext_op'),
    source: xen('hypercalls/mmuext-op.ts', 'mmuextOp'),
  },
  domctl: {
    title: 'an order about a domain',
    says: (d, who, names) => `${who} gives the order ${d.command} about ${domainWords(d.domain, names)}`,
    why: 'What a toolstack does with domains goes through this one door, for privileged domains alone.',
    header: header('domctl.h', 'xen_domctl'),
    source: xen('hypercalls/domctl.ts', 'domctl'),
  },
  shadow_op: {
    title: 'dirty pages are told',
    says: (d, _, names) =>
      `${domainWords(d.domain, names)} has written to ${String(d.dirty)} pages since they were counted last (${d.command})`,
    why: 'A round of live migration: these pages have to be sent again.',
    header: header('domctl.h', 'XEN_DOMCTL_shadow_op'),
    source: xen('hypercalls/domctl/shadow.ts', 'shadowOp'),
  },
  page_info: {
    title: 'types of pages are told',
    says: (d, _, names) =>
      `Xen tells what ${String(d.pfns.length)} pages of ${domainWords(d.domain, names)} are`,
    why: 'Page tables name machine frames, which are others on another host: who saves a domain must know which pages to translate.',
    header: header('domctl.h', 'XEN_DOMCTL_getpageframeinfo3'),
    source: xen('hypercalls/domctl/memory.ts', 'pageInfo'),
  },
  paging: {
    title: 'a page that comes later',
    says: (d, _, names) =>
      `page ${String(d.pfn)} of ${domainWords(d.domain, names)} ${PAGING_CHANGES[d.change]}`,
    why: 'Post-copy: a domain runs before all of it has come. What it reaches for is fetched, and it stands still as long.',
    header: header('memory.h', 'XENMEM_paging_op'),
    source: xen('domain/paging.ts', 'awaitFrame'),
  },
  platform_op: {
    title: 'an order about the machine',
    says: (d, who) => `${who} gives the order ${d.command}`,
    why: 'The machine’s own affairs: the clock, the firmware, the processors.',
    header: header('platform.h', 'xen_platform_op'),
    source: xen('hypercalls/platform-op.ts', 'platformOp'),
  },
  pin: {
    title: 'a page table is pinned',
    says: (d) => `frame ${hex(d.mfn)} stays an L${String(d.level)} page table, used or not`,
    why: 'Otherwise it would have to be checked anew at each switch to that address space.',
    header: header('xen.h', 'MMUEXT_PIN_L4_TABLE'),
    source: xen('hypercalls/mmuext-op.ts', 'mmuextOp'),
  },
  unpin: {
    title: 'a page table is unpinned',
    says: (d) => `frame ${hex(d.mfn)} is a page table only as long as it is used`,
    why: 'The address space is to end.',
    header: header('xen.h', 'MMUEXT_UNPIN_TABLE'),
    source: xen('hypercalls/mmuext-op.ts', 'mmuextOp'),
  },
  page: {
    title: 'a frame changes hands',
    says: (d, _, names) =>
      d.change === 'allocated'
        ? `frame ${hex(d.mfn)} is ${domainWords(d.domain, names)}’s from now on`
        : `frame ${hex(d.mfn)} of ${domainWords(d.domain, names)} is free`,
    why: 'Every frame of the machine has one owner, or none. Only the owner’s page tables may name it, but for grants.',
    header: null,
    source: xen('memory/frame-table.ts', 'FrameTable'),
  },
  tlb: {
    title: 'translations are forgotten',
    says: (d) =>
      d.what === 'flush'
        ? 'Xen flushes the TLB'
        : `Xen has the processor forget where ${addressWords(d.address)} is`,
    why: 'The processor remembers translations. Where entries have changed, what it remembers must not be used any more.',
    header: header('xen.h', 'MMUEXT_TLB_FLUSH_LOCAL'),
    source: xen('memory/frame-table.ts', 'FrameTable'),
  },
  device: {
    title: 'a device works',
    says: (d) => deviceWords(d),
    why: 'The driver has left a list of buffers in memory, and the device reads and writes them by itself (DMA). Xen lets it reach no memory that would break what page tables promise; when it is done it interrupts, and Xen makes an event of that.',
    header: null,
    source: xen('run/platform.ts', 'DeviceMemory'),
  },
  ring: {
    title: 'an entry of a ring',
    says: (d, _, names) => ringWords(d, domainWords(d.domain, names), domainWords(d.backend, names)),
    why: 'A split device is two drivers that share a page: the frontend in the guest puts requests into a ring, the backend answers in the same slots. Each counts what it has put in, and notifies the other by an event channel. Xen sees nothing of it.',
    header: header('io/ring.h', 'sring'),
    source: at('ui/lab/ring-observer.ts', 'RingObserver'),
  },
  xenstore: {
    title: 'a message of xenstore',
    says: (d, _, names) => storeWords(d, domainWords(d.domain, names)),
    why: 'xenstore is a small tree of names and values that all domains can reach: how frontends and backends find each other. A message goes through a ring in shared memory, and Xen sees nothing of it.',
    header: header('io/xs_wire.h', 'xsd_sockmsg'),
    source: at('ui/lab/xenstore/store-observer.ts', 'StoreObserver'),
  },
};
