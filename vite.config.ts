import preact from '@preact/preset-vite';
import { defineConfig } from 'vitest/config';

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
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
});
