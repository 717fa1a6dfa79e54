/** Exceptions that are not about memory or segments: vector, error code, RIP, and which of two comes first. */
import { describe, expect, it } from 'vitest';
import type { Machine } from '../machine.ts';
import { CODE } from '../testing.ts';
import { outcome, runIn } from './rings.ts';
import * as layout from '../wasm/layout.ts';

const { VECTOR_DE, VECTOR_GP, VECTOR_MF, VECTOR_NM, VECTOR_PF, VECTOR_SS, VECTOR_UD, VECTOR_XM } = layout;

/** What `source` ends with in ring 3; UD2 at its end says that nothing faulted before. */
function faultOf(source: string, setup?: (machine: Machine) => void, bits: 32 | 64 = 64): unknown {
  return outcome(runIn(3, source, setup, bits));
}

const registers =
  (cr0: number, cr4 = 0x620) =>
  ({ processor }: Machine): void => {
    processor.setWord(layout.CR0, cr0);
    processor.setWord(layout.CR4, cr4);
  };
const TS = registers(0x8005003b);
const EM = registers(0x80050037);
const NO_OSFXSR = registers(0x80050033, 0x20);

describe('#DE', () => {
  it.each([
    'xor ecx, ecx\n div ecx',
    'mov edx, 1\n mov ecx, 1\n div ecx',
    'mov eax, 0x80000000\n cdq\n mov ecx, -1\n idiv ecx',
    'mov ax, 0x7fff\n mov cl, 1\n div cl',
    'mov rax, 0x8000000000000000\n cqo\n mov rcx, -1\n idiv rcx',
  ])('%s', (source) => {
    expect(faultOf(source)).toEqual([VECTOR_DE, 0]);
  });

  it('comes after the operand was read', () => {
    expect(faultOf('div dword [0x900000]')).toEqual([VECTOR_PF, 4]);
  });

  it('aam 0 in compatibility mode', () => {
    expect(faultOf('aam 0', undefined, 32)).toEqual([VECTOR_DE, 0]);
  });
});

describe('#UD', () => {
  it.each<[string, string]>([
    ['ud2', 'ud2'],
    ['ud1', 'ud1 eax, eax'],
    ['push es in 64-bit mode', 'db 0x06'],
    ['daa in 64-bit mode', 'db 0x27'],
    ['far jump to an immediate in 64-bit mode', 'db 0xea, 0, 0, 0, 0, 0, 0'],
    ['les in 64-bit mode without a third byte of VEX', 'db 0xc4, 0, 0'],
    ['lock on a register', 'db 0xf0, 0x01, 0xc0'],
    ['lock on an instruction that takes none', 'db 0xf0, 0x8b, 0x00'],
    ['lock on cmp', 'db 0xf0, 0x39, 0x08'],
    ['lock on a nop', 'db 0xf0, 0x90'],
    ['lea of a register', 'db 0x8d, 0xc0'],
    ['mov from a segment that is none', 'db 0x8c, 0xf0'],
    ['mov to control register 1', 'db 0x0f, 0x22, 0xc8'],
    ['bswap is fine but its neighbour is not', 'db 0x0f, 0xc7, 0xc0'],
    ['group 8 below bt', 'db 0x0f, 0xba, 0xc0, 0'],
    ['pop with an extension', 'db 0x8f, 0xc8'],
    ['fe with an extension', 'db 0xfe, 0xd0'],
    ['ff /7', 'db 0xff, 0xf8'],
    ['lds of a register', 'db 0x0f, 0xb4, 0xc0'],
    ['vmcall', 'db 0x0f, 0x01, 0xc1'],
    ['monitor', 'monitor'],
    ['rsm', 'rsm'],
    ['clac', 'db 0x0f, 0x01, 0xca'],
    ['xgetbv without OSXSAVE', 'db 0x0f, 0x01, 0xd0'],
    ['rdpid', 'db 0xf3, 0x0f, 0xc7, 0xf8'],
    ['group 9 /5 of a register', 'db 0x0f, 0xc7, 0xe8'],
    ['an x87 opcode that does not exist', 'db 0xd9, 0xd1'],
  ])('%s', (_, source) => {
    const run = runIn(3, source);
    expect(outcome(run)).toEqual([VECTOR_UD, 0]);
    expect([run.processor.rip, run.processor.retired]).toEqual([CODE, 0]);
  });

  it('comes before #GP and #PF of the operand', () => {
    expect(faultOf('mov rax, 0x800000000000\n db 0xf0, 0x8b, 0x00')).toEqual([VECTOR_UD, 0]);
  });
});

