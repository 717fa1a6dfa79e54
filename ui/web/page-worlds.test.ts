/** Worlds in Chromium: the page opens with one, saves one, opens one, and keeps the last. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { helloKernel } from '../../guests/tests/hello.ts';
import { SNAPSHOT } from '../../scripts/snapshot.ts';
import { loadCore } from '../lab/core-node.ts';
import type { Lab } from '../lab/lab.ts';
import { restoreLab } from '../lab/snapshot/file.ts';
import { openSnapshot } from '../lab/snapshot/format.ts';
import { stateHash } from '../lab/state-hash.ts';
import { moteFiles } from '../lab/world/testing.ts';
import { playInWorld, TOUR_WORLD, WORLD_TOUR } from '../lab/world/tour.ts';
import { restoreWorldFile, saveWorldFile } from '../lab/world/world-file.ts';
import { World } from '../lab/world/world.ts';
import { consoleHas as consoleHasOn, eventually } from './testing-patience.ts';
import { CHROMIUM, Served, violations } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenoscope-worlds-'));
const SLICE_TICKS = 100_000_000;
const COMMAND = 'xm create mote';
const STARTED = 'Started domain mote';
/** Of the tour of two hosts: the domain migrates, and can. */
const GOES = 'xm migrate --live mote 10.0.0.101';

/** A world from a file, in Node. */
async function inNode(file: string): Promise<Lab> {
  return restoreLab(loadCore(), await openSnapshot(readFileSync(file)), {
    image: () => Promise.resolve(undefined),
  });
}

