/**
 * The integer instructions that have a file of their own in core/wasm: against models in BigInt that go bit by bit, and
 * against what the manual says of their corners.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assemble } from '../assembler/assemble.ts';
import type { Machine, Processor } from '../machine.ts';
import { CODE, CODE_32, DATA, run64, userMachine, writeEntry } from '../testing.ts';
import * as layout from '../wasm/layout.ts';

const { AF, CF, OF, PF, SF, ZF, STATUS_FLAGS } = layout;
const { RAX, RBX, RCX, RDX } = layout;

/** Runs to the UD2 that is appended, and says so if something else came first. */
function run(source: string, setup?: (machine: Machine) => void): Processor {
  const { processor, exit } = run64(`${source}\n ud2`, setup);
  expect([exit, processor.exitVector]).toEqual([layout.EXIT_EXCEPTION, layout.VECTOR_UD]);
  return processor;
}

/** The vector and error code that `source` ends with, and whether RIP is at its label `fault`. */
function faultOf(source: string, setup?: (machine: Machine) => void): { vector: number; error: number } {
  const { processor, exit, labels } = run64(source, setup);
  expect(exit).toBe(layout.EXIT_EXCEPTION);
  expect(processor.rip).toBe(labels.get('fault'));
  return { vector: processor.exitVector, error: processor.exitError };
}

/** Makes a page of the test machine read-only (bits 5) or absent (0). */
function protect(machine: Machine, address: number, bits: number): void {
  const table = 0x4000 + (address >> 21) * 0x1000;
  writeEntry(machine, table, (address >> 12) & 511, BigInt(address) | BigInt(bits));
}

/** One instruction on a machine that is used again and again: registers in, registers and flags out. */
function repeated(instruction: string) {
  const machine = userMachine();
  machine.write(CODE, assemble(`${instruction}\n ud2`, { origin: CODE }).bytes);
  const { processor } = machine;
  return (registers: Readonly<Record<number, bigint>>, flags: number) => {
    for (const [register, value] of Object.entries(registers))
      processor.setHalves(Number(register), Number(value & 0xffffffffn), Number(value >> 32n));
    processor.flags = 0x202 | flags;
    processor.rip = CODE;
    processor.run(100);
    return { vector: processor.exitVector, processor, flags: processor.flags & STATUS_FLAGS };
  };
}

const ACCUMULATORS = { 8: 'al', 16: 'ax', 32: 'eax', 64: 'rax' } as const;
const OTHERS = { 8: 'bl', 16: 'bx', 32: 'ebx', 64: 'rbx' } as const;
const SIZES = [8, 16, 32, 64] as const;
type Bits = (typeof SIZES)[number];

/** Edge values as often as random ones. */
const word = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(0n, 1n, 0x7fn, 0x80n, 0x7fffn, 0x8000n, 0x7fffffffn, 0x80000000n, 0xffffffffn),
  fc.constantFrom((1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n),
);
const status = fc.constantFrom(0, STATUS_FLAGS, CF, OF | ZF);

/** What a register of `bits` bits holds after it got `value`, having held `before`. */
function written(before: bigint, value: bigint, bits: Bits): bigint {
  if (bits >= 32) return value;
  return (before & ~((1n << BigInt(bits)) - 1n)) | value;
}

/** One step of a shift or rotate: [result, carry]. */
type Step = (value: bigint, carry: bigint, top: bigint) => [bigint, bigint];
const STEPS: Readonly<Record<string, Step>> = {
  rol: (v, _, top) => [((v << 1n) & (2n * top - 1n)) | (v / top), v / top],
  ror: (v, _, top) => [(v >> 1n) | ((v & 1n) * top), v & 1n],
  rcl: (v, c, top) => [((v << 1n) & (2n * top - 1n)) | c, v / top],
  rcr: (v, c, top) => [(v >> 1n) | (c * top), v & 1n],
  shl: (v, _, top) => [(v << 1n) & (2n * top - 1n), v / top],
  shr: (v) => [v >> 1n, v & 1n],
  sar: (v, _, top) => [(v >> 1n) | (v & top), v & 1n],
};

function parityOf(value: bigint): number {
  let ones = 0;
  for (let bit = 0n; bit < 8n; bit++) ones += Number((value >> bit) & 1n);
  return ones % 2 === 0 ? PF : 0;
}

const resultFlags = (value: bigint, top: bigint) =>
  (value === 0n ? ZF : 0) | (value & top ? SF : 0) | parityOf(value);

