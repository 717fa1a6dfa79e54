/** `xenoscope test`: files that export scenarios, as somebody writes them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { bundle } from '../../scripts/bundle.js';
import { readmeExample } from '../../scripts/readme-example.ts';
import { junit } from './junit.ts';
import { main } from './main.ts';
import { takeOutput } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenoscope-test-'));
let api = '';
let printed = '';

beforeAll(async () => {
  process.env['XENOSCOPE_FAILURES'] = folder;
  // As installed: another copy of everything than the command's.
  api = pathToFileURL(await bundle(fileURLToPath(new URL('../api/index.ts', import.meta.url)), 'api')).href;
});
beforeEach(() => {
  printed = '';
  takeOutput((text) => (printed += text));
  return () => {
    vi.restoreAllMocks();
  };
});
afterAll(() => {
  delete process.env['XENOSCOPE_FAILURES'];
  rmSync(folder, { recursive: true });
});

function put(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text.replace("'xenoscope'", JSON.stringify(api)));
  return path;
}

const run = (...args: string[]): Promise<number> => main(['node', 'xenoscope', 'test', ...args]);

test('the README’s scenario', async () => {
  const path = put('readme.mjs', readmeExample('js'));
  expect(await run(path), printed).toBe(0);
  expect(printed).toMatch(/^ok {3}Mote answers \(\d+\.\d s\)\n1 scenarios, 0 failed\n$/);
});

test('one that fails says where time stood; the others run; JUnit has both', async () => {
  const path = put(
    'two.mjs',
    `import { scenario } from 'xenoscope';
     export const two = [
       scenario('waits <in vain>', { memoryMb: 32 }, (host) => host.console.expect('never', { withinSeconds: 2 })),
       scenario('a world', { hosts: [{ name: 'A', hostMb: 128, memoryMb: 64 }] }, (world) => world.host('A').console.expect('Mote')),
     ];`,
  );
  const report = join(folder, 'report.xml');
  expect(await run(path, '--junit', report), printed).toBe(1);
  expect(printed).toMatch(
    /FAIL waits <in vain> [^]*"never" within 2 s[^]*\| \/ \$[^]*snapshot, [^]*ok {3}a world/,
  );
  const xml = readFileSync(report, 'utf8');
  expect(xml).toMatch(/<testsuite name="[^"]*two\.mjs" tests="2" failures="1" errors="0"/);
  expect(xml).toContain('name="waits &lt;in vain&gt;"');
  expect(xml).toContain(
    '<failure message="the console has not printed &quot;never&quot; within 2 s of guest time">',
  );
});

test('a file without scenarios, one that is not there, and none are faults of the user’s', async () => {
  expect(await run(put('none.mjs', 'export const none = {};'))).toBe(2);
  expect(printed).toMatch(/none\.mjs: it exports no scenario\n$/);
  expect(await run(join(folder, 'nowhere.mjs'))).toBe(2);
  expect(printed).toMatch(/cannot load .*nowhere\.mjs: /);
  expect(await run()).toBe(2);
});

test('JUnit’s XML holds whatever a console printed', () => {
  const failure = 'it has printed \x1b[1m"&]]>\ud800\x00\nand more';
  const xml = junit([{ file: 'a"b', name: 'c', seconds: 1.5, failure }]);
  expect(xml).toContain('classname="a&quot;b" name="c" time="1.500"');
  expect(xml).toContain('message="it has printed \ufffd[1m&quot;&amp;]]&gt;\ufffd\ufffd"');
  expect(xml).toContain('\ufffd[1m"&amp;]]&gt;\ufffd\ufffd\nand more</failure>');
});