describe.skipIf(CHROMIUM === undefined)('worlds in the page', () => {
  let served: Served;
  let page: Page;
  /** What the page has fetched, by name. */
  let fetched: string[];

  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(async () => {
    await served.close();
  });

  /** Opens the page in a browser that has never seen it. */
  async function open(): Promise<void> {
    page = await served.page();
    fetched = [];
    page.on('request', (request) => fetched.push(basename(request.url())));
    await page.goto(served.address);
    await consoleHas('/ $');
  }
  const consoleHas = (wanted: string): Promise<void> => consoleHasOn(page, wanted);
  async function type(keys: string): Promise<void> {
    await page.getByTestId('console').click();
    await page.keyboard.type(keys);
  }
  const status = (): Promise<string> => page.getByTestId('status').innerText();
  async function statusIs(begins: string): Promise<void> {
    await page.getByTestId('status').filter({ hasText: begins }).waitFor();
  }
  async function shownHash(): Promise<string> {
    await page.getByTestId('hash-button').click();
    return (await page.getByTestId('hash').innerText()).split(' ')[0]!;
  }
  async function save(): Promise<string> {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Share…' }).click();
    await page.getByRole('button', { name: 'Save this instant' }).click();
    const path = join(folder, (await download).suggestedFilename());
    await (await download).saveAs(path);
    await page.keyboard.press('Escape');
    return path;
  }
  async function drop(path: string): Promise<void> {
    const dataTransfer = await page.evaluateHandle(
      ([name, base64]) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(base64!), (byte) => byte.charCodeAt(0))], name!));
        return data;
      },
      [basename(path), readFileSync(path).toString('base64')],
    );
    await page.dispatchEvent('main', 'drop', { dataTransfer });
  }
  /** Waits until the browser has kept this world. */
  async function isKept(): Promise<void> {
    await page.waitForFunction(() => {
      const worlds = JSON.parse(localStorage.getItem('xenoscope.worlds') ?? 'null') as {
        last: unknown;
      } | null;
      return (worlds?.last ?? null) !== null;
    });
  }

  it('opens with a host at its prompt, for which no image is fetched, and goes on from a file to the state that Node has', async () => {
    await open();
    expect(fetched.filter((name) => /\.(elf|cpio)$/.test(name))).toEqual([]);
    expect(fetched.filter((name) => /\.snapshot$/.test(name))).toHaveLength(1);
    await page.getByTestId('speed').selectOption('skip idle time');
    await page.getByTestId('open').setInputFiles(SNAPSHOT);
    await statusIs('It stands where it was saved');
    // Where it stands is shown with the sources: those need the images.
    await page.getByRole('tab', { name: 'Source' }).click();
    await page.getByTestId('source-line').waitFor();
    expect(fetched.filter((name) => /^(mote|dom0)-\w+\.(elf|cpio)$/.test(name))).toHaveLength(2);
    await type(`${COMMAND}\n`);
    await page.getByLabel('Run until').fill(STARTED);
    await page.getByRole('button', { name: 'Run until' }).click();
    await statusIs('The console has');
    const lab = await inNode(SNAPSHOT);
    lab.type(new TextEncoder().encode(`${COMMAND}\r`));
    while (lab.run({ text: new RegExp(STARTED) }, SLICE_TICKS) === undefined);
    const hash = await stateHash(lab.hypervisor);
    expect(await shownHash()).toBe(hash);
    // And from the page back to Node.
    expect(await stateHash((await inNode(await save())).hypervisor)).toBe(hash);
  });

  it('an entry of GRUB’s menu says Xen’s line and the kernel’s, and what it needs; the menu can be changed', async () => {
    await open();
    await page.getByRole('button', { name: 'New world…' }).click();
    const entry = (name: string) => page.getByRole('radio', { name });
    expect(await entry('Xen 4.17 / Mote').first().isChecked()).toBe(true);
    await page.getByText('menu.lst').click();
    const menu = page.getByLabel('menu.lst');
    await menu.fill('title Mine\n  kernle /boot/xen.gz');
    expect(await page.getByRole('alert').textContent()).toContain('line 2: there is no such command');
    await menu.fill(`title Mine
  kernel (hd0,0)/boot/xen.gz dom0_mem=48M sched=bvt
  module /boot/mote.elf hostname=menu
  module /boot/dom0.cpio
title Another's
  kernel /xen.gz
  module /vmlinuz-2.6-xen0 root=/dev/sda4`);
    expect(await entry('Another’s').or(entry("Another's")).isDisabled()).toBe(true);
    await page.getByText('pick vmlinuz-2.6-xen0 first').waitFor();
    await entry('Mine').check();
    expect(await page.getByLabel('Command line of Xen').inputValue()).toBe('dom0_mem=48M sched=bvt');
    expect(await violations(page, ['light'])).toEqual([]);
    await page.getByRole('button', { name: 'Boot', exact: true }).click();
    await consoleHas('Command line: dom0_mem=48M sched=bvt');
    await consoleHas('/ $');
    await type('xm info | grep xen_scheduler; hostname; xm list\n');
    await consoleHas('xen_scheduler          : bvt');
    const printed = async (): Promise<string> => (await page.getByTestId('console').textContent()) ?? '';
    await eventually(page, printed, /\bmenu\b[^]*Domain-0 +0 +48 /);
  });

  it('two hosts: each is looked at in turn, they talk, and come to the state that Node has', async () => {
    await open();
    await page.getByRole('button', { name: 'New world…' }).click();
    await page.getByLabel('Hosts, alike').fill('2');
    await page.getByLabel('Memory (MB)').fill('64');
    await page.getByRole('button', { name: 'Boot', exact: true }).click();
    await page.getByRole('button', { name: 'Host B' }).click();
    const b = page.getByTestId('host-1-console');
    await b.getByText('10.0.0.101 by').first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await b.click();
    await page.keyboard.type('ping -c 1 10.0.0.100\n');
    await page.getByLabel('Run until').fill('packet loss');
    await page.getByRole('button', { name: 'Run until' }).click();
    await statusIs('The console has');
    await b.getByText('1 received').first().waitFor();
    expect(await violations(page, ['light'])).toEqual([]);
    const file = await openSnapshot(readFileSync(await save()));
    const world = await restoreWorldFile(loadCore(), file, { image: () => Promise.resolve(undefined) });
    expect(await shownHash()).toBe(await world.hash());
    // A quarter of a second on, in both.
    await page.getByTestId('speed').selectOption('skip idle time');
    await page.getByRole('button', { name: 'Host A' }).click();
    await type('echo by $((6 * 7))\n');
    await page.getByLabel('Run until').fill('by 42');
    await page.getByRole('button', { name: 'Run until' }).click();
    await consoleHas('by 42');
    await statusIs('The console has');
    world.type(0, new TextEncoder().encode('echo by $((6 * 7))\r'));
    const { lab } = world.hosts[0]!;
    while (lab.run({ text: /by 42/ }, SLICE_TICKS) === undefined);
    // Where one has stopped, the other may be a turn ahead: they are compared where both are at one time.
    const later = await openSnapshot(readFileSync(await save()));
    const other = await restoreWorldFile(loadCore(), later, { image: () => Promise.resolve(undefined) });
    const ns = Math.max(world.ns, other.ns) + 1000;
    for (const each of [world, other]) while (each.run({ ns })?.kind !== 'time');
    expect(await other.hash()).toBe(await world.hash());
    // What is at a URL is opened, too.
    const name = basename(SNAPSHOT);
    writeFileSync(join(served.site, name), readFileSync(SNAPSHOT));
    await page.goto(`${served.address}?open=${name}`);
    await statusIs('It stands where it was saved');
    await page.goto(`${served.address}?open=nothing.snapshot`);
    await page.getByRole('alert').filter({ hasText: 'nothing.snapshot cannot be' }).waitFor();
  });

  it('a domain goes from host to host under load as it does in Node: the tour of two hosts', async () => {
    const world = await World.make(loadCore(), TOUR_WORLD, await moteFiles());
    // As in a page, whose worlds are watched from their beginning: that tells where a card's rings are.
    for (const { lab } of world.hosts) lab.witness.watch();
    const step = WORLD_TOUR.findLastIndex(({ types }) => types === GOES);
    for (const each of WORLD_TOUR.slice(0, step)) expect(await playInWorld(world, each)).toBe(true);
    await world.settle();
    const path = join(folder, 'tour.snapshot');
    writeFileSync(path, await saveWorldFile(world, loadCore()));
    await open();
    await page.getByTestId('speed').selectOption('skip idle time');
    await page.getByTestId('open').setInputFiles(path);
    await statusIs('It stands where it was saved');
    await page.getByRole('button', { name: 'Host A' }).click();
    await type(`${GOES}\n`);
    await page.getByLabel('Run until').fill('suspended for');
    await page.getByRole('button', { name: 'Run until' }).click();
    await statusIs('The console has');
    await page.locator('.stage [role=tab]', { hasText: 'migration' }).click();
    const ruler = page.getByTestId('ruler');
    expect(await ruler.getAttribute('aria-label')).toMatch(/ran nowhere; at most [1-9]\d\d\.\d Mbit\/s, /);
    expect(await ruler.getByTestId('sent').locator('path').getAttribute('d')).toContain(' 0.000 ');
    world.type(0, new TextEncoder().encode(`${GOES}\r`));
    expect(world.run({ text: { host: 0, pattern: /suspended for/ } })?.kind).toBe('host');
    const file = await openSnapshot(readFileSync(await save()));
    const other = await restoreWorldFile(loadCore(), file, { image: () => Promise.resolve(undefined) });
    // Where one has stopped, the other may be a turn ahead, as above.
    const ns = Math.max(world.ns, other.ns) + 1000;
    for (const each of [world, other]) while (each.run({ ns })?.kind !== 'time');
    expect(await other.hash()).toBe(await world.hash());
  });

  it('keeps the last world and offers it after a reload: consoles, domains, what they do', async () => {
    await open();
    await type(`echo marked $((6 * 7)); ${COMMAND}\n`);
    await consoleHas(STARTED);
    await isKept();
    await page.reload();
    await page.getByTestId('offer').waitFor();
    expect(await page.getByTestId('offer').innerText()).toMatch(/^Your last world: Domain-0, mote at \d/);
    expect(await violations(page, ['light'])).toEqual([]);
    await page.getByRole('button', { name: 'Go on where you were' }).click();
    await consoleHas('marked 42');
    await page.getByTestId('offer').waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: /^mote/ }).click();
    await page.getByTestId('console-1').getByText('Welcome to Mote').first().waitFor();
    await page.getByRole('tab', { name: /^Domain-0/ }).click();
    await type('xm destroy mote; echo destroyed $?\n');
    await consoleHas('destroyed 0');
    // What is forgotten is offered no more.
    await page.reload();
    await page.getByRole('button', { name: 'Forget it' }).click();
    await page.reload();
    await consoleHas('/ $');
    expect(await page.getByTestId('offer').count()).toBe(0);
  });

  it('a world with a kernel of its own is kept with that; a file of it needs it beside; what cannot be opened leaves what runs', async () => {
    await open();
    const kernel = { name: 'hello', mimeType: '', buffer: Buffer.from(await helloKernel()) };
    await page.getByRole('button', { name: 'New world…' }).click();
    await page.getByTestId('kernel').setInputFiles(kernel);
    await page.getByRole('button', { name: 'Boot', exact: true }).click();
    await consoleHas('Type something');
    await type('x');
    await isKept();
    const path = await save();
    const opener = page.getByTestId('open');
    await opener.setInputFiles({ name: 'bad', mimeType: '', buffer: Buffer.from('this is no world') });
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toMatch(
      /^bad cannot be opened: it is neither a snapshot nor a recording of Xenoscope\. What was there before goes on\./,
    );
    expect(await status()).toMatch(/^Running/);
    await page.reload();
    await page.getByRole('button', { name: 'Go on where you were' }).click();
    await consoleHas('Type something');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('tab', { name: 'Source' }).click();
    await page.getByTestId('source-line').waitFor();
    await drop(path);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toMatch(/^No sources are shown: it needs its kernel/);
    const file = join(folder, kernel.name);
    writeFileSync(file, kernel.buffer);
    await opener.setInputFiles([file, path]);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await statusIs('It stands where it was saved');
    await page.getByRole('tab', { name: 'Source' }).click();
    await page.getByTestId('source-line').waitFor();
  });
});
