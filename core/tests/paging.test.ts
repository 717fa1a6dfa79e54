/**
 * Paging (SDM vol. 3, 4): translation with pages of all sizes, rights, error codes, accessed and dirty bits, reserved bits,
 * and when a cached translation may be used.
 */
import { describe, expect, it } from 'vitest';
import { ACCESS_EXECUTE, ACCESS_READ, ACCESS_SUPERVISOR_READ, ACCESS_WRITE } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { CODE, DATA } from '../testing.ts';
import { outcome, read64, runIn, write64 } from './rings.ts';
import * as layout from '../wasm/layout.ts';

const { VECTOR_GP, VECTOR_PF, VECTOR_SS, VECTOR_UD } = layout;
const DONE: [number, number] = [VECTOR_UD, 0];

/** The tables of `userMachine`: where the entry of each level for a low address lies. */
const ROOT = 0x1000;
const L3 = 0x2000;
const L2 = 0x3000;
const level1 = (va: number): number => 0x4000 + (va >> 12) * 8;

const P = 1n;
const W = 2n;
const U = 4n;
const A = 0x20n;
const D = 0x40n;
const PS = 0x80n;
const NX = 1n << 63n;

/** A second 1 GiB of addresses, at VA 0x40000000, for large pages. */
const LARGE = 0x40000000;

function setEntry(machine: Machine, at: number, value: bigint): void {
  write64(machine, at, value);
  machine.processor.flushTlb();
}

/** The outcome of `source` with the entry of DATA's page (or another entry) changed. */
function withEntry(ring: 0 | 3, source: string, value: bigint, at = level1(DATA), cr0 = 0x80050033) {
  return runIn(ring, `${source}\n ud2`, (machine) => {
    machine.processor.setWord(layout.CR0, cr0);
    machine.write(DATA, new Uint8Array([0x0f, 0x0b]));
    setEntry(machine, at, value);
  });
}

const PAGE = BigInt(DATA);
const READ = 'mov eax, [0x600010]';
const WRITE = 'mov [0x600010], eax';
const JUMP = 'mov eax, 0x600000\n jmp rax';

describe('rights', () => {
  const NO_WP = 0x80040033;
  it.each<[string, 0 | 3, string, bigint, [number, number], number?]>([
    ['not present, read by user', 3, READ, 0n, [VECTOR_PF, 4]],
    ['not present, write by user', 3, WRITE, 0n, [VECTOR_PF, 6]],
    ['not present, fetch by user', 3, JUMP, 0n, [VECTOR_PF, 0x14]],
    ['not present, read by supervisor', 0, READ, 0n, [VECTOR_PF, 0]],
    ['not present, write by supervisor', 0, WRITE, 0n, [VECTOR_PF, 2]],
    ['supervisor page, read by user', 3, READ, PAGE | P | W, [VECTOR_PF, 5]],
    ['supervisor page, write by user', 3, WRITE, PAGE | P | W, [VECTOR_PF, 7]],
    ['supervisor page, fetch by user', 3, JUMP, PAGE | P | W, [VECTOR_PF, 0x15]],
    ['supervisor page, write by supervisor', 0, WRITE, PAGE | P | W, DONE],
    ['read-only page, read by user', 3, READ, PAGE | P | U, DONE],
    ['read-only page, write by user', 3, WRITE, PAGE | P | U, [VECTOR_PF, 7]],
    ['read-only page, write by supervisor with WP', 0, WRITE, PAGE | P | U, [VECTOR_PF, 3]],
    ['read-only page, write by supervisor without WP', 0, WRITE, PAGE | P | U, DONE, NO_WP],
    ['read-only page, write by user without WP', 3, WRITE, PAGE | P | U, [VECTOR_PF, 7], NO_WP],
    ['no-execute page, fetch by user', 3, JUMP, PAGE | P | W | U | NX, [VECTOR_PF, 0x15]],
    ['no-execute page, fetch by supervisor', 0, JUMP, PAGE | P | W | U | NX, [VECTOR_PF, 0x11]],
    ['no-execute page, read', 3, READ, PAGE | P | W | U | NX, DONE],
    ['reserved address bits', 3, READ, PAGE | P | W | U | (1n << 47n), [VECTOR_PF, 0xd]],
    ['reserved address bits of an entry that is not present', 3, READ, PAGE | (1n << 47n), [VECTOR_PF, 4]],
    ['ignored bits', 3, READ, PAGE | P | W | U | (0x7ffn << 52n) | 0xe00n, DONE],
  ])('%s', (_, ring, source, entry, expected, cr0) => {
    const run = withEntry(ring, source, entry, undefined, cr0);
    expect(outcome(run)).toEqual(expected);
    if (expected === DONE) return;
    const address = source === JUMP ? DATA : 0x600010;
    expect(run.processor.exitAddress).toBe(address);
    expect(run.processor.field(layout.CR2)).toBe(address);
  });

  it.each<[string, number, bigint]>([
    ['the root', ROOT, 0x2000n],
    ['the third level', L3, 0x3000n],
    ['the second level', L2 + 3 * 8, 0x7000n],
  ])('of all levels count: %s', (_, at, table) => {
    expect(outcome(withEntry(3, WRITE, table | P | U, at))).toEqual([VECTOR_PF, 7]);
  });

  it('NX of an upper level forbids execution, and without EFER.NXE it is a reserved bit', () => {
    const upper = withEntry(3, JUMP, 0x7000n | P | W | U | NX, L2 + 3 * 8);
    expect(outcome(upper)).toEqual([VECTOR_PF, 0x15]);
    const reserved = runIn(3, READ, (machine) => {
      machine.processor.setField(layout.EFER, 0x501);
      setEntry(machine, level1(DATA), PAGE | P | W | U | NX);
    });
    expect(outcome(reserved)).toEqual([VECTOR_PF, 0xd]);
  });
});

