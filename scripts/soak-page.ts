/**
 * npm run soak:page -- [BOOTS] [MINUTES]: the page's own memory stays flat, over a hundred boots and an hour of running unless told
 * otherwise. After each boot and each minute it prints the heap, once what nobody needs is collected. It fails where the median
 * of the last quarter is a fifth above that of the second. What the lab holds in its worker is not measured.
 */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { CDPSession, Page } from 'playwright-core';
import { preview } from 'vite';
import { BROWSER_ARGS, CHROMIUM } from '../ui/web/chromium.ts';
import { buildPage } from './page.ts';
import { writeSnapshotOfHost } from './snapshot.ts';

const [BOOTS = 100, MINUTES = 60] = process.argv.slice(2).map(Number);
const SITE = fileURLToPath(new URL('../dist/soak-page', import.meta.url));
const MINUTE_MS = 60_000;
const MIB = 2 ** 20;
const GROWTH = 1.2;
/** What the guests do meanwhile: output, domains, disks. */
const WORK = 'while true; do seq 1 200; xm create mote; sleep 5; xm destroy mote; done';

async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize / MIB;
}

/** Waits until the console has a text, or has it no more. */
async function shows(page: Page, text: string, isThere = true): Promise<void> {
  const look = ([wanted, there]: readonly [string, boolean]): boolean =>
    document.querySelector('[data-testid=console] .xterm-rows')?.textContent.includes(wanted) === there;
  await page.waitForFunction(look, [text, isThere] as const);
}

const hasPrompt = (page: Page): Promise<void> => shows(page, '/ $');

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Says how a row of measurements went; whether it is flat. The first quarter is warming up. */
function judge(what: string, heaps: readonly number[]): boolean {
  const quarter = Math.floor(heaps.length / 4);
  const before = median(heaps.slice(quarter, 2 * quarter));
  const after = median(heaps.slice(-quarter));
  const isFlat = quarter === 0 || after <= before * GROWTH;
  const verdict = isFlat ? 'flat' : 'it grows';
  console.log(`${what}: ${before.toFixed(1)} MiB, then ${after.toFixed(1)} MiB: ${verdict}`);
  return isFlat;
}

async function boot(page: Page): Promise<void> {
  // What was typed goes with the host that had it: its clock may be anywhere by the time that somebody looks.
  const typed = 'the host before';
  await page.locator('.terminal textarea').first().focus();
  await page.keyboard.type(typed);
  await shows(page, typed);
  await page.getByRole('button', { name: 'New world…' }).click();
  await page.getByRole('button', { name: 'Boot', exact: true }).click();
  await shows(page, typed, false);
  await hasPrompt(page);
}

await buildPage(SITE, writeSnapshotOfHost());
const server = await preview({ configFile: false, logLevel: 'error', build: { outDir: SITE } });
const browser = await chromium.launch({ executablePath: CHROMIUM!, args: BROWSER_ARGS });
try {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  const session = await context.newCDPSession(page);
  await page.goto(server.resolvedUrls!.local[0]!);
  await hasPrompt(page);
  const ofBoots: number[] = [];
  for (let n = 1; n <= BOOTS; n++) {
    await boot(page);
    ofBoots.push(await heapOf(session));
    console.log(`boot ${String(n)}: ${ofBoots.at(-1)!.toFixed(1)} MiB`);
  }
  await page.getByTestId('console').click();
  await page.keyboard.type(`${WORK}\n`);
  const ofMinutes: number[] = [];
  for (let n = 1; n <= MINUTES; n++) {
    await page.waitForTimeout(MINUTE_MS);
    ofMinutes.push(await heapOf(session));
    console.log(`minute ${String(n)}: ${ofMinutes.at(-1)!.toFixed(1)} MiB`);
  }
  const isFlat = [judge('boots', ofBoots), judge('minutes', ofMinutes)].every(Boolean);
  process.exitCode = isFlat ? 0 : 1;
} finally {
  await browser.close();
  await server.close();
}
