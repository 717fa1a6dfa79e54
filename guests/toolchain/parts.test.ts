import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { machineCacheOr } from '../../scripts/machine-cache.ts';
import { buildProgram, kernelParts, programParts } from './build.ts';
import { ImageCache } from './image-cache.ts';
import { readSources } from './node.ts';
import { importsOf, withoutComments } from './parts.ts';
import { buildAll } from './pool.ts';

const sources = readSources();

test('comments go, every character of code stays where it was', () => {
  const text =
    "let a = 1; // one\n/** two\n three */ let b = '// no';\nlet c = `/* no ${a} */`; /* x */ f(a / b / c);";
  expect(withoutComments('a.ts', text)).toBe(
    "let a = 1;\n\n          let b = '// no';\nlet c = `/* no ${a} */`;         f(a / b / c);",
  );
  expect(withoutComments('a.asm', "mov al, ';' ; why\n; all\nret")).toBe("mov al, ';'\n\nret");
});

test('what an entry imports, itself and by others, by path or relatively', () => {
  const files = new Map([
    [
      'main.ts',
      "import { a } from 'x/a';\nexport * from './d';\n// import 'no';\nimport {\n  b,\n} from \"./b\";",
    ],
    ['x/a.ts', "import './sub/c';"],
    ['x/sub/c.ts', "import { a } from '../a';"],
    ['b.ts', ''],
    ['d/index.ts', ''],
    ['no.ts', ''],
  ]);
  expect([...importsOf(files, ['main.ts']).keys()].sort()).toEqual(
    ['b.ts', 'd/index.ts', 'main.ts', 'x/a.ts', 'x/sub/c.ts'].sort(),
  );
});

test('a program is made of its own files and the library it uses, the kernel of no program', () => {
  const parts = [...programParts(sources, 'programs/true.ts').keys()];
  expect(parts).toContain('programs/lib/start.ts');
  expect(parts).toContain('programs/true.ts');
  expect(parts.filter((path) => /^(kernel|dom0|programs\/sh)\//.test(path))).toEqual([]);
  const kernel = [...kernelParts(sources, 'mote').keys()];
  expect(kernel).toContain('kernel/memory/runtime.ts');
  expect(kernel.filter((path) => /^(programs|dom0)\//.test(path))).toEqual([]);
});

test('an image has the same bits whatever was built before it, and in whichever thread', async () => {
  const jobs = ['echo', 'wc', 'true', 'cat'].map((name) => {
    const path = `programs/${name}.ts`;
    return { name, kind: 'program' as const, path, parts: programParts(sources, path) };
  });
  const pooled = new Map<string, Uint8Array>();
  await buildAll(jobs, ({ name }, file) => pooled.set(name, file));
  for (const { name, path } of [...jobs].reverse()) {
    const { file } = await buildProgram(sources, path);
    expect(Buffer.compare(file, pooled.get(name)!), name).toBe(0);
  }
});

test('what is wrong with a source is what the builder throws', async () => {
  const broken = new Map([
    ...sources,
    ['programs/true.ts', 'export function main(args: string[]): i32 { return x; }'],
  ]);
  const parts = programParts(broken, 'programs/true.ts');
  const job = { name: 'true', kind: 'program' as const, path: 'programs/true.ts', parts };
  await expect(buildAll([job], () => undefined)).rejects.toThrow(
    "programs/true.ts:1:52: Cannot find name 'x'.",
  );
});

test('the cache knows an image by the code it is made of, and keeps several', () => {
  const folder = mkdtempSync(join(tmpdir(), 'images-'));
  const cache = new ImageCache(folder, 'tools');
  const path = (text: string): string => cache.path('ls', new Map([['programs/ls.ts', text]]));
  expect(path('f(); // one')).toBe(path('f(); // two'));
  expect(path('f();\n')).not.toBe(path('// one\nf();\n'));
  expect(path('f();')).not.toBe(path('g();'));
  expect(new ImageCache(folder, 'others').path('ls', new Map())).not.toBe(cache.path('ls', new Map()));
  for (let version = 0; version < 30; version++)
    cache.put(path(`f(${String(version)});`), Uint8Array.of(version));
  expect(readdirSync(folder)).toHaveLength(24);
  const other = cache.path('lsevtchn', new Map());
  cache.put(other, Uint8Array.of(99));
  expect(cache.get(path('f(29);'))).toEqual(Uint8Array.of(29));
  expect(cache.get(path('f(0);'))).toBeUndefined();
  expect(cache.get(other)).toEqual(Uint8Array.of(99));
});

test('clones share what is below the cache directory; where nothing may be written, each has its own', () => {
  const [home, own] = ['home', 'own'].map((name) => mkdtempSync(join(tmpdir(), `${name}-`)));
  vi.stubEnv('XDG_CACHE_HOME', home);
  const shared = join(home!, 'xenoscope', 'images');
  expect(machineCacheOr('images', own!)).toBe(shared);
  expect(existsSync(shared)).toBe(true);
  vi.stubEnv('XDG_CACHE_HOME', join(home!, 'file'));
  writeFileSync(join(home!, 'file'), 'no folder');
  expect(machineCacheOr('images', join(own!, 'build'))).toBe(join(own!, 'build'));
  expect(existsSync(join(own!, 'build'))).toBe(true);
  vi.unstubAllEnvs();
});
