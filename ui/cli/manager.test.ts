/** The page that xensv serves, in Chromium: two hosts, a domain that is made by the form, typed at, paused, cloned, and dragged to the other host. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { worldUplink } from '../lab/outside/uplink.ts';
import { Consoles, mote, moteWorld, PROMPT } from '../lab/world/testing.ts';
import type { World } from '../lab/world/world.ts';
import { driveWorld } from '../lab/world/world-pacing.ts';
import { BROWSER_ARGS, CHROMIUM } from '../web/chromium.ts';
import { parsePublished, Publisher } from './publish.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core')), 'utf8');
/** Only Vitest's own limit is a limit: the world takes the time that the machine gives it. */
const PATIENCE_MS = 240_000;

describe.skipIf(CHROMIUM === undefined)('the page of xensv', () => {
  let world: World;
  let publisher: Publisher;
  let browser: Browser;
  let page: Page;
  const over = new AbortController();
  let driven: Promise<unknown>;

  beforeAll(async () => {
    world = await moteWorld({
      hosts: [mote('A', { hostMb: 192 }), mote('B', { hostMb: 192 })],
      lans: [{ name: 'front' }],
    });
    const consoles = new Consoles(world);
    for (const host of [0, 1]) consoles.until(host, PROMPT);
    consoles.letIn(1);
    for (const host of [0, 1]) consoles.run(host, 'xensv start');
    publisher = await Publisher.listen(worldUplink(world), [parsePublished('0:8080')]);
    driven = driveWorld(
      world,
      {},
      {
        realTime: true,
        signal: over.signal,
        onSlice: () => {
          publisher.attend();
        },
      },
    );
    browser = await chromium.launch({ timeout: 0, executablePath: CHROMIUM!, args: BROWSER_ARGS });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(`http://127.0.0.1:${String(publisher.ports[0])}/`);
  }, PATIENCE_MS);
  afterAll(async () => {
    over.abort();
    await driven;
    publisher.close();
    await browser.close();
  });

  const hostNamed = (name: string) => page.getByRole('region', { name: `host ${name}`, exact: true });
  const card = (name: string) => page.getByRole('article', { name: `domain ${name}`, exact: true });

  test(
    'shows this host, and another one that is added',
    async () => {
      await hostNamed('A').getByText('of 192 MiB').waitFor();
      await page.getByLabel('Another host').fill('10.0.0.101');
      await page.getByRole('button', { name: 'Add' }).click();
      await hostNamed('B').getByText('of 192 MiB').waitFor();
      await hostNamed('B').getByRole('article', { name: 'domain Domain-0' }).waitFor();
    },
    PATIENCE_MS,
  );

  test(
    'makes a domain by the form; what is wrong with one is said',
    async () => {
      await hostNamed('A').getByRole('button', { name: 'New domain' }).click();
      await page.getByLabel('Name', { exact: true }).fill('web');
      await page.getByLabel('Memory, MiB').fill('16');
      await page.getByRole('button', { name: 'Create' }).click();
      await hostNamed('A').getByRole('article', { name: 'domain web' }).waitFor();
      await hostNamed('A').getByRole('button', { name: 'New domain' }).click();
      await page.getByLabel('Template').selectOption('web');
      expect(await page.getByLabel('Configuration').inputValue()).toContain('/tmp/web.img');
      await page.getByRole('button', { name: 'Create' }).click();
      await page
        .getByRole('alert')
        .getByText(/creating a domain: .*web/)
        .waitFor();
    },
    PATIENCE_MS,
  );

  test(
    'has its console and its graphs; every colour and label holds for who sees or hears it otherwise',
    async () => {
      await card('web').getByRole('button', { name: /web/ }).click();
      await page.getByText('/ $', { exact: false }).first().waitFor();
      await page.getByLabel('type on the console of web').fill('echo it-$((40 + 2))');
      await page.keyboard.press('Enter');
      await page.getByLabel('details of web').getByText('it-42').waitFor();
      await page.getByRole('tab', { name: 'Graphs' }).click();
      await page
        .getByLabel('details of web')
        .getByRole('img', { name: /^memory: 16 MiB/ })
        .waitFor();
      await page.evaluate(AXE);
      const found = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        return (await axe.run()).violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
        );
      });
      expect(found).toEqual([]);
      if (process.env['PICTURES'] !== undefined) await page.screenshot({ path: process.env['PICTURES'] });
    },
    PATIENCE_MS,
  );

  test(
    'pauses it, lets it go on, and a drag to the other host migrates it',
    async () => {
      await card('web').getByRole('button', { name: 'Pause' }).click();
      await card('web').getByRole('button', { name: 'Continue' }).click();
      await card('web').getByRole('button', { name: 'Pause' }).waitFor();
      await card('web').dragTo(hostNamed('B'));
      await hostNamed('B').getByRole('article', { name: 'domain web' }).waitFor();
      await page.getByRole('status').getByText('migrate').waitFor({ state: 'detached' });
      expect(await hostNamed('A').getByRole('article', { name: /web/ }).count()).toBe(0);
    },
    PATIENCE_MS,
  );
});