describe('the length of an instruction', () => {
  it('is 15 bytes at most: more is #GP(0)', () => {
    expect(faultOf('times 14 db 0x66\n nop\n ud2')).toEqual([VECTOR_UD, 0]);
    expect(faultOf('times 15 db 0x66\n nop\n ud2')).toEqual([VECTOR_GP, 0]);
  });
});

describe('#NM and #UD of the FPU', () => {
  it.each<[string, (machine: Machine) => void, string, [number, number]]>([
    ['x87 with TS', TS, 'fld1', [VECTOR_NM, 0]],
    ['x87 with EM', EM, 'fld1', [VECTOR_NM, 0]],
    ['MMX with TS', TS, 'paddb mm0, mm1', [VECTOR_NM, 0]],
    ['MMX with EM', EM, 'paddb mm0, mm1', [VECTOR_UD, 0]],
    ['SSE with TS', TS, 'addps xmm0, xmm1', [VECTOR_NM, 0]],
    ['SSE with EM', EM, 'addps xmm0, xmm1', [VECTOR_UD, 0]],
    ['SSE without OSFXSR', NO_OSFXSR, 'addps xmm0, xmm1', [VECTOR_UD, 0]],
    ['fxsave with TS', TS, 'fxsave [0x600000]', [VECTOR_NM, 0]],
    ['fxsave without OSFXSR', NO_OSFXSR, 'fxsave [0x600000]\n hlt', [VECTOR_GP, 0]],
    ['ldmxcsr with TS', TS, 'ldmxcsr [0x600000]', [VECTOR_NM, 0]],
    ['wait with TS and MP', TS, 'fwait', [VECTOR_NM, 0]],
    ['wait with EM alone', EM, 'fwait\n hlt', [VECTOR_GP, 0]],
    ['#NM before the operand’s #PF', TS, 'movups xmm0, [0x900000]', [VECTOR_NM, 0]],
    ['#UD before #NM', registers(0x8005003f), 'addps xmm0, xmm1', [VECTOR_UD, 0]],
    ['integers do not care', TS, 'movnti [0x600000], eax\n hlt', [VECTOR_GP, 0]],
  ])('%s', (_, setup, source, expected) => {
    expect(faultOf(source, setup)).toEqual(expected);
  });
});

describe('aligned operands', () => {
  it.each<[string, string, [number, number]]>([
    ['movaps', 'movaps xmm0, [0x600008]', [VECTOR_GP, 0]],
    ['movdqa store', 'movdqa [0x600001], xmm0', [VECTOR_GP, 0]],
    ['addps', 'addps xmm0, [0x600004]', [VECTOR_GP, 0]],
    ['movups need not', 'movups xmm0, [0x600001]\n ud2', [VECTOR_UD, 0]],
    ['addss need not', 'addss xmm0, [0x600001]\n ud2', [VECTOR_UD, 0]],
    ['fxsave', 'fxsave [0x600008]', [VECTOR_GP, 0]],
    ['cmpxchg16b', 'cmpxchg16b [0x600008]', [VECTOR_GP, 0]],
    ['movntps', 'movntps [0x600008], xmm0', [VECTOR_GP, 0]],
    ['#GP of alignment before #PF', 'movaps xmm0, [0x900008]', [VECTOR_GP, 0]],
  ])('%s', (_, source, expected) => {
    expect(faultOf(source)).toEqual(expected);
  });
});

