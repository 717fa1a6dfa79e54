/** The story in Chromium: sentences as things happen, all of them once it stands, and one explained. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consoleHas } from './testing-patience.ts';
import { CHROMIUM, Served, violations } from './testing.ts';

describe.skipIf(CHROMIUM === undefined)('the story in the page', () => {
  let served: Served;
  let page: Page;

  beforeAll(async () => {
    served = await Served.start();
    page = await served.page(1440, 900);
    await page.goto(served.address);
    await consoleHas(page, '/ $');
  });
  afterAll(async () => {
    await served.close();
  });

  const list = () => page.getByTestId('trace');
  const explained = () => page.getByTestId('explained');
  const chosen = () => list().locator('[aria-selected=true]');
  async function pause(): Promise<void> {
    await page.getByTestId('run').filter({ hasText: 'Pause' }).click();
    await page.getByTestId('status').filter({ hasText: 'Paused' }).waitFor();
  }

  it('tells what a step has come to, and what it means', async () => {
    await pause();
    await page.getByTestId('console').click();
    await page.keyboard.type('ls\n');
    await page.getByTestId('step-by').selectOption('hypercall');
    await page.getByTestId('step').click();
    await page.getByTestId('status').filter({ hasText: 'Stepped to a hypercall' }).waitFor();
    await list().getByRole('option').last().waitFor();
    await list().focus();
    await page.keyboard.press('End');
    await explained().getByText('Done here by').waitFor();
    expect(await chosen().count()).toBe(1);
    expect(await explained().innerText()).toMatch(/xen\/include\/public\//);
    expect(await violations(page)).toEqual([]);
  });

  it('for the last row, tells what is clicked, a process that the kernel has or a bridge, and only then', async () => {
    await page.getByRole('button', { name: 'Projector' }).click();
    const details = page.getByRole('region', { name: 'Details' });
    expect(await details.isVisible()).toBe(false);
    await page.getByRole('button', { name: /^Process \d+ of Domain-0, xend/ }).click();
    await details.getByText('The daemon of the tools').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: /^Process \d+ of Domain-0, xend/ }).click();
    await details.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Projector' }).click();
    await page.getByRole('tab', { name: 'network' }).click();
    await page.getByRole('button', { name: 'The bridge xenbr0 in domain 0, has learned 1 address' }).click();
    await details.getByText('behind peth0').waitFor();
    await page.getByRole('tab', { name: 'Processor', exact: true }).click();
    await page.locator('[data-register=rip] button').click();
    await details.getByText(/An address in the code of Domain-0: in \S+\./).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('tab', { name: 'processors' }).click();
  });

  it('has every event once it stands, walks through them by keys, and shows them as lines', async () => {
    await page.getByTestId('console').click();
    await page.keyboard.type('mke2fs /tmp/web.img 64; xm create web memory=16\n');
    await page.getByTestId('run').click();
    await consoleHas(page, 'Started domain web');
    await pause();
    const size = async (): Promise<number> =>
      Number(await list().getByRole('option').last().getAttribute('aria-setsize'));
    expect(await size()).toBeGreaterThan(10_000);
    await list().focus();
    await page.keyboard.press('Home');
    await list().locator('[aria-posinset="1"][aria-selected=true]').waitFor();
    for (let n = 0; n < 100; n++) await page.keyboard.press('ArrowDown');
    await list().locator('[aria-posinset="101"][aria-selected=true]').waitFor();
    await page.keyboard.press('End');
    await list()
      .locator(`[aria-posinset="${String(await size())}"][aria-selected=true]`)
      .waitFor();
    expect(await list().innerText()).not.toMatch(/d\d+v\d/);
    await page.getByLabel('as lines').check();
    expect(await list().innerText()).toMatch(/d\d+v\d|xen/);
    await page.getByLabel('as lines').uncheck();
    await page.getByLabel('xenstore', { exact: true }).waitFor();
    for (const group of ['events', 'traps', 'emulation', 'memory', 'scheduling', 'hypercalls'])
      await page.getByLabel(group, { exact: true }).uncheck();
    await list()
      .getByText(/asks the store/)
      .first()
      .waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('tells the way of a request through a disk, and goes along it', async () => {
    await page.getByRole('tab', { name: 'rings', exact: true }).click();
    await page.getByTestId('run').click();
    const ring = page.getByTestId('ring-requests');
    await ring.getByText('the newest answer').waitFor();
    await pause();
    // What an event is called says nothing of how its row looks, or whether it can be clicked.
    const row = list().locator('[data-kind=ring]').last();
    expect(await row.evaluate((element) => getComputedStyle(element).display)).toBe('block');
    await row.click();
    expect(await chosen().getAttribute('data-kind')).toBe('ring');
    await ring.getByRole('button').first().click();
    await page.getByRole('button', { name: 'The way of this request' }).click();
    const steps = page.getByTestId('way').getByRole('listitem');
    await steps.filter({ hasText: 'web (dom 1) asks Domain-0 (dom 0): read' }).waitFor();
    const copied = steps.filter({ hasText: 'The data, by a grant' });
    await copied.getByRole('button').click();
    // There the request is still open; it is told of all the same.
    await ring.getByText('1 request has no answer yet').waitFor();
    expect(await copied.getAttribute('aria-current')).toBe('step');
    expect(await violations(page)).toEqual([]);
  });
});
