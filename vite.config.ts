import preact from '@preact/preset-vite';
import { defineConfig } from 'vitest/config';

/**
 * No test waits by the clock: what is waited for is a condition, its limit the guest's time or instructions. This is for CI
 * alone, where nobody ends what hangs.
 */
const HANG_MS = 3_600_000;

export default defineConfig({
  root: 'ui/web',
  base: './',
  plugins: [preact()],
  worker: { format: 'es' },
  // The compiler's worker is found when the first build begins: what it needs must not make the page load anew then.
  optimizeDeps: {
    include: ['@jridgewell/trace-mapping', '@codemirror/lang-javascript', '@codemirror/lint', 'codemirror'],
    exclude: ['assemblyscript', 'binaryen', 'long'],
  },
  build: { outDir: '../../dist/web', emptyOutDir: true, target: 'es2022' },
  test: {
    root: '.',
    include: ['{core,devices,hypervisor,guests,ui}/**/*.test.ts'],
    testTimeout: HANG_MS,
    hookTimeout: HANG_MS,
    expect: { poll: { timeout: HANG_MS } },
    maxWorkers: 2,
  },
});
