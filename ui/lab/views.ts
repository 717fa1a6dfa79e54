/** What a face shows of a host: plain data, made on demand, never kept. */
import { disassemble } from '../../core/disassembler/disassemble.ts';
import type { Symbols } from '../../guests/toolchain/link/symbols.ts';
import { stackOf } from './symbols.ts';
import type { SourcePlace } from './symbols.ts';
import { fromHalves, hex64, type ReadonlyMachine } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';
import { SHUTDOWN_crash } from '../../hypervisor/abi/sched.ts';
import { cpuTimeNs } from '../../hypervisor/hypercalls/domctl/info.ts';
import type { Vcpu } from '../../hypervisor/state/vcpu.ts';
import { RUNSTATE_RUNNING } from '../../hypervisor/state/vcpu.ts';
import {
  ECS_FREE,
  ECS_INTERDOMAIN,
  ECS_IPI,
  ECS_PIRQ,
  ECS_RESERVED,
  ECS_UNBOUND,
  ECS_VIRQ,
} from '../../hypervisor/state/event-channels.ts';
import { isPortMasked, isPortPending } from '../../hypervisor/events/send.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';

export interface InstructionView {
  readonly address: string;
  readonly text: string;
}

export interface VcpuView {
  readonly id: number;
  /** It has the processor. */
  readonly current: boolean;
  readonly state: 'running' | 'runnable' | 'blocked' | 'offline';
  readonly mode: 'kernel' | 'user';
  /** Registers by name, 16 hexadecimal digits each, in the usual order. */
  readonly registers: Readonly<Record<string, string>>;
  /** The instruction at RIP and those behind it; empty where its bytes cannot be read. */
  readonly code: readonly InstructionView[];
  /** Where RIP is in the sources, and who called: the innermost first. Empty where the image has no symbols for it. */
  readonly stack: readonly SourcePlace[];
}

export interface ChannelView {
  readonly port: number;
  readonly binding: string;
  readonly vcpu: number;
  readonly pending: boolean;
  readonly masked: boolean;
}

/** A domain of the host. */
export interface DomainView {
  readonly id: number;
  /** What domain 0's store calls it; empty: it has no name yet. */
  readonly name: string;
  /** As `xm list` shows it: six letters of running, blocked, paused, shut down, crashed, dying, or dashes. */
  readonly letters: string;
  readonly ended: boolean;
  readonly vcpus: number;
  readonly memoryMb: number;
  /** Seconds that its vcpus have had a processor. */
  readonly seconds: number;
}

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];
const STATES = ['running', 'runnable', 'blocked', 'offline'] as const;
const INSTRUCTIONS_SHOWN = 6;
const LONGEST_INSTRUCTION = 15;

/** A vcpu's registers: the processor's while it runs there, its saved ones otherwise. */
export function vcpuView(hypervisor: Hypervisor, vcpu: Vcpu, symbols: Symbols | null): VcpuView {
  const current = hypervisor.current === vcpu;
  const { processor } = hypervisor;
  const bytes = current ? processor.rawBytes(layout.REGS, layout.STATE_END - layout.REGS) : vcpu.state;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const quad = (offset: number): string => hexDigits(view.getBigUint64(offset - layout.REGS, true));
  const registers: Record<string, string> = { rip: quad(layout.RIP) };
  for (let index = 0; index < 16; index++)
    registers[GENERAL[index] ?? `r${String(index)}`] = quad(layout.REGS + index * 8);
  if (current) registers['rflags'] = hexDigits(BigInt(processor.flags));
  return {
    id: vcpu.id,
    current,
    state: STATES[vcpu.runstate] ?? 'offline',
    mode: vcpu.guestKernelMode ? 'kernel' : 'user',
    registers,
    code: current ? codeAt(hypervisor) : [],
    stack: current && symbols !== null ? stackAt(hypervisor, symbols) : [],
  };
}

function stackAt({ machine, processor }: Hypervisor, symbols: Symbols): SourcePlace[] {
  return stackOf(symbols, processor.rip, processor.get(layout.RSP), (address) => {
    const at = machine.peek(address);
    return at < 0 ? null : fromHalves(machine.words[at >>> 2]!, machine.words[(at >>> 2) + 1]!);
  });
}