describe('large pages', () => {
  /** Maps VA 0x40000000 with one entry of 1 GiB or with 2 MiB entries from `value`. */
  function large(level: 2 | 3, value: bigint, source: string) {
    return runIn(3, `${source}\n ud2`, (machine) => {
      if (level === 3) write64(machine, L3 + 8, value);
      else {
        write64(machine, L3 + 8, 0x20000n | P | W | U);
        write64(machine, 0x20000 + 8, value);
      }
      machine.words[(DATA + 0x234) / 4] = 0xabcdef;
    });
  }

  it('of 2 MiB translate 21 bits of offset', () => {
    const run = large(2, 0x600000n | P | W | U | PS, `mov eax, [${String(LARGE + 0x200000 + 0x234)}]`);
    expect(run.processor.low(layout.RAX)).toBe(0xabcdef);
    expect(read64(run.machine, 0x20008)).toBe(0x600000n | P | W | U | PS | A);
  });

  it('of 1 GiB translate 30 bits of offset', () => {
    const run = large(
      3,
      0n | P | W | U | PS,
      `mov eax, [${String(LARGE + DATA + 0x234)}]\n mov [0x40600238], eax`,
    );
    expect(outcome(run)).toEqual(DONE);
    expect(run.machine.words[(DATA + 0x238) / 4]).toBe(0xabcdef);
    expect(read64(run.machine, L3 + 8)).toBe(P | W | U | PS | A | D);
  });

  it('have the PAT bit at 12, and reserved bits between', () => {
    const at = `mov eax, [${String(LARGE + 0x200234)}]`;
    expect(outcome(large(2, 0x601000n | P | W | U | PS, at))).toEqual(DONE);
    expect(outcome(large(2, 0x602000n | P | W | U | PS, at))).toEqual([VECTOR_PF, 0xd]);
    expect(outcome(large(3, 0x200000n | P | W | U | PS, at))).toEqual([VECTOR_PF, 0xd]);
  });

  it('do not exist at the root', () => {
    expect(outcome(withEntry(3, READ, 0x2000n | P | W | U | PS, ROOT))).toEqual([VECTOR_PF, 0x1d]);
  });

  it('hold code, and a write to it through another mapping is seen', () => {
    const source = `mov byte [0x600000], 0xc3
      mov eax, ${String(LARGE + 0x200000)}
      call rax
      mov dword [0x600000], 0xc340b0
      call rax`;
    const run = large(2, 0x600000n | P | W | U | PS, source);
    expect(outcome(run)).toEqual(DONE);
    expect(run.processor.low(layout.RAX) & 0xff).toBe(0x40);
  });
});

