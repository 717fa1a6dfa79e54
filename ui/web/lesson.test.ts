/** A lesson in Chromium: a question, commands that are clicked, a mistake, what is done; kept over a reload, and exported. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { loadCore } from '../lab/core-node.ts';
import { buildKernels } from '../lab/lessons/build-node.ts';
import { FIRST_KERNEL } from '../lab/lessons/first-kernel/lesson.ts';
import { gradeResult } from '../lab/lessons/grade.ts';
import { readResult } from '../lab/lessons/result.ts';
import { XM_CREATE } from '../lab/lessons/xm-create/lesson.ts';
import { consoleHas as consoleHasOn } from './testing-patience.ts';
import { CHROMIUM, Served, violations } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenoscope-lesson-'));

describe.skipIf(CHROMIUM === undefined)('a lesson in the page', () => {
  let served: Served;
  let page: Page;

  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(async () => {
    await served.close();
  });

  const lesson = () => page.getByTestId('lesson');
  async function press(name: string | RegExp): Promise<void> {
    await lesson()
      .getByRole('button', { name, exact: typeof name === 'string' })
      .click();
  }
  const consoleHas = (wanted: string): Promise<void> => consoleHasOn(page, wanted);
  async function exported(): Promise<string> {
    const download = page.waitForEvent('download');
    await press('Export result');
    const path = join(folder, (await download).suggestedFilename());
    await (await download).saveAs(path);
    return readFileSync(path, 'utf8');
  }

  it('lets write a kernel: a mistake is told, what builds not is said, what is right is done and graded', async () => {
    page = await served.page(1440, 900);
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(served.address);
    await page.getByRole('button', { name: 'Lessons', exact: true }).click();
    await press(FIRST_KERNEL.title);
    await press('Begin');
    await press(/^All that it gets/);
    await press('Edit mine/main.ts');
    const line = (text: string) => page.locator('.cm-line', { hasText: text });
    await line('for (;;) {}').waitFor();
    await lesson().getByText('As you expected:').waitFor();
    expect(await violations(page)).toEqual([]);
    await press('Next step');

    const begin = async (text: string): Promise<void> => {
      await line(text).click();
      await page.keyboard.press('Home');
    };
    await begin('for (;;) {}');
    await page.keyboard.type('hypercall2(xen.HYPERVISOR_xen_version, xen.XENVER_extraversion, where);\n');
    await press('Build & boot');
    await lesson().getByText('It does not build:').waitFor();
    await begin('where');
    await page.keyboard.press('Shift+End');
    await page.keyboard.type('hypercall2(xen.HYPERVISOR_xen_version, xen.XENVER_extraversion, answer);');
    await press('Build & boot');
    await lesson().getByText('bad address').waitFor();
    expect(await violations(page, ['light'])).toEqual([]);
    await begin('XENVER_extraversion');
    await page.keyboard.press('Shift+End');
    await page.keyboard.type(
      'hypercall2(xen.HYPERVISOR_xen_version, xen.XENVER_extraversion, virtual(answer)); printBytes(answer);',
    );
    // As well by the editor's own button: it knows whose kernel this is.
    await page.getByTestId('editor').getByRole('button', { name: 'Build & boot' }).click();
    await lesson().getByText('✓ Done.').waitFor();
    expect(await lesson().getByText('bad address').count()).toBe(0);

    await page.setViewportSize({ width: 390, height: 844 });
    await press('Next step');
    expect(await violations(page, ['light'])).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);

    // What was built in the page is built again, to the byte.
    const result = readResult(await exported());
    const verdicts = await gradeResult(loadCore(), FIRST_KERNEL, result, await dom0Images(), buildKernels);
    expect(verdicts.map(({ holds }) => holds)).toEqual([true, true, false, false]);
    expect(errors).toEqual([]);
  });

  it('asks, lets do, warns, judges; goes on after a reload; its result holds', async () => {
    page = await served.page();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(served.address);
    await page.getByRole('button', { name: 'Lessons', exact: true }).click();
    expect(await violations(page)).toEqual([]);
    await press(XM_CREATE.title);
    await press('Begin');
    // Before one has said what one expects, nothing is there to be done.
    await lesson().getByText('What do you expect?').waitFor();
    expect(await lesson().locator('.command').count()).toBe(0);
    await consoleHas('/ $');
    await press('One');
    await press('A hint');
    expect(await violations(page)).toEqual([]);
    await press(/^cat .* > /);
    await press(/^echo 'name/);
    await consoleHas('memory = 24');
    // Without -p: it is told what is wrong.
    await page.getByTestId('console').click();
    await page.keyboard.type('xm create first\n');
    await lesson().getByText('first runs already').waitFor();
    await page.getByTestId('console').click();
    await page.keyboard.type('xm destroy first\n');
    await press('xm create -p first');
    await lesson().getByText('You expected something else. It was:').waitFor();
    expect(await lesson().getByText('first runs already').count()).toBe(0);
    expect(await violations(page)).toEqual([]);

    await page.reload();
    await page.getByRole('button', { name: 'Lessons', exact: true }).click();
    await press('Go on');
    await consoleHas('xm create -p first');
    await press(/blocked/);
    await press('xm unpause first');
    await lesson().getByText('As you expected:').waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await press('Next step');
    expect(await violations(page, ['light'])).toEqual([]);
    // Nothing of it is wider than the page.
    expect(await lesson().evaluate((pane) => pane.scrollWidth <= pane.clientWidth)).toBe(true);

    const verdicts = await gradeResult(
      loadCore(),
      XM_CREATE,
      readResult(await exported()),
      await dom0Images(),
      buildKernels,
    );
    expect(verdicts.map(({ holds, guess, answer }) => [holds, guess, answer]).slice(0, 3)).toEqual([
      [true, 1, 0],
      [true, 1, 1],
      [false, null, null],
    ]);
    expect(errors).toEqual([]);
  });
});
