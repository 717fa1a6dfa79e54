/** The page in Chromium: built, served, and used as a student would. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assemble } from '../../core/assembler/assemble.ts';
import { debianImages } from '../../guests/debian/fetch.ts';
import { writeMote } from '../../guests/build-mote.ts';
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { helloKernel } from '../../guests/tests/hello.ts';
import { writeXenKernel } from '../../guests/toolchain/elf.ts';
import {
  XEN_ELFNOTE_ENTRY,
  XEN_ELFNOTE_GUEST_OS,
  XEN_ELFNOTE_LOADER,
  XEN_ELFNOTE_VIRT_BASE,
  XEN_ELFNOTE_XEN_VERSION,
} from '../../hypervisor/abi/elfnote.ts';
import { loadCore } from '../lab/core-node.ts';
import { Lab } from '../lab/lab.ts';
import { stateHash } from '../lab/state-hash.ts';
import { play, TOUR, TOUR_HOST } from '../lab/tour.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const images = await debianImages();
const folder = mkdtempSync(join(tmpdir(), 'xenoscope-page-'));
const CONFIGURATION = fileURLToPath(new URL('../../vite.config.ts', import.meta.url));
const BROWSER_ARGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
/** Where the hashes of Node and Chromium are compared: the shell is up. */
const DEBIAN_INSTRUCTIONS = 2_780_000_000;

