/**
 * `npm run bench:timeline`: frames a second of the timeline in Chromium, with its software rendering, while it is panned: ten
 * minutes with 50 million events at a glance, and a window of 20,000 events drawn one by one. Exit status 1: fewer than 30.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { BROWSER_ARGS, CHROMIUM } from '../ui/web/chromium.ts';

const LEAST_FRAMES = 30;
const web = (path: string): string => fileURLToPath(new URL(`../ui/web/${path}`, import.meta.url));

if (CHROMIUM === undefined) throw new Error('there is no Chromium');
const { outputFiles } = await build({
  entryPoints: [web('timeline/bench.ts')],
  bundle: true,
  format: 'iife',
  globalName: 'timeline',
  write: false,
});
const browser = await chromium.launch({ timeout: 0, executablePath: CHROMIUM, args: BROWSER_ARGS });
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  await page.addStyleTag({ content: readFileSync(web('style/colours.css'), 'utf8') });
  await page.addScriptTag({ content: outputFiles[0]!.text });
  const [whole, dense] = await page.evaluate<[number, number]>('timeline.bench()');
  process.stdout.write(
    `frames a second while panning: ${whole.toFixed(0)} of the whole run, ${dense.toFixed(0)} of a dense window\n`,
  );
  if (Math.min(whole, dense) < LEAST_FRAMES) process.exitCode = 1;
} finally {
  await browser.close();
}
