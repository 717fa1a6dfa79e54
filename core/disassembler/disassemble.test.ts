import { describe, expect, test } from 'vitest';
import { assemble } from '../assembler/assemble.ts';
import { encode } from '../assembler/encode.ts';
import { AssemblyError } from '../assembler/errors.ts';
import { exampleOperands } from '../assembler/examples.ts';
import { existsIn } from '../assembler/form.ts';
import { FORMS } from '../assembler/forms.ts';
import { disassemble } from './disassemble.ts';
import type { Form } from '../assembler/form.ts';
import type { Mode, Operand } from '../assembler/operand.ts';

const ORIGIN = 0x1000n;
const parse = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

/** The form's bytes, or null where the operands cannot go together (ah with a REX prefix). */
function bytesOf(form: Form, operands: readonly Operand[], mode: Mode): Uint8Array | null {
  try {
    const near = operands.map((operand) => (operand.kind === 'immediate' ? nearer(form, operand) : operand));
    const bytes = encode(form, near, mode, ORIGIN);
    return bytes === null ? null : Uint8Array.from(bytes);
  } catch (error) {
    if (error instanceof AssemblyError) return null;
    throw error;
  }
}

function nearer(form: Form, operand: Operand & { kind: 'immediate' }): Operand {
  return form.operands.some(({ kind }) => kind === 'relative') ? { ...operand, value: 0x1040n } : operand;
}

describe.each([64, 32, 16] as const)('in %i-bit mode every form', (mode) => {
  const forms = FORMS.filter((form) => existsIn(form, mode) && !form.attributes.has('alias'));

  test('comes back as itself, and its text as the same instruction', () => {
    let count = 0;
    for (const form of forms) {
      for (const operands of exampleOperands(form, mode)) {
        const bytes = bytesOf(form, operands, mode);
        if (bytes === null) continue;
        const found = disassemble(bytes, ORIGIN, mode);
        expect(found.length, form.text).toBe(bytes.length);
        if (mode !== 16) expect(found.form?.text).toBe(form.text);
        const again = assemble(found.text, { origin: ORIGIN, bits: mode }).bytes;
        expect(disassemble(again, ORIGIN, mode).text).toBe(found.text);
        count++;
      }
    }
    expect(count).toBeGreaterThan(5000);
  });

  test('cut short is (bad), of length 1', () => {
    for (const form of forms) {
      const bytes = bytesOf(form, exampleOperands(form, mode)[0]!, mode);
      if (bytes === null || bytes.length === 1) continue;
      const cut = disassemble(bytes.subarray(0, bytes.length - 1), ORIGIN, mode);
      if (cut.text !== '(bad)') expect(cut.length).toBeLessThan(bytes.length);
      else expect(cut.length).toBe(1);
    }
  });
});

test.each([
  ['488b448b08', 'mov rax, qword [rbx+rcx*4+0x8]'],
  ['4883ec20', 'sub rsp, 0x20'],
  ['4883c0ff', 'add rax, -0x1'],
  ['ebfe', 'jmp 0x1000'],
  ['488b0510000000', 'mov rax, qword [rel 0x1017]'],
  ['65488b042528000000', 'mov rax, qword [gs:0x28]'],
  ['f348a5', 'rep movsq'],
  ['f2ae', 'repne scasb'],
  ['f3a6', 'repe cmpsb'],
  ['67e302', 'jecxz 0x1005'],
  ['f390', 'pause'],
  ['90', 'nop'],
  ['4190', 'xchg r8d, eax'],
  ['f00fc14b04', 'lock xadd dword [rbx+0x4], ecx'],
  ['0f05', 'syscall'],
  ['f30f1efa', 'endbr64'],
  ['0f01f8', 'swapgs'],
  ['660f6fc1', 'movdqa xmm0, xmm1'],
  ['db28', 'fld tword [rax]'],
  ['c4', '(bad)'],
  ['0fff', '(bad)'],
  ['', '(bad)'],
])('%s is %s', (hex, text) => {
  expect(disassemble(parse(hex), 0x1000).text).toBe(text);
});

test('branch and RIP-relative targets are signed addresses', () => {
  const at = -0x7f000000;
  expect(disassemble(parse('e8fbffffff'), at).target).toBe(at);
  expect(disassemble(parse('e8fbffffff'), at).text).toBe('call 0xffffffff81000000');
  expect(disassemble(parse('488b0500000000'), at).target).toBe(at + 7);
  expect(disassemble(parse('4801c8'), at).target).toBe(null);
});
