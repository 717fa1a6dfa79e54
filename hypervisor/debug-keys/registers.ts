/**
 * `d` and `0`: the registers of the vcpus that run, and of domain 0's, with what lies on their stacks. Compare show_registers
 * and show_guest_stack in Xen's arch/x86. Xen itself has no registers here.
 */
import type { Processor } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';
import { vcpu_info } from '../abi/shared-info.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { entryFrame, PAGE_PRESENT } from '../memory/entries.ts';
import { PAGE_BYTES, pageOffset } from '../memory/pages.ts';
import { isGuestAddress, rootOf, walkTo } from '../memory/guest-access.ts';
import type { DebugKey } from './key.ts';
import { pressed } from './key.ts';

const HARDWARE_DOMAIN = 0;
/** A stack is told up to the end of what it can be at most (Linux's, by Xen's STACK_SIZE), at most so many lines. */
const STACK_BYTES = 32768;
const STACK_LINES = 20;
const WORDS_PER_LINE = 4;
const WORD_BYTES = 8;
const CR0_TS = 8;

export const registers: DebugKey = {
  key: 'd',
  description: 'dump registers',
  diagnostic: 'interrupt',
  dump: (hypervisor) => [
    pressed('d', 'dumping registers'),
    '',
    ...hypervisor.pcpus.flatMap(({ id, running }) =>
      running === null
        ? []
        : [
            `*** Dumping CPU${String(id)} guest state (${nameOf(running)}): ***`,
            '----[ Xen-4.17.7  x86_64  debug=n  Not tainted ]----',
            `CPU:    ${String(id)}`,
            ...stateOf(hypervisor, running),
            '',
          ],
    ),
  ],
};

export const dom0Registers: DebugKey = {
  key: '0',
  description: 'dump Dom0 registers',
  diagnostic: 'tasklet',
  dump: (hypervisor) => [
    pressed('0', "dumping Dom0's registers"),
    ...(hypervisor.domains.get(HARDWARE_DOMAIN)?.vcpus ?? []).flatMap((vcpu) =>
      vcpu.down
        ? [`*** ${nameOf(vcpu)} is offline ***`]
        : [
            `*** Dumping Dom${String(HARDWARE_DOMAIN)} vcpu#${String(vcpu.id)} state: ***`,
            ...stateOf(hypervisor, vcpu),
          ],
    ),
  ],
};

function nameOf({ domain, id }: Vcpu): string {
  return `d${String(domain.id)}v${String(id)}`;
}

/** Registers and stack. Those of a vcpu that the core does not hold are loaded into it for as long as they are read. */
function stateOf(hypervisor: Hypervisor, vcpu: Vcpu): string[] {
  const { processor } = hypervisor;
  if (vcpu === hypervisor.current) return tell(hypervisor, vcpu);
  const kept = processor.saveState();
  processor.restoreState(vcpu.state);
  const lines = tell(hypervisor, vcpu);
  processor.restoreState(kept);
  return lines;
}

function tell(hypervisor: Hypervisor, vcpu: Vcpu): string[] {
  const { processor, machine } = hypervisor;
  const { guestKernelMode } = vcpu;
  const general = (register: number): string => processor.big(register).toString(16).padStart(16, '0');
  const selector = (segment: number): string => processor.selector(segment).toString(16).padStart(4, '0');
  const mask = vcpu.info === 0 ? 0 : machine.bytes[vcpu.info + vcpu_info.offset.evtchn_upcall_mask]!;
  const cr0 = processor.word(layout.CR0);
  const values: Readonly<Record<string, string>> = {
    ...Object.fromEntries(GENERAL.map((name, register) => [name, general(register)])),
    cr0: hex64((vcpu.taskSwitched ? cr0 | CR0_TS : cr0 & ~CR0_TS) >>> 0),
    cr2: hex64(vcpu.cr2),
    cr3: hex64(rootOf(vcpu) * PAGE_BYTES),
    cr4: hex64(vcpu.cr4),
    ...basesOf(processor, vcpu),
  };
  const row = (...names: string[]): string =>
    names.map((name) => `${`${name}:`.padEnd(4)} ${values[name]!}`).join('   ');
  return [
    `RIP:    ${selector(layout.SEG_CS)}:[<${hex64(processor.rip)}>]`,
    `RFLAGS: ${hex64(processor.flags)}   EM: ${String(Number(mask !== 0))}   CONTEXT: pv guest (${nameOf(vcpu)})`,
    ...ROWS.map((names) => row(...names)),
    SEGMENTS.map(([name, segment]) => `${name}: ${selector(segment)}`).join('   '),
    ...(guestKernelMode || vcpu === hypervisor.current ? stackOf(hypervisor, vcpu) : []),
  ];
}

