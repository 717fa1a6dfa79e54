/** A kernel on our processor: user mode, 64-bit code, 4 KiB pages as every PV domain has them. */
import type { Machine } from '../machine.ts';
import { USUAL_ENTRIES } from '../translator/pace.ts';
import { userMachine } from '../testing.ts';
import { EXIT_BUDGET, EXIT_SOFTWARE_INTERRUPT, RAX } from '../wasm/layout.ts';
import type { Measurement } from './measurement.ts';

/** Offsets of Elf64_Ehdr and Elf64_Phdr (System V ABI, chapters 4 and 5). */
const E_ENTRY = 24;
const E_PHOFF = 32;
const E_PHNUM = 56;
const PHDR_BYTES = 56;
const PT_LOAD = 1;

const DONE_VECTOR = 0x80;
const BUDGET = 0x7fffffff;

/** Copies the image's segments to their (identity-mapped) addresses. Returns the entry point. */
function load(machine: Machine, image: Uint8Array): number {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const word = (at: number) => Number(view.getBigUint64(at, true));
  for (let i = 0; i < view.getUint16(E_PHNUM, true); i++) {
    const at = word(E_PHOFF) + i * PHDR_BYTES;
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const offset = word(at + 8);
    machine.write(word(at + 16), image.subarray(offset, offset + word(at + 32)));
  }
  return word(E_ENTRY);
}

/** Runs a 64-bit kernel to its INT 0x80. */
export function runHere(image: Uint8Array, translates: boolean): Measurement {
  const machine = userMachine({ hotEntries: translates ? USUAL_ENTRIES : 0 });
  const { processor } = machine;
  processor.rip = load(machine, image);
  const start = process.hrtime.bigint();
  let exit = EXIT_BUDGET;
  while (exit === EXIT_BUDGET) exit = processor.run(BUDGET);
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (exit !== EXIT_SOFTWARE_INTERRUPT || processor.exitVector !== DONE_VECTOR)
    throw new Error(`the kernel ended with exit ${String(exit)}, vector ${String(processor.exitVector)}`);
  const instructions = processor.retired;
  const translatedPart = (machine.translations?.instructions ?? 0) / instructions;
  return { checksum: processor.low(RAX), instructions, milliseconds, translatedPart };
}
