/**
 * The declarations of what the package exports: those of `ui/api/` and of the files that they name, in dist/types/. What is
 * `@internal` is not among them, so that nothing of the rooms below shows.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = join(ROOT, 'dist/types');
const ENTRIES = ['ui/api/index.d.ts', 'ui/api/vitest.d.ts'];
/** Of the rooms below, what is told to whoever uses the package: types that name nothing else of theirs. */
const TOLD = [
  'devices/lan/lan.d.ts',
  'devices/chance.d.ts',
  'hypervisor/trace/event.d.ts',
  'hypervisor/trace/values.d.ts',
];
/** In an import, an export, or an import type. */
const NAMED = /((?:from |import\()['"])(\.{1,2}\/[^'"]+)\.ts(['"])/g;

const emitted = mkdtempSync(join(ROOT, 'dist/types-'));
try {
  const project = join(ROOT, 'scripts/tsconfig.types.json');
  execFileSync('npx', ['tsc', '--project', project, '--outDir', emitted], { cwd: ROOT, stdio: 'inherit' });
  rmSync(OUTPUT, { recursive: true, force: true });
  const wanted = [...ENTRIES];
  // Grows as files name others.
  for (const path of wanted) {
    const text = readFileSync(join(emitted, path), 'utf8');
    for (const [, , named] of text.matchAll(NAMED)) {
      const other = normalize(join(dirname(path), `${named!}.d.ts`));
      if (!other.startsWith('ui/') && !TOLD.includes(other))
        throw new Error(`${path} shows ${other}: what names that is to be @internal, or to stand elsewhere`);
      if (!wanted.includes(other)) wanted.push(other);
    }
    const output = join(OUTPUT, path);
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, text.replace(NAMED, '$1$2.js$3'));
  }
  process.stdout.write(`${wanted.map((path) => relative(ROOT, join(OUTPUT, path))).join('\n')}\n`);
} finally {
  rmSync(emitted, { recursive: true });
}