describe('#AC', () => {
  const CHECKED = 0x202 | layout.AC;
  const flags =
    (value: number, cr0 = 0x80050033) =>
    (machine: Machine): void => {
      registers(cr0)(machine);
      machine.processor.flags = value;
    };

  it.each<[string, string]>([
    ['a load', 'mov eax, [0x600001]'],
    ['a store', 'mov [0x600002], rax'],
    ['read-modify-write', 'add dword [0x600001], 1'],
    ['a word', 'mov ax, [0x600003]'],
    ['push', 'mov rsp, 0x600009\n push rax'],
    ['across pages', 'mov eax, [0x600ffe]'],
    ['a string', 'mov edi, 0x600001\n stosd'],
    ['a string of many', 'mov edi, 0x600001\n mov ecx, 9\n rep stosd'],
    ['xchg', 'xchg [0x600001], eax'],
  ])('%s', (_, source) => {
    const run = runIn(3, `${source}\n ud2`, flags(CHECKED));
    expect(outcome(run)).toEqual([layout.VECTOR_AC, 0]);
    expect(run.machine.words[0x600000 / 4]).toBe(0);
  });

  it('needs AC, AM and ring 3', () => {
    const source = 'mov eax, [0x600001]\n ud2';
    expect(faultOf(source, flags(0x202))).toEqual([VECTOR_UD, 0]);
    expect(faultOf(source, flags(CHECKED, 0x80010033))).toEqual([VECTOR_UD, 0]);
    expect(outcome(runIn(0, source, flags(CHECKED)))).toEqual([VECTOR_UD, 0]);
  });

  it('leaves aligned operands and bytes alone, and comes after #PF', () => {
    expect(faultOf('mov eax, [0x600004]\n mov al, [0x600001]\n ud2', flags(CHECKED))).toEqual([VECTOR_UD, 0]);
    expect(faultOf('mov eax, [0x900001]', flags(CHECKED))).toEqual([VECTOR_PF, 4]);
  });

  it('begins with the popf that sets AC, also on a page that was used before', () => {
    const source = 'mov eax, [0x600001]\n push 0x40202\n popfq\n here: mov eax, [0x600001]\n ud2';
    const run = runIn(3, source);
    expect(outcome(run)).toEqual([layout.VECTOR_AC, 0]);
    expect(run.processor.rip).toBe(run.labels.get('here'));
  });
});

describe('#MF', () => {
  const pending = 'fldcw [setting]\n fldz\n fld1\n fdivrp\n';
  const data = '\n setting: dw 0x33b';

  it.each(['fld1', 'fwait', 'fadd st0, st0', 'paddb mm0, mm1', 'emms', 'fstsw ax'])(
    'an unmasked exception waits for the next waiting instruction: %s',
    (next) => {
      const run = runIn(3, `${pending} here: ${next}\n ud2${data}`);
      expect(outcome(run)).toEqual([VECTOR_MF, 0]);
      expect(run.processor.rip).toBe(run.labels.get('here'));
    },
  );

  it.each(['fnstsw ax', 'fnclex', 'fninit', 'fnstcw [0x600000]', 'addps xmm0, xmm1'])(
    'it does not stop %s',
    (next) => {
      expect(faultOf(`${pending} ${next}\n ud2${data}`)).toEqual([VECTOR_UD, 0]);
    },
  );
});

describe('#XM', () => {
  const unmask = 'ldmxcsr [setting]\n pxor xmm1, xmm1\n movaps xmm0, [one]\n';
  const data = '\n ud2\n align 16\n one: dd 1.0, 1.0, 1.0, 1.0\n setting: dd 0x1d80';

  it('an unmasked exception faults at the instruction, and leaves its operands', () => {
    const run = runIn(3, `${unmask} here: divps xmm0, xmm1${data.replaceAll('1.0', '0x3f800000')}`);
    expect(outcome(run)).toEqual([VECTOR_XM, 0]);
    expect(run.processor.rip).toBe(run.labels.get('here'));
    expect(run.processor.word(layout.XMM)).toBe(0x3f800000);
    expect(run.processor.word(layout.MXCSR) & 0x3f).toBe(4);
  });

  it('is #UD without CR4.OSXMMEXCPT', () => {
    const source = `${unmask} divps xmm0, xmm1${data.replaceAll('1.0', '0x3f800000')}`;
    const run = runIn(3, source, registers(0x80050033, 0x220));
    expect(outcome(run)).toEqual([VECTOR_UD, 0]);
    expect(run.processor.rip).not.toBe(run.labels.get('one'));
  });

  it('reserved bits of MXCSR are #GP(0)', () => {
    expect(faultOf('ldmxcsr [setting]\n setting: dd 0x10000')).toEqual([VECTOR_GP, 0]);
  });
});

