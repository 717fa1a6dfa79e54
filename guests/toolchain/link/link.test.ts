import { expect, test } from 'vitest';
import { compile } from '../compile.ts';
import runtime from '../runtime-source.ts';
import { link } from './link.ts';
import type { AssemblerSource, Image } from './link.ts';
import { KERNEL_DATA, KERNEL_WINDOW, PROGRAM_DATA, PROGRAM_TEXT } from './layout.ts';
import type { ImageKind } from './layout.ts';
import { addressesOf, decodeSymbols, functionAt, lineAt } from './symbols.ts';

const SOURCE = `@external('asm', 'outside') declare function outside(x: i32): i32;
let count: i32 = 5;
export function twice(x: i32): i32 {
  count += outside(x);
  return count * 2;
}
export function abort(a: usize, b: usize, c: i32, d: i32): void {
  unreachable();
}
`;
const ASSEMBLER = {
  name: 'entry.asm',
  text: 'entry:\n    call twice\n    hlt\noutside:\n    mov eax, edi\n    ret\n',
};

async function build(
  kind: ImageKind,
  source = SOURCE,
  assembler: AssemblerSource = ASSEMBLER,
): Promise<Image> {
  const memoryBase = kind === 'kernel' ? KERNEL_DATA : PROGRAM_DATA;
  const compiled = await compile(new Map([['main.ts', source]]), 'main.ts', { runtime: 'bare', memoryBase });
  return link(compiled, [{ name: 'runtime.asm', text: runtime }, assembler], kind);
}

test('a kernel is one segment in the window; a program keeps text from data', async () => {
  const kernel = await build('kernel');
  expect(kernel.segments.map(({ address }) => address)).toEqual([KERNEL_WINDOW + KERNEL_DATA]);
  const program = await build('program');
  expect(program.segments.map(({ writable, executable }) => [writable, executable])).toEqual([
    [true, false],
    [true, false],
    [false, true],
  ]);
  expect(program.segments[2]!.address).toBe(PROGRAM_TEXT);
});

test('addresses map to functions and lines of both languages, and lines to addresses', async () => {
  const { symbols, labels } = await build('kernel');
  const twice = labels.get('twice')!;
  expect(functionAt(symbols, twice)?.name).toBe('twice');
  expect(lineAt(symbols, twice)?.file).toBe('main.ts');
  expect([4, 5]).toContain(lineAt(symbols, twice + 12)?.line);
  expect(lineAt(symbols, labels.get('outside')!)).toEqual({ file: 'entry.asm', line: 5 });
  expect(addressesOf(symbols, 'entry.asm', 5)).toEqual([labels.get('outside')!]);
  expect(functionAt(symbols, KERNEL_WINDOW)).toBe(undefined);
});

test('the symbol table in the image reads back as it was', async () => {
  const { symbols, symbolTable, segments } = await build('kernel');
  const { address, bytes } = segments[0]!;
  const read = (at: number, count: number): Uint8Array => bytes.slice(at - address, at - address + count);
  expect(decodeSymbols(read, symbolTable)).toEqual(symbols);
});

test('what nothing defines is named', async () => {
  const text = 'entry:\n    call twice\n    hlt\n';
  await expect(build('kernel', SOURCE, { name: 'entry.asm', text })).rejects.toThrow(
    'not defined by the assembler or an export: outside',
  );
});

test('what is defined twice is named', async () => {
  const text = `${ASSEMBLER.text}\ntwice: ret\n`;
  await expect(build('kernel', SOURCE, { name: 'entry.asm', text })).rejects.toThrow(
    "'twice' is defined twice",
  );
});

test('errors of the assembler name the file and its own line', async () => {
  const text = `${ASSEMBLER.text}    mov rax, nonsense\n`;
  await expect(build('kernel', SOURCE, { name: 'entry.asm', text })).rejects.toThrow(
    /^entry\.asm:7: .*nonsense/,
  );
});

test('floats are for programs alone: a kernel leaves the FPU to its processes', async () => {
  const source = `${SOURCE}\nexport function half(x: f64): f64 {\n  return x / 2;\n}\n`;
  await expect(build('kernel', source)).rejects.toThrow(/a float .* in .*half: not supported/);
  await expect(build('program', source)).resolves.toBeDefined();
});
