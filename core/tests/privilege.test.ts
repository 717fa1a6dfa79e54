/** What a ring may do: flags, ports, privileged instructions; and the instructions that ask for ring 0. */
import { describe, expect, it } from 'vitest';
import * as rings from './rings.ts';
import { outcome, runIn } from './rings.ts';
import { run64 } from '../testing.ts';
import * as layout from '../wasm/layout.ts';

const { VECTOR_GP, VECTOR_UD, AC, DF, ID, IF, IOPL, NT, RF, STATUS_FLAGS } = layout;

/** RFLAGS after `popfq` of `value`, from `before`; but for RF, which the fault behind it sets. */
function popf(ring: 0 | 3, before: number, value: number, instruction = 'popfq'): number {
  const { processor } = runIn(ring, `push ${String(value)}\n ${instruction}\n ud2`, (machine) => {
    machine.processor.flags = before;
  });
  return processor.flags & ~RF;
}

describe('popf', () => {
  const everything = STATUS_FLAGS | IF | DF | IOPL | NT | AC | ID | RF | 0x1b0000;

  it('in ring 3 changes neither IOPL nor IF, in ring 0 both; never VM, VIF, VIP, RF', () => {
    expect(popf(3, 0x2, everything)).toBe(STATUS_FLAGS | DF | NT | AC | ID | 2);
    expect(popf(0, 0x2, everything)).toBe(STATUS_FLAGS | DF | NT | AC | ID | IF | IOPL | 2);
  });

  it('with IOPL 3 ring 3 changes IF, and still not IOPL', () => {
    expect(popf(3, 0x3202, 0x2)).toBe(0x3002);
  });

  it('of 16 bits leaves the upper half', () => {
    expect(popf(3, AC | ID | 2, 0, 'popfw') & (AC | ID)).toBe(AC | ID);
  });

  it('that sets TF traps behind the next instruction', () => {
    const run = runIn(3, 'push 0x302\n popfq\n mov eax, 1\n mov eax, 2\n ud2');
    expect(outcome(run)).toEqual([layout.VECTOR_DB, 0]);
    expect(run.processor.low(layout.RAX)).toBe(1);
  });
});

it('pushf tells all flags but RF', () => {
  const { machine } = runIn(3, 'pushfq\n ud2', ({ processor }) => {
    processor.flags = RF | AC | IF | 0xd5 | 2;
  });
  expect(rings.read64(machine, 0x700000 - 8)).toBe(BigInt(AC | IF | 0xd5 | 2));
});

describe('cli and sti', () => {
  it.each<[0 | 3, number, string, string | [number, number]]>([
    [3, 0x202, 'cli', [VECTOR_GP, 0]],
    [3, 0x202, 'sti', [VECTOR_GP, 0]],
    [3, 0x3202, 'cli', [VECTOR_UD, 0]],
    [0, 0x202, 'cli', [VECTOR_UD, 0]],
  ])('ring %i, flags %i: %s', (ring, flags, instruction, expected) => {
    const run = runIn(ring, `${instruction}\n ud2`, ({ processor }) => {
      processor.flags = flags;
    });
    expect(outcome(run)).toEqual(expected);
    if (expected[0] === VECTOR_UD) expect(run.processor.flags & IF).toBe(0);
  });
});

describe('privileged instructions', () => {
  it.each([
    ...[
      'hlt',
      'clts',
      'wbinvd',
      'invd',
      'rdmsr',
      'wrmsr',
      'swapgs',
      'lgdt [rax]',
      'lidt [rax]',
      'lldt ax',
      'ltr ax',
    ],
    ...['mov cr3, rax', 'mov rax, cr0', 'mov dr7, rax', 'mov rax, dr6', 'invlpg [rax]', 'lmsw ax', 'sysretq'],
  ])('%s: #GP(0) outside ring 0', (instruction) => {
    const run = runIn(3, instruction);
    expect(outcome(run)).toEqual([VECTOR_GP, 0]);
    expect(run.processor.retired).toBe(0);
  });

  it('in ring 0 they are left to the hypervisor, not retired, RIP at them', () => {
    const run = runIn(0, 'nop\n hlt');
    expect(outcome(run)).toBe('privileged');
    expect(run.processor.retired).toBe(1);
    expect(run.processor.rip).toBe(0x400001);
  });
});

