/** For tests of the page: it is built once in a run of the tests, served, and used in Chromium. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { preview, type PreviewServer } from 'vite';
import { inject } from 'vitest';
import { writeMote } from '../../guests/build-mote.ts';
import { withLock } from '../../guests/debian/lock.ts';
import { buildPage } from '../../scripts/page.ts';
import { writeSnapshotOfHost } from '../../scripts/snapshot.ts';
import { BROWSER_ARGS, CHROMIUM } from './chromium.ts';
import { ISOLATED } from './isolation.ts';
import { patient } from './testing-patience.ts';

export { CHROMIUM };

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core')), 'utf8');
/** The rules of WCAG 2.2, AA, and what axe counts as good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Of these, what colours decide: the schemes differ in nothing else. */
const RULES_OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** The folder of the built page: built by the first of this run who asks. */
async function builtPage(): Promise<string> {
  const folder = join(inject('bootedHosts'), 'page');
  mkdirSync(folder, { recursive: true });
  const site = join(folder, 'site');
  await withLock(join(folder, 'lock'), async () => {
    if (existsSync(site)) return;
    await writeMote();
    await buildPage(site, writeSnapshotOfHost());
  });
  return site;
}

/** The page, served, and a browser. */
export class Served {
  private readonly server: PreviewServer;
  readonly browser: Browser;
  readonly address: string;
  /** The folder that is served. */
  readonly site: string;

  private constructor(site: string, server: PreviewServer, browser: Browser) {
    this.site = site;
    this.server = server;
    this.browser = browser;
    this.address = server.resolvedUrls!.local[0]!;
  }

  /** `base`: the path that the page is served at. */
  static async start(base = '/'): Promise<Served> {
    const site = await builtPage();
    const server = await preview({
      configFile: false,
      logLevel: 'error',
      base,
      build: { outDir: site },
      // Any that is free: one that is left stays so, for who comes back to it, whoever else serves meanwhile.
      preview: { headers: ISOLATED, port: 0 },
    });
    const browser = await chromium.launch({ timeout: 0, executablePath: CHROMIUM!, args: BROWSER_ARGS });
    return new Served(site, server, browser);
  }

  /**
   * A page without an address yet, in a browser that has never seen ours; the one before is gone, and its host with it.
   * `keepsPage`: the browser keeps it for when there is no network, which costs it work.
   */
  async page(width = 1280, height = 800, keepsPage = false): Promise<Page> {
    for (const before of this.browser.contexts()) await before.close();
    const serviceWorkers = keepsPage ? 'allow' : 'block';
    const page = await (
      await this.browser.newContext({ viewport: { width, height }, serviceWorkers })
    ).newPage();
    page.setDefaultTimeout(0);
    return patient(page);
  }

  /** The server is gone; the browser is not. */
  async cut(): Promise<void> {
    await this.server.close();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.close();
  }
}

/** What axe-core finds wrong, in both colour schemes or those that are named: in the first by all rules, then by what colours decide. */
export async function violations(
  page: Page,
  schemes: readonly ('light' | 'dark')[] = ['light', 'dark'],
): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const found: string[] = [];
  for (const [n, colorScheme] of schemes.entries()) {
    await page.emulateMedia({ colorScheme });
    const runOnly = n === 0 ? RULES : { type: 'rule', values: RULES_OF_COLOURS };
    const run = page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
      `axe.run(document, { runOnly: ${JSON.stringify(runOnly)} })`,
    );
    for (const { id, nodes } of (await run).violations)
      found.push(...nodes.map(({ html }) => `${colorScheme} ${id}: ${html.slice(0, 200)}`));
  }
  return found;
}
