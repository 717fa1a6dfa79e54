import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { abiModule } from './abi-module.ts';
import { compile, CompileError } from './compile.ts';
import type { CompileOptions } from './compile.ts';

const bare: CompileOptions = { runtime: 'bare', memoryBase: 0x1000 };

async function run(files: Record<string, string>): Promise<number> {
  const { wasm } = await compile(new Map(Object.entries(files)), 'main.ts', bare);
  const imports = { env: { abort: () => undefined } };
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, imports);
  return (instance.exports['main'] as () => number)();
}

test('sources import across folders by path, and relatively within one', async () => {
  const result = await run({
    'main.ts': `import { twice } from 'kernel/a'; export function main(): i32 { return twice(21); }`,
    'kernel/a.ts': `import { two } from './b'; export function twice(x: i32): i32 { return two() * x; }`,
    'kernel/b.ts': `export function two(): i32 { return 2; }`,
  });
  expect(result).toBe(42);
});

test("the ABI's numbers and layouts are the module xen", async () => {
  const result = await run({
    'main.ts': `import { SCHEDOP_block, start_info, xencons_interface } from 'xen';
      export function main(): i32 {
        return SCHEDOP_block * 1000000 + <i32>start_info.console_domU_mfn * 1000 + <i32>xencons_interface.in_;
      }`,
  });
  expect(result).toBe(1072000);
});

test('what of the library is rarely named is there for who names it, and again for who does not', async () => {
  const named = `export function main(): i32 {
    return <i32>Math.sqrt(1764) + <i32>(2 ** 3) + <i32>NativeMathf.abs(-7) + <i32>Date.UTC(1970, 0, 1) + <i32>parseFloat('5.5'); }`;
  expect(await run({ 'main.ts': named })).toBe(42 + 8 + 7 + 5);
  expect(await run({ 'main.ts': 'export function main(): i32 { return 3; }' })).toBe(3);
  const view = `export function main(): i32 { return new DataView(new ArrayBuffer(4)).byteLength; }`;
  expect(await run({ 'main.ts': view })).toBe(4);
});

test('the module xen is the same text wherever it is made: Mote is built once for all', () => {
  const script = `import { abiModule } from './guests/toolchain/abi-module.ts'; process.stdout.write(abiModule());`;
  const options = ['--import', 'tsx', '--input-type=module', '--eval', script];
  expect(execFileSync(process.execPath, options, { encoding: 'utf8' })).toBe(abiModule());
});

test('errors name file, line and column', async () => {
  const sources = new Map([['main.ts', `export function main(): i32 {\n  return x;\n}\nlet y: i32 = "a";`]]);
  const failure = compile(sources, 'main.ts', bare);
  await expect(failure).rejects.toThrow(CompileError);
  await expect(failure).rejects.toThrow("main.ts:2:10: Cannot find name 'x'.");
  await expect(failure).rejects.toThrow(
    "main.ts:4:14: Type '~lib/string/String' is not assignable to type 'i32'.",
  );
});

test('a module that is not there is named', async () => {
  const sources = new Map([
    ['main.ts', `import { f } from 'kernel/none'; export function main(): i32 { return f(); }`],
  ]);
  await expect(compile(sources, 'main.ts', bare)).rejects.toThrow(/kernel\/none/);
});
