/**
 * String instructions: what they do to memory and registers, that they can be restarted, and that the count of retired
 * instructions is a function of the addresses alone (core/wasm/string.ts).
 */
import { describe, expect, test } from 'vitest';
import { assemble } from '../assembler/assemble.ts';
import type { Machine, Processor } from '../machine.ts';
import { CODE, CODE_32, DATA, DATA_SEGMENT, run64, userMachine, writeEntry } from '../testing.ts';
import * as layout from '../wasm/layout.ts';

const { RAX, RCX, RSI, RDI, CF, ZF, TF } = layout;
const FROM = DATA;
const TO = DATA + 0x20000;
const PAGE = 0x1000;

function page(machine: Machine, address: number, bits: number): void {
  const table = 0x4000 + (address >> 21) * 0x1000;
  writeEntry(machine, table, (address >> 12) & 511, BigInt(address) | BigInt(bits));
}

/** Bytes that differ from their neighbours and from page to page. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

const bytesAt = (machine: Machine, address: number, length: number) =>
  machine.bytes.slice(address, address + length);

const counters = (processor: Processor) => [processor.get(RCX), processor.get(RSI), processor.get(RDI)];

/** Code that sets rSI, rDI and rCX and executes `instruction` at label `at`. */
const program = (instruction: string, from: number, to: number, count: number) =>
  `mov rsi, ${String(from)}\n mov rdi, ${String(to)}\n mov rcx, ${String(count)}\n at: ${instruction}\n ud2`;

