/** Translated code does what the interpreter does, to the bit, at every instruction; and it is translated at all. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { assemble } from '../assembler/assemble.ts';
import { Machine, type Processor } from '../machine.ts';
import { CODE, DATA, userMachine } from '../testing.ts';
import * as layout from '../wasm/layout.ts';
import { saveProcessor } from '../machine-state.ts';
import { Twins, entryOf } from './fuzz.ts';
import { Program, Random } from './fuzz-program.ts';
import { withHotEntries } from './hotness.ts';
import { encodeModule } from './module.ts';

function machineWith(source: string, hotEntries: number): Machine {
  const machine = userMachine({ hotEntries });
  machine.write(CODE, assemble(source, { origin: CODE }).bytes);
  machine.processor.rip = CODE;
  return machine;
}

it.each([
  [1, 2, 16],
  [2, 2, 32],
  [3, 2, 32],
  [8, 4, 32],
  [40, 50, 32],
])('random programs are alike, translated when entered %i times', (hotEntries, batches, programs) => {
  const twins = new Twins(hotEntries);
  for (let n = 0; n < batches; n++) expect(twins.compare(hotEntries * 1_000_000 + n, programs)).toBeNull();
  // Enough of it was translated code.
  expect(twins.translating.translations!.instructions).toBeGreaterThan(twins.instructions / 5);
});

it('each seed is another program', () => {
  const sources = Array.from({ length: 100 }, (_, seed) => new Program(new Random(seed), 0, 1).source());
  expect(new Set(sources).size).toBe(100);
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
  const both = [machineWith(LOOP, 0), machineWith(LOOP, 1)];
  const [plain, translated] = both.map(({ processor }) => processor) as [Processor, Processor];
  const begun = plain.saveState();
  for (let budget = 1; budget < 60; budget++) {
    for (const processor of [plain, translated]) {
      processor.restoreState(begun);
      processor.setField(layout.RETIRED, 0);
      processor.run(200);
      processor.run(budget);
    }
    expect(translated.retired).toBe(200 + budget);
    expect(translated.rip).toBe(plain.rip);
    expect(Buffer.compare(translated.saveState(), plain.saveState())).toBe(0);
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

/** Loops one after another, each of which becomes a translation of its own; then from the first again. */
function loopsInTurn(count: number): string {
  const loops = Array.from(
    { length: count },
    (_, n) => `
      mov ecx, 40
      .again${String(n)}: add rax, ${String(n + 1)}
      imul rax, rax, 31
      dec ecx
      jnz .again${String(n)}`,
  );
  return `mov ebx, 20\n.all: ${loops.join('')}\n dec ebx\n jnz .all\n int 0x80`;
}

it('translations take as much memory as they may: the oldest go, what is hot comes back, and the bits are the same', () => {
  const source = loopsInTurn(40);
  const plain = machineWith(source, 0);
  expect(plain.processor.run(1_000_000)).toBe(layout.EXIT_SOFTWARE_INTERRUPT);
  const counts = [50_000, 2 ** 28].map((translationBytes) => {
    const machine = userMachine({ hotEntries: 10, translationBytes });
    machine.write(CODE, assemble(source, { origin: CODE }).bytes);
    machine.processor.rip = CODE;
    expect(machine.processor.run(1_000_000)).toBe(layout.EXIT_SOFTWARE_INTERRUPT);
    expect(Buffer.compare(machine.processor.saveState(), plain.processor.saveState())).toBe(0);
    return machine.translations!;
  });
  const [bounded, unbounded] = counts as [(typeof counts)[0], (typeof counts)[0]];
  expect(unbounded.evicted).toBe(0);
  expect(bounded.evicted).toBeGreaterThan(20);
  expect(bounded.instructions).toBeGreaterThan(unbounded.instructions / 2);
});

it('translations do not ask for the table: engines would keep them as long as that', () => {
  const module = new WebAssembly.Module(encodeModule([], [], 1));
  expect(WebAssembly.Module.imports(module).map(({ kind }) => kind)).toEqual(['memory']);
});

it('a module says how hot code is by default', () => {
  const wasm = readFileSync(fileURLToPath(new URL('../build/core.wasm', import.meta.url)));
  const machineOf = (hotEntries: number): Machine =>
    new Machine(new WebAssembly.Module(withHotEntries(wasm, hotEntries)), { memoryBytes: 4096 });
  expect(machineOf(0).translations).toBeNull();
  expect(machineOf(300).processor.word(layout.HOT_ENTRIES)).toBe(300);
  expect(new Machine(new WebAssembly.Module(wasm), { memoryBytes: 4096 }).translations).toMatchObject({
    regions: 0,
  });
});