/** In the order of their numbers. */
const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'].concat(
  [8, 9, 10, 11, 12, 13, 14, 15].map((number) => `r${String(number)}`),
);
const ROWS = [
  ['rax', 'rbx', 'rcx'],
  ['rdx', 'rsi', 'rdi'],
  ['rbp', 'rsp', 'r8'],
  ['r9', 'r10', 'r11'],
  ['r12', 'r13', 'r14'],
  ['r15', 'cr0', 'cr4'],
  ['cr3', 'cr2'],
  ['fsb', 'gsb', 'gss'],
] as const;
const SEGMENTS = [
  ['ds', layout.SEG_DS],
  ['es', layout.SEG_ES],
  ['fs', layout.SEG_FS],
  ['gs', layout.SEG_GS],
  ['ss', layout.SEG_SS],
  ['cs', layout.SEG_CS],
] as const;

/** GS has the base of the half that runs; `gss` is the other half's. */
function basesOf(processor: Processor, vcpu: Vcpu): Record<string, string> {
  return {
    fsb: hex64(processor.segmentBase(layout.SEG_FS)),
    gsb: hex64(processor.segmentBase(layout.SEG_GS)),
    gss: hex64(vcpu.guestKernelMode ? vcpu.gsBaseUser : vcpu.gsBaseKernel),
  };
}

/** A signed number as 16 hexadecimal digits. */
function hex64(value: number): string {
  return BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, '0');
}

function stackOf(hypervisor: Hypervisor, vcpu: Vcpu): string[] {
  const top = hypervisor.processor.get(layout.RSP);
  const title = `Guest stack trace from rsp=${hex64(top)}:`;
  if (!isGuestAddress(top)) return [title, '  Guest-inaccessible memory.'];
  const end = Math.min(
    (Math.floor(top / STACK_BYTES) + 1) * STACK_BYTES,
    top + STACK_LINES * WORDS_PER_LINE * WORD_BYTES,
  );
  const words: string[] = [];
  let isCut = false;
  for (let at = top; at + WORD_BYTES <= end && !isCut; at += WORD_BYTES) {
    const word = peek(hypervisor, vcpu, at);
    isCut = word === null;
    if (word !== null) words.push(word);
  }
  const lines = [title];
  for (let at = 0; at < words.length; at += WORDS_PER_LINE)
    lines.push(`   ${words.slice(at, at + WORDS_PER_LINE).join(' ')}`);
  if (isCut) lines.push('    Fault while accessing guest memory.');
  else if (words.length === 0) lines.push('   Stack empty.');
  return lines;
}

/** The u64 at a guest's address; null: it is not mapped. Nothing is marked as accessed: looking changes nothing. */
function peek({ frames }: Hypervisor, vcpu: Vcpu, va: number): string | null {
  const { words, bytes } = frames.memory;
  let text = '';
  for (let at = va; at < va + WORD_BYTES; at++) {
    const entry = walkTo(frames, rootOf(vcpu), at, 1);
    if (entry < 0 || !(words[entry]! & PAGE_PRESENT)) return null;
    const mfn = entryFrame(words[entry]!, words[entry + 1]!);
    if (mfn < 0 || mfn >= frames.frames) return null;
    const byte = bytes[mfn * PAGE_BYTES + pageOffset(at)]!;
    text = byte.toString(16).padStart(2, '0') + text;
  }
  return text;
}
