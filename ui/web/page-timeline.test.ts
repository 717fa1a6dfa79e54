/** The timeline in Chromium: the run at a glance while it runs, every event once it stands, and a way to any of them. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consoleHas } from './testing-patience.ts';
import { CHROMIUM, Served, violations } from './testing.ts';

describe.skipIf(CHROMIUM === undefined)('the timeline in the page', () => {
  let served: Served;
  let page: Page;

  beforeAll(async () => {
    served = await Served.start();
    page = await served.page(1440, 1000);
    await page.goto(served.address);
    await consoleHas(page, '/ $');
  });
  afterAll(async () => {
    await served.close();
  });

  const tells = () => page.getByTestId('timeline-tells');
  const lanes = () => page.getByTestId('timeline-lanes');
  const strip = () => page.getByTestId('past');
  const seconds = async (): Promise<number> => Number(await page.getByTestId('time').innerText());
  async function shot(name: string): Promise<void> {
    const folder = process.env['TIMELINE_SHOTS'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  }

  it('shows a run at a glance; when it stands, every event; a click, a key and a search go to one', async () => {
    expect(await tells().count()).toBe(0);
    await page.getByTestId('timeline-open').click();
    await tells().filter({ hasText: 'It runs' }).waitFor();
    await page.getByTestId('console').click();
    await page.keyboard.type('xm create mote\n');
    await consoleHas(page, 'Started domain mote');
    await page.getByTestId('run').filter({ hasText: 'Pause' }).click();
    await page.getByTestId('status').filter({ hasText: 'Paused' }).waitFor();
    await shot('whole');
    await page.getByTestId('console').click();
    await page.keyboard.type('x');
    await page.getByTestId('step-by').selectOption('hypercall');
    await page.getByTestId('step').click();
    await page.getByTestId('status').filter({ hasText: 'Stepped to a hypercall' }).waitFor();
    const end = await seconds();
    await page.getByRole('button', { name: 'Around now' }).click();
    await tells().filter({ hasText: 'each as it was' }).waitFor();
    // By keys: an event after the other, and there.
    await lanes().focus();
    await page.keyboard.press('-');
    await page.keyboard.press('-');
    await tells().filter({ hasText: 'each as it was' }).waitFor();
    await page.keyboard.press('.');
    await page.keyboard.press(',');
    await tells().filter({ hasText: 'Enter goes there' }).waitFor();
    const told = await tells().innerText();
    const wanted = Number(/, ([\d. ]+) s:/.exec(told)![1]!.replaceAll(' ', ''));
    await page.keyboard.press('Enter');
    await page.getByTestId('status').filter({ hasText: 'It went to' }).waitFor();
    expect(await seconds()).toBeCloseTo(wanted, 5);
    // On the strip, which is a slider.
    await strip().focus();
    await page.keyboard.press('End');
    await page.waitForFunction(
      (wanted) => Math.abs(Number(document.querySelector('[data-testid=time]')?.textContent) - wanted) < 1e-6,
      end,
    );
    expect(await strip().getAttribute('aria-valuetext')).toMatch(/^[\d.]+ s of [\d.]+ s$/);
    // What is looked for has the focus, one after the other.
    await page.getByLabel('Find events in what is shown').fill('hypercall');
    await page.keyboard.press('Enter');
    await tells()
      .filter({ hasText: /[1-9][\d,]* are what you look for/ })
      .waitFor();
    await page.getByRole('button', { name: 'Previous found' }).click();
    await tells()
      .filter({ hasText: /^d\d+v\d+, .*\(.*\).*Enter goes there/ })
      .waitFor();
    await shot('exact');
    expect(await violations(page)).toEqual([]);
    // A stretch that is dragged over with Shift is summed up.
    const box = (await lanes().boundingBox())!;
    await page.keyboard.down('Shift');
    await page.mouse.move(box.x + box.width * 0.3, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + 30);
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await tells()
      .filter({ hasText: /s: .*ran.*hypercalls/ })
      .waitFor();
    await shot('selected');
    // A click goes where it is.
    await lanes().focus();
    await page.keyboard.press('Escape');
    await page.mouse.click(box.x + box.width * 0.4, box.y + 30);
    await page.waitForFunction(
      (end) => Number(document.querySelector('[data-testid=time]')?.textContent) < end,
      end,
    );
  });
});