it('what is only come to from translated code becomes hot, too', () => {
  // The loop is translated before a function has been entered often enough.
  const functions = Array.from({ length: 32 }, (_, n) => `f${String(n)}: add rax, ${String(n)}\n ret`);
  const source = `
    mov ecx, 6400
    again: mov edx, ecx
    and edx, 31
    call [table + rdx*8]
    dec ecx
    jnz again
    int 0x80
    align 4096
    ${functions.join('\n')}
    align 8
    table: dq ${functions.map((_, n) => `f${String(n)}`).join(', ')}`;
  const machine = machineWith(source, 50);
  expect(machine.processor.run(100_000)).toBe(layout.EXIT_SOFTWARE_INTERRUPT);
  const { instructions } = machine.translations!;
  expect(instructions / machine.processor.retired).toBeGreaterThan(0.9);
});

it('what both ways of a jump lead to is written once', () => {
  const jumps = Array.from(
    { length: 12 },
    (_, n) => `test ecx, ${String(1 << (n % 3))}\n jz .n${String(n)}\n .n${String(n)}: dec rdx`,
  );
  const source = `mov ecx, 300\n .again: ${jumps.join('\n')}\n dec ecx\n jnz .again\n int 0x80`;
  const [plain, translated] = [machineWith(source, 0), machineWith(source, 20)];
  for (const { processor } of [plain, translated])
    expect(processor.run(100_000)).toBe(layout.EXIT_SOFTWARE_INTERRUPT);
  expect(Buffer.compare(translated.processor.saveState(), plain.processor.saveState())).toBe(0);
  expect(translated.translations!.records).toBeGreaterThan(20);
  expect(translated.translations!.bytes).toBeLessThan(10_000);
});

it('what is seldom entered is left, where it comes into the middle of a loop, too', () => {
  const source = `
    mov ecx, 20000
    .again: add rax, rcx
    test ecx, 1023
    jz .seldom
    .middle: imul rax, rax, 31
    dec ecx
    jnz .again
    int 0x80
    .seldom: inc rdx
    xor rax, rdx
    jmp .middle`;
  const [plain, translated] = [machineWith(source, 0), machineWith(source, 4000)];
  for (const { processor } of [plain, translated])
    expect(processor.run(1_000_000)).toBe(layout.EXIT_SOFTWARE_INTERRUPT);
  expect(Buffer.compare(translated.processor.saveState(), plain.processor.saveState())).toBe(0);
  expect(translated.translations).toMatchObject({ regions: 1, blocks: 2 });
});

it('what a translation has left out is translated soon, when it comes to be entered often', () => {
  const source = `
    mov ecx, 20000
    .again: cmp ecx, 19990
    je .late
    cmp ecx, 3000
    jb .late
    .middle: dec ecx
    jnz .again
    int 0x80
    .late: imul rax, rax, 31
    add rax, rcx
    jmp .middle`;
  const [plain, translated] = [machineWith(source, 0), machineWith(source, 4000)];
  for (const { processor } of [plain, translated])
    expect(processor.run(1_000_000)).toBe(layout.EXIT_SOFTWARE_INTERRUPT);
  expect(Buffer.compare(translated.processor.saveState(), plain.processor.saveState())).toBe(0);
  expect(translated.translations!.regions).toBeGreaterThan(1);
});

/** A loop that calls into another page, and falls into a third. */
const PAGES = `
    mov ecx, 200
    jmp .again
    .again: call .far
    add rax, rcx
    jmp .end
    times 4096 nop
    .far: imul rax, rax, 31
    inc rdx
    ret
    times 4090 nop
    .end: xor rax, rdx
    dec ecx
    jnz .again
    int 0x80`;

it('jumps to other pages come where those are now, whatever is there', () => {
  const [plain, translated] = [machineWith(PAGES, 0), machineWith(PAGES, 3)];
  const both = [plain, translated];
  const far = (CODE >> 12) + 1;
  const copy = (DATA >> 12) + 8;
  for (const machine of both) {
    // The function as it is elsewhere.
    machine.write(copy * 4096, machine.bytes.slice(far * 4096, (far + 1) * 4096));
  }
  const factor = plain.bytes.indexOf(0x1f, copy * 4096) - copy * 4096;
  for (let run = 0; run < 120; run++) {
    for (const machine of both) {
      const { processor } = machine;
      if (processor.run(1 + ((run * 7) % 41)) === layout.EXIT_SOFTWARE_INTERRUPT) processor.rip = CODE;
      if (run % 10 === 5) {
        // It is mapped to the copy, or back.
        const entry = entryOf(far << 12);
        machine.words[entry / 4] = (((run % 20 === 5 ? copy : far) << 12) | 7) >>> 0;
        machine.wrote(entry >> 12);
        processor.flushTlbPage(far << 12);
      }
      if (run % 16 === 9) {
        // They multiply by another number.
        for (const page of [far, copy]) {
          machine.bytes[page * 4096 + factor]! ^= 0x20;
          machine.wrote(page);
        }
      }
    }
    expect(Buffer.compare(saveProcessor(translated), saveProcessor(plain)), `run ${String(run)}`).toBe(0);
  }
  expect(translated.translations!.instructions).toBeGreaterThan(500);
});