describe.each(Object.keys(STEPS))('%s by CL', (name) => {
  test.each(SIZES)('of %i bits', (bits) => {
    const execute = repeated(`${name} ${ACCUMULATORS[bits]}, cl`);
    const top = 1n << BigInt(bits - 1);
    const isRotate = name.startsWith('r');
    fc.assert(
      fc.property(word, fc.integer({ min: 0, max: 255 }), status, (rax, cl, flags) => {
        const { processor, flags: after } = execute({ [RAX]: rax, [RCX]: BigInt(cl) }, flags);
        const count = cl & (bits === 64 ? 63 : 31);
        const before = rax & (2n * top - 1n);
        let value = before;
        let carry = BigInt(flags & CF);
        for (let i = 0; i < count; i++) [value, carry] = STEPS[name]!(value, carry, top);
        expect(processor.big(RAX)).toBe(written(rax, value, bits));
        if (count === 0) {
          expect(after).toBe(flags);
          return;
        }
        expect(after & CF).toBe(Number(carry));
        const kept = SF | ZF | PF;
        expect(after & kept).toBe(isRotate ? flags & kept : resultFlags(value, top));
        const left = name === 'rol' || name === 'rcl' || name === 'shl';
        const over = left ? (value & top) / top !== carry : (value & top) !== (before & top);
        if (count === 1) expect(after & OF).toBe(over ? OF : 0);
        if (isRotate) expect(after & AF).toBe(flags & AF);
      }),
      { numRuns: 60 },
    );
  });
});

describe.each(['shld', 'shrd'])('%s', (name) => {
  test.each([16, 32, 64] as const)('of %i bits', (bits) => {
    const execute = repeated(`${name} ${ACCUMULATORS[bits]}, ${OTHERS[bits]}, cl`);
    const ones = (1n << BigInt(bits)) - 1n;
    fc.assert(
      fc.property(word, word, fc.integer({ min: 1, max: bits - 1 }), (rax, rbx, cl) => {
        const { processor, flags } = execute({ [RAX]: rax, [RBX]: rbx, [RCX]: BigInt(cl) }, 0);
        const [a, b, n, all] = [rax & ones, rbx & ones, BigInt(cl), BigInt(bits)];
        const left = name === 'shld';
        const value = left ? ((a << n) | (b >> (all - n))) & ones : ((a >> n) | (b << (all - n))) & ones;
        // Counts are masked to 5 bits: those of a 16-bit operand that reach 16 are undefined and not tried.
        expect(processor.big(RAX)).toBe(written(rax, value, bits));
        expect(flags & CF).toBe(Number((left ? a >> (all - n) : a >> (n - 1n)) & 1n));
      }),
      { numRuns: 60 },
    );
  });
});

describe('multiplication and division', () => {
  const signed = (value: bigint, bits: number) => BigInt.asIntN(bits, value);
  /** The double-width number in AH:AL or rDX:rAX. */
  const pair = (processor: Processor, bits: Bits) =>
    bits === 8
      ? processor.big(RAX) & 0xffffn
      : ((processor.big(RDX) & ((1n << BigInt(bits)) - 1n)) << BigInt(bits)) |
        (processor.big(RAX) & ((1n << BigInt(bits)) - 1n));

  test.each(SIZES)('mul and imul of %i bits', (bits) => {
    const mul = repeated(`mul ${OTHERS[bits]}`);
    const imul = repeated(`imul ${OTHERS[bits]}`);
    fc.assert(
      fc.property(word, word, status, (rax, rbx, flags) => {
        const [a, b] = [BigInt.asUintN(bits, rax), BigInt.asUintN(bits, rbx)];
        const unsigned = mul({ [RAX]: rax, [RBX]: rbx }, flags);
        expect(pair(unsigned.processor, bits)).toBe(a * b);
        expect(unsigned.flags & (CF | OF)).toBe((a * b) >> BigInt(bits) ? CF | OF : 0);
        const product = signed(a, bits) * signed(b, bits);
        const other = imul({ [RAX]: rax, [RBX]: rbx }, flags);
        expect(pair(other.processor, bits)).toBe(BigInt.asUintN(2 * bits, product));
        expect(other.flags & (CF | OF)).toBe(signed(product, bits) === product ? 0 : CF | OF);
      }),
      { numRuns: 100 },
    );
  });

  test.each(SIZES)('div and idiv of %i bits, #DE where the quotient does not fit', (bits) => {
    const div = repeated(`div ${OTHERS[bits]}`);
    const idiv = repeated(`idiv ${OTHERS[bits]}`);
    const all = BigInt(bits);
    const ones = (1n << all) - 1n;
    const check = (
      outcome: ReturnType<typeof div>,
      n: bigint,
      d: bigint,
      fits: (q: bigint) => boolean,
      rax: bigint,
    ) => {
      const { processor, vector } = outcome;
      if (d === 0n || !fits(n / d)) {
        expect(vector).toBe(layout.VECTOR_DE);
        expect([processor.big(RAX), processor.rip]).toEqual([rax, CODE]);
        return;
      }
      expect(vector).toBe(layout.VECTOR_UD);
      const quotient = processor.big(RAX) & ones;
      const remainder = bits === 8 ? (processor.big(RAX) >> 8n) & 0xffn : processor.big(RDX) & ones;
      expect([quotient, remainder]).toEqual([(n / d) & ones, (n % d) & ones]);
    };
    // Upper halves near 0 and -1 are where quotients fit.
    const upper = fc.oneof(word, fc.constantFrom(0n, (1n << 64n) - 1n, 1n, 5n));
    fc.assert(
      fc.property(word, upper, word, (rax, rdx, rbx) => {
        const n = bits === 8 ? rax & 0xffffn : ((rdx & ones) << all) | (rax & ones);
        const d = rbx & ones;
        check(div({ [RAX]: rax, [RDX]: rdx, [RBX]: rbx }, 0), n, d, (q) => q <= ones, rax);
        const fits = (q: bigint) => signed(q, bits) === q;
        const [sn, sd] = [signed(n, 2 * bits), signed(d, bits)];
        check(idiv({ [RAX]: rax, [RDX]: rdx, [RBX]: rbx }, 0), sn, sd, fits, rax);
      }),
      { numRuns: 200 },
    );
  });

  test('the most negative number by -1 is #DE, not a trap of the machine below', () => {
    for (const [high, low, divisor] of [
      ['rdx', 'rax', 'rbx'],
      ['edx', 'eax', 'ebx'],
    ]) {
      const minimum = low === 'rax' ? '0x8000000000000000' : '0x80000000';
      const source = `mov ${low!}, ${minimum}\n mov ${high!}, -1\n mov ${divisor!}, -1\n fault: idiv ${divisor!}`;
      expect(faultOf(source).vector).toBe(layout.VECTOR_DE);
    }
  });

  test('imul with an immediate, 16 bits wide', () => {
    const processor = run('mov rax, -1\n mov ebx, 300\n imul ax, bx, -300\n imul cx, bx, 100');
    expect(processor.big(RAX)).toBe(0xffffffffffff0000n | BigInt(-90000 & 0xffff));
    expect(processor.big(RCX) & 0xffffn).toBe(30000n);
    expect(processor.flags & (CF | OF)).toBe(0);
  });
});

