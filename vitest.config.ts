import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

/**
 * No test waits by the clock: what is waited for is a condition, its limit the guest's time or instructions. This is for CI
 * alone, where nobody ends what hangs.
 */
const HANG_MS = 3_600_000;

const nativeModules = new URL('scripts/native-modules.js', import.meta.url).href;

export default defineConfig({
  test: {
    include: ['{core,devices,hypervisor,guests,ui}/**/*.test.ts'],
    testTimeout: HANG_MS,
    hookTimeout: HANG_MS,
    expect: { poll: { timeout: HANG_MS } },
    // For two processors: pages in Chromium wait for a guest's time, and leave what they do not take to the third.
    maxWorkers: 3,
    globalSetup: ['scripts/booted-hosts.js'],
    // Sources are Node's own modules (scripts/native-modules.js), not those that Vite would make of them; nothing is mocked by module.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    execArgv: ['--import', nativeModules, '--enable-source-maps'],
    // Files share a process, and with it the modules and the processor that V8 has compiled: a third less than a process for each.
    // So no module keeps state, and whoever mocks restores.
    isolate: false,
    sequence: { sequencer: LongestFirst },
  },
});
