/** `xenoscope build`: a kernel of one's own from a folder, on the kernel library. */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { buildKernel } from '../../guests/toolchain/build.ts';
import type { Sources } from '../../guests/toolchain/compile.ts';
import { kernelImage } from '../../guests/toolchain/mote-node.ts';
import { folderName, sourceError, sourcesWith } from '../../guests/toolchain/node.ts';
import { EXIT_OK } from './exit-codes.ts';
import { UserError } from './user-error.ts';

export function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** Makes something of the kernel whose main.ts lies in a folder. What is wrong with that is a UserError with file and line. */
async function fromFolder<Made>(
  folder: string,
  make: (sources: Sources, name: string) => Promise<Made>,
): Promise<Made> {
  if (!existsSync(join(folder, 'main.ts')))
    throw new UserError(`${folder}: there is no main.ts, where a kernel's main function is`);
  const name = folderName(folder);
  try {
    return await make(sourcesWith(folder), name);
  } catch (error) {
    const wrong = sourceError(error);
    if (wrong === null) throw error;
    throw new UserError(wrong.replaceAll(`${name}/`, `${folder.replace(/\/$/, '')}/`));
  }
}

/** The ELF file of a folder's kernel; throws a UserError. */
export function folderImage(folder: string): Promise<Uint8Array> {
  return fromFolder(folder, (sources, name) => kernelImage(name, sources));
}

/** Builds a folder's kernel into a file: the folder's name with .elf behind it, unless said otherwise. */
export async function build(folder: string, output: string | undefined): Promise<number> {
  if (!isFolder(folder)) throw new UserError(`${folder} is not a folder`);
  const { file, image } = await fromFolder(folder, buildKernel);
  const path = output ?? `${basename(resolve(folder))}.elf`;
  writeFileSync(path, file);
  const functions = image.symbols.functions.length;
  process.stdout.write(`${path}: ${String(file.length)} bytes, ${String(functions)} functions\n`);
  return EXIT_OK;
}
