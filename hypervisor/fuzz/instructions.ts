/** Instructions that make the processor stop and the hypervisor look: privileged ones, traps, loads, writes to tables. */
import * as layout from '../../core/wasm/layout.ts';
import { TEST_BASE } from '../memory/testing.ts';
import { addressOf, entryOf, pageOf, type Scene, smallOf, valueOf } from './values.ts';
import { PAGE_BYTES } from '../memory/pages.ts';

/** Machine code in hexadecimal, and what it is. Memory operands are at RDI. */
const INSTRUCTIONS: readonly (readonly [string, string])[] = [
  ['0fa2', 'cpuid'],
  ['0f0b78656e0fa2', 'cpuid by forced emulation'],
  ['0f32', 'rdmsr'],
  ['0f30', 'wrmsr'],
  ['0f33', 'rdpmc'],
  ['ec', 'in al, dx'],
  ['ed', 'in eax, dx'],
  ['ee', 'out dx, al'],
  ['ef', 'out dx, eax'],
  ['6c', 'insb'],
  ['f36f', 'rep outsd'],
  ['0f20c0', 'mov rax, cr0'],
  ['0f20d8', 'mov rax, cr3'],
  ['0f20e0', 'mov rax, cr4'],
  ['0f22c0', 'mov cr0, rax'],
  ['0f22d0', 'mov cr2, rax'],
  ['0f22d8', 'mov cr3, rax'],
  ['0f22e0', 'mov cr4, rax'],
  ['0f21f8', 'mov rax, dr7'],
  ['0f23f8', 'mov dr7, rax'],
  ['0f23c0', 'mov dr0, rax'],
  ['f4', 'hlt'],
  ['fa', 'cli'],
  ['fb', 'sti'],
  ['cd80', 'int 0x80'],
  ['cc', 'int3'],
  ['48cf', 'iretq'],
  ['0f00d0', 'lldt ax'],
  ['0f0107', 'sgdt [rdi]'],
  ['0f0117', 'lgdt [rdi]'],
  ['0f013f', 'invlpg [rdi]'],
  ['0f06', 'clts'],
  ['0f01f0', 'lmsw ax'],
  ['0f09', 'wbinvd'],
  ['0f01f8', 'swapgs'],
  ['0f01d0', 'xgetbv'],
  ['0f01d1', 'xsetbv'],
  ['480f07', 'sysretq'],
  ['8ed0', 'mov ss, eax'],
  ['8ed8', 'mov ds, eax'],
  ['8ee0', 'mov fs, eax'],
  ['8ee8', 'mov gs, eax'],
  ['48cb', 'retfq'],
  ['9d', 'popfq'],
  ['488907', 'mov [rdi], rax'],
  ['488907', 'mov [rdi], rax'],
  ['8907', 'mov [rdi], eax'],
  ['8807', 'mov [rdi], al'],
  ['488707', 'xchg [rdi], rax'],
  ['f0480fb10f', 'lock cmpxchg [rdi], rcx'],
  ['f0480fc107', 'lock xadd [rdi], rax'],
  ['f0480fba3701', 'lock btr qword [rdi], 1'],
  ['480fab07', 'bts [rdi], rax'],
  ['488327df', 'and qword [rdi], -33'],
  ['f348ab', 'rep stosq'],
  ['0f1107', 'movups [rdi], xmm0'],
  ['dbe3', 'fninit'],
  ['48f7f1', 'div rcx'],
  ['0f0b', 'ud2'],
  ['f1', 'int1'],
];

/** An instruction and the registers it is run with. */
export interface Trial {
  readonly code: Uint8Array;
  readonly registers: readonly (readonly [register: number, value: bigint])[];
}

export function randomInstruction(scene: Scene): Trial {
  const { random } = scene;
  const [hex] = random.pick(INSTRUCTIONS);
  const code = Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
  // Often an entry of a page table that the guest maps.
  const table = BigInt(TEST_BASE + pageOf(scene) * PAGE_BYTES + random.below(512) * 8);
  return {
    code,
    registers: [
      [layout.RAX, random.oneIn(2) ? entryOf(scene) : valueOf(scene)],
      [layout.RCX, random.oneIn(2) ? BigInt(smallOf(scene)) : valueOf(scene)],
      [layout.RDX, random.oneIn(2) ? BigInt(random.below(0x1_0000)) : valueOf(scene)],
      [layout.RSI, addressOf(scene)],
      [layout.RDI, random.oneIn(4) ? addressOf(scene) : BigInt.asUintN(64, table)],
    ],
  };
}
