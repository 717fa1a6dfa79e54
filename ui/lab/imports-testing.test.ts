import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sourcesOf } from './imports-testing.ts';

test('what a source imports decides about it, in whatever way it does, and on; types, packages and what is only near do not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xenoscope-imports-'));
  const files = {
    'main.ts': [
      "import { readFileSync } from 'node:fs';",
      "import { a,\n  b } from './a.ts';",
      "import type { T } from './types.ts';",
      "import './effect.ts';",
      "export { c } from './below/c.ts';",
      "export type { U } from './types.ts';",
      "const late = await import('./late.ts');",
      "const thread = new URL('thread.ts', import.meta.url);",
      "const folder = new URL('.', import.meta.url);",
      "const text = new URL('./words.md', import.meta.url);",
    ].join('\n'),
    'a.ts': "export { b } from './below/c.ts';\nexport const a = 1;",
    'below/c.ts': "import '../main.ts';\nimport { d } from './none.ts';",
    'effect.ts': "import * as e from '../elsewhere.ts';",
    'late.ts': '',
    'thread.ts': "import { f } from './f.ts';",
    'f.ts': '',
    'types.ts': '',
    'words.md': "import './no.ts'",
    'no.ts': '',
  };
  try {
    mkdirSync(join(folder, 'below'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const needed = ['a', 'below/c', 'effect', 'f', 'late', 'main', 'thread'].map((name) => `${name}.ts`);
    expect(sourcesOf([join(folder, 'main.ts')])).toEqual(
      [...needed, 'words.md'].map((name) => join(folder, name)),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('of a host in a lab, those are the hypervisor, its devices and its processor', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const sources = sourcesOf([join(root, 'ui/lab/booted-testing.ts')]);
  for (const path of [
    'core/machine.ts',
    'core/translator/translator.ts',
    'devices/virtio/queue.ts',
    'hypervisor/xen.ts',
    'hypervisor/hypercalls/memory-op.ts',
    'ui/lab/lab.ts',
    'ui/lab/snapshot/file.ts',
  ])
    expect(sources).toContain(join(root, path));
  expect(sources.filter((path) => path.includes('.test.'))).toEqual([]);
});
