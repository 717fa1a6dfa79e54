/** What a face shows of a host: plain data, made on demand, never kept. */
import { disassemble } from '../../core/disassembler/disassemble.ts';
import type { Symbols } from '../../guests/toolchain/link/symbols.ts';
import { PAGE_BYTES } from '../../hypervisor/memory/pages.ts';
import type { Code } from './code.ts';
import { pageAt } from './page-tables.ts';
import { stackOf } from './symbols.ts';
import type { SourcePlace } from './symbols.ts';
import { hex64 } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';
import { SHUTDOWN_crash } from '../../hypervisor/abi/sched.ts';
import { cpuTimeNs } from '../../hypervisor/hypercalls/domctl/info.ts';
import type { Vcpu } from '../../hypervisor/state/vcpu.ts';
import { RUNSTATE_RUNNING } from '../../hypervisor/state/vcpu.ts';
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

/** A vcpu's registers: the processor's while it runs there, its saved ones otherwise. Code and stack are its address space's. */
export function vcpuView(hypervisor: Hypervisor, vcpu: Vcpu, code: Code): VcpuView {
  const current = hypervisor.current === vcpu;
  const { processor } = hypervisor;
  const bytes = current ? processor.rawBytes(layout.REGS, layout.STATE_END - layout.REGS) : vcpu.state;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const quad = (offset: number): bigint => view.getBigInt64(offset - layout.REGS, true);
  const registers: Record<string, string> = { rip: hexDigits(quad(layout.RIP)) };
  for (let index = 0; index < 16; index++)
    registers[GENERAL[index] ?? `r${String(index)}`] = hexDigits(quad(layout.REGS + index * 8));
  if (current) registers['rflags'] = hexDigits(BigInt(processor.flags));
  const read = readerOf(hypervisor, vcpu);
  const rip = Number(quad(layout.RIP));
  return {
    id: vcpu.id,
    current,
    state: STATES[vcpu.runstate] ?? 'offline',
    mode: vcpu.guestKernelMode ? 'kernel' : 'user',
    registers,
    code: codeAt(read, rip, INSTRUCTIONS_SHOWN),
    stack: stackAt(read, code.symbolsIn(read, rip), rip, Number(quad(layout.REGS + layout.RSP * 8))),
  };
}

/** The pages that a vcpu has mapped, by address, sign-interpreted; null: none is there. */
export type ReadPage = (page: number) => Uint8Array | null;

export function readerOf({ frames }: Hypervisor, { guestKernelMode, kernelRoot, userRoot }: Vcpu): ReadPage {
  const root = guestKernelMode ? kernelRoot : userRoot;
  return (page) => (root === 0 ? null : pageAt(frames, root, page));
}

/** At most so many bytes from an address on, a page at most, as far as they are mapped. */
export function bytesAt(read: ReadPage, address: number, count: number): Uint8Array {
  const offset = address - Math.floor(address / PAGE_BYTES) * PAGE_BYTES;
  const first = read(address - offset)?.subarray(offset, offset + count) ?? new Uint8Array(0);
  if (first.length === 0 || offset + count <= PAGE_BYTES) return first;
  const second = read(address - offset + PAGE_BYTES)?.subarray(0, count - first.length);
  return second === undefined ? first : Uint8Array.of(...first, ...second);
}

function stackAt(read: ReadPage, symbols: Symbols | null, rip: number, rsp: number): SourcePlace[] {
  if (symbols === null) return [];
  return stackOf(symbols, rip, rsp, (address) => {
    const word = bytesAt(read, address, 8);
    return word.length < 8 ? null : Number(new DataView(word.buffer, word.byteOffset).getBigInt64(0, true));
  });
}

function hexDigits(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16).padStart(16, '0');
}

/** Disassembles so many instructions from an address on, as far as it is mapped. */
export function codeAt(read: ReadPage, rip: number, count: number): InstructionView[] {
  const shown: InstructionView[] = [];
  let address = rip;
  while (shown.length < count) {
    const bytes = bytesAt(read, address, LONGEST_INSTRUCTION);
    if (bytes.length === 0) break;
    const { text, length } = disassemble(bytes, address);
    shown.push({ address: hex64(address), text });
    address += length;
  }
  return shown;
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