describe('bits', () => {
  test('a bit string reaches beyond its operand in both directions', () => {
    const processor = run(`mov rbx, ${String(DATA + 64)}
      mov rax, -1
      bts [rbx], rax
      mov eax, 130
      bts [rbx], eax
      btc qword [rbx + 24], 70
      mov rax, -1
      btr [rbx], rax
      mov rcx, [rbx - 8]
      mov rdx, [rbx + 16]
      mov rsi, [rbx + 24]`);
    expect(processor.flags & CF).toBe(CF);
    expect(processor.big(RCX)).toBe(0n);
    expect(processor.big(RDX)).toBe(4n);
    expect(processor.big(layout.RSI)).toBe(64n);
  });

  test('bt changes CF alone', () => {
    for (const flags of [0, STATUS_FLAGS]) {
      const { flags: after } = repeated('bt rax, 3')({ [RAX]: 8n }, flags);
      expect(after).toBe(flags | CF);
    }
  });

  test('a bit scan of 0 sets ZF and leaves its destination', () => {
    const processor = run('mov rax, -1\n xor ebx, ebx\n bsf eax, ebx\n setz cl\n bsr rdx, rax');
    expect(processor.big(RAX)).toBe((1n << 64n) - 1n);
    expect([processor.low(RCX) & 0xff, processor.low(RDX)]).toEqual([1, 63]);
    expect(processor.flags & ZF).toBe(0);
  });

  test('bswap, popcnt', () => {
    const processor = run(
      'mov rax, 0x0102030405060708\n popcnt rbx, rax\n mov ecx, eax\n bswap ecx\n bswap rax',
    );
    expect(processor.big(RAX)).toBe(0x0807060504030201n);
    expect(processor.big(RCX)).toBe(0x08070605n);
    expect(processor.low(RBX)).toBe(13);
  });

  test('crc32 of "123456789" is the check value of CRC-32C', () => {
    const bytes = (machine: Machine) => {
      machine.write(DATA, new TextEncoder().encode('123456789'));
    };
    const processor = run(
      `mov rbx, ${String(DATA)}\n mov rax, -1\n crc32 rax, qword [rbx]\n crc32 eax, byte [rbx + 8]\n not eax`,
      bytes,
    );
    expect(processor.big(RAX)).toBe(0xe3069283n);
  });
});

