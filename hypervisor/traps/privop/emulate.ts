/**
 * Privileged instructions of a guest's ring 3 kernel: they fault with #GP(0), and Xen does what the guest may have of them
 * (arch/x86/pv/emul-priv-op.c). Which may be emulated is the table's; the rest is the guest's own #GP.
 */
import { fromHalves, highHalf, lowHalf } from '../../../core/machine.ts';
import * as layout from '../../../core/wasm/layout.ts';
import { ENODEV } from '../../abi/errno.ts';
import type { Vcpu } from '../../state/vcpu.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import { injectTrap, setCr2 } from '../bounce.ts';
import { CR4_TSD, guestCr4, loadCr4 } from '../../domain/cr4.ts';
import { ioBreakpointsHit, readDebugRegister, writeDebugRegister } from '../../domain/debug-registers.ts';
import { setTaskSwitched } from '../fpu.ts';
import { instructionDone, trapAfter } from '../single-step.ts';
import { readTsc } from '../../time/tsc.ts';
import { performCpuid } from './cpuid.ts';
import { Instruction } from './fetch.ts';
import { readMsr, writeMsr } from './msr.ts';
import { DONE, INJECTED, REFUSED, STAYS } from './outcome.ts';
import { ioplSuffices, mayAccess, readPort, writePort } from './ports.ts';
import { stringIo } from './string-io.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';

type Emulation = (hypervisor: Hypervisor, vcpu: Vcpu, instruction: Instruction) => number;

const TS = 8;

const instruction = new Instruction();
const msr = { low: 0, high: 0 };

/** Emulates the instruction at RIP. False: it is not one that Xen emulates. */
export function emulatePrivileged(hypervisor: Hypervisor, vcpu: Vcpu): boolean {
  const { processor } = hypervisor;
  instruction.decode(hypervisor);
  const { opcode } = instruction;
  const emulation = opcode < 0 ? undefined : opcode < 0x100 ? ONE_BYTE[opcode] : TWO_BYTE[opcode & 0xff];
  if (emulation === undefined) return false;
  const outcome = emulation(hypervisor, vcpu, instruction);
  if (outcome === REFUSED) return false;
  hypervisor.counts.emulated++;
  const { trace } = hypervisor;
  if (trace.on) trace.emit({ kind: 'emulated', rip: processor.rip, instruction: nameOf(hypervisor) });
  if (outcome === DONE)
    instructionDone(hypervisor, vcpu, processor.rip + instruction.length, instruction.breakpoints);
  else if (outcome === STAYS) trapAfter(hypervisor, vcpu, instruction.breakpoints);
  return true;
}

/** What the instruction is called, for the trace: of IN and OUT with the port. */
function nameOf({ processor }: Hypervisor): string {
  const { opcode } = instruction;
  const name = NAMES[opcode] ?? `opcode ${opcode.toString(16)}`;
  if (name !== 'in' && name !== 'out') return name;
  const port = (opcode & 8) === 0 ? instruction.last : processor.low(layout.RDX) & 0xffff;
  return `${name} 0x${port.toString(16)}`;
}

/** IN and OUT by AL, AX, EAX: the port is an immediate byte or DX. */
const portIo: Emulation = (hypervisor, vcpu, decoded) => {
  const { processor } = hypervisor;
  const { opcode, operand16 } = decoded;
  const port = (opcode & 8) === 0 ? instruction.next() : processor.low(layout.RDX) & 0xffff;
  const bytes = (opcode & 1) === 0 ? 1 : operand16 ? 2 : 4;
  if (!mayAccess(hypervisor, vcpu, port, bytes)) return REFUSED;
  decoded.breakpoints = ioBreakpointsHit(vcpu, port, bytes);
  const rax = processor.low(layout.RAX);
  if ((opcode & 2) !== 0) writePort(hypervisor, vcpu.domain, port, bytes, rax);
  else if (bytes === 4) processor.setHalves(layout.RAX, readPort(hypervisor, vcpu.domain, port, 4), 0);
  else {
    const mask = bytes === 2 ? 0xffff : 0xff;
    const value = readPort(hypervisor, vcpu.domain, port, bytes);
    processor.setHalves(layout.RAX, ((rax & ~mask) | value) >>> 0, processor.high(layout.RAX));
  }
  return DONE;
};

/** CLI, STI: allowed with I/O privilege, and without effect: IF is not what masks events. */
const interruptFlag: Emulation = (_, vcpu) => (ioplSuffices(vcpu) ? DONE : REFUSED);

/** Only the guest's kernel may: ring 0 in its eyes. */
const ofKernel =
  (emulation: Emulation): Emulation =>
  (hypervisor, vcpu, decoded) =>
    vcpu.guestKernelMode ? emulation(hypervisor, vcpu, decoded) : REFUSED;

/** The registers of MOV to or from CR or DR: [reg, rm]. */
function registers({ rex }: Instruction): [number, number] {
  const modrm = instruction.next();
  return [((modrm >>> 3) & 7) | ((rex & 4) << 1), (modrm & 7) | ((rex & 1) << 3)];
}

const readControl: Emulation = ({ processor }, vcpu, decoded) => {
  const [control, register] = registers(decoded);
  switch (control) {
    case 0:
      processor.set(register, (processor.word(layout.CR0) & ~TS) >>> 0);
      if (vcpu.taskSwitched) processor.set(register, (processor.word(layout.CR0) | TS) >>> 0);
      return DONE;
    case 2:
      processor.set(register, vcpu.cr2);
      return DONE;
    case 3:
      processor.set(register, vcpu.kernelRoot * PAGE_BYTES);
      return DONE;
    case 4:
      processor.set(register, vcpu.cr4);
      return DONE;
    default:
      return REFUSED;
  }
};

