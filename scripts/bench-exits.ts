/**
 * `npm run bench:exits`: what it costs a guest to come to the hypervisor and back, in nanoseconds of CPU time: loops of five
 * instructions, one of which is an exit, less the same loop without one. The best of some spans counts. At most 500 are wanted.
 */
import { assemble } from '../core/assembler/assemble.ts';
import { writeXenKernel } from '../guests/toolchain/elf.ts';
import {
  XEN_ELFNOTE_ENTRY,
  XEN_ELFNOTE_GUEST_OS,
  XEN_ELFNOTE_LOADER,
  XEN_ELFNOTE_VIRT_BASE,
  XEN_ELFNOTE_XEN_VERSION,
} from '../hypervisor/abi/elfnote.ts';
import { loadCore } from '../ui/lab/core-node.ts';
import { Lab } from '../ui/lab/lab.ts';

const VIRT_BASE = 0xffffffff80000000n;
const ADDRESS = VIRT_BASE + 0x100000n;
const INSTRUCTIONS = 5;
const SPANS = 12;
const SPAN_TICKS = 1_500_000;

/** Four instructions; a jump back to them is the fifth. */
const LOOPS: Readonly<Record<string, string>> = {
  'no exit': 'inc rax\n dec rbx\n add rcx, rdx\n xor r8, r9',
  'xen_version(XENVER_version)': 'mov eax, 17\n xor edi, edi\n xor esi, esi\n syscall',
  'a hypercall that there is not': 'mov eax, 63\n xor edi, edi\n xor esi, esi\n syscall',
  'CPUID, emulated': 'xor eax, eax\n cpuid\n inc r8\n xor r9, r9',
  'RDMSR, emulated': 'mov ecx, 0xc0000080\n rdmsr\n inc r8\n xor r9, r9',
};

function kernelOf(loop: string): Uint8Array {
  return writeXenKernel({
    address: ADDRESS,
    virtBase: VIRT_BASE,
    entry: ADDRESS,
    image: assemble(`again: ${loop}\n jmp again\n`, { origin: ADDRESS }).bytes,
    bssBytes: 0,
    notes: [
      { type: XEN_ELFNOTE_GUEST_OS, value: 'exits' },
      { type: XEN_ELFNOTE_XEN_VERSION, value: 'xen-3.0' },
      { type: XEN_ELFNOTE_LOADER, value: 'generic' },
      { type: XEN_ELFNOTE_VIRT_BASE, value: VIRT_BASE },
      { type: XEN_ELFNOTE_ENTRY, value: ADDRESS },
    ],
  });
}

/** Nanoseconds of a round of a loop. */
async function measure(loop: string): Promise<number> {
  const request = { kernel: kernelOf(loop), commandLine: '', memoryMb: 16, vcpus: 1 };
  const { hypervisor } = await Lab.boot(loadCore(), request);
  const { processor } = hypervisor.machine;
  let best = Infinity;
  for (let span = 0; span < SPANS; span++) {
    const before = processor.retired;
    const start = process.cpuUsage();
    hypervisor.run(hypervisor.ticks() + SPAN_TICKS);
    const { user, system } = process.cpuUsage(start);
    const rounds = (processor.retired - before) / INSTRUCTIONS;
    best = Math.min(best, ((user + system) * 1000) / rounds);
  }
  return best;
}

let without = 0;
for (const [name, loop] of Object.entries(LOOPS)) {
  const ns = await measure(loop);
  if (name === 'no exit') without = ns;
  else process.stdout.write(`${name.padEnd(32)} ${(ns - without).toFixed(0).padStart(5)} ns\n`);
}