describe('accessed and dirty bits', () => {
  it('a read sets A on all levels, and no D', () => {
    const { machine } = withEntry(3, READ, PAGE | P | W | U);
    expect(read64(machine, level1(DATA))).toBe(PAGE | P | W | U | A);
    for (const at of [ROOT, L3, L2 + 3 * 8]) expect(read64(machine, at) & (A | D)).toBe(A);
  });

  it('a write sets D too, also when the page was read before', () => {
    expect(read64(withEntry(3, WRITE, PAGE | P | W | U).machine, level1(DATA)) & (A | D)).toBe(A | D);
    expect(read64(withEntry(3, `${READ}\n ${WRITE}`, PAGE | P | W | U).machine, level1(DATA)) & D).toBe(D);
  });

  it('an access that faults sets none in the last level', () => {
    expect(read64(withEntry(3, WRITE, PAGE | P | U).machine, level1(DATA)) & (A | D)).toBe(0n);
  });

  it('a fetch sets A', () => {
    expect(read64(withEntry(3, JUMP, PAGE | P | W | U).machine, level1(DATA)) & (A | D)).toBe(A);
  });
});

describe('canonical addresses', () => {
  it.each<[string, string, [number, number]]>([
    ['a load', 'mov rax, 0x800000000000\n mov al, [rax]', [VECTOR_GP, 0]],
    ['a store', 'mov rax, 0xffff7fffffffffff\n mov [rax], al', [VECTOR_GP, 0]],
    ['a quadword that ends outside', 'mov rax, 0x7ffffffffffc\n mov rax, [rax]', [VECTOR_GP, 0]],
    ['a load relative to rBP', 'mov rbp, 0x800000000000\n mov al, [rbp]', [VECTOR_SS, 0]],
    ['a load relative to rSP', 'mov rsp, 0x800000000000\n mov al, [rsp + 8]', [VECTOR_SS, 0]],
    ['push', 'mov rsp, 0x800000000000\n push rax', [VECTOR_PF, 6]],
    ['push below the middle', 'mov rsp, 0xffff800000000000\n push rax', [VECTOR_SS, 0]],
    ['pop', 'mov rsp, 0x800000000000\n pop rax', [VECTOR_SS, 0]],
    ['call', 'mov rsp, 0xffff000000000000\n call $', [VECTOR_SS, 0]],
    ['a jump', 'mov rax, 0x800000000000\n jmp rax', [VECTOR_GP, 0]],
    ['a return', 'mov rax, 0x800000000000\n push rax\n ret', [VECTOR_GP, 0]],
    ['a string source', 'mov rsi, 0x800000000000\n lodsb', [VECTOR_GP, 0]],
    ['pushf', 'mov rsp, 0xffff000000000000\n pushfq', [VECTOR_SS, 0]],
    ['enter', 'mov rsp, 0xffff000000000000\n enter 8, 0', [VECTOR_SS, 0]],
    ['leave', 'mov rbp, 0xffff000000000000\n leave', [VECTOR_SS, 0]],
  ])('%s', (_, source, expected) => {
    const run = runIn(3, source);
    expect(outcome(run)).toEqual(expected);
  });

  it('both halves of the address space translate', () => {
    const run = runIn(3, 'mov rax, 0xffff800000600010\n mov dword [rax], 7\n ud2', (machine) => {
      write64(machine, ROOT + 256 * 8, 0x2000n | P | W | U);
    });
    expect(run.machine.words[(DATA + 0x10) / 4]).toBe(7);
  });
});

