/** Compiles the AssemblyScript processor in core/wasm/ to core/build/core.wasm, only when a source changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { generate } from './dispatch.ts';
import { optimizer } from './optimize.ts';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'wasm');
const output = join(here, 'build');

const options = [
  join(source, 'index.ts'),
  ...['--noEmit', '--runtime', 'stub', '--noAssert'],
  ...['--importMemory', '--initialMemory', '128', '--maximumMemory', '65536', '--memoryBase', '4194304'],
  ...['--enable', 'simd', '--enable', 'bulk-memory', '--enable', 'sign-extension', '--use', 'abort='],
];

/** A digest of everything the output depends on. */
function digestOfSources(): string {
  const hash = createHash('sha256').update(JSON.stringify(options.slice(1)));
  const generator = [
    'build.ts',
    'optimize.ts',
    'dispatch.ts',
    'dispatch-templates.ts',
    'dispatch-vectors.ts',
  ];
  for (const name of generator) hash.update(readFileSync(join(here, name)));
  const files = readdirSync(source, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && !name.startsWith('generated'));
  for (const name of files.sort()) hash.update(name).update(readFileSync(join(source, name)));
  return hash.digest('hex');
}

const stamp = join(output, 'core.digest');
const digest = digestOfSources();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
  mkdirSync(output, { recursive: true });
  mkdirSync(join(source, 'generated'), { recursive: true });
  process.stderr.write('building the processor\n');
  const { operations, loop } = generate();
  writeFileSync(join(source, 'generated/operations.ts'), operations);
  writeFileSync(join(source, 'generated/loop.ts'), loop);
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main(options, { transforms: [optimizer((bytes) => (wasm = bytes))] });
  if (error !== null || wasm === undefined) {
    process.stderr.write(`${stderr.toString()}\ncore/wasm did not compile: ${error?.message ?? 'nothing'}\n`);
    process.exit(1);
  }
  // Others may be loading the old one, or building too.
  writeFileSync(join(output, `core.${process.pid}.wasm`), wasm);
  renameSync(join(output, `core.${process.pid}.wasm`), join(output, 'core.wasm'));
  writeFileSync(stamp, digest);
}