/** A kernel that does nothing but spin. */
function spinningKernel(): Uint8Array {
  const virtBase = 0xffffffff80000000n;
  const address = virtBase + 0x100000n;
  return writeXenKernel({
    address,
    virtBase,
    entry: address,
    image: assemble('spin: inc rax\n jmp spin\n', { origin: address }).bytes,
    bssBytes: 0,
    notes: [
      { type: XEN_ELFNOTE_GUEST_OS, value: 'spin' },
      { type: XEN_ELFNOTE_XEN_VERSION, value: 'xen-3.0' },
      { type: XEN_ELFNOTE_LOADER, value: 'generic' },
      { type: XEN_ELFNOTE_VIRT_BASE, value: virtBase },
      { type: XEN_ELFNOTE_ENTRY, value: address },
    ],
  });
}

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe.skipIf(executablePath === undefined)('the page', () => {
  let server: PreviewServer;
  let browser: Browser;
  let page: Page;
  let address = '';

  beforeAll(async () => {
    await writeMote();
    const outDir = join(folder, 'site');
    await build({ configFile: CONFIGURATION, logLevel: 'error', build: { outDir, emptyOutDir: true } });
    server = await preview({
      configFile: CONFIGURATION,
      logLevel: 'error',
      build: { outDir },
      preview: { port: 4873, strictPort: false },
    });
    address = server.resolvedUrls!.local[0]!;
    browser = await chromium.launch({ timeout: 0, executablePath: executablePath!, args: BROWSER_ARGS });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  /** Opens the page anew. */
  async function open(): Promise<void> {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    // Nothing waits by the clock: a condition that never comes is for whoever watches.
    page.setDefaultTimeout(0);
    await page.goto(address);
  }
  const text = (testId: string): Promise<string> => page.getByTestId(testId).innerText();
  async function consoleHas(wanted: string): Promise<void> {
    const found = (expected: string): boolean =>
      document.querySelector('[data-testid=console] .xterm-rows')?.textContent.includes(expected) === true;
    await page.waitForFunction(found, wanted);
  }
  const rip = (): Promise<string> => page.locator('[data-register=rip]').innerText();
  async function bootFiles(kernel: string, ramdisk?: string): Promise<void> {
    await page.getByTestId('kernel').setInputFiles(kernel);
    if (ramdisk !== undefined) await page.getByTestId('ramdisk').setInputFiles(ramdisk);
    await page.getByRole('button', { name: 'Boot' }).click();
  }

  it('boots a host by itself; the shell of domain 0 answers, and it steps', async () => {
    await open();
    await consoleHas('/ $');
    await page.getByTestId('console').click();
    await page.keyboard.type('echo hello $(uname)\n');
    await consoleHas('hello Mote');
    await page.getByTestId('run').click();
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
    await page.getByTestId('console').click();
    await page.keyboard.type('ls\n');
    await page.getByTestId('step-hypercall').click();
    const before = await rip();
    await page.getByTestId('step-instruction').click();
    await expect.poll(rip).not.toBe(before);
    expect(await text('trace')).toContain('sched_op');
    expect(await text('code')).toMatch(/[0-9a-f]{8} \w+/);
    // The kernel's own source stands beside, at the line that comes next; a step goes to another line.
    const line = await text('source-line');
    expect(await text('source')).toMatch(/kernel\/\w+\.(ts|asm):\d+/);
    await page.getByTestId('step-line').click();
    await expect.poll(() => text('source-line')).not.toBe(line);
    await page.getByRole('tab', { name: 'Event channels' }).click();
    expect(await text('channels')).toContain('VIRQ timer');
  });

  it('stops at a line of a program, beside which its page tables can be seen', async () => {
    await open();
    await consoleHas('/ $');
    await page.getByLabel('File', { exact: true }).selectOption('programs/head.ts');
    const source = readFileSync(
      fileURLToPath(new URL('../../guests/programs/head.ts', import.meta.url)),
      'utf8',
    );
    const line = source.split('\n').findIndex((each) => each.includes('print(line')) + 1;
    await page
      .getByRole('list', { name: 'programs/head.ts' })
      .getByText(String(line), { exact: true })
      .click();
    await expect.poll(() => text('breakpoints')).toContain(`programs/head.ts:${String(line)}`);
    await page.getByTestId('console').click();
    await page.keyboard.type('head -n 1 /etc/motd\n');
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
    expect(await text('source-line')).toContain('print(line');
    expect(await rip()).toMatch(/^0000000060/);
    // Over the call, which the buffer of the output takes: the next line.
    await page.getByTestId('step-over').click();
    await expect.poll(() => text('source-line')).not.toContain('print(line');
    await page.getByRole('tab', { name: 'Page tables' }).click();
    await expect.poll(() => text('page-tables')).toMatch(/bin\/head\nL4 table: mfn/);
    await page.getByLabel('Address').fill('60000000');
    await page.getByRole('button', { name: 'Walk to it' }).click();
    await expect.poll(() => text('page-tables')).toMatch(/L1 slot[^]*\b0\s+0x0000000060000000\s+[0-9a-f]+/);
    await page.getByRole('tab', { name: 'Source' }).click();
    await page.getByTitle('Take this breakpoint away').click();
    await page.getByTestId('breakpoints').waitFor({ state: 'detached' });
    await page.getByTestId('run').click();
    await consoleHas('Welcome to Mote');
  });

  it('shows who is on the host, and boots a single domain when it is asked to', async () => {
    await open();
    await consoleHas('/ $');
    const file = { name: 'note', mimeType: 'text/plain', buffer: Buffer.from('shared by the page\n') };
    await page.getByTestId('files').setInputFiles([file]);
    await page.getByRole('button', { name: 'Boot', exact: true }).click();
    await consoleHas('/ $');
    await page.getByRole('tab', { name: 'Domains' }).click();
    await page.getByTestId('console').click();
    await page.keyboard.type('cat /lab/note\n');
    await consoleHas('shared by the page');
    await page.keyboard.type('xm create mote; xm list\n');
    await consoleHas('Started domain mote (id=1)');
    await expect
      .poll(() => text('domains'))
      .toMatch(/Domain-0\s+0\s+\S+\s+1\s+128\.0 MiB[^]*mote\s+1\s+\S+\s+1\s+32\.0 MiB/);
    await page.getByRole('tab', { name: /^mote/ }).click();
    await consoleHas('Welcome to Mote');
    await page.getByTestId('domains').getByRole('button', { name: 'mote' }).click();
    await expect.poll(() => text('trace')).toMatch(/^\S+ d1v0 /);
    expect(await text('trace')).not.toContain('d0v0');
    await page.getByRole('tab', { name: 'Domain-0' }).click();
    await page.getByTestId('console').click();
    await page.keyboard.type('xm destroy mote\n');
    await expect.poll(() => text('domains')).not.toContain('mote');
    await page.getByLabel('What boots').selectOption('a single domain');
    await page.getByRole('button', { name: 'Boot', exact: true }).click();
    await expect.poll(() => text('domains')).toMatch(/^[^\n]*\ndomain 1\s[^\n]*$/);
    await consoleHas('Welcome to Mote');
  });

  it('plays the tour of a host, to the very state that Node has', async () => {
    await open();
    await page.getByLabel('skip idle time').check();
    await page.getByRole('button', { name: 'Tour' }).click();
    await page.getByRole('button', { name: 'Play' }).click();
    const last = `${String(TOUR.length)} of ${String(TOUR.length)}`;
    await expect.poll(() => text('tour')).toContain(last);
    await page.getByTestId('tour').getByRole('button', { name: 'Play' }).waitFor();
    await page.getByTestId('hash-button').click();
    await page.getByTestId('hash').waitFor();
    const shown = await text('hash');
    const lab = await Lab.boot(loadCore(), { ...TOUR_HOST, ...(await dom0Images()) });
    for (const step of TOUR) expect(play(lab, step), step.types).toBe(true);
    expect(shown).toContain(await stateHash(lab.hypervisor));
  });

  it('builds a change of the kernel, boots it, and shows errors at their lines', async () => {
    await open();
    await page.getByRole('button', { name: 'Edit Mote' }).click();
    const code = page.locator('.cm-content[aria-label="mote/main.ts"]');
    await code.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText('\nconst wrong: i32 = missing;');
    await page.getByRole('button', { name: 'Build & boot' }).click();
    await expect
      .poll(() => page.getByTestId('build-errors').innerText())
      .toMatch(/^mote\/main\.ts:\d+:\d+: .*missing/);
    await page.locator('.cm-lint-marker-error').waitFor();
    await page.getByRole('button', { name: 'Reset file' }).click();
    await expect.poll(() => code.innerText()).not.toContain('missing');
    // A greeting at the beginning of main, in the file as it came.
    await code.click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.insertText("import { print as say } from 'kernel/console/print';\n");
    await page.keyboard.press('Control+f');
    await page.getByPlaceholder('Find').fill('  begin(init);');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.keyboard.press('End');
    await page.keyboard.insertText(" say('changed in the page ' + (6 * 7).toString() + '\\n');");
    await page.getByRole('button', { name: 'Build & boot' }).click();
    await consoleHas('changed in the page 42');
    await consoleHas('/ $');
    // It is kept: the page that is opened again still has it.
    await page.reload();
    await page.getByRole('button', { name: 'Edit Mote' }).click();
    await expect.poll(() => code.innerText()).toContain('print as say');
  });

  it('answers while a guest spins, and tells of a bad file in a sentence', async () => {
    await open();
    await bootFiles(file('spin', spinningKernel()));
    await expect.poll(() => text('instructions')).toMatch(/\d{2},\d{3},\d{3}$/);
    await page.getByTestId('run').click();
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
    expect(await text('code')).toMatch(/inc rax|jmp /);
    await bootFiles(file('bad', 'this is no kernel\n'.repeat(60)));
    await expect.poll(() => page.getByRole('alert').innerText()).toMatch(/not a/);
    await bootFiles(file('hello', await helloKernel()));
    await consoleHas('Type something');
  });

  async function hashInPage(instructions: number): Promise<string> {
    await page.getByLabel('skip idle time').check();
    await page.getByLabel('Run until').fill(String(instructions));
    await page.getByRole('button', { name: 'Run until' }).click();
    await expect.poll(() => text('instructions')).toBe(instructions.toLocaleString('en'));
    await page.getByTestId('hash-button').click();
    await page.getByTestId('hash').waitFor();
    return text('hash');
  }

  it.skipIf(images === undefined)(
    "boots Debian's kernel to its shell, in the very state that Node has",
    async () => {
      await open();
      await bootFiles(images!.cloud, images!.initrd);
      const shown = await hashInPage(DEBIAN_INSTRUCTIONS);
      const lab = await Lab.boot(loadCore(), {
        kernel: readFileSync(images!.cloud),
        ramdisk: readFileSync(images!.initrd),
        commandLine: 'console=hvc0 rdinit=/init',
        memoryMb: 128,
        vcpus: 1,
      });
      while (lab.run({ instructions: DEBIAN_INSTRUCTIONS }, 100_000_000) === undefined);
      expect(shown).toContain(await stateHash(lab.hypervisor));
      await page.getByTestId('run').click();
      await page.getByTestId('console').click();
      await page.keyboard.type('echo $((6*7)) is it\n');
      await consoleHas('42 is it');
    },
  );
});
