#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// A checkout has the sources: what runs is made of them as they are now. A package has what was made of them.
const bundler = new URL('../../scripts/bundle.js', import.meta.url);
if (existsSync(bundler)) {
  const { bundle } = await import(bundler.href);
  await bundle(fileURLToPath(new URL('main.ts', import.meta.url)), 'cli');
}
process.setSourceMapsEnabled(true);
const { main } = await import(new URL('../../dist/cli/main.js', import.meta.url).href);
process.exitCode = await main(process.argv);