function hexDigits(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}

/** Disassembles from RIP on, as far as it is mapped. */
function codeAt({ machine, processor }: Hypervisor): InstructionView[] {
  const shown: InstructionView[] = [];
  let address = processor.rip;
  for (let count = 0; count < INSTRUCTIONS_SHOWN; count++) {
    const bytes = bytesAt(machine, address);
    if (bytes.length === 0) break;
    const { text, length } = disassemble(bytes, address);
    shown.push({ address: hex64(address), text });
    address += length;
  }
  return shown;
}

function bytesAt(machine: ReadonlyMachine, address: number): Uint8Array {
  const bytes: number[] = [];
  for (let index = 0; index < LONGEST_INSTRUCTION; index++) {
    const machineAddress = machine.peek(address + index);
    if (machineAddress < 0) break;
    bytes.push(machine.bytes[machineAddress]!);
  }
  return Uint8Array.from(bytes);
}

/** The domain's event channels that are in use. */
export function channelViews(hypervisor: Hypervisor, domain: Domain): ChannelView[] {
  const views: ChannelView[] = [];
  for (const channel of domain.events.ports) {
    if (channel === null || channel.state === ECS_FREE || channel.state === ECS_RESERVED) continue;
    views.push({
      port: channel.port,
      binding: bindingOf(channel),
      vcpu: channel.notifyVcpu,
      pending: isPortPending(hypervisor, domain, channel.port),
      masked: isPortMasked(hypervisor, domain, channel.port),
    });
  }
  return views;
}

const VIRQ_NAMES: Readonly<Record<number, string>> = { 0: 'timer', 1: 'debug', 2: 'console', 13: 'xenpmu' };

function bindingOf(channel: {
  state: number;
  virq: number;
  pirq: number;
  remoteDomain: number;
  remotePort: number;
}): string {
  switch (channel.state) {
    case ECS_VIRQ:
      return `VIRQ ${VIRQ_NAMES[channel.virq] ?? String(channel.virq)}`;
    case ECS_IPI:
      return 'IPI';
    case ECS_PIRQ:
      return `PIRQ ${String(channel.pirq)}`;
    case ECS_INTERDOMAIN:
      return `domain ${String(channel.remoteDomain)} port ${String(channel.remotePort)}`;
    case ECS_UNBOUND:
      return `unbound, for domain ${String(channel.remoteDomain)}`;
    default:
      return '';
  }
}

const PAGES_PER_MB = 256;

/** All domains, by id; `names` by id. */
export function domainViews(hypervisor: Hypervisor, names: ReadonlyMap<number, string>): DomainView[] {
  const now = hypervisor.nowNs();
  return [...hypervisor.domains.values()]
    .sort((a, b) => a.id - b.id)
    .map((domain) => ({
      id: domain.id,
      name: names.get(domain.id) ?? '',
      letters: lettersOf(domain),
      ended: domain.shutdown !== null,
      vcpus: domain.vcpus.filter(({ down }) => !down).length,
      memoryMb: domain.totalPages / PAGES_PER_MB,
      seconds: domain.vcpus.reduce((sum, vcpu) => sum + cpuTimeNs(vcpu, now), 0) / 1e9,
    }));
}

function lettersOf({ shutdown, controllerPauseCount, vcpus }: Domain): string {
  const online = vcpus.filter(({ down }) => !down);
  const crashed = shutdown?.reason === SHUTDOWN_crash;
  const letters: readonly [letter: string, holds: boolean][] = [
    ['r', online.some(({ runstate }) => runstate === RUNSTATE_RUNNING)],
    ['b', online.length > 0 && online.every(({ blocked }) => blocked)],
    ['p', controllerPauseCount > 0],
    ['s', shutdown !== null && !crashed],
    ['c', crashed],
    // A domain that dies is none any more.
    ['d', false],
  ];
  return letters.map(([letter, holds]) => (holds ? letter : '-')).join('');
}
