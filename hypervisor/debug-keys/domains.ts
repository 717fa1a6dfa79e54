/**
 * `q`: what Xen knows of each domain and of its vcpus. It raises VIRQ_DEBUG in all of them, so that a kernel which listens
 * tells of itself too. Compare dump_domains in common/keyhandler.c.
 */
import { vcpu_info } from '../abi/shared-info.ts';
import { VIRQ_DEBUG } from '../abi/xen.ts';
import type { RangeSet } from '../state/range-set.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { sendVirq } from '../events/send.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { PGC_ALLOCATED, PGC_XEN_HEAP, PGT_PINNED, PGT_VALIDATED } from '../memory/frame-table.ts';
import { runsOn } from '../state/pcpu.ts';
import type { DebugKey } from './key.ts';
import { membersOf, pressed, ranges } from './key.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../../devices/nanoseconds.ts';

/** Below so many pages Xen lists them. */
const FEW_PAGES = 10;
const VPF_BLOCKED = 1;
const VPF_DOWN = 2;
/** poll_evtchn of who polls for several ports. */
const POLLS_SEVERAL = -1;
const HANDLE_PARTS = [4, 2, 2, 2, 6];

export const domains: DebugKey = {
  key: 'q',
  description: 'dump domain (and guest debug) info',
  diagnostic: 'tasklet',
  dump: (hypervisor) => {
    const all = [...hypervisor.domains.values()];
    return [
      pressed('q', `dumping domain info (now = ${String(hypervisor.nowNs())})`),
      ...all.flatMap((domain) => aboutDomain(hypervisor, domain)),
      ...all.flatMap(({ vcpus }) => vcpus.map((vcpu) => notify(hypervisor, vcpu))),
      'Shared frames 0 -- Saved frames 0',
    ];
  },
};

function aboutDomain(hypervisor: Hypervisor, domain: Domain): string[] {
  const { frames, pcpus } = hypervisor;
  const { id, totalPages, grants, vcpus } = domain;
  const shared = [domain.sharedInfoMfn, ...grants.frames, ...grants.statusFrames];
  // One for being there, one for its pages, one for those of Xen that it shares.
  const references = 1 + Number(totalPages > 0) + Number(shared.length > 0);
  const dirty = pcpus.filter(({ running }) => running?.domain === domain).map((pcpu) => pcpu.id);
  const online = pcpus.length;
  return [
    `General information for domain ${String(id)}:`,
    `    refcnt=${String(references)} dying=0 pause_count=${String(domain.pauseCount)}`,
    `    nr_pages=${String(totalPages)} xenheap_pages=${String(shared.length)} ` +
      `dirty_cpus={${ranges(dirty)}} max_pages=${String(domain.maxPages)}`,
    `    handle=${uuidOf(domain.handle)} vm_assist=${assistOf(domain)}`,
    ...watchdogsOf(domain, hypervisor.nowNs()),
    ...rangesetsOf(domain),
    `Memory pages belonging to domain ${String(id)}:`,
    ...pagesOf(frames, domain),
    ...shared.map((mfn) => page(frames, 'XenPage', mfn)),
    `NODE affinity for domain ${String(id)}: [0]`,
    `VCPU information and callbacks for domain ${String(id)}:`,
    ...vcpus.flatMap((vcpu) => aboutVcpu(hypervisor, vcpu, online)),
  ];
}

function uuidOf(handle: Uint8Array): string {
  let at = 0;
  return HANDLE_PARTS.map((length) => {
    const part = [...handle.subarray(at, at + length)];
    at += length;
    return part.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }).join('-');
}

/** VMASST_TYPE_m2p_strict is bit 32. */
function assistOf({ vmAssist, m2pStrict }: Domain): string {
  return (m2pStrict ? '1' : '') + (vmAssist >>> 0).toString(16).padStart(8, '0');
}

function watchdogsOf({ watchdogsNs }: Domain, now: number): string[] {
  return watchdogsNs.flatMap((deadline, id) => {
    const seconds = String(Math.floor((deadline - now) / NS_PER_SECOND));
    return deadline < 0 ? [] : [`    watchdog ${String(id)} expires in ${seconds} seconds`];
  });
}

