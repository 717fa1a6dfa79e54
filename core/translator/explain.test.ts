/** What is shown of the translator's work is what it does. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import binaryen from 'binaryen';
import { expect, it } from 'vitest';
import { assemble } from '../assembler/assemble.ts';
import { coreModule } from '../testing.ts';
import { explainCode } from './follow.ts';
import type { ExplainedRegion } from './explain.ts';

const ORIGIN = 0x400000;

function explain(source: string, label: string): ExplainedRegion | undefined {
  const { bytes, labels } = assemble(source, { origin: ORIGIN });
  return explainCode(coreModule(), binaryen, [{ address: ORIGIN, bytes }], labels.get(label)!);
}

/** Lines of a record's code, all parts of it. */
function wasmOf({ code }: ExplainedRegion, x86: string): string {
  const parts = code.filter(({ record }) => record?.x86.includes(x86));
  return parts.flatMap(({ wasm }) => wasm).join('\n');
}

it('a loop is shown as x86, records and WebAssembly, each beside what it comes from', () => {
  const source = readFileSync(fileURLToPath(new URL('./example.asm', import.meta.url)), 'utf8');
  const region = explain(source, 'again')!;
  const records = region.code.filter(({ record, continues }) => record !== null && !continues);
  expect(records.map(({ record }) => [record!.x86, record!.text, record!.begins])).toEqual([
    [['add rax, qword [rsi]'], 'ALU_RM_add_u64 rax [rsi]', true],
    [['add rsi, 0x8'], 'ALU_RI_add_u64 rsi 8', false],
    [['cmp rsi, rdi', 'jne 0x400010'], 'CMP_RR_u64_JCC_ne rsi rdi', false],
    [['ret'], 'RET', true],
  ]);
  expect(region).toMatchObject({ blocks: 2, records: 4 });
  expect(wasmOf(region, 'add rax, qword [rsi]')).toContain('call $memory/readSlow');
  // The flags of this addition are never seen: there is one value, and nothing else.
  expect(wasmOf(region, 'add rsi, 0x8').split('\n')).toEqual([
    expect.stringMatching(/\(local\.set \$value\d+ \(i64\.add \(i64\.const 8\) \(local\.get \$rsi\)\)\)/),
    expect.stringMatching(/\(local\.set \$rsi \(local\.get \$value\d+\)\)/),
  ]);
  expect(wasmOf(region, 'jne 0x400010')).toMatch(/\(then\s+\(br \$label\)\)/);
  // The way of a miss is seldom gone, and neither is that of a used-up budget.
  const hints = wasmOf(region, 'add rax, qword [rsi]').match(/@metadata\.code\.branch_hint "\\\d\d"/g);
  expect(hints?.map((hint) => hint.slice(-3, -1))).toEqual(['00', '01', '00']);
  // What stands behind all records is none's.
  expect(region.code.at(-1)).toMatchObject({
    record: null,
    wasm: expect.arrayContaining(['(local.get $gives)']),
  });
});

it('both ways of a jump are followed, into other pages, too, and what is behind a call; not what is behind a return', () => {
  const source = `start: test eax, eax
    jz other
    call away
    inc ebx
    ret
    other: dec ebx
    jmp away
    never: int3
    align 4096
    away: inc ecx
    ret`;
  const shown = explain(source, 'start')!.code.flatMap(({ record }) => record?.x86 ?? []);
  for (const x86 of ['inc ebx', 'dec ebx', 'inc ecx']) expect(shown).toContain(x86);
  expect(shown).not.toContain('int3');
  expect(explain(source, 'away')).toMatchObject({ blocks: 1 });
});

it('a return goes on behind the call that came there, if that is where it returns to', () => {
  const source = `start: call first
    call second
    ret
    first: call second
    ret
    second: inc ecx
    ret`;
  const region = explain(source, 'start')!;
  const returns = region.code.filter(({ record, continues }) => record?.text === 'RET' && !continues);
  const pairs = returns.map(({ record }) => {
    const wasm = wasmOf({ ...region, code: region.code.filter((each) => each.record === record) }, 'ret');
    const back =
      /\(i64\.eq\s+\(local\.get \$exit_rip\)\s+\(i64\.add \(local\.get \$page\) \(i64\.const (\d+)\)\)\)/.exec(
        wasm,
      );
    return [record!.address - ORIGIN, back === null ? undefined : Number(back[1])];
  });
  // Where `start` returns to is not known; the first call of `second` that was found, breadth first, is that of `first`.
  expect(Object.fromEntries(pairs)).toEqual({ 10: undefined, 16: 5, 19: 16 });
});

it('where there is no code nothing is shown', () => {
  expect(
    explainCode(coreModule(), binaryen, [{ address: ORIGIN, bytes: Uint8Array.of(0x90) }], 0x500000),
  ).toBe(undefined);
});
