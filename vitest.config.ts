import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

/**
 * No test waits by the clock: what is waited for is a condition, its limit the guest's time or instructions. This is for CI
 * alone, where nobody ends what hangs.
 */
const HANG_MS = 3_600_000;

/** What the package exports, by the name that other projects have for it: here it is the sources. */
const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const OWN_EXPORTS = [
  { find: /^xenoscope$/, replacement: source('ui/api/index.ts') },
  { find: /^xenoscope\/vitest$/, replacement: source('ui/api/vitest.ts') },
];

/** A text in Markdown, as a module: as scripts/bundle.js and scripts/page.ts have it. */
const texts: Plugin = {
  name: 'texts',
  transform: (text, path) => (path.endsWith('.md') ? `export default ${JSON.stringify(text)};` : undefined),
};

export default defineConfig({
  plugins: [texts],
  resolve: { alias: OWN_EXPORTS },
  test: {
    include: ['{core,devices,hypervisor,guests,ui}/**/*.test.ts'],
    testTimeout: HANG_MS,
    hookTimeout: HANG_MS,
    expect: { poll: { timeout: HANG_MS } },
    maxWorkers: 2,
    globalSetup: ['scripts/booted-hosts.ts'],
    // Files share a process, and with it the modules and the processor that V8 has compiled: a third less than a process for each.
    // So no module keeps state, and whoever mocks restores.
    isolate: false,
    sequence: { sequencer: LongestFirst },
  },
});