const writeControl: Emulation = (hypervisor, vcpu, decoded) => {
  const { processor } = hypervisor;
  const [control, register] = registers(decoded);
  const low = processor.low(register);
  switch (control) {
    case 0:
      if (processor.high(register) !== 0 || ((low ^ processor.word(layout.CR0)) & ~TS) !== 0) return REFUSED;
      setTaskSwitched(hypervisor, vcpu, (low & TS) !== 0);
      return DONE;
    case 2:
      setCr2(hypervisor, vcpu, processor.get(register));
      return DONE;
    case 4:
      vcpu.cr4 = guestCr4(low);
      loadCr4(processor, vcpu);
      return DONE;
    default:
      return REFUSED;
  }
};

const readDebug: Emulation = (hypervisor, vcpu, decoded) => {
  const { processor } = hypervisor;
  const [debug, register] = registers(decoded);
  const value = readDebugRegister(vcpu, debug);
  if (value === null) return noSuchRegister(hypervisor, vcpu);
  processor.set(register, value);
  return DONE;
};

function noSuchRegister(hypervisor: Hypervisor, vcpu: Vcpu): number {
  injectTrap(hypervisor, vcpu, layout.VECTOR_UD, 0);
  return INJECTED;
}

const writeDebug: Emulation = (hypervisor, vcpu, decoded) => {
  const [debug, register] = registers(decoded);
  const { processor } = hypervisor;
  const value = fromHalves(processor.low(register), processor.high(register));
  switch (writeDebugRegister(hypervisor, vcpu, debug, value)) {
    case 0:
      return DONE;
    case -ENODEV:
      return noSuchRegister(hypervisor, vcpu);
    default:
      return REFUSED;
  }
};

/** RDTSC faults where CR4.TSD is set, in the guest's kernel too, which may have it all the same. */
const rdtsc: Emulation = (hypervisor, vcpu) => {
  const { processor } = hypervisor;
  if ((vcpu.cr4 & CR4_TSD) !== 0 && !vcpu.guestKernelMode) return REFUSED;
  const ticks = readTsc(hypervisor, vcpu.domain);
  processor.setHalves(layout.RAX, lowHalf(ticks), 0);
  processor.setHalves(layout.RDX, highHalf(ticks), 0);
  return DONE;
};

const rdmsr: Emulation = (hypervisor, vcpu) => {
  const { processor } = hypervisor;
  if (!readMsr(hypervisor, vcpu, processor.low(layout.RCX), msr)) return REFUSED;
  processor.setHalves(layout.RAX, msr.low, 0);
  processor.setHalves(layout.RDX, msr.high, 0);
  return DONE;
};

const wrmsr: Emulation = (hypervisor, vcpu) => {
  const { processor } = hypervisor;
  msr.low = processor.low(layout.RAX);
  msr.high = processor.low(layout.RDX);
  return writeMsr(hypervisor, vcpu, processor.low(layout.RCX), msr) ? DONE : REFUSED;
};

/** A plain CPUID, which faults. The guest's kernel may have its user's fault for good. */
const cpuid: Emulation = (hypervisor, vcpu) => {
  if (vcpu.cpuidFaulting && !vcpu.guestKernelMode) return REFUSED;
  performCpuid(hypervisor);
  return DONE;
};

const clts: Emulation = (hypervisor, vcpu) => {
  setTaskSwitched(hypervisor, vcpu, false);
  return DONE;
};

/** By opcode. */
const ONE_BYTE: (Emulation | undefined)[] = [];
for (const opcode of [0x6c, 0x6d, 0x6e, 0x6f]) ONE_BYTE[opcode] = stringIo;
for (const opcode of [0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef]) ONE_BYTE[opcode] = portIo;
for (const opcode of [0xfa, 0xfb]) ONE_BYTE[opcode] = interruptFlag;

/** By the byte after 0F. WBINVD does nothing: a domain without devices has no caches to care for. */
const TWO_BYTE: (Emulation | undefined)[] = [];
TWO_BYTE[0x06] = ofKernel(clts);
TWO_BYTE[0x09] = ofKernel(() => DONE);
TWO_BYTE[0x20] = ofKernel(readControl);
TWO_BYTE[0x21] = ofKernel(readDebug);
TWO_BYTE[0x22] = ofKernel(writeControl);
TWO_BYTE[0x23] = ofKernel(writeDebug);
TWO_BYTE[0x30] = ofKernel(wrmsr);
TWO_BYTE[0x31] = rdtsc;
TWO_BYTE[0x32] = ofKernel(rdmsr);
TWO_BYTE[0xa2] = cpuid;

/** By opcode, as `Instruction` has it. */
const NAMES: Readonly<Record<number, string>> = {
  ...Object.fromEntries([0x6c, 0x6d].map((opcode) => [opcode, 'ins'])),
  ...Object.fromEntries([0x6e, 0x6f].map((opcode) => [opcode, 'outs'])),
  ...Object.fromEntries([0xe4, 0xe5, 0xec, 0xed].map((opcode) => [opcode, 'in'])),
  ...Object.fromEntries([0xe6, 0xe7, 0xee, 0xef].map((opcode) => [opcode, 'out'])),
  [0xfa]: 'cli',
  [0xfb]: 'sti',
  [0x0f06]: 'clts',
  [0x0f09]: 'wbinvd',
  [0x0f20]: 'mov from a control register',
  [0x0f21]: 'mov from a debug register',
  [0x0f22]: 'mov to a control register',
  [0x0f23]: 'mov to a debug register',
  [0x0f30]: 'wrmsr',
  [0x0f31]: 'rdtsc',
  [0x0f32]: 'rdmsr',
  [0x0fa2]: 'cpuid',
};
