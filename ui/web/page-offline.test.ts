/** The page in Chromium, served at a path of its own, and then by nobody; and another build of it in its place. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { preview } from 'vite';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, Served } from './testing.ts';

const BASE = '/some/sub/path/';
const VERSION = /"[0-9a-f]{8}"/;

async function hasPrompt(page: Page): Promise<void> {
  const look = (): boolean =>
    document.querySelector('[data-testid=console] .xterm-rows')?.textContent.includes('/ $') === true;
  await page.waitForFunction(look);
}

/** Waits until the worker of the newest of so many builds has kept all of it. */
async function isKept(page: Page, builds: number): Promise<void> {
  await page.evaluate(async (wanted) => {
    for (;;) {
      // First: a worker that has begun a cache since is still at it.
      const { length } = await caches.keys();
      const { installing, waiting, active } = await navigator.serviceWorker.ready;
      const isDone = installing === null && waiting === null && active?.state === 'activated';
      if (isDone && length === wanted) return;
      await new Promise((done) => setTimeout(done, 100));
    }
  }, builds);
}

describe.skipIf(CHROMIUM === undefined)('the page without a network', () => {
  it('opens from any path, and, once it was opened, without a server; a new build is shown at once, and is what is kept', async () => {
    const served = await Served.start(BASE);
    const folder = mkdtempSync(join(tmpdir(), 'xenoscope-offline-'));
    try {
      const page = await served.page(undefined, undefined, true);
      await page.goto(served.address);
      expect(new URL(page.url()).pathname).toBe(BASE);
      await hasPrompt(page);
      await isKept(page, 1);
      const port = Number(new URL(served.address).port);
      await served.cut();
      await page.reload();
      await hasPrompt(page);
      // An address that says what to open has the same page.
      await page.goto(`${served.address}?open=nothing`);
      await page.getByRole('alert').filter({ hasText: 'nothing cannot be opened' }).waitFor();
      // Another build: the page differs, and with it the worker.
      cpSync(served.site, folder, { recursive: true });
      const html = readFileSync(join(folder, 'index.html'), 'utf8');
      writeFileSync(join(folder, 'index.html'), html.replace('<title>', '<title>Another '));
      const worker = readFileSync(join(folder, 'service-worker.js'), 'utf8');
      expect(worker).toMatch(VERSION);
      writeFileSync(join(folder, 'service-worker.js'), worker.replace(VERSION, '"00000000"'));
      const other = await preview({
        ...{ configFile: false, logLevel: 'error', base: BASE, build: { outDir: folder } },
        preview: { port, strictPort: true },
      });
      await page.goto(served.address);
      expect(await page.title()).toBe('Another Xenoscope');
      await hasPrompt(page);
      await isKept(page, 2);
      await other.close();
      await page.reload();
      await hasPrompt(page);
      expect(await page.title()).toBe('Another Xenoscope');
    } finally {
      await served.close();
      rmSync(folder, { recursive: true });
    }
  });
});
