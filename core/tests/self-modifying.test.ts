/** Code that writes code: what was decoded before, and where it was linked to, is not what is there now. */
import { describe, expect, it } from 'vitest';
import { assemble } from '../assembler/assemble.ts';
import type { Machine } from '../machine.ts';
import { CODE, DATA, run64, userMachine, writeEntry } from '../testing.ts';
import { BLOCK_NEXT } from '../wasm/block-header.ts';
import * as layout from '../wasm/layout.ts';

describe('the next instruction is written by the one before it', () => {
  /** What stands there at first, and what is written: inc rcx; nop, and inc rdx; nop. */
  const [BEFORE, AFTER] = [0x90c1ff48, 0x90c2ff48];

  // Wherever in a block of decoded code that is: behind any number of instructions.
  it('by a store', () => {
    const machine = userMachine();
    const { processor } = machine;
    const found: [rcx: number, rdx: number][] = [];
    for (let behind = 0; behind < 140; behind++) {
      const origin = CODE + behind * 0x1000;
      // Twice what stands there, so that all is decoded and linked; then the other.
      const { bytes } = assemble(
        `mov rbx, 3
         mov eax, ${String(BEFORE)}
         again:
         cmp rbx, 1
         jnz round
         mov eax, ${String(AFTER)}
         round:
         times ${String(behind)} nop
         mov [rel next], eax
         next: dd ${String(BEFORE)}
         dec rbx
         jnz again
         ud2`,
        { origin },
      );
      machine.write(origin, bytes);
      processor.set(layout.RCX, 0);
      processor.set(layout.RDX, 0);
      processor.rip = origin;
      processor.run(10_000);
      found.push([processor.get(layout.RCX), processor.get(layout.RDX)]);
    }
    expect(found).toEqual(found.map(() => [2, 1]));
  });

  it('by a string of stores', () => {
    const { processor, labels } = run64(
      `mov rbx, 3
       mov eax, ${String(BEFORE)}
       again:
       cmp rbx, 1
       jnz round
       mov eax, ${String(AFTER)}
       round:
       lea rdi, [rel next]
       mov rsi, 2
       xchg rsi, rcx
       rep stosd
       xchg rsi, rcx
       next: dd ${String(BEFORE)}, ${String(BEFORE)}
       dec rbx
       jnz again
       end: ud2`,
      ({ processor: before }) => {
        before.set(layout.RCX, 0);
        before.set(layout.RDX, 0);
      },
    );
    expect(processor.rip).toBe(labels.get('end'));
    expect(processor.get(layout.RDX)).toBe(2);
  });
});

describe('a call pushes its return address over what it calls', () => {
  // The address, 0x400023, is code, too: and eax, [rax]; add [rax], al; add [rax], al; and half of another one.
  const SOURCE = (call: string): string => `
    jmp start
    times 28 nop
    site: ${call}
    dec rdx
    jnz site
    lea rsp, [rel target + 8]
    jmp site
    target:
    inc rcx
    ret
    nop
    nop
    nop
    nop
    db 0
    end: ud2
    start:
    mov rax, ${String(DATA)}
    mov rbx, target
    mov [rax + 16], rbx
    mov dword [rax], -1
    mov rdx, 3
    jmp site`;

  it.each(['call near target', 'call rbx\n times 3 nop', 'call [rax + 16]\n times 2 nop'])('%s', (call) => {
    // Whatever its length, the return address is the same.
    const length = call.startsWith('call near') ? 5 : call.startsWith('call rbx') ? 2 : 3;
    const source = SOURCE(call).replace('times 28 nop', `times ${String(33 - length)} nop`);
    const { processor, labels } = run64(source.replace(/\n times . nop/, ''));
    expect(processor.exitVector).toBe(layout.VECTOR_UD);
    expect(processor.rip).toBe(labels.get('end'));
    expect([processor.get(layout.RCX), processor.get(layout.RAX)]).toEqual([3, DATA]);
  });
});

it('a page is written at another address than it is executed at', () => {
  const OTHER = 0x500000;
  const { processor, labels } = run64(
    `mov rbx, 3
     mov rsi, target
     sub rsi, ${String(CODE - OTHER)}
     again:
     call target
     cmp rbx, 3
     jz round
     mov dword [rsi], 0xc3c2ff48
     round:
     dec rbx
     jnz again
     end: ud2
     target: dd 0xc3c1ff48`,
    (machine) => {
      // In the table of the 2 MiB from CODE on.
      writeEntry(machine, 0x6000, (OTHER - CODE) / 4096, BigInt(CODE) | 7n);
    },
  );
  expect(processor.rip).toBe(labels.get('end'));
  expect([processor.get(layout.RCX), processor.get(layout.RDX)]).toEqual([2, 1]);
});

/** How many blocks stand in the longest chain of those with one hash. */
function longestChain(machine: Machine): number {
  const words = new Uint32Array(machine.bytes.buffer);
  let longest = 0;
  for (let bucket = 0; bucket < layout.BLOCK_HASH_ENTRIES; bucket++) {
    let length = 0;
    for (
      let block = words[layout.BLOCK_HASH / 4 + bucket]!;
      block !== 0;
      block = words[(block + BLOCK_NEXT) / 4]!
    )
      length++;
    longest = Math.max(longest, length);
  }
  return longest;
}

// Else whoever looks for what is not decoded yet would look at all that ever was.
it('what was written over a thousand times is not looked for in a thousand blocks', () => {
  const { machine, processor, labels } = run64(
    `mov rbx, 1000
     again:
     mov dword [rel next], 0x90909090
     jmp next
     next: dd 0x90909090
     dec rbx
     jnz again
     end: ud2`,
  );
  expect(processor.rip).toBe(labels.get('end'));
  expect(longestChain(machine)).toBeLessThan(5);
});