describe('ports', () => {
  const allow = (port: number) => (machine: Parameters<typeof rings.installTables>[0]) => {
    const map = rings.TSS + 104;
    machine.bytes[rings.TSS + 102] = 104;
    machine.bytes[rings.TSS + 103] = 0;
    machine.bytes.fill(0xff, map, map + 0x100);
    machine.bytes[map + (port >> 3)]! &= ~(1 << (port & 7));
  };

  it.each<[string, 0 | 3, string, string | [number, number]]>([
    ['ring 0', 0, 'in al, 0x60', 'privileged'],
    ['ring 3 without a map', 3, 'in al, 0x60', [VECTOR_GP, 0]],
    ['out in ring 3 without a map', 3, 'mov edx, 0x3f8\n out dx, al', [VECTOR_GP, 0]],
    ['string input in ring 3', 3, 'mov edx, 0x3f8\n insb', [VECTOR_GP, 0]],
  ])('%s', (_, ring, source, expected) => {
    expect(outcome(runIn(ring, source))).toEqual(expected);
  });

  it('the map of the TSS allows single ports, and all bytes of an access must be allowed', () => {
    expect(outcome(runIn(3, 'in al, 0x61', allow(0x61)))).toBe('privileged');
    expect(outcome(runIn(3, 'mov edx, 0x61\n in al, dx', allow(0x61)))).toBe('privileged');
    expect(outcome(runIn(3, 'in al, 0x60', allow(0x61)))).toEqual([VECTOR_GP, 0]);
    expect(outcome(runIn(3, 'in ax, 0x61', allow(0x61)))).toEqual([VECTOR_GP, 0]);
    expect(outcome(runIn(3, 'mov edx, 0xfff0\n in al, dx', allow(0x61)))).toEqual([VECTOR_GP, 0]);
  });

  it('IOPL 3 allows all', () => {
    const run = runIn(3, 'in eax, 0x60', ({ processor }) => {
      processor.flags = 0x3202;
    });
    expect(outcome(run)).toBe('privileged');
  });
});

describe('asking for ring 0', () => {
  it('syscall leaves RCX and R11, is retired, and RIP is behind it', () => {
    const run = runIn(3, 'stc\n syscall');
    expect(outcome(run)).toBe('syscall');
    expect(run.processor.rip).toBe(0x400003);
    expect(run.processor.get(layout.RCX)).toBe(0x400003);
    expect(run.processor.get(11) & 0x203).toBe(0x203);
    expect(run.processor.retired).toBe(2);
  });

  it('syscall without EFER.SCE is undefined', () => {
    const run = runIn(3, 'syscall', ({ processor }) => {
      processor.setField(layout.EFER, 0xd00);
    });
    expect(outcome(run)).toEqual([VECTOR_UD, 0]);
  });

  it('sysret goes to ring 3 with the flags of R11', () => {
    const source = `mov rcx, there\n mov r11, 0x3a02\n sysretq\n there: ud2`;
    const { processor } = runIn(0, source, (machine) => {
      machine.processor.setHalves(0, 0, 0);
      machine.processor.setWord(layout.STAR + 4, 0x230008);
    });
    expect(processor.cpl).toBe(3);
    expect(processor.selector(layout.SEG_CS)).toBe(0x33);
    expect(processor.selector(layout.SEG_SS)).toBe(0x2b);
    expect(processor.flags & (IOPL | IF)).toBe(0x3200);
  });

  it('sysret to no canonical address is #GP(0) in ring 0', () => {
    const run = runIn(0, 'mov rcx, 0x800000000000\n sysretq');
    expect(outcome(run)).toEqual([VECTOR_GP, 0]);
    expect(run.processor.cpl).toBe(0);
  });

  it.each<[string, number, number]>([
    ['int 0x80', 0x80, 2],
    ['int3', 3, 1],
    ['int 3', 3, 2],
    ['int1', 1, 1],
  ])('%s is a software interrupt with its length, retired', (instruction, vector, length) => {
    const { exit, processor } = runIn(3, instruction);
    expect(exit).toBe(layout.EXIT_SOFTWARE_INTERRUPT);
    expect([processor.exitVector, processor.exitError, processor.rip - 0x400000]).toEqual([
      vector,
      length,
      length,
    ]);
    expect(processor.retired).toBe(1);
  });

  it('into interrupts when OF is set, and does not exist in 64-bit mode', () => {
    const run = runIn(3, 'mov al, 0x7f\n add al, 1\n into', undefined, 32);
    expect([outcome(run), run.processor.exitVector]).toEqual(['software interrupt', layout.VECTOR_OF]);
    expect(outcome(runIn(3, 'xor eax, eax\n into\n ud2', undefined, 32))).toEqual([VECTOR_UD, 0]);
    expect(outcome(runIn(3, 'db 0xce'))).toEqual([VECTOR_UD, 0]);
  });

  it('sysenter is undefined', () => {
    expect(outcome(runIn(3, 'sysenter'))).toEqual([VECTOR_UD, 0]);
  });
});

