/** INS and OUTS of a guest's kernel, which Xen does for it: where the ports answer, and how the registers step. */
import { expect, test } from 'vitest';
import { RCX, RDI, RSI } from '../../../core/wasm/layout.ts';
import { rawMemory } from '../../memory/raw-memory.ts';
import { DATA, load, start } from '../../testing-guest.ts';
import type { Setup } from '../../testing-guest.ts';

const PCI_ADDRESS = 0xcf8;
const CMOS_INDEX = 0x70;
const MSR_FS_BASE = 0xc000_0100;
/** The data's page. */
const DATA_PFN = 11;

/** Runs code with some words at DATA, as a kernel that may use ports. */
function run(code: string, ...words: readonly number[]): Setup {
  const setup = load(`${code}\n int3`);
  const { guest } = setup;
  start(setup, guest.vcpu);
  guest.vcpu.iopl = 1;
  dataOf(setup).set(words);
  expect(guest.hypervisor.run(10_000).kind).toBe('shutdown');
  return setup;
}

function dataOf({ guest }: Setup): Uint32Array {
  const { words } = rawMemory(guest.hypervisor.frames);
  return words.subarray(guest.mfns[DATA_PFN]! * 1024, guest.mfns[DATA_PFN]! * 1024 + 16);
}

test('what is written goes to the port, and what it says is read', () => {
  const setup = run(
    `mov edx, ${String(PCI_ADDRESS)}
     mov rsi, ${String(DATA)}
     outsd
     mov rdi, ${String(DATA + 8)}
     insd`,
    0x8000_1234,
  );
  const { domain, hypervisor } = setup.guest;
  expect(domain.pciAddress).toBe(0x8000_1234);
  expect([...dataOf(setup).subarray(0, 4)]).toEqual([0x8000_1234, 0, 0x8000_1234, 0]);
  expect(hypervisor.processor.get(RSI)).toBe(DATA + 4);
  expect(hypervisor.processor.get(RDI)).toBe(DATA + 12);
});

test('repeated, the last one stays; backwards with the direction flag', () => {
  const setup = run(
    `mov edx, ${String(CMOS_INDEX)}
     mov rsi, ${String(DATA + 3)}
     mov ecx, 3
     std
     rep outsb
     cld`,
    0x4433_2211,
  );
  const { domain, hypervisor } = setup.guest;
  expect(domain.cmosIndex).toBe(0x22);
  expect(hypervisor.processor.get(RSI)).toBe(DATA);
  expect(hypervisor.processor.get(RCX)).toBe(0);
});

test('with addresses of 32 bits the registers step as wide, and their upper halves are gone; in the segment that is named', () => {
  const setup = run(
    `mov ecx, ${String(MSR_FS_BASE)}
     mov eax, ${String(DATA >>> 0)}
     mov edx, 0xffffffff
     wrmsr
     mov edx, ${String(CMOS_INDEX)}
     mov rsi, ${String(2 ** 32 + 1)}
     mov rcx, ${String(2 ** 32 + 2)}
     ; a32 fs rep outsb
     db 0x67, 0x64, 0xf3, 0x6e`,
    0x4433_2211,
  );
  const { domain, hypervisor } = setup.guest;
  expect(domain.cmosIndex).toBe(0x33);
  expect(hypervisor.processor.get(RSI)).toBe(3);
  expect(hypervisor.processor.get(RCX)).toBe(0);
});
