/**
 * `npm run bench:page`: how long the built page lets one wait in Chromium, by the wall clock, from the navigation to the host's prompt,
 * once the browser has seen the page; in moments in which nobody else works on the machine, where there are any. Exit status 1: even
 * the fastest takes longer than is promised.
 */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { preview } from 'vite';
import { BROWSER_ARGS, CHROMIUM } from '../ui/web/chromium.ts';
import { whenQuiet } from './quiet.ts';

const SITE = fileURLToPath(new URL('../dist/web', import.meta.url));
const PROMPT_MS = 1000;
const NAVIGATIONS = 12;
/** How long it waits for a quiet moment before each measurement, in ms. */
const PATIENCE_MS = 3000;

let failed = false;

function tell(what: string, values: readonly number[], most: number): void {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  failed ||= sorted[0]! > most;
  process.stdout.write(
    `${what}: ${sorted[0]!.toFixed(0)} ms at best, ${median.toFixed(0)} usually, of ${String(most)}\n`,
  );
}

const quiet = (): Promise<void> => whenQuiet(performance.now() + PATIENCE_MS);

/** When the console has shown this, in ms since the navigation, as often as the page draws. */
function shown(page: Page, text: string): Promise<number> {
  return page.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const look = (): void => {
          const rows = document.querySelector('[data-testid=console] .xterm-rows')?.textContent;
          if (rows?.includes(wanted) === true) resolve(performance.now());
          else requestAnimationFrame(look);
        };
        look();
      }),
    text,
  );
}

async function navigations(page: Page, address: string): Promise<void> {
  const took: number[] = [];
  for (let n = 0; n <= NAVIGATIONS; n++) {
    await page.goto('about:blank');
    await quiet();
    await page.goto(address, { waitUntil: 'commit' });
    const ms = await shown(page, '/ $');
    if (n > 0) took.push(ms);
  }
  tell('from the navigation to the prompt', took, PROMPT_MS);
}

if (CHROMIUM === undefined) throw new Error('there is no Chromium');
const server = await preview({ configFile: false, logLevel: 'error', build: { outDir: SITE } });
const browser = await chromium.launch({ timeout: 0, executablePath: CHROMIUM, args: BROWSER_ARGS });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(0);
  await navigations(page, server.resolvedUrls!.local[0]!);
} finally {
  await browser.close();
  await server.close();
}
process.exitCode = failed ? 1 : 0;
