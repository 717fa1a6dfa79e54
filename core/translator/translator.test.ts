/** Translated code does what the interpreter does, to the bit, at every instruction; and it is translated at all. */
import { expect, it } from 'vitest';
import { assemble } from '../assembler/assemble.ts';
import type { Machine } from '../machine.ts';
import { CODE, DATA, userMachine } from '../testing.ts';
import * as layout from '../wasm/layout.ts';
import { Twins } from './fuzz.ts';

function machineWith(source: string, hotEntries: number): Machine {
  const machine = userMachine({ hotEntries });
  machine.write(CODE, assemble(source, { origin: CODE }).bytes);
  machine.processor.rip = CODE;
  return machine;
}

it.each([1, 2, 3, 5])('random programs are alike, translated when entered %i times', (hotEntries) => {
  const twins = new Twins(hotEntries);
  for (let n = 0; n < 20; n++) expect(twins.compare(hotEntries * 1_000_000 + n)).toBeNull();
  // Enough of it was translated code.
  expect(twins.translating.translations!.blocks).toBeGreaterThan(200);
});

const LOOP = `
    mov rsi, ${String(DATA)}
    mov ecx, 1000
    .again: add rax, [rsi + rcx*8 - 8]
    imul rax, rax, 31
    call .mix
    dec ecx
    jnz .again
    int 0x80
    .mix: xor rax, rcx
    ret`;

it('a loop and what it calls are one module, and end as they do interpreted', () => {
  const [plain, translated] = [machineWith(LOOP, 0), machineWith(LOOP, 10)];
  for (const { processor } of [plain, translated])
    expect(processor.run(100_000)).toBe(layout.EXIT_SOFTWARE_INTERRUPT);
  expect(translated.processor.big(layout.RAX)).toBe(plain.processor.big(layout.RAX));
  expect(translated.processor.retired).toBe(plain.processor.retired);
  // What is called became hot first, and waited for the loop: the call, and what is behind it.
  expect(translated.translations).toMatchObject({ regions: 2, modules: 1, blocks: 3, drops: 0 });
  expect(plain.translations).toBeNull();
});

it('any budget ends a translated loop at its instruction', () => {
  for (let budget = 1; budget < 60; budget++) {
    const [plain, translated] = [machineWith(LOOP, 0), machineWith(LOOP, 1)];
    for (const { processor } of [plain, translated]) {
      processor.run(200);
      processor.run(budget);
    }
    expect(translated.processor.retired).toBe(200 + budget);
    expect(translated.processor.rip).toBe(plain.processor.rip);
    expect(Buffer.compare(translated.processor.saveState(), plain.processor.saveState())).toBe(0);
  }
});

it('what is dropped is translated anew', () => {
  const machine = machineWith(LOOP, 1);
  machine.processor.run(2000);
  const before = machine.translations!;
  machine.processor.dropBlocks();
  machine.processor.run(2000);
  expect(machine.translations!.drops).toBe(1);
  expect(machine.translations!.regions).toBeGreaterThan(before.regions);
});

it('code that is rewritten again and again is translated ever more rarely', () => {
  const source = `
    mov ecx, 3000
    .again: inc dword [.patch + 1]
    .patch: mov eax, 0
    dec ecx
    jnz .again
    int 0x80`;
  const machine = machineWith(source, 1);
  expect(machine.processor.run(100_000)).toBe(layout.EXIT_SOFTWARE_INTERRUPT);
  expect(machine.processor.low(layout.RAX)).toBe(3000);
  expect(machine.translations!.regions).toBeLessThan(300);
});