describe('rep movs', () => {
  test.each<[string, string, number, number, number, number]>([
    ['inside a page', 'rep movsb', FROM + 3, TO + 5, 100, 1],
    ['over pages that do not line up', 'rep movsb', FROM + 0x123, TO + 0x456, 3 * PAGE, 1],
    ['words over a page boundary', 'rep movsw', FROM + 0xfff, TO + 1, 50, 2],
    ['doublewords', 'rep movsd', FROM, TO + 0xffe, 2000, 4],
    ['quadwords', 'rep movsq', FROM + 5, TO + 3, 1500, 8],
  ])('%s', (_, instruction, from, to, count, size) => {
    const data = pattern(count * size);
    const { machine, processor } = run64(program(instruction, from, to, count), (made) => {
      made.write(from, data);
    });
    expect(bytesAt(machine, to, data.length)).toEqual(data);
    expect(bytesAt(machine, to + data.length, 8)).toEqual(new Uint8Array(8));
    expect(counters(processor)).toEqual([0, from + data.length, to + data.length]);
  });

  test.each([1, 2, 3, 7, 8, 63])('onto itself %i bytes further replicates', (distance) => {
    const data = pattern(distance);
    const { machine } = run64(program('rep movsb', FROM, FROM + distance, 5000), (made) => {
      made.write(FROM, data);
    });
    const expected = Uint8Array.from({ length: 5000 + distance }, (_, i) => data[i % distance]!);
    expect(bytesAt(machine, FROM, 5000 + distance)).toEqual(expected);
  });

  test('quadwords that overlap by less than one are read whole before they are written', () => {
    const data = pattern(80);
    const model = Uint8Array.from({ length: 83 }, (_, i) => data[i] ?? 0);
    for (let i = 0; i < 80; i += 8) model.copyWithin(i + 3, i, i + 8);
    const { machine } = run64(program('rep movsq', FROM, FROM + 3, 10), (made) => {
      made.write(FROM, data);
    });
    expect(bytesAt(machine, FROM, 83)).toEqual(model);
  });

  test('down, over a page boundary, onto a later place that overlaps', () => {
    const data = pattern(6000);
    const source = program('std\n rep movsb', FROM + 5999, FROM + 6010, 6000);
    const { machine, processor } = run64(source, (made) => {
      made.write(FROM, data);
    });
    expect(bytesAt(machine, FROM + 11, 6000)).toEqual(data);
    expect(counters(processor)).toEqual([0, FROM - 1, FROM + 10]);
  });

  test('stands at the iteration that faults, and goes on from there', () => {
    const data = pattern(3 * PAGE);
    const { machine, processor, labels } = run64(
      program('rep movsw', FROM + 0x101, TO + 0x201, 5000),
      (made) => {
        made.write(FROM + 0x101, data);
        page(made, TO + PAGE, 0);
      },
    );
    expect([processor.exitVector, processor.exitError]).toEqual([layout.VECTOR_PF, 6]);
    // The element that crosses into the missing page fails as a whole, at its second byte.
    expect(processor.exitAddress).toBe(TO + PAGE);
    const done = (PAGE - 0x201 - 1) / 2;
    expect(processor.rip).toBe(labels.get('at'));
    expect(counters(processor)).toEqual([5000 - done, FROM + 0x101 + 2 * done, TO + PAGE - 1]);
    expect(machine.bytes[TO + PAGE - 1]).toBe(0);
    page(machine, TO + PAGE, 7);
    processor.run(1000);
    expect(processor.exitVector).toBe(layout.VECTOR_UD);
    expect(bytesAt(machine, TO + 0x201, 10000)).toEqual(data.slice(0, 10000));
  });

  test('one retired instruction for each stretch between page boundaries, however the run is cut up', () => {
    const setup = (made: Machine) => {
      made.write(FROM, pattern(4 * PAGE));
    };
    const source = program('rep movsb', FROM + 0x100, TO + 0x300, 2 * PAGE);
    const whole = run64(source, setup);
    // Boundaries: destination at 0xd00 and 0x1d00 bytes, source at 0xf00 and 0x1f00. Three MOVs and five stretches.
    expect(whole.processor.retired).toBe(3 + 5);
    const cut = run64(source, setup, 1);
    const stations = [cut.processor.retired];
    while (cut.processor.run(1) === layout.EXIT_BUDGET) stations.push(cut.processor.retired);
    expect(stations).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(counters(cut.processor)).toEqual(counters(whole.processor));
    expect(bytesAt(cut.machine, TO, 4 * PAGE)).toEqual(bytesAt(whole.machine, TO, 4 * PAGE));
  });

  test('one iteration for each #DB with TF set', () => {
    const { processor, labels } = run64(
      `mov rsi, ${String(FROM)}\n mov rdi, ${String(TO)}\n mov ecx, 3
       pushfq\n or dword [rsp], ${String(TF)}\n popfq\n at: rep movsb\n nop`,
    );
    const stations: number[][] = [];
    for (let i = 0; i < 4; i++) {
      expect(processor.exitVector).toBe(layout.VECTOR_DB);
      stations.push([processor.get(RCX), processor.rip - labels.get('at')!]);
      processor.run(10);
    }
    expect(stations).toEqual([
      [2, 0],
      [1, 0],
      [0, 2],
      [0, 3],
    ]);
  });

  test('from FS', () => {
    const { machine } = run64(program('fs rep movsb', 0x10, TO, 4), (made) => {
      made.write(FROM + 0x10, Uint8Array.of(1, 2, 3, 4));
      made.processor.setSegmentBase(layout.SEG_FS, FROM);
    });
    expect([...bytesAt(machine, TO, 4)]).toEqual([1, 2, 3, 4]);
  });
});

