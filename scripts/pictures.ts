/**
 * Takes the README's pictures of the page, in Chromium, of a host brought to telling moments: into ui/web/pictures/. Which bytes
 * come of it depends on the browser and its fonts: look at them before they are committed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { preview } from 'vite';
import { BROWSER_ARGS, CHROMIUM } from '../ui/web/chromium.ts';
import { buildPage } from './page.ts';
import { writeSnapshotOfHost } from './snapshot.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SITE = join(ROOT, 'dist/web');
const FOLDER = join(ROOT, 'ui/web/pictures');
const GUEST = [
  'dd if=/dev/zero of=/tmp/data bs=1k count=256',
  'cp /etc/xen/mote /etc/xen/web',
  `echo "disk = ['file:/tmp/data,xvda,w']" >> /etc/xen/web`,
  `echo "vif = ['']" >> /etc/xen/web`,
  'xm create web name=web',
].join('; ');

class Visitor {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  private test(id: string): ReturnType<Page['getByTestId']> {
    return this.page.getByTestId(id);
  }

  async has(text: string): Promise<void> {
    await this.page.waitForFunction(
      (wanted) =>
        document.querySelector('[data-testid=console] .xterm-rows')?.textContent.includes(wanted) === true,
      text,
    );
  }

  async type(line: string): Promise<void> {
    await this.page.locator('.terminal textarea').first().focus();
    await this.page.keyboard.type(`${line}\n`);
  }

  async lens(name: string): Promise<void> {
    await this.page.locator('.stage [role=tab]', { hasText: name }).click();
    await this.settle();
  }

  async by(kind: string): Promise<void> {
    await this.test('step-by').selectOption(kind);
  }

  async step(times = 1): Promise<void> {
    for (let n = 0; n < times; n++) {
      await this.test('step').click();
      await this.settle();
    }
  }

  /** Stands, and everything that was asked for has been drawn. */
  async settle(): Promise<void> {
    await this.page.waitForTimeout(900);
  }

  async click(id: string): Promise<void> {
    await this.test(id).click();
    await this.settle();
  }

  async shoot(name: string, selector?: string): Promise<void> {
    const path = join(FOLDER, `${name}.png`);
    if (selector === undefined) await this.page.screenshot({ path });
    else await this.page.locator(selector).first().screenshot({ path });
  }
}

async function take(visitor: Visitor): Promise<void> {
  const { page } = visitor;
  await visitor.has('/ $');
  await visitor.type(GUEST);
  await visitor.has('Started domain web');
  await page.waitForTimeout(1500);
  await visitor.type('xm create mote name=two');
  await visitor.has('Started domain two');
  await page.waitForTimeout(1500);
  await visitor.click('run');
  await visitor.type('xm list');
  await visitor.by('hypercall');
  await visitor.step(6);
  await page.locator('.domain .shape').nth(1).click();
  await visitor.settle();
  await visitor.shoot('stage');
  await page.locator('.story-row').last().click();
  await visitor.settle();
  await visitor.shoot('story', '.story');
  await visitor.lens('events');
  await visitor.by('notification');
  await visitor.step();
  await visitor.shoot('events', '.stage');
  await visitor.lens('memory');
  await page.getByTestId('memory-map').click({ position: { x: 240, y: 120 } });
  await visitor.settle();
  await visitor.shoot('memory', 'main');
  await visitor.click('timeline-open');
  await page.getByRole('button', { name: 'Around now' }).click();
  await visitor.settle();
  await visitor.shoot('timeline', '.timeline');
  await visitor.click('timeline-open');
  await ring(visitor);
  await visitor.lens('processors');
  await visitor.by('hypercall');
  await visitor.step(2);
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.getByRole('button', { name: 'Projector' }).click();
  await visitor.settle();
  await visitor.shoot('projector');
}

/** A request of the guest's for its disk is in the ring, and has no answer yet. */
async function ring(visitor: Visitor): Promise<void> {
  const { page } = visitor;
  await visitor.lens('rings');
  await page.getByTestId('run').click();
  await visitor.type('xm console web');
  await visitor.has('/ $');
  await page.waitForTimeout(1500);
  await page.getByLabel('Stop at an event').fill('ring domain 1 /block .*request/');
  await page.keyboard.press('Enter');
  await visitor.type('dd if=/dev/xvda of=/dev/null bs=4k count=8');
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  await visitor.settle();
  await visitor.shoot('rings', '.stage');
  await page.getByRole('button', { name: /^ring domain 1 / }).click();
  await visitor.settle();
}

if (CHROMIUM === undefined) throw new Error('there is no Chromium');
mkdirSync(FOLDER, { recursive: true });
await buildPage(SITE, writeSnapshotOfHost());
const server = await preview({ configFile: false, logLevel: 'error', build: { outDir: SITE } });
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: BROWSER_ARGS,
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(60_000);
  await page.goto(server.resolvedUrls!.local[0]!);
  await take(new Visitor(page));
} finally {
  await browser.close();
  await server.close();
}