describe('segment limits in compatibility mode', () => {
  const limited =
    (segment: number, limit: number, attributes: number) =>
    ({ processor }: Machine): void => {
      processor.setSegment(segment, 0x2b, 0, limit, attributes);
    };
  const { SEG_DS, SEG_ES, SEG_SS } = layout;

  it.each<[string, string, (machine: Machine) => void, [number, number]]>([
    ['beyond DS', 'mov eax, [0x600001]', limited(SEG_DS, 0x600003, 0x40f3), [VECTOR_GP, 0]],
    ['the last byte of DS', 'mov eax, [0x600000]\n ud2', limited(SEG_DS, 0x600003, 0x40f3), [VECTOR_UD, 0]],
    ['beyond SS', 'mov eax, [ebp + 0x600001]', limited(SEG_SS, 0x600003, 0x40f3), [VECTOR_SS, 0]],
    ['push beyond SS', 'push eax', limited(SEG_SS, 0x6fff00, 0x40f3), [VECTOR_SS, 0]],
    ['a write to read-only DS', 'mov [0x600000], eax', limited(SEG_DS, 0xffffffff, 0xc0f1), [VECTOR_GP, 0]],
    ['a null DS', 'mov eax, [0x600000]', limited(SEG_DS, 0, 0), [VECTOR_GP, 0]],
    [
      'below an expand-down segment',
      'mov eax, [0x600000]',
      limited(SEG_DS, 0x600000, 0x40f7),
      [VECTOR_GP, 0],
    ],
    ['inside one', 'mov eax, [0x600001]\n ud2', limited(SEG_DS, 0x600000, 0x40f7), [VECTOR_UD, 0]],
    [
      'a string’s destination in ES',
      'mov edi, 0x600001\n stosd',
      limited(SEG_ES, 0x600003, 0x40f3),
      [VECTOR_GP, 0],
    ],
    [
      'a far pointer’s selector',
      'jmp far dword [0x600000]',
      limited(SEG_DS, 0x600004, 0x40f3),
      [VECTOR_GP, 0],
    ],
    ['sgdt’s base', 'sgdt [0x600000]', limited(SEG_DS, 0x600004, 0x40f3), [VECTOR_GP, 0]],
    [
      'an x87 word at the end',
      'fild word [0x600002]\n ud2',
      limited(SEG_DS, 0x600003, 0x40f3),
      [VECTOR_UD, 0],
    ],
    ['an x87 number of ten bytes', 'fld tword [0x600000]', limited(SEG_DS, 0x600008, 0x40f3), [VECTOR_GP, 0]],
    [
      'an x87 store to read-only DS',
      'fstp dword [0x600000]',
      limited(SEG_DS, 0xffffffff, 0xc0f1),
      [VECTOR_GP, 0],
    ],
    ['#GP of the limit before #PF', 'mov eax, [0x900000]', limited(SEG_DS, 0x600003, 0x40f3), [VECTOR_GP, 0]],
  ])('%s', (_, source, setup, expected) => {
    expect(faultOf(source, setup, 32)).toEqual(expected);
  });

  it('a segment base is added, and 32 bits wrap', () => {
    const run = runIn(
      3,
      'mov eax, [0xfff00000]\n ud2',
      (machine) => {
        machine.processor.setSegment(SEG_DS, 0x2b, 0x700000, 0xffffffff, 0xc0f3);
        machine.words[0x600000 / 4] = 77;
      },
      32,
    );
    expect(run.processor.low(layout.RAX)).toBe(77);
  });

  it('running off the end of CS is #GP(0)', () => {
    const run = runIn(
      3,
      'nop\n nop\n nop\n nop\n ud2',
      ({ processor }) => {
        processor.setSegment(layout.SEG_CS, 0x3b, 0, CODE + 2, 0x40fb);
      },
      32,
    );
    expect(outcome(run)).toEqual([VECTOR_GP, 0]);
    expect(run.processor.rip).toBe(CODE + 3);
  });
});
