#!/usr/bin/env node
/** Runs a program in TypeScript: node scripts/run.js FILE [ARGUMENTS], in a process or a worker's thread. */
import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from './bundle.js';

const [node, , file, ...rest] = process.argv;
if (node === undefined || file === undefined) {
  process.stderr.write('usage: node scripts/run.js FILE [ARGUMENTS]\n');
  process.exit(2);
}
const entry = resolve(file);
const name = relative(fileURLToPath(new URL('..', import.meta.url)), entry).replace(/\W+/g, '-');
const output = await bundle(entry, `run/${name}`);
process.argv = [node, entry, ...rest];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(output).href);
