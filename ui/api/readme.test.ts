/**
 * The README's test for CI, as it stands there: Vitest runs it here, with `xenoscope` the sources (scripts/native-hooks.js), and
 * scripts/check-package.ts in an empty folder, with the package.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readmeExample } from '../../scripts/readme-example.ts';

const folder = new URL('../../dist/readme/', import.meta.url);
const file = fileURLToPath(new URL('example.ts', folder));
mkdirSync(folder, { recursive: true });
writeFileSync(file, readmeExample('ts'));
// Its tests are this file's then.
await import(file);

test('it has twenty lines', () => {
  const lines = readmeExample('ts').split('\n');
  expect(lines.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(20);
});