describe('fs and gs bases', () => {
  const enable = ({ processor }: { processor: { setWord(at: number, value: number): void } }): void => {
    processor.setWord(layout.CR4, 0x10620);
  };

  it('are undefined without CR4.FSGSBASE', () => {
    expect(outcome(runIn(3, 'rdfsbase rax'))).toEqual([VECTOR_UD, 0]);
  });

  it('are read and written, and must be canonical', () => {
    const { processor } = runIn(
      3,
      'mov rax, 0x123456789abc\n wrgsbase rax\n rdgsbase rbx\n wrfsbase eax\n ud2',
      enable,
    );
    expect(processor.get(layout.RBX)).toBe(0x123456789abc);
    expect(processor.segmentBase(layout.SEG_FS)).toBe(0x56789abc);
    expect(outcome(runIn(3, 'mov rax, 0x800000000000\n wrfsbase rax', enable))).toEqual([VECTOR_GP, 0]);
  });
});

describe('time stamp', () => {
  it('counts the instructions retired before it', () => {
    const { processor } = runIn(3, 'nop\n nop\n rdtsc\n ud2', (machine) => {
      machine.processor.tscOffset = 0x5_0000_0000;
    });
    expect([processor.get(layout.RAX), processor.get(layout.RDX)]).toEqual([2, 5]);
  });

  it('CR4.TSD keeps it from ring 3 alone', () => {
    const set = ({ processor }: { processor: { setWord(at: number, value: number): void } }): void => {
      processor.setWord(layout.CR4, 0x624);
    };
    expect(outcome(runIn(3, 'rdtsc', set))).toEqual([VECTOR_GP, 0]);
    expect(outcome(runIn(3, 'rdtscp', set))).toEqual([VECTOR_GP, 0]);
    expect(outcome(runIn(0, 'rdtsc\n ud2', set))).toEqual([VECTOR_UD, 0]);
  });

  it('rdtscp gives TSC_AUX', () => {
    const { processor } = runIn(3, 'rdtscp\n ud2', (machine) => {
      machine.processor.setWord(layout.TSC_AUX, 7);
    });
    expect(processor.get(layout.RCX)).toBe(7);
  });
});

