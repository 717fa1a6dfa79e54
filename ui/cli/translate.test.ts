/** `xenoscope translate`: code of a kernel and of a source, found by address and by name. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { moteImages } from '../../guests/toolchain/mote-node.ts';
import { main } from './main.ts';
import { takeOutput } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenoscope-translate-'));
const kernel = join(folder, 'mote.elf');
writeFileSync(kernel, (await moteImages()).kernel);
const example = fileURLToPath(new URL('../../core/translator/example.asm', import.meta.url));
let printed = '';

beforeEach(() => {
  printed = '';
  takeOutput((text) => (printed += text));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  return () => {
    vi.restoreAllMocks();
  };
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const translate = (...argv: string[]): Promise<number> => main(['node', 'xenoscope', 'translate', ...argv]);

it('shows a label of a source', async () => {
  expect(await translate(example, '--at', 'again')).toBe(0);
  expect(printed).toMatch(/^2 blocks, 4 records; \d+ bytes of WebAssembly/);
  expect(printed).toMatch(/00400010 *add rax, qword \[rsi\] +ALU_RM_add_u64 rax \[rsi\] +\(\S/);
  expect(printed).toMatch(/\n {9}jne 0x400010 +\(local/);
});

it('shows where a kernel begins, and the same by its address', async () => {
  expect(await translate(kernel)).toBe(0);
  const atEntry = printed;
  expect(atEntry).toContain('(block');
  printed = '';
  // e_entry of the file's header.
  expect(await translate(kernel, '--at', readFileSync(kernel).readBigUInt64LE(24).toString(16))).toBe(0);
  expect(printed).toBe(atEntry);
});

it('finds a function by its name', async () => {
  expect(await translate(kernel, '--at', 'main')).toBe(0);
});

it('says what it does not find', async () => {
  expect(await translate(kernel, '--at', 'nowhere')).toBe(2);
  expect(printed).toContain('has no nowhere; an address is hexadecimal');
  printed = '';
  expect(await translate(kernel, '--at', '0x1000')).toBe(2);
  expect(printed).toContain('there is no code at 0x0000000000001000');
  printed = '';
  const text = join(folder, 'text');
  writeFileSync(text, 'no kernel');
  expect(await translate(text)).toBe(2);
  expect(printed).toContain("it must be an ELF file, or an assembler's source");
});
