/** Building guests from sources: kernels that Xen's domain builder takes, and programs for Mote. */
import * as note from '../../hypervisor/abi/elfnote.ts';
import { compile, KERNEL_RUNTIME } from './compile.ts';
import type { Sources } from './compile.ts';
import { writeProgram } from './elf-program.ts';
import { writeXenKernel } from './elf.ts';
import { link, LinkError } from './link/link.ts';
import type { AssemblerSource, Image } from './link/link.ts';
import { SYMBOLS_ADDRESS, SYMBOLS_NOTE } from './link/symbols.ts';
import { KERNEL_DATA, KERNEL_WINDOW, PROGRAM_DATA } from './link/layout.ts';
import { importsOf } from './parts.ts';
import runtime from './runtime-source.ts';

export interface Built {
  /** The ELF file. */
  readonly file: Uint8Array;
  readonly image: Image;
}

/** The file that the compiler starts from: what the assembler calls is exported here. */
const ENTRY = 'entry.ts';
/** A kernel's first instruction, and a program's. */
const ENTRY_LABEL = 'entry';

/**
 * Builds the kernel whose `main.ts` lies in `folder` of the sources (`mote`), on the kernel library, with the folder's own
 * assembler files. Throws CompileError, WasmError, AssemblyError, LinkError.
 */
export async function buildKernel(sources: Sources, folder: string): Promise<Built> {
  const parts = kernelParts(sources, folder);
  const compiled = await compile(parts, ENTRY, { runtime: 'kernel', memoryBase: KERNEL_DATA });
  const image = link(compiled, assemblerOf(parts), 'kernel');
  return { file: kernelFile(image, folder), image };
}

/** Builds the program in the source file `path` (`programs/ls.ts`), which exports
 * `main(args: string[]): i32`; argument 0 is its name. */
export async function buildProgram(sources: Sources, path: string): Promise<Built> {
  const parts = programParts(sources, path);
  const compiled = await compile(parts, ENTRY, { runtime: 'program', memoryBase: PROGRAM_DATA });
  const image = link(compiled, assemblerOf(parts), 'program');
  return { file: writeProgram(image.segments, entryOf(image), image.symbolTable), image };
}

/** All that buildKernel makes this kernel of, and nothing else. */
export function kernelParts(sources: Sources, folder: string): Sources {
  const entry = `export * from 'kernel/start';\nexport * from '${folder}/main';\n`;
  return partsOf(sources, entry, [`${KERNEL_RUNTIME}.ts`], ['kernel', folder]);
}

/** All that buildProgram makes this program of, and nothing else. */
export function programParts(sources: Sources, path: string): Sources {
  return partsOf(sources, programEntry(path.replace(/\.ts$/, '')), [], ['programs/lib']);
}

function partsOf(
  sources: Sources,
  entry: string,
  also: readonly string[],
  assembler: readonly string[],
): Sources {
  const modules = importsOf(new Map([...sources, [ENTRY, entry]]), [ENTRY, ...also]);
  const files = [...sources].filter(([name]) => assembler.some((folder) => isAssemblerOf(name, folder)));
  return new Map([...modules, ...files]);
}

/** A program's `main` gets its arguments, and what it has printed is written before it ends. */
function programEntry(module: string): string {
  return `export * from 'programs/lib/start';
import { allArguments } from 'programs/lib/start';
import { flush } from 'programs/lib/io';
import { main as program } from '${module}';
export function main(): i32 {
  const status = program(allArguments());
  return flush() < 0 && status == 0 ? 1 : status;
}
`;
}

/** The assembler files among the parts, behind what every image has. */
function assemblerOf(parts: Sources): AssemblerSource[] {
  const files = [...parts].filter(([name]) => name.endsWith('.asm'));
  return [{ name: 'toolchain/runtime.asm', text: runtime }, ...files.map(([name, text]) => ({ name, text }))];
}

/** Whether it lies right in this folder. */
function isAssemblerOf(name: string, folder: string): boolean {
  return (
    name.startsWith(`${folder}/`) && name.endsWith('.asm') && !name.slice(folder.length + 1).includes('/')
  );
}

function entryOf(image: Image): number {
  const entry = image.labels.get(ENTRY_LABEL);
  if (entry === undefined)
    throw new LinkError(`no assembler file defines '${ENTRY_LABEL}', the first instruction`);
  return entry;
}

function kernelFile(image: Image, name: string): Uint8Array {
  const segment = image.segments[0]!;
  const entry = BigInt(entryOf(image));
  return writeXenKernel({
    address: BigInt(segment.address),
    virtBase: BigInt(KERNEL_WINDOW),
    entry,
    image: segment.bytes,
    bssBytes: segment.memoryBytes - segment.bytes.length,
    notes: [
      { type: note.XEN_ELFNOTE_GUEST_OS, value: name },
      { type: note.XEN_ELFNOTE_XEN_VERSION, value: 'xen-3.0' },
      { type: note.XEN_ELFNOTE_VIRT_BASE, value: BigInt(KERNEL_WINDOW) },
      { type: note.XEN_ELFNOTE_ENTRY, value: entry },
      { type: note.XEN_ELFNOTE_PADDR_OFFSET, value: 0n },
      { type: note.XEN_ELFNOTE_PAE_MODE, value: 'yes' },
      { type: note.XEN_ELFNOTE_LOADER, value: 'generic' },
      { name: SYMBOLS_NOTE, type: SYMBOLS_ADDRESS, value: BigInt(image.symbolTable) },
      { type: note.XEN_ELFNOTE_FEATURES, value: '!writable_page_tables|pae_pgdir_above_4gb' },
    ],
  });
}
