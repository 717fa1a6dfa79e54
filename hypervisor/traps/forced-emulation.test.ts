/** CPUID through Xen's prefix, as pv/emul-inv-op.c does it. */
import { expect, test } from 'vitest';
import { RAX, RBX, RCX } from '../../core/wasm/layout.ts';
import { rawMemory } from '../memory/raw-memory.ts';
import { L1_PFN } from '../memory/testing.ts';
import { address, asUser, DATA, load, start } from '../testing-guest.ts';
import type { Setup } from '../testing-guest.ts';

const PREFIX = 'db 0x0f, 0x0b, 0x78, 0x65, 0x6e';
/** The page behind the data's. */
const NEXT = DATA + 4096;
const XEN_LEAF = 0x4000_0000;

/** Runs code to its end. Handlers leave the vector in RCX and the RIP that they find in RBX. */
function run(code: string, before?: (setup: Setup) => void): Setup & { vector: number; rip: number } {
  const setup = load(`
    xor ecx, ecx
    mov eax, ${String(XEN_LEAF)}
  ${code}
    mov ecx, 99
  end:
    int3
  trapped:
    mov rbx, [rsp + 16]
    mov ecx, 1
    jmp end
  undefined:
    mov rbx, [rsp + 16]
    mov ecx, 6
    jmp end
  protection:
    mov rbx, [rsp + 24]
    mov ecx, 13
    jmp end
  page_fault:
    mov rbx, [rsp + 24]
    mov ecx, 14
    jmp end`);
  const { guest, labels } = setup;
  start(setup, guest.vcpu);
  const handlers = { 1: 'trapped', 6: 'undefined', 13: 'protection', 14: 'page_fault' };
  for (const [vector, label] of Object.entries(handlers))
    guest.vcpu.traps.addresses[Number(vector)] = address(labels, label);
  before?.(setup);
  expect(guest.hypervisor.run(10_000).kind).toBe('shutdown');
  const { processor } = guest.hypervisor;
  return { ...setup, vector: processor.low(RCX), rip: processor.get(RBX) };
}

test('is done', () => {
  const { guest, vector } = run(`${PREFIX}\n cpuid`);
  expect(vector).toBe(99);
  expect(guest.hypervisor.processor.low(RAX)).toBe(XEN_LEAF + 5);
});

test('of another instruction is #UD at the prefix', () => {
  const { labels, rip, vector } = run(`here:\n ${PREFIX}\n cli`);
  expect([vector, rip]).toEqual([6, address(labels, 'here')]);
});

test('of a user whose CPUID is to fault is #GP behind the prefix; its kernel may', () => {
  const faulting = ({ guest }: Setup): void => {
    guest.vcpu.cpuidFaulting = true;
  };
  const { labels, rip, vector } = run(`${PREFIX}\nhere:\n cpuid`, (setup) => {
    asUser(setup);
    faulting(setup);
  });
  expect([vector, rip]).toEqual([13, address(labels, 'here')]);
  expect(run(`${PREFIX}\n cpuid`, faulting).vector).toBe(99);
  expect(run(`${PREFIX}\n cpuid`, asUser).vector).toBe(99);
});

test('is one instruction to who steps', () => {
  const { guest, labels, rip, vector } = run(
    `pushfq\n or dword [rsp], 0x100\n popfq\n ${PREFIX}\n cpuid\nbehind:\n nop`,
  );
  expect([vector, rip]).toEqual([1, address(labels, 'behind')]);
  expect(guest.vcpu.debugRegisters[6]! & 0x4000).toBe(0x4000);
});

test.each([
  ['the prefix', '0x0f, 0x0b'],
  ['the instruction', '0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f'],
])('that lacks the end of %s is a page fault where it lacks', (_, bytes) => {
  const start = 4096 - bytes.split(',').length;
  const { guest, vector } = run(
    `mov rbx, ${String(DATA + start)}\n jmp rbx`,
    ({ guest: { domain, mfns, hypervisor } }) => {
      const page = rawMemory(hypervisor.frames);
      bytes.split(',').forEach((byte, index) => {
        page.bytes[mfns[11]! * 4096 + start + index] = Number(byte);
      });
      page.words[mfns[L1_PFN]! * 1024 + 12 * 2] = 0;
      expect(domain.id).toBe(1);
    },
  );
  expect(vector).toBe(14);
  expect(guest.vcpu.cr2).toBe(NEXT);
});
