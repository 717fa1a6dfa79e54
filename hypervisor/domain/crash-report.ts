/** Telling how a domain died: registers, code and stack of the vcpu that was running, in the manner of Xen's own. */
import { hex64 } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { copyFromGuest } from '../memory/guest-access.ts';
import type { CrashReport } from '../state/crash.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { PAGE_BYTES } from '../memory/pages.ts';

const NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'] as const;
const STACK_WORDS = 32;
const CODE_BEFORE = 16;
const CODE_BYTES = 32;

/** Describes a domain's death. Where none of its vcpus is current, there are no registers to tell. */
export function reportCrash(hypervisor: Hypervisor, domain: Domain, message: string): CrashReport {
  const vcpu = hypervisor.current;
  if (vcpu === null || vcpu.domain !== domain) {
    const text = `domain ${String(domain.id)} crashed: ${message}\n`;
    return { message, vcpu: 0, kernel: true, registers: {}, stack: [], code: [], codeOffset: 0, text };
  }
  const registers = readRegisters(hypervisor, vcpu);
  const stack = readStack(hypervisor, vcpu);
  const { code, codeOffset } = readCode(hypervisor, vcpu);
  const facts = { message, vcpu: vcpu.id, kernel: vcpu.guestKernelMode, registers, stack, code, codeOffset };
  return { ...facts, text: tell(domain, facts) };
}

function readRegisters({ processor }: Hypervisor, vcpu: Vcpu): Record<string, string> {
  const digits = (value: number) => hex64(value).slice(2);
  const registers: Record<string, string> = { rip: digits(processor.rip) };
  const raw = (register: number) =>
    processor.high(register).toString(16).padStart(8, '0') +
    processor.low(register).toString(16).padStart(8, '0');
  NAMES.forEach((name, register) => {
    registers[name] = raw(register);
  });
  for (let register = 8; register < 16; register++) registers[`r${String(register)}`] = raw(register);
  registers['rflags'] = digits(processor.flags);
  registers['cr2'] = digits(vcpu.cr2);
  registers['cr3'] = digits((vcpu.guestKernelMode ? vcpu.kernelRoot : vcpu.userRoot) * PAGE_BYTES);
  registers['fsb'] = digits(processor.segmentBase(layout.SEG_FS));
  registers['gsb'] = digits(processor.segmentBase(layout.SEG_GS));
  registers['cs'] = digits(processor.selector(layout.SEG_CS));
  registers['ss'] = digits(processor.selector(layout.SEG_SS));
  return registers;
}

function readStack(hypervisor: Hypervisor, vcpu: Vcpu): string[] {
  const words = new Uint32Array(2);
  const stack: string[] = [];
  const top = hypervisor.processor.get(layout.RSP);
  for (let index = 0; index < STACK_WORDS; index++) {
    const bytes = new Uint8Array(words.buffer);
    if (!copyFromGuest(hypervisor.frames, vcpu, top + index * 8, bytes)) break;
    stack.push(words[1]!.toString(16).padStart(8, '0') + words[0]!.toString(16).padStart(8, '0'));
  }
  return stack;
}

/** Bytes around RIP; those before it only if they can be read. */
function readCode(hypervisor: Hypervisor, vcpu: Vcpu): { code: number[]; codeOffset: number } {
  const { rip } = hypervisor.processor;
  for (const before of [CODE_BEFORE, 0]) {
    const bytes = new Uint8Array(CODE_BYTES - CODE_BEFORE + before);
    if (copyFromGuest(hypervisor.frames, vcpu, rip - before, bytes))
      return { code: [...bytes], codeOffset: before };
  }
  return { code: [], codeOffset: 0 };
}

function tell(domain: Domain, report: Omit<CrashReport, 'text'>): string {
  const { registers, stack, code, codeOffset } = report;
  const row = (...names: string[]) =>
    names.map((name) => `${name.padStart(3)}: ${registers[name]!}`).join('   ');
  const bytes = code.map((byte, at) => {
    const hex = byte.toString(16).padStart(2, '0');
    return at === codeOffset ? `<${hex}>` : hex;
  });
  const lines = [
    `domain_crash: ${report.message}`,
    `Domain ${String(domain.id)} (vcpu#${String(report.vcpu)}) crashed`,
    `RIP:    ${registers['cs']!.slice(-4)}:[<${registers['rip']!}>]`,
    `RFLAGS: ${registers['rflags']!}   CONTEXT: pv guest ${report.kernel ? 'kernel' : 'user'} (d${String(domain.id)}v${String(report.vcpu)})`,
    row('rax', 'rbx', 'rcx'),
    row('rdx', 'rsi', 'rdi'),
    row('rbp', 'rsp', 'r8'),
    row('r9', 'r10', 'r11'),
    row('r12', 'r13', 'r14'),
    row('r15', 'cr3', 'cr2'),
    row('fsb', 'gsb'),
    `Guest code around RIP: ${bytes.join(' ')}`,
    `Guest stack trace from rsp=${registers['rsp']!}:`,
  ];
  for (let at = 0; at < stack.length; at += 4) lines.push(`   ${stack.slice(at, at + 4).join(' ')}`);
  return `${lines.join('\n')}\n`;
}