describe('cached translations', () => {
  it('are used until they are dropped', () => {
    const run = runIn(3, `${READ}\n syscall\n ${READ}\n syscall\n ${READ}\n ud2`);
    setEntryOnly(run.machine, 0n);
    run.processor.run(100);
    expect(run.exit).toBe(layout.EXIT_SYSCALL);
    expect(run.processor.rip).toBeGreaterThan(CODE);
    run.processor.flushTlbPage(DATA);
    expect([run.processor.run(100), run.processor.exitVector]).toEqual([layout.EXIT_EXCEPTION, VECTOR_PF]);
  });

  it('of user and supervisor differ, and of two address spaces', () => {
    const run = runIn(0, `${READ}\n hlt\n ud2`);
    setEntryOnly(run.machine, PAGE | P | W);
    run.processor.flushTlb();
    run.processor.rip = CODE;
    run.processor.run(10);
    run.processor.cpl = 3;
    run.processor.setSegment(layout.SEG_CS, 0x33, 0, 0xffffffff, 0xa0fb);
    run.processor.stateChanged();
    run.processor.rip = CODE;
    run.processor.run(10);
    expect([run.processor.exitVector, run.processor.exitError]).toEqual([VECTOR_PF, 5]);
  });

  it('of a second root come from it', () => {
    const run = runIn(3, `${READ}\n syscall\n ${READ}\n ud2`, (machine) => {
      machine.words[(DATA + 0x10) / 4] = 1;
      machine.words[0x610010 / 4] = 2;
      machine.bytes.copyWithin(0x30000, 0x1000, 0x2000);
      machine.bytes.copyWithin(0x31000, 0x2000, 0x3000);
      machine.bytes.copyWithin(0x32000, 0x3000, 0x4000);
      machine.bytes.copyWithin(0x33000, 0x7000, 0x8000);
      write64(machine, 0x30000, 0x31007n);
      write64(machine, 0x31000, 0x32007n);
      write64(machine, 0x32000 + 3 * 8, 0x33007n);
      write64(machine, 0x33000, 0x610007n);
    });
    expect(run.processor.low(layout.RAX)).toBe(1);
    run.processor.loadAddressSpace(0x30000, 1, false);
    run.processor.run(10);
    expect(run.processor.low(layout.RAX)).toBe(2);
    run.processor.loadAddressSpace(0x1000, 0, true);
    run.processor.rip = CODE;
    run.processor.run(1);
    expect(run.processor.low(layout.RAX)).toBe(1);
  });
});

function setEntryOnly(machine: Machine, value: bigint): void {
  write64(machine, level1(DATA), value);
}

describe('accesses that cross pages', () => {
  it('fault on the page that is missing, with its address, and change nothing', () => {
    const run = withEntry(3, 'mov rax, -1\n mov [0x600ffc], rax', 0n, level1(DATA + 0x1000));
    expect(outcome(run)).toEqual([VECTOR_PF, 6]);
    expect(run.processor.exitAddress).toBe(DATA + 0x1000);
    expect(run.machine.words[(DATA + 0xffc) / 4]).toBe(0);
  });

  it('an instruction fetched across pages faults with the second page’s address', () => {
    const run = runIn(3, 'mov eax, 0x600ffd\n jmp rax', (machine) => {
      machine.write(DATA + 0xffd, new Uint8Array([0xb8, 1, 0, 0, 0]));
      setEntry(machine, level1(DATA + 0x1000), 0n);
    });
    expect(outcome(run)).toEqual([VECTOR_PF, 0x14]);
    expect([run.processor.exitAddress, run.processor.rip]).toEqual([DATA + 0x1000, DATA + 0xffd]);
  });

  it('machine addresses without memory read all ones and swallow writes', () => {
    const run = withEntry(
      3,
      `${READ}\n mov dword [0x600010], 5\n mov ebx, [0x600010]`,
      0x40000000n | P | W | U,
    );
    expect([run.processor.low(layout.RAX), run.processor.low(layout.RBX)]).toEqual([0xffffffff, 0xffffffff]);
  });
});

it('translate tells the machine address, or -1, without raising anything', () => {
  const { processor } = withEntry(3, 'nop', PAGE | P | NX);
  expect(processor.translate(DATA + 5, ACCESS_SUPERVISOR_READ)).toBe(DATA + 5);
  expect(processor.translate(DATA, ACCESS_READ)).toBe(-1);
  expect(processor.translate(CODE, ACCESS_WRITE)).toBe(CODE);
  expect(processor.translate(0x123456789000, ACCESS_EXECUTE)).toBe(-1);
  expect(processor.translate(2 ** 50, ACCESS_READ)).toBe(-1);
});
