/** `xenoscope translate`: what the translator makes of code, beside the x86 that it comes from and what the decoder makes of that. */
import { extname } from 'node:path';
import { assemble } from '../../core/assembler/assemble.ts';
import { AssemblyError } from '../../core/assembler/errors.ts';
import { hex64 } from '../../core/machine.ts';
import type { ExplainedCode, ExplainedRegion } from '../../core/translator/explain.ts';
import { explainCode, type Part } from '../../core/translator/follow.ts';
import { parseElf } from '../../hypervisor/domain/builder/elf.ts';
import { ImageError } from '../../hypervisor/domain/builder/image-error.ts';
import { loadCore } from '../lab/core-node.ts';
import { readSymbols } from '../lab/symbols.ts';
import { EXIT_OK } from './exit-codes.ts';
import { readImage } from './host-files.ts';
import { UserError } from './user-error.ts';

export interface TranslateOptions {
  /** An address in hexadecimal, or the name of a function or label. */
  readonly at?: string;
}

/** Where an assembler source is put. */
const ORIGIN = 0x400000;
const X86_WIDTH = 34;
const RECORD_WIDTH = 34;

/** A file's code, where it begins, and what is called how. */
interface Code {
  readonly parts: readonly Part[];
  readonly entry: number;
  readonly names: ReadonlyMap<string, number>;
}

export async function translate(file: string, { at }: TranslateOptions): Promise<number> {
  const code = extname(file) === '.asm' ? fromSource(file) : fromElf(file);
  const address = at === undefined ? code.entry : addressOf(at, code.names, file);
  const { default: binaryen } = await import('binaryen');
  const region = explainCode(loadCore(), binaryen, code.parts, address);
  if (region === undefined)
    throw new UserError(`${file}: there is no code at ${hex64(address)} that a translation begins with`);
  process.stdout.write(`${pageOf(region).join('\n')}\n`);
  return EXIT_OK;
}

function fromSource(file: string): Code {
  try {
    const source = new TextDecoder().decode(readImage(file));
    const { bytes, labels } = assemble(source, { origin: ORIGIN });
    return { parts: [{ address: ORIGIN, bytes }], entry: ORIGIN, names: labels };
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    throw new UserError(`${file}: ${error.message}`);
  }
}

function fromElf(file: string): Code {
  const image = readImage(file);
  try {
    const { entry, segments } = parseElf(image);
    const parts = segments
      .filter(({ isExecutable }) => isExecutable)
      .map(({ vaddr, offset, fileBytes }) => ({
        address: vaddr,
        bytes: image.subarray(offset, offset + fileBytes),
      }));
    const functions = readSymbols(image)?.functions ?? [];
    return { parts, entry, names: new Map(functions.map(({ name, start }) => [name, start])) };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new UserError(`${file}: ${error.message}; it must be an ELF file, or an assembler's source (.asm)`);
  }
}

function addressOf(text: string, names: ReadonlyMap<string, number>, file: string): number {
  const named = names.get(text);
  if (named !== undefined) return named;
  if (!/^(0x)?[0-9a-f]{1,16}$/i.test(text))
    throw new UserError(`${file} has no ${text}; an address is hexadecimal, as 0xffffffff80001000`);
  return Number(BigInt.asIntN(64, BigInt(`0x${text.replace(/^0x/i, '')}`)));
}

/** The text: three columns. */
function pageOf({ blocks, records, bytes, code }: ExplainedRegion): string[] {
  const head = `${String(blocks)} blocks, ${String(records)} records; ${String(bytes)} bytes of WebAssembly`;
  const title = row('x86', 'record', 'WebAssembly');
  return [head, '', title, ...code.flatMap(linesOf)];
}

const row = (x86: string, record: string, wasm: string): string =>
  `${x86.padEnd(X86_WIDTH)} ${record.padEnd(RECORD_WIDTH)} ${wasm}`.trimEnd();

function linesOf({ record, continues, wasm }: ExplainedCode): string[] {
  const left: [x86: string, record: string][] = [];
  if (record !== null && continues) left.push([`${shortAddress(record.address)} (goes on)`, '']);
  if (record !== null && !continues) {
    const [first = '', ...more] = record.x86;
    left.push([`${shortAddress(record.address)} ${first}`, record.text]);
    for (const each of more) left.push([`${' '.repeat(shortAddress(record.address).length)} ${each}`, '']);
  }
  const count = Math.max(left.length, wasm.length);
  const lines = Array.from({ length: count }, (_, n) => row(...(left[n] ?? ['', '']), wasm[n] ?? ''));
  return record?.begins === true && !continues ? ['', ...lines] : lines;
}

/** Its last digits: all that follows is in one page, or close. */
function shortAddress(address: number): string {
  return hex64(address).slice(-8);
}
