/** The page in Chromium: built, served, and used as a student would. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debianImages } from '../../guests/debian/fetch.ts';
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { helloKernel } from '../../guests/tests/hello.ts';
import { loadCore } from '../lab/core-node.ts';
import { Lab } from '../lab/lab.ts';
import { stateHash } from '../lab/state-hash.ts';
import { spinningKernel } from '../lab/testing-kernels.ts';
import { play, TOUR, TOUR_HOST } from '../lab/tour.ts';
import { consoleHas as consoleHasOn, eventually as eventuallyOn } from './testing-patience.ts';
import { CHROMIUM, Served, violations as violationsOn } from './testing.ts';

const images = await debianImages();
const folder = mkdtempSync(join(tmpdir(), 'xenoscope-page-'));
/** Where the hashes of Node and Chromium are compared: the kernel has unpacked itself, and is at work. */
const DEBIAN_INSTRUCTIONS = 300_000_000;
/** As much of the tour: a disk is made, and a domain with it. */
const TOUR_STEPS = 5;

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe.skipIf(CHROMIUM === undefined)('the page', () => {
  let served: Served;
  let page: Page;

  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(async () => {
    await served.close();
  });

  /** Opens the page anew, in a browser that has never seen it. */
  async function open(width?: number, height?: number): Promise<void> {
    page = await served.page(width, height);
    // A used host asks before a reload ends it.
    page.on('dialog', (dialog) => void dialog.accept());
    await page.goto(served.address);
  }
  const text = (testId: string): Promise<string> => page.getByTestId(testId).innerText();
  const eventually = (read: () => Promise<string>, expected: RegExp): Promise<void> =>
    eventuallyOn(page, read, expected);
  const consoleHas = (wanted: string): Promise<void> => consoleHasOn(page, wanted);
  async function type(keys: string): Promise<void> {
    await page.getByTestId('console').click();
    await page.keyboard.type(keys);
  }
  async function pause(): Promise<void> {
    await page.getByTestId('run').click();
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  }
  const tab = (name: string): Promise<void> => page.getByRole('tab', { name, exact: true }).click();
  const rip = (): Promise<string> => page.locator('[data-register=rip]').innerText();
  async function bootFiles(kernel: string, ramdisk?: string, stands = false): Promise<void> {
    await page.getByRole('button', { name: 'New world…' }).click();
    await page.getByTestId('kernel').setInputFiles(kernel);
    // A kernel alone makes a single domain, which has no files to share: the dialog is then as it stays.
    await page.getByTestId('files').waitFor({ state: 'detached' });
    if (ramdisk !== undefined) await page.getByTestId('ramdisk').setInputFiles(ramdisk);
    if (stands) await page.getByLabel('stand at the first instruction').check();
    await page.getByRole('button', { name: 'Boot', exact: true }).click();
  }
  const violations = (): Promise<readonly string[]> => violationsOn(page);

  it('boots a host by itself; its shell answers, it steps and says what it has done; the keyboard is enough', async () => {
    await open();
    await consoleHas('/ $');
    await type('echo hello $(uname)\n');
    await consoleHas('hello Mote');
    // The terminal keeps Tab for the guest; F6 leaves it, and F7 to F11 are the page's everywhere.
    const inTerminal = (): Promise<boolean> =>
      page.evaluate(() => document.activeElement?.closest('.terminal') !== null);
    await page.keyboard.press('Tab');
    expect(await inTerminal()).toBe(true);
    await page.keyboard.press('F6');
    expect(await inTerminal()).toBe(false);
    await page.keyboard.press('Shift+F6');
    expect(await inTerminal()).toBe(true);
    await page.keyboard.press('F8');
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
    expect(await text('status')).toMatch(/^Paused/);
    await page.keyboard.type('ls\n');
    await eventually(() => text('unread'), /ls⏎/);
    await page.keyboard.press('F9');
    await eventually(() => text('status'), /^Stepped to a hypercall: d0v0 \w+\(/);
    await tab('Processor');
    const before = await rip();
    await page.keyboard.press('Shift+F8');
    await eventually(() => text('status'), /^One instruction in d0v0/);
    expect(await rip()).not.toBe(before);
    expect(await text('code')).toMatch(/[0-9a-f]{8} \w+/);
    // The kernel's own source stands beside, at the line that comes next; a step goes to another line.
    await tab('Source');
    const line = await text('source-line');
    expect(await text('source')).toMatch(/kernel\/\S+\.(ts|asm):\d+/);
    await page.keyboard.press('F11');
    await eventually(() => text('status'), /^One step in d0v0 at /);
    expect(await text('source-line')).not.toBe(line);
    expect(await violations()).toEqual([]);
    await page.getByRole('tab', { name: 'Wasm' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('tab', { name: 'Page tables' }).getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('ArrowRight');
    expect(await text('channels')).toContain('VIRQ_TIMER');
    await page.getByLabel('Stop at an event').fill('hypercall console_io');
    await page.keyboard.press('Enter');
    await page.keyboard.press('F8');
    await eventually(() => text('status'), /^What you wait for: d0v0 console_io\(/);
  });

  it('stops at a line of a program, beside which its page tables can be seen; a reload keeps what was set', async () => {
    await open();
    await consoleHas('/ $');
    await tab('Source');
    await page.getByLabel('File', { exact: true }).selectOption('programs/head.ts');
    const source = readFileSync(
      fileURLToPath(new URL('../../guests/programs/head.ts', import.meta.url)),
      'utf8',
    );
    const line = source.split('\n').findIndex((each) => each.includes('print(line')) + 1;
    const listing = page.locator('[data-file="programs/head.ts"]');
    // A line of no code is refused with a word, which the next breakpoint takes away.
    const end = source.trimEnd().split('\n').length;
    await listing.getByText(String(end), { exact: true }).click();
    await eventually(
      () => page.getByRole('alert').innerText(),
      /^No breakpoint at programs\/head\.ts:\d+: no code/,
    );
    await listing.getByText(String(line), { exact: true }).click();
    await eventually(() => text('breakpoints'), new RegExp(`programs/head\\.ts:${String(line)} ×`));
    expect(await page.getByRole('alert').count()).toBe(0);
    await type('head -n 1 /etc/motd\n');
    await eventually(() => text('status'), /^Breakpoint in d0v0 at .*programs\/head\.ts/);
    expect(await text('source-line')).toContain('print(line');
    await tab('Processor');
    expect(await rip()).toMatch(/^0000000060/);
    await tab('Source');
    // Over the call, which the buffer of the output takes: the next line.
    await page.getByTestId('step-by').selectOption('over');
    await page.getByTestId('step').click();
    await eventually(() => text('status'), /^One step/);
    expect(await text('source-line')).not.toContain('print(line');
    await page.getByRole('tab', { name: 'Page tables' }).click();
    await eventually(() => text('page-tables'), /bin\/head\nL4 table: mfn/);
    await page.getByLabel('Address', { exact: true }).fill('60000000');
    await page.getByRole('button', { name: 'Walk to it' }).click();
    await eventually(() => text('page-tables'), /L1 slot[^]*\b0\s+0x0000000060000000\s+[0-9a-f]+/);
    expect(await violations()).toEqual([]);
    await page.getByLabel('scheduling').uncheck();
    await page.reload();
    await tab('Source');
    await eventually(() => text('breakpoints'), new RegExp(`programs/head\\.ts:${String(line)} ×`));
    expect(await page.getByLabel('scheduling').isChecked()).toBe(false);
    await page.getByRole('button', { name: /^Take the breakpoint at/ }).click();
    await page.getByTestId('breakpoints').waitFor({ state: 'detached' });
    await type('head -n 1 /etc/motd\n');
    await consoleHas('Welcome to Mote');
  });

  it('shows what the translator makes of the code that comes next, or of any', async () => {
    await open();
    await consoleHas('/ $');
    await pause();
    await page.getByRole('tab', { name: 'Wasm' }).click();
    const shown = (): Promise<string> => text('translation');
    await eventually(shown, /\d+ blocks?, \d+ records; \d+ bytes of WebAssembly/);
    // The first record's instruction is the processor's next one, and something comes of it.
    const first = await page.getByTestId('translation').locator('tr.begins').first().innerText();
    await page.getByRole('tab', { name: 'Processor', exact: true }).click();
    const [rip, next] = [await page.locator('[data-register=rip]').innerText(), await text('code')];
    expect(first).toContain(rip.slice(-8));
    expect(first).toContain(next.split('\n')[0]!.slice(9).trim());
    expect(first).toMatch(/\((local|i64|i32|if|br|call)/);
    await page.getByRole('tab', { name: 'Wasm' }).click();
    const field = page.getByLabel('Address of the code');
    await field.fill('7fff00000000');
    await eventually(shown, /Nothing is mapped at 0x00007fff00000000/);
    await field.fill('8000 0000');
    await eventually(shown, /That is no address/);
    await field.fill('');
    await eventually(shown, new RegExp(`From 0x${rip} on`));
    expect(await violations()).toEqual([]);
  });

  it('shows who is on the host, every domain in all panes; a guest’s console is only looked at', async () => {
    await open();
    await consoleHas('/ $');
    await page.getByRole('button', { name: 'New world…' }).click();
    expect(await violations()).toEqual([]);
    const file = { name: 'note', mimeType: 'text/plain', buffer: Buffer.from('shared by the page\n') };
    await page.getByTestId('files').setInputFiles([file]);
    await page.getByRole('button', { name: 'Boot', exact: true }).click();
    await eventually(() => text('status'), /^Running/);
    await consoleHas('/ $');
    await page.getByRole('tab', { name: 'Domains' }).click();
    await type('cat /lab/note\n');
    await consoleHas('shared by the page');
    await page.keyboard.type('xm create mote; xm list\n');
    await consoleHas('Started domain mote (id=1)');
    await eventually(
      () => text('domains'),
      /Domain-0\s+0\s+\S+\s+1\s+\d+\.\d MiB[^]*mote\s+1\s+\S+\s+1\s+32\.0 MiB/,
    );
    await page.getByRole('tab', { name: /^mote/ }).click();
    await eventually(() => text('console-1'), /Welcome to Mote/);
    await page.getByTestId('console-1').click();
    await page.keyboard.type('x');
    expect(await page.getByTestId('read-only').getAttribute('class')).toContain('refused');
    expect(await violations()).toEqual([]);
    // It can be typed to by domain 0, as everywhere.
    await page.getByRole('button', { name: 'xm console mote' }).click();
    await page.keyboard.type('echo in $((6 * 7))\n');
    await consoleHas('in 42');
    await page.keyboard.press('Control+]');
    await page.getByTestId('look').selectOption('1');
    await page.getByRole('tab', { name: 'Ports' }).click();
    await eventually(() => text('channels'), /port \d+ of domain 0/);
    await pause();
    await tab('Processor');
    expect(await page.getByText('of d1 mote: registers').count()).toBe(1);
    expect(await text('code')).toMatch(/[0-9a-f]{8} \w+/);
    await page.getByLabel('as lines').check();
    await eventually(() => text('trace'), /^(?![^]*d0v0)[^]*d1v0/);
    await page.getByTestId('run').click();
    await page.getByRole('tab', { name: 'Domain-0' }).click();
    await eventually(() => text('status'), /^Running/);
    const place = await page.getByRole('tab', { name: 'Domains' }).boundingBox();
    await type('xm destroy mote\n');
    await page.getByRole('tab', { name: 'Domains' }).click();
    await eventually(() => text('domains'), /^[^\n]*\nDomain-0[^\n]*$/);
    // Nothing has moved under the pointer when it went.
    expect(await page.getByRole('tab', { name: 'Domains' }).boundingBox()).toEqual(place);
    await page.getByRole('button', { name: 'New world…' }).click();
    await page.getByLabel('What boots').selectOption('domain');
    await page.getByRole('button', { name: 'Boot', exact: true }).click();
    await eventually(() => text('domains'), /^[^\n]*\ndomain 1\s[^\n]*$/);
    await consoleHas('Welcome to Mote');
  });

  it('plays the tour of a host, to the very state that Node has; back, and again', async () => {
    await open();
    await page.getByTestId('speed').selectOption('skip idle time');
    await page.getByRole('button', { name: 'Tour' }).click();
    const tour = page.getByTestId('tour');
    const next = tour.getByRole('button', { name: 'Next' });
    const isAt = (step: number): Promise<void> =>
      eventually(() => tour.innerText(), new RegExp(`${String(step)} of ${String(TOUR.length)}[^]*done`));
    for (let step = 1; step <= TOUR_STEPS; step++) {
      await next.click();
      await isAt(step);
    }
    const shown = async (): Promise<string> => {
      await page.getByTestId('hash-button').click();
      await page.getByTestId('hash').waitFor();
      return text('hash');
    };
    const lab = await Lab.boot(loadCore(), { ...TOUR_HOST, ...(await dom0Images()) });
    const there = async (from: number, to: number): Promise<string> => {
      for (const step of TOUR.slice(from, to)) expect(play(lab, step), step.types).toBe(true);
      return stateHash(lab.hypervisor);
    };
    const before = await there(0, TOUR_STEPS - 1);
    expect(await shown()).toContain(await there(TOUR_STEPS - 1, TOUR_STEPS));
    await tour.getByRole('button', { name: 'Back' }).click();
    await isAt(TOUR_STEPS - 1);
    expect(await shown()).toContain(before);
  });

  it('builds a change of a program into the host that is there, and shows errors at their lines', async () => {
    await open();
    await consoleHas('/ $');
    await type('echo marked\n');
    await consoleHas('marked');
    await page.getByRole('button', { name: 'Edit Mote' }).click();
    await page.getByRole('navigation', { name: 'Files' }).getByText('programs', { exact: true }).click();
    await page.getByRole('button', { name: 'true.ts' }).click();
    const code = page.locator('.cm-content[aria-label="programs/true.ts"]');
    await code.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText('\nconst wrong: i32 = missing;');
    const build = page.getByRole('button', { name: 'Build & boot' });
    await build.click();
    await page.getByRole('button', { name: 'Cancel the build' }).click();
    await page.getByRole('button', { name: 'Cancel the build' }).waitFor({ state: 'detached' });
    await build.click();
    await page.getByTestId('build-errors').waitFor();
    expect(await text('build-errors')).toMatch(/^programs\/true\.ts:\d+:\d+: .*missing/);
    await page.locator('.cm-lint-marker-error').waitFor();
    expect(await violations()).toEqual([]);
    await page.getByRole('button', { name: 'Reset file' }).click();
    await eventually(() => code.innerText(), /^(?![^]*missing)/);
    await code.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(
      "import { print } from 'programs/lib/io';\nexport function main(args: string[]): i32 {\n  print('changed ' + (6 * 7).toString() + '\\n');\n  return 0;\n}\n",
    );
    await build.click();
    // The host that was there has a mark on its console, which the one that is built has not.
    await page.waitForFunction(
      () =>
        document.querySelector('[data-testid=console] .xterm-rows')?.textContent.includes('marked') === false,
    );
    await consoleHas('/ $');
    await type('/bin/true; xm list\n');
    await consoleHas('changed 42');
    await consoleHas('Domain-0');
    // It is kept: the page that is opened again still has it.
    await page.reload();
    await page.getByRole('button', { name: 'Edit Mote' }).click();
    await page.getByRole('navigation', { name: 'Files' }).getByText('programs', { exact: true }).click();
    await page.getByRole('button', { name: 'true.ts' }).click();
    await eventually(() => code.innerText(), /changed/);
  });

  it('answers while a guest spins; a step can be cancelled; a bad file leaves what runs', async () => {
    await open();
    await consoleHas('/ $');
    await bootFiles(file('spin', spinningKernel()));
    // The host before has printed, and as many instructions behind it.
    await page.getByText('has printed nothing yet').waitFor();
    await eventually(() => text('instructions'), /\d{2},\d{3},\d{3}$/);
    await pause();
    await tab('Processor');
    expect(await text('code')).toMatch(/inc rax|jmp /);
    await page.getByTestId('step-by').selectOption('event');
    await page.getByTestId('step').click();
    await eventually(() => text('status'), /^Stepping to the next event upcall/);
    await page.keyboard.press('Escape');
    await eventually(() => text('status'), /^Cancelled before the next event upcall/);
    await bootFiles(file('bad', 'this is no kernel\n'.repeat(60)));
    await eventually(
      () => page.getByRole('alert').innerText(),
      /^bad as a single domain does not boot: .*not a.*goes on/,
    );
    expect(await text('code')).toMatch(/inc rax|jmp /);
    expect(await violations()).toEqual([]);
    await bootFiles(file('hello', await helloKernel()));
    await consoleHas('Type something');
    expect(await page.getByRole('alert').count()).toBe(0);
    await type('x');
    await consoleHas('x');
  });

  it('at 200 %, at 150 % of a small screen, on a phone every pane can be read, and nothing is wider than the page', async () => {
    await open();
    for (const [width, height] of [
      [720, 450],
      [853, 480],
      [390, 844],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.reload();
      await consoleHas('/ $');
      const panes = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('main > .panel')].map((pane) => pane.offsetHeight),
      );
      expect(panes).toHaveLength(4);
      for (const pane of panes) expect(pane).toBeGreaterThan(200);
      const size = page.evaluate(() => [document.documentElement.scrollWidth, scrollY]);
      expect(await size, `${String(width)} x ${String(height)}`).toEqual([width, 0]);
    }
  });

  it.skipIf(images === undefined)("boots Debian's kernel, into the very state that Node has", async () => {
    await open();
    await bootFiles(images!.cloud, images!.initrd, true);
    await eventually(() => text('status'), /^It stands at its first instruction/);
    expect(await page.getByText('has printed nothing yet').count()).toBe(1);
    await page.getByTestId('speed').selectOption('skip idle time');
    await page.getByLabel('Run until').fill(String(DEBIAN_INSTRUCTIONS));
    await page.getByRole('button', { name: 'Run until' }).click();
    await eventually(() => text('status'), /^That many instructions/);
    await page.getByTestId('hash-button').click();
    await page.getByTestId('hash').waitFor();
    const lab = await Lab.boot(loadCore(), {
      kernel: readFileSync(images!.cloud),
      ramdisk: readFileSync(images!.initrd),
      commandLine: 'console=hvc0 rdinit=/init',
      memoryMb: 128,
      vcpus: 1,
    });
    while (lab.run({ instructions: DEBIAN_INSTRUCTIONS }, 100_000_000) === undefined);
    expect(await text('hash')).toContain(await stateHash(lab.hypervisor));
  });
});
