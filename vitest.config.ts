import { defineConfig } from 'vitest/config';

/**
 * No test waits by the clock: what is waited for is a condition, its limit the guest's time or instructions. This is for CI
 * alone, where nobody ends what hangs.
 */
const HANG_MS = 3_600_000;

export default defineConfig({
  test: {
    include: ['{core,devices,hypervisor,guests,ui}/**/*.test.ts'],
    testTimeout: HANG_MS,
    hookTimeout: HANG_MS,
    expect: { poll: { timeout: HANG_MS } },
    maxWorkers: 2,
  },
});