describe('rdrand and rdseed', () => {
  const draw = (seed: number, source = 'rdrand rax\n rdseed rbx\n rdrand rcx\n ud2'): bigint[] => {
    const { processor } = run64(source, (machine) => {
      machine.processor.setField(layout.RANDOM, seed);
      machine.processor.set(layout.RDX, -1);
    });
    return [layout.RAX, layout.RBX, layout.RCX, layout.RDX].map((register) => processor.big(register));
  };

  it('give numbers of the machine’s seed', () => {
    // SplitMix64 of 1, as published.
    expect(draw(1).slice(0, 3)).toEqual([0x910a2dec89025cc1n, 0xbeeb8da1658eec67n, 0xf893a2eefb32555en]);
    expect(draw(2)[0]).not.toBe(draw(1)[0]);
  });

  it('of 16, 32 and 64 bits', () => {
    expect(draw(1, 'rdrand edx\n ud2')[3]).toBe(0x89025cc1n);
    expect(draw(1, 'rdrand dx\n ud2')[3]).toBe(0xffffffffffff5cc1n);
  });

  it('set CF and clear the other status flags', () => {
    const { processor } = run64('or eax, -1\n sub al, 0x7f\n rdseed rax\n ud2');
    expect(processor.flags & layout.STATUS_FLAGS).toBe(layout.CF);
  });

  it('draw from the machine, whichever vcpu runs', () => {
    const { processor } = run64('nop\n rdrand rax\n ud2', undefined, 1);
    const saved = processor.saveState();
    processor.run(1);
    const first = processor.big(layout.RAX);
    processor.restoreState(saved);
    processor.run(1);
    expect(processor.big(layout.RAX)).not.toBe(first);
  });
});

describe('cpuid', () => {
  const ask = (leaf: number, subleaf = 0): number[] => {
    const { processor } = runIn(3, `mov eax, ${String(leaf)}\n mov ecx, ${String(subleaf)}\n cpuid\n ud2`);
    return [layout.RAX, layout.RBX, layout.RCX, layout.RDX].map((register) => processor.get(register));
  };
  const text = (words: readonly number[]): string => new TextDecoder().decode(new Uint32Array(words));

  it('names a vendor that C libraries know, and the brand', () => {
    const [leaves, b, c, d] = ask(0) as [number, number, number, number];
    expect(leaves).toBe(7);
    expect(text([b, d, c])).toBe('AuthenticAMD');
    expect(text(ask(0x80000002))).toBe('Xenoscope x86-64');
  });

  it('has what long mode needs, and not what the core has not: AVX, XSAVE, APIC, MTRR', () => {
    const [, , c, d] = ask(1) as [number, number, number, number];
    expect(d & 0x07808111).toBe(0x07808111);
    // SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT RDRAND, and no other.
    expect([0, 9, 13, 19, 20, 23, 30].reduce((left, bit) => left & ~(1 << bit), c)).toBe(0);
    for (const bit of [0, 9, 13, 19, 20, 23, 30]) expect((c >>> bit) & 1, String(bit)).toBe(1);
    expect([c & ((1 << 26) | (1 << 27) | (1 << 28)), d & ((1 << 9) | (1 << 12))]).toEqual([0, 0]);
    expect(ask(0x80000008)[0]).toBe(0x302e);
    expect([ask(7, 1)[1], ask(0x40000000), ask(0x80000009)]).toEqual([0, [0, 0, 0, 0], [0, 0, 0, 0]]);
  });

  it('faults above ring 0 when the hypervisor asks for it', () => {
    const set = ({ processor }: { processor: { setWord(at: number, value: number): void } }): void => {
      processor.setWord(layout.CPUID_FAULTING, 1);
    };
    expect(outcome(runIn(3, 'cpuid', set))).toEqual([VECTOR_GP, 0]);
    expect(outcome(runIn(0, 'cpuid\n ud2', set))).toEqual([VECTOR_UD, 0]);
  });

  it('answers the hypervisor alike', () => {
    const { processor } = runIn(3, 'ud2');
    expect(processor.cpuid(1, 0)).toEqual(ask(1));
  });
});

it('descriptor-table registers are stored with the width of the mode', () => {
  const { machine } = runIn(3, 'sgdt [0x600000]\n ud2');
  expect(machine.bytes[0x600000]! | (machine.bytes[0x600001]! << 8)).toBe(rings.GDT_LIMIT);
  expect(machine.bytes[0x600004]! | (machine.bytes[0x600005]! << 8)).toBe(rings.GDT >> 16);
  const selectors = runIn(3, 'mov rax, -1\n str eax\n mov ecx, -1\n sldt cx\n smsw edx\n ud2').processor;
  expect([selectors.get(layout.RAX), selectors.get(layout.RCX)]).toEqual([rings.TSS_SELECTOR, 0xffff00e0]);
  expect(selectors.get(layout.RDX)).toBe(0x80050033);
});
