/**
 * Compiles the AssemblyScript processor in core/wasm/ to core/build/core.wasm. What was compiled before on this machine is kept by
 * its content, the last VERSIONS_KEPT of it, so that going back costs nothing, and another clone. Comments and layout are no content.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineCacheOr } from '../scripts/machine-cache.ts';
import { generate } from './dispatch/dispatch.ts';
import { optimizer } from './optimize.ts';
import { unsigned } from './translator/bytes.ts';
import { OPERATIONS_SECTION } from './translator/operations.ts';
import { VERSION_SECTION } from './version.ts';

const VERSIONS_KEPT = 12;

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'wasm');
const generated = join(source, 'generated');
const output = join(here, 'build');
/** Of all clones on this machine. */
const versions = machineCacheOr('core', join(output, 'versions'));
/** The digest of what core.wasm was made from. */
const stamp = join(output, 'core.digest');

const options = [
  join(source, 'index.ts'),
  join(generated, 'functions.ts'),
  ...['--noEmit', '--runtime', 'stub', '--noAssert'],
  ...['--importMemory', '--initialMemory', '128', '--maximumMemory', '65536', '--memoryBase', '4194304'],
  ...['--exportTable'],
  ...['--enable', 'simd', '--enable', 'bulk-memory', '--enable', 'sign-extension', '--use', 'abort='],
];

/** A source without comments and layout. Strings, of which AssemblyScript's here have no escapes, stay. */
function contentOf(text: string): string {
  return text
    .replace(/'[^'\n]*'|"[^"\n]*"|`[^`]*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*|\s+/g, (token) =>
      /^['"`]/.test(token) ? token : ' ',
    )
    .replace(/ +/g, ' ');
}

function compilerVersion(): string {
  const { version } = createRequire(import.meta.url)('assemblyscript/package.json') as { version: string };
  return version;
}

/** A digest of everything the output depends on. */
function digestOf(loop: string, operations: string, functions: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(options.slice(2)))
    .update(compilerVersion());
  hash.update(contentOf(readFileSync(join(here, 'optimize.ts'), 'utf8')));
  hash.update(contentOf(readFileSync(join(here, 'version.ts'), 'utf8')));
  for (const name of ['extract', 'calls', 'parse', 'opcodes', 'bytes'])
    hash.update(contentOf(readFileSync(join(here, 'translator', `${name}.ts`), 'utf8')));
  hash.update(contentOf(loop)).update(contentOf(operations)).update(contentOf(functions));
  const files = readdirSync(source, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && !name.startsWith('generated') && !name.endsWith('.test.ts'));
  for (const name of files.sort()) {
    hash.update(`\n${name}\n`).update(contentOf(readFileSync(join(source, name), 'utf8')));
  }
  return hash.digest('hex');
}

/** A custom section (WebAssembly core specification, 5.5.3), header and all. */
function customSection(name: string, content: Uint8Array): Uint8Array {
  const header: number[] = [];
  unsigned(header, Buffer.byteLength(name));
  header.push(...Buffer.from(name));
  const length: number[] = [0];
  unsigned(length, header.length + content.length);
  return Buffer.concat([Uint8Array.from(length), Uint8Array.from(header), content]);
}

/** Compiles to `file`, marked with the digest of what it is made from; ends the process where that fails. */
async function compile(file: string, digest: string): Promise<void> {
  process.stderr.write('building the processor\n');
  // Large: it is loaded when there is something to compile.
  const { default: asc } = await import('assemblyscript/asc');
  let parts: Uint8Array[] | undefined;
  const transform = optimizer((wasm, operations) => {
    parts = [wasm, customSection(OPERATIONS_SECTION, operations)];
  });
  const { error, stderr } = await asc.main(options, { transforms: [transform] });
  if (error !== null || parts === undefined) {
    process.stderr.write(`${stderr.toString()}\ncore/wasm did not compile: ${error?.message ?? 'nothing'}\n`);
    process.exit(1);
  }
  writeFileSync(file, Buffer.concat([...parts, customSection(VERSION_SECTION, Buffer.from(digest))]));
}

/** Only the versions used last stay. */
function dropOldVersions(): void {
  const usedAt = (name: string): number => statSync(join(versions, name)).mtimeMs;
  const names = readdirSync(versions).filter((name) => name.endsWith('.wasm'));
  names.sort((a, b) => usedAt(b) - usedAt(a));
  for (const name of names.slice(VERSIONS_KEPT)) rmSync(join(versions, name), { force: true });
}

const { operations, loop, functions } = generate();
const digest = digestOf(loop, operations, functions);
const isCurrent = existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
if (!isCurrent || !existsSync(join(output, 'core.wasm'))) {
  mkdirSync(output, { recursive: true });
  mkdirSync(generated, { recursive: true });
  writeFileSync(join(generated, 'operations.ts'), operations);
  writeFileSync(join(generated, 'loop.ts'), loop);
  writeFileSync(join(generated, 'functions.ts'), functions);
  const version = join(versions, `${digest}.wasm`);
  // Others may be loading the old one, or building too: files appear whole.
  const [kept, partial] = [versions, output].map((folder) => join(folder, `partial.${String(process.pid)}`));
  if (!existsSync(version)) await compile(kept!, digest);
  // Renewed, so that its time says when it was used last.
  else copyFileSync(version, kept!);
  renameSync(kept!, version);
  copyFileSync(version, partial!);
  renameSync(partial!, join(output, 'core.wasm'));
  writeFileSync(stamp, digest);
  dropOldVersions();
}