describe('exchanges', () => {
  test('cmpxchg: 32 bits clear upper halves only of what is written', () => {
    const equal = run('mov rax, -1\n mov rbx, -1\n mov ecx, 5\n cmpxchg ebx, ecx');
    expect([equal.big(RAX), equal.big(RBX)]).toEqual([(1n << 64n) - 1n, 5n]);
    const different = run('mov rax, -2\n mov rbx, -1\n mov ecx, 5\n cmpxchg ebx, ecx');
    expect([different.big(RAX), different.big(RBX)]).toEqual([0xffffffffn, (1n << 64n) - 1n]);
    expect(different.flags & STATUS_FLAGS).toBe(SF | CF | AF | PF);
  });

  test('xadd of a register with itself doubles it', () => {
    expect(run('mov eax, 21\n xadd eax, eax').big(RAX)).toBe(42n);
  });

  test('cmpxchg8b changes ZF alone', () => {
    const source = (low: number) => `mov rdi, ${String(DATA)}\n mov rax, 0x200000001\n mov [rdi], rax
      mov eax, ${String(low)}\n mov edx, 2\n mov ebx, 7\n mov ecx, 8\n stc\n cmpxchg8b [rdi]\n mov rsi, [rdi]`;
    const equal = run(source(1));
    expect([equal.big(layout.RSI), equal.flags & (ZF | CF)]).toEqual([0x800000007n, ZF | CF]);
    const different = run(source(9));
    expect([different.big(RAX), different.big(RDX), different.flags & (ZF | CF)]).toEqual([1n, 2n, CF]);
  });

  test('cmpxchg16b wants an aligned operand', () => {
    const aligned = run(
      `mov rdi, ${String(DATA)}\n xor eax, eax\n cqo\n mov ebx, 7\n mov ecx, 8\n lock cmpxchg16b [rdi]
       mov rsi, [rdi + 8]`,
    );
    expect([aligned.low(layout.RSI), aligned.flags & ZF]).toEqual([8, ZF]);
    const fault = faultOf(`mov rdi, ${String(DATA + 8)}\n fault: cmpxchg16b [rdi]`);
    expect(fault).toEqual({ vector: layout.VECTOR_GP, error: 0 });
  });

  test.each([
    'xchg [rdi], rax',
    'xadd [rdi], rax',
    'cmpxchg [rdi], rax',
    'shl qword [rdi], 1',
    'bts [rdi], rax',
  ])('%s on a read-only page is a write fault that changes nothing', (instruction) => {
    const { processor, labels } = run64(
      `mov rdi, ${String(DATA + 0x1000)}\n mov eax, 5\n stc\n fault: ${instruction}`,
      (machine) => {
        protect(machine, DATA + 0x1000, 5);
      },
    );
    expect([processor.exitVector, processor.exitError]).toEqual([layout.VECTOR_PF, 7]);
    expect(processor.rip).toBe(labels.get('fault'));
    expect([processor.big(RAX), processor.flags & STATUS_FLAGS]).toEqual([5n, CF]);
  });
});

test('sign extension and the flags in AH', () => {
  const processor = run(`mov rax, 0x80
    cbw
    cwde
    cdqe
    cqo
    mov rbx, rax
    mov ah, 0xd5
    sahf
    mov ah, 0
    cmc
    lahf
    mov cl, ah`);
  expect([processor.big(RBX), processor.big(RDX)]).toEqual([(1n << 64n) - 0x80n, (1n << 64n) - 1n]);
  expect(processor.low(RCX) & 0xff).toBe(0xd6);
});

describe('decimal adjustment, in compatibility mode', () => {
  const run32 = (source: string) => {
    const machine = userMachine();
    machine.write(CODE, assemble(`${source}\n ud2`, { origin: CODE, bits: 32 }).bytes);
    const { processor } = machine;
    processor.setSegment(layout.SEG_CS, 0x23, 0, 0xffffffff, CODE_32);
    processor.stateChanged();
    processor.run(100);
    return processor;
  };

  test.each<[string, string, number, number]>([
    ['79 + 35', 'mov al, 0x79\n add al, 0x35\n daa', 0x14, AF | CF],
    ['35 - 47', 'mov al, 0x35\n sub al, 0x47\n das', 0x88, AF | CF],
    ['9 + 8', 'mov eax, 9\n add al, 8\n aaa', 0x107, AF | CF],
    ['3 - 8, unpacked', 'mov eax, 0x203\n sub al, 8\n aas', 0x105, AF | CF],
    ['87 in digits', 'mov al, 87\n aam 10', 0x807, 0],
    ['digits in 87', 'mov eax, 0x807\n aad 10', 87, 0],
  ])('%s', (_, source, ax, flags) => {
    const processor = run32(source);
    expect(processor.exitVector).toBe(layout.VECTOR_UD);
    expect([processor.low(RAX) & 0xffff, processor.flags & (AF | CF)]).toEqual([ax, flags]);
  });

  test('aam by 0 is #DE', () => {
    expect(run32('aam 0').exitVector).toBe(layout.VECTOR_DE);
  });
});