/** What of the machine's devices it may use. */
function rangesetsOf(domain: Domain): string[] {
  const set = (name: string, members: Readonly<RangeSet>, radix: number): string => {
    const text = members.map(({ first, last }) =>
      first === last ? first.toString(radix) : `${first.toString(radix)}-${last.toString(radix)}`,
    );
    return `    ${name.padEnd(10)} {${text.length === 0 ? '' : ` ${text.join(', ')}`} }`;
  };
  return [
    `Rangesets belonging to domain ${String(domain.id)}:`,
    set('Interrupts', domain.lines, 10),
    set('I/O Memory', domain.deviceFrames, 16),
    set('I/O Ports', domain.ports, 16),
    set('log-dirty', [], 16),
  ];
}

function pagesOf(frames: FrameTable, { id, totalPages }: Domain): string[] {
  if (totalPages >= FEW_PAGES) return ['    DomPage list too long to display'];
  const lines: string[] = [];
  for (let mfn = 0; mfn < frames.frames; mfn++)
    if (frames.owner[mfn] === id && !(frames.flags[mfn]! & PGC_XEN_HEAP))
      lines.push(page(frames, 'DomPage', mfn));
  return lines;
}

/** count_info and type_info as Xen has them: flags in the upper bits, counts in the lower. */
function page({ flags, count, type, typeCount }: FrameTable, kind: string, mfn: number): string {
  const has = (flag: number, bit: number): number => (flags[mfn]! & flag ? 2 ** bit : 0);
  const word = (high: number, low: number): string => hex(high, 8) + hex(low, 8);
  const caf = word(has(PGC_ALLOCATED, 31) + has(PGC_XEN_HEAP, 30), count[mfn]!);
  const taf = word(type[mfn]! * 2 ** 29 + has(PGT_PINNED, 27) + has(PGT_VALIDATED, 26), typeCount[mfn]!);
  return `    ${kind} ${hex(mfn, 16)}: caf=${caf}, taf=${taf}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function aboutVcpu({ machine, pcpus }: Hypervisor, vcpu: Vcpu, online: number): string[] {
  const { id, processor, polling, pollPorts, info } = vcpu;
  const { evtchn_upcall_pending, evtchn_upcall_mask } = vcpu_info.offset;
  const byte = (at: number): string => hex(info === 0 ? 0 : machine.bytes[info + at]!, 2);
  const runs = runsOn(pcpus, vcpu) !== undefined;
  const polled = !polling ? 0 : pollPorts.length === 1 ? pollPorts[0]! : POLLS_SEVERAL;
  const flags = (vcpu.blocked || polling ? VPF_BLOCKED : 0) | (vcpu.down ? VPF_DOWN : 0);
  return [
    `  UNIT${String(id)} affinities: hard={${ranges(membersOf(vcpu.affinity, online))}} soft={${ranges(membersOf(vcpu.softAffinity, online))}}`,
    `    VCPU${String(id)}: CPU${String(processor)} [has=${runs ? 'T' : 'F'}] poll=${String(polled)} ` +
      `upcall_pend=${byte(evtchn_upcall_pending)} upcall_mask=${byte(evtchn_upcall_mask)} ` +
      (runs ? `dirty_cpu=${String(processor)}` : ''),
    `    pause_count=0 pause_flags=${flags.toString(16)}`,
    periodicOf(vcpu),
  ];
}

function periodicOf({ periodNs }: Vcpu): string {
  if (periodNs === 0) return 'No periodic timer';
  const hertz = String(Math.floor(NS_PER_SECOND / periodNs));
  return `${hertz} Hz periodic timer (period ${String(Math.floor(periodNs / NS_PER_MS))} ms)`;
}

function notify(hypervisor: Hypervisor, vcpu: Vcpu): string {
  sendVirq(hypervisor, vcpu, VIRQ_DEBUG);
  const port = String(vcpu.virqPorts[VIRQ_DEBUG]!);
  return `Notifying guest ${String(vcpu.domain.id)}:${String(vcpu.id)} (virq ${String(VIRQ_DEBUG)}, port ${port})`;
}
