/** Sharing in Chromium: bookmarks, walked by the arrow keys; a run that goes to somebody else as a link. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, Served, violations } from './testing.ts';

describe.skipIf(CHROMIUM === undefined)('sharing', () => {
  let served: Served;
  let page: Page;

  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(async () => {
    await served.close();
  });

  async function consoleHas(wanted: string): Promise<void> {
    const look = (text: string): boolean =>
      document.querySelector('[data-testid=console] .xterm-rows')?.textContent.includes(text) === true;
    await page.waitForFunction(look, wanted);
  }
  const button = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
  const time = (): Promise<string> => page.getByTestId('time').innerText();
  async function says(text: string): Promise<void> {
    await page.getByTestId('says').filter({ hasText: text }).waitFor();
  }
  async function bookmark(sentence: string): Promise<void> {
    await button('Bookmark this instant');
    await page.keyboard.type(`${sentence}\n`);
    await says(sentence);
  }
  async function typed(line: string, until: string): Promise<void> {
    await page.getByTestId('console').click();
    await page.keyboard.type(`${line}\n`);
    await page.getByLabel('Run until').fill(until);
    await button('Run until');
    await page
      .getByTestId('status')
      .filter({ hasText: `"${until}"` })
      .waitFor();
  }
  const leftWidth = (): Promise<string | null> =>
    page.getByTestId('split-left').getAttribute('aria-valuenow');
  async function goesTo(wanted: string): Promise<void> {
    await page.getByTestId('time').filter({ hasText: wanted }).waitFor();
  }

  it('bookmarks are walked by keys; a link opens the run where it was left, with them; a bad one is said to be bad', async () => {
    page = await served.page();
    await page.goto(served.address);
    await consoleHas('/ $');
    await button('Pause');
    await button('Bookmarks');
    await typed('echo by $((6 * 7))', 'by 42');
    const first = await time();
    await page.getByTestId('split-left').press('ArrowRight');
    const width = await leftWidth();
    expect(width).not.toBe('50');
    await bookmark('It knows the answer.');
    await page.getByTestId('split-left').dblclick();
    expect(await leftWidth()).toBe('50');
    await page.getByRole('tab', { name: 'memory' }).click();
    await typed('echo by $((6 * 8))', 'by 48');
    const second = await time();
    await bookmark('Another.');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'To the bookmark before' }).focus();
    await page.keyboard.press('ArrowLeft');
    await goesTo(first);
    await says('It knows the answer.');
    expect(await page.getByRole('tab', { name: 'processors' }).getAttribute('aria-selected')).toBe('true');
    await button('Share…');
    const link = await page.getByTestId('link').inputValue();
    expect(link.length).toBeLessThan(2000);
    expect(await violations(page)).toEqual([]);
    // Somebody else opens it; the keys are the bookmarks' at once.
    page = await served.page();
    await page.goto(link);
    await goesTo(first);
    await consoleHas('by 42');
    await says('The arrow keys');
    await page.keyboard.press('PageDown');
    await says('It knows');
    expect(await leftWidth()).toBe(width);
    await page.keyboard.press('ArrowRight');
    await goesTo(second);
    await consoleHas('by 48');
    expect(await page.getByRole('tab', { name: 'memory' }).getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('ArrowLeft');
    await goesTo(first);
    await button('Run to it');
    await goesTo(second);
    // Where another world is, the address is not its any more.
    expect(page.url()).toBe(link);
    await page.goto(`${served.address}#world=${link.slice(-40)}`);
    await page.getByRole('alert').filter({ hasText: 'The link cannot be opened: it is no link' }).waitFor();
    await page.goto(`${link.slice(0, -40)}`);
    await page.getByRole('alert').filter({ hasText: 'The link cannot be opened: it is damaged' }).waitFor();
    await button('New world…');
    await button('Boot');
    await page.waitForFunction(() => location.hash === '');
  });

  it('an address that has nothing is told, above a host as there is without one', async () => {
    const wrong = {
      '#demo=nothing': 'There is no demo “nothing” here',
      '#world=AAAA': 'The link cannot be opened',
    };
    for (const [address, says] of Object.entries(wrong)) {
      page = await served.page();
      await page.goto(served.address + address);
      await consoleHas('/ $');
      expect(await page.getByRole('alert').innerText()).toContain(says);
      await page.close();
    }
  });

  it('a lab whose script does not come is told, with what to do', async () => {
    page = await served.page();
    await page.route('**/assets/worker-*.js', (route) => route.abort());
    await page.goto(served.address);
    expect(await page.getByRole('alert').innerText()).toContain('The lab did not load');
    await page.close();
  });
});