describe('rep stos and lods', () => {
  test.each<[string, string, number, string]>([
    ['rep stosb', '0xa5', 1, 'bytes'],
    ['rep stosw', '0x1234', 2, 'words'],
    ['rep stosd', '0x12345678', 4, 'doublewords'],
    ['rep stosq', '0x0102030405060708', 8, 'quadwords'],
    ['rep stosq', '-1', 8, 'all ones'],
  ])('%s of %s', (instruction, value, size) => {
    const count = 700;
    const source = `mov rax, ${value}\n ${program(instruction, 0, TO + 0xff9, count)}`;
    const { machine, processor } = run64(source);
    const expected = new Uint8Array(count * size + 1);
    const bytes = BigInt.asUintN(64, BigInt(value));
    for (let i = 0; i < count * size; i++) expected[i] = Number((bytes >> BigInt((i % size) * 8)) & 0xffn);
    expect(bytesAt(machine, TO + 0xff9, expected.length)).toEqual(expected);
    expect([processor.get(RCX), processor.get(RDI)]).toEqual([0, TO + 0xff9 + count * size]);
  });

  test('over the code that follows', () => {
    const { processor } = run64(`lea rdi, [rel patch]\n mov al, 0x90\n mov ecx, 2\n xor ebx, ebx\n rep stosb
      patch: inc ebx
      ud2`);
    expect([processor.exitVector, processor.get(layout.RBX)]).toEqual([layout.VECTOR_UD, 0]);
  });

  test('of 32-bit addresses wraps and clears upper halves', () => {
    const { processor } = run64(
      `mov rdi, 0x100000000 + ${String(TO)}\n mov rcx, 0x700000003\n db 0x67\n rep stosb\n ud2`,
    );
    expect(processor.exitVector).toBe(layout.VECTOR_UD);
    expect([processor.get(RCX), processor.get(RDI)]).toEqual([0, TO + 3]);
  });

  test('lods keeps the last element', () => {
    const { processor } = run64(program('rep lodsq', FROM + 4, 0, 600), (made) => {
      made.write(FROM + 4 + 599 * 8, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    });
    expect(processor.big(RAX)).toBe(0x0807060504030201n);
    expect(processor.get(RSI)).toBe(FROM + 4 + 4800);
  });
});

describe('comparing', () => {
  const data = pattern(3 * PAGE);

  test.each([0, 1, 99, PAGE - 0x21, PAGE, 5000])('repe cmpsb stops behind a difference at %i', (at) => {
    const { processor } = run64(program('repe cmpsb', FROM + 0x11, TO + 0x21, 2 * PAGE), (made) => {
      made.write(FROM + 0x11, data);
      made.write(TO + 0x21, data);
      made.bytes[TO + 0x21 + at] = data[at]! + 1;
    });
    expect(processor.get(RSI)).toBe(FROM + 0x11 + at + 1);
    expect(processor.get(RCX)).toBe(2 * PAGE - at - 1);
    expect(processor.flags & (ZF | CF)).toBe((data[at]! + 1) & 0xff ? CF : 0);
  });

  test('repe cmpsq of equal runs ends with ZF and rCX 0', () => {
    const { processor } = run64(program('repe cmpsq', FROM, TO, 1000), (made) => {
      made.write(FROM, data.subarray(0, 8000));
      made.write(TO, data.subarray(0, 8000));
    });
    expect([processor.get(RCX), processor.get(RDI), processor.flags & ZF]).toEqual([0, TO + 8000, ZF]);
  });

  test('repne scasb finds a byte two pages on', () => {
    const { processor } = run64(`xor eax, eax\n ${program('repne scasb', 0, TO, -1)}`, (made) => {
      made.bytes.fill(0xff, TO, TO + 9000);
    });
    expect([processor.get(RDI), processor.get(RCX)]).toEqual([TO + 9001, -9002]);
    expect(processor.flags & ZF).toBe(ZF);
  });

  test('repe scasd, down', () => {
    const { processor } = run64(
      `std\n xor eax, eax\n ${program('repe scasd', 0, TO + 4000, 500)}`,
      (made) => {
        made.bytes[TO + 3001] = 1;
      },
    );
    expect([processor.get(RDI), processor.flags & ZF]).toEqual([TO + 2996, 0]);
  });

  test('with rCX 0 nothing is read and no flag changes', () => {
    const { processor } = run64(`xor eax, eax\n ${program('repe cmpsb', 0x7fff00000000, 0x7fff00000000, 0)}`);
    expect([processor.exitVector, processor.flags & ZF]).toEqual([layout.VECTOR_UD, ZF]);
  });
});

test('ins and outs need privilege', () => {
  for (const instruction of ['rep insb', 'outsd']) {
    const { processor } = run64(program(instruction, FROM, TO, 1));
    expect([processor.exitVector, processor.exitError]).toEqual([layout.VECTOR_GP, 0]);
  }
});

test('in compatibility mode, the limit of ES ends a run: #GP at the first element beyond', () => {
  const machine = userMachine();
  const source = `mov edi, 0x10\n mov ecx, 0x2000\n rep stosb`;
  machine.write(CODE, assemble(source, { origin: CODE, bits: 32 }).bytes);
  const { processor } = machine;
  processor.setSegment(layout.SEG_CS, 0x23, 0, 0xffffffff, CODE_32);
  processor.setSegment(layout.SEG_ES, 0x2b, TO + 8, 0x1234, DATA_SEGMENT);
  processor.stateChanged();
  processor.run(10000);
  expect([processor.exitVector, processor.exitError]).toEqual([layout.VECTOR_GP, 0]);
  expect([processor.get(RDI), processor.get(RCX)]).toEqual([0x1235, 0x2010 - 0x1235]);
});
