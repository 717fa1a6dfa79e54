/** `xenoscope explore`: seeds tried in threads, what fails kept and shrunk, and a campaign that goes on where it was ended. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { bundle } from '../../../scripts/bundle.js';
import { spinningKernel } from '../../lab/testing-kernels.ts';
import { main } from '../main.ts';
import { takeOutput } from '../testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenoscope-explore-'));
const campaign = join(folder, 'campaign');
let file = '';
let printed = '';

/** A guest that does nothing; what varies are the turns of its host's processors. It is wrong that one does. */
const scenarios = (api: string): string => `
  import { readFileSync } from 'node:fs';
  import { scenario } from ${JSON.stringify(api)};
  const kernel = readFileSync(new URL('kernel.elf', import.meta.url));
  const options = { kernel, memoryMb: 4, vcpus: 1, cpus: 2 };
  const so = async (host) => {
    await host.runFor(0.0003);
    if (host.variations.length > 0) throw new Error(\`\${host.variations.length} variations\`);
  };
  export const varies = scenario('no turn varies', { ...options, ready: (host) => host.runFor(0.0003) }, so);
  export const always = scenario('never', options, () => Promise.reject(new Error('always')));
`;

test.each(['some', '5..4', `1..${String(2 ** 32)}`, '1..'])('seeds %s are refused', async (seeds) => {
  expect(await main(['node', 'xenoscope', 'explore', file, '--seeds', seeds])).toBe(2);
  expect(printed).toContain('They must be the first and the last, as 1..1000.');
});

beforeAll(async () => {
  const api = pathToFileURL(
    await bundle(fileURLToPath(new URL('../../api/index.ts', import.meta.url)), 'api'),
  );
  file = join(folder, 'scenarios.mjs');
  writeFileSync(join(folder, 'kernel.elf'), spinningKernel());
  writeFileSync(file, scenarios(api.href));
});
beforeEach(() => {
  printed = '';
  takeOutput((text) => (printed += text));
  return () => {
    vi.restoreAllMocks();
  };
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function explore(seeds: string, ...args: string[]): Promise<number> {
  printed = '';
  const usual = ['--name', 'no turn varies', '-o', campaign, '--jobs', '1'];
  return main(['node', 'xenoscope', 'explore', file, '--seeds', seeds, ...usual, ...args]);
}

test('seeds that fail are told with a recording each, one is shrunk, and a campaign goes on', async () => {
  expect(await explore('1..4'), printed).toBe(1);
  const failed = [
    ...printed.matchAll(/^seed (\d+): Error: \d+ variations \((\d+) variations\); .*: (.*)$/gm),
  ];
  expect(failed.length).toBeGreaterThan(0);
  expect(printed).toContain(`4 seeds, ${String(failed.length)} failed\n`);
  for (const [, , , path] of failed) expect(readFileSync(path!, 'utf8')).toContain('xenoscope recording');
  expect(printed).toMatch(/fails with these alone; .*shrunk\.recording\n( {2}host: turn length \d+\n){1}/);
  // Ended while a line was being written; the rest was not begun.
  const path = join(campaign, 'campaign.jsonl');
  const text = readFileSync(path, 'utf8');
  const [header, ...results] = text.split('\n');
  truncateSync(path, [header, ...results.slice(0, 3)].join('\n').length - 3);
  expect(await explore('1..4'), printed).toBe(1);
  expect(printed).toContain('2 seeds are done already');
  const seeds = (lines: string): string[] =>
    [...lines.matchAll(/"seed":\d+,"failure".*/g)].map(([line]) => line);
  expect(seeds(readFileSync(path, 'utf8'))).toEqual(seeds(text));
  // Nothing is left to do; of fewer seeds, none may have failed.
  expect(await explore('1..4'), printed).toBe(1);
  expect(printed).toContain('4 seeds are done already');
  appendFileSync(path, '{}}\n');
  expect(await explore('1..4')).toBe(2);
  expect(printed).toMatch(/campaign\.jsonl: line \d+ is damaged\n$/);
});

test('what cannot be explored is said', async () => {
  expect(await explore('1..4', '--name', 'never')).toBe(2);
  expect(printed).toContain('it is of another scenario');
  expect(await explore('1..4', '--name', 'never', '-o', join(folder, 'other'))).toBe(1);
  expect(printed).toMatch(/it fails without a seed, when nothing varies:\n {2}Error: always/);
  expect(await explore('1..4', '--name', 'nobody')).toBe(2);
  expect(printed).toContain('it exports no scenario nobody; there is ');
  // Another kernel: what was found is of another guest.
  writeFileSync(join(folder, 'kernel.elf'), Buffer.concat([spinningKernel(), Buffer.from([0])]));
  file = join(folder, 'again.mjs');
  writeFileSync(file, readFileSync(join(folder, 'scenarios.mjs')));
  expect(await explore('1..4')).toBe(2);
  expect(printed).toContain('it is of another scenario');
  for (const seeds of ['6..1', 'x', '1..', '1..5000000000']) expect(await explore(seeds)).toBe(2);
});
