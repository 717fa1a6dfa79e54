/**
 * `npm run bench:page`: the built page in Chromium, by the wall clock, in moments in which nobody else works on the machine, where there
 * are any: how long it lets one wait from the navigation to the host's prompt, once the browser has seen the page, and for a step back in
 * the midst of Debian's boot; and how much faster a world of two busy hosts is where its workers may share memory, so that each host has
 * its own (ui/web/isolation.ts), than where one has both. Names of these (`prompt`, `back`, `worlds`) ask for them alone. Exit status
 * 1: even the fastest takes longer than is promised, or the two worlds are not the same.
 */
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { preview } from 'vite';
import { debianImages } from '../guests/debian/fetch.ts';
import type { BackKind } from '../ui/lab/protocol.ts';
import { BROWSER_ARGS, CHROMIUM } from '../ui/web/chromium.ts';
import { ISOLATED } from '../ui/web/isolation.ts';
import { ask, asset, boot, hash, openLab, runFor, SITE, type } from './page-lab.ts';
import { whenQuiet } from './quiet.ts';

const PROMPT_MS = 1000;
const BACK_MS = 500;
const NAVIGATIONS = 12;
/** How long it waits for a quiet moment before each measurement, in ms. */
const PATIENCE_MS = 3000;
/** Late in Debian's boot: its clock ticks by then. From here on it is gone back from so many places, so far apart. */
const LATE = 'Run /init as init process';
const APART_INSTRUCTIONS = 7_654_321;
const PLACES = 6;
const KINDS: readonly BackKind[] = ['instruction', 'hypercall', 'event', 'trap'];
const BUSY = 'while true; do seq 1 3000 | sort | wc > /dev/null; done\r';
const SAMPLE_MS = 1000;
const WORLD_SAMPLES = 12;

const wanted = process.argv.slice(2);
let failed = false;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function tell(what: string, values: readonly number[], most: number): void {
  const best = Math.min(...values);
  failed ||= best > most;
  process.stdout.write(
    `${what}: ${best.toFixed(0)} ms at best, ${median(values).toFixed(0)} usually, ` +
      `${Math.max(...values).toFixed(0)} at worst, of ${String(most)}\n`,
  );
}

const quiet = (): Promise<void> => whenQuiet(performance.now() + PATIENCE_MS);

/** When the console has shown this, in ms since the navigation, as often as the page draws. */
function shown(page: Page, text: string): Promise<number> {
  return page.evaluate(
    (looked) =>
      new Promise<number>((resolve) => {
        const look = (): void => {
          const rows = document.querySelector('[data-testid=console] .xterm-rows')?.textContent;
          if (rows?.includes(looked) === true) resolve(performance.now());
          else requestAnimationFrame(look);
        };
        look();
      }),
    text,
  );
}

async function navigations(browser: Browser, address: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(0);
  const took: number[] = [];
  for (let n = 0; n <= NAVIGATIONS; n++) {
    await page.goto('about:blank');
    await quiet();
    await page.goto(address, { waitUntil: 'commit' });
    const ms = await shown(page, '/ $');
    if (n > 0) took.push(ms);
  }
  await page.close();
  tell('from the navigation to the prompt', took, PROMPT_MS);
}

async function stepsBack(browser: Browser, address: string): Promise<void> {
  const images = await debianImages();
  if (images === undefined) {
    process.stdout.write('Debian: there is no package client to fetch it with\n');
    return;
  }
  const page = await openLab(browser, address);
  const made = { commandLine: 'console=hvc0 rdinit=/init', memoryMb: 128, vcpus: 1, isDom0: false };
  await boot(page, images.cloud, images.initrd, made);
  let { state } = await ask(page, { type: 'runUntil', text: LATE });
  for (const kind of KINDS) {
    const took: number[] = [];
    for (let place = 0; place < PLACES; place++) {
      await ask(page, { type: 'runUntil', instructions: state.instructions + APART_INSTRUCTIONS });
      await quiet();
      for (let step = 0; step < 3; step++) {
        const told = await ask(page, { type: 'back', kind });
        ({ state } = told);
        took.push(told.ms);
      }
    }
    tell(`Debian's boot, back to the ${kind} before`, took, BACK_MS);
  }
  await page.close();
}

/** Two hosts, busy. */
async function busyWorld(browser: Browser, address: string): Promise<Page> {
  const page = await openLab(browser, address);
  const made = { commandLine: '', memoryMb: 64, hostMb: 128, vcpus: 1, isDom0: true };
  await boot(page, asset(/^mote-.*\.elf$/), asset(/^dom0-.*\.cpio$/), { hosts: 2, ...made });
  await ask(page, { type: 'runUntil', seconds: 1 });
  for (const host of [0, 1]) await type(page, host, BUSY);
  await ask(page, { type: 'runUntil', seconds: 1.02 });
  return page;
}

/** `addresses`: of the page where one worker has all hosts, and where each has its own. */
async function worlds(browser: Browser, addresses: readonly string[]): Promise<void> {
  const pages: Page[] = [];
  for (const address of addresses) pages.push(await busyWorld(browser, address));
  const ratios: number[] = [];
  let atNs = pages.map(() => 1.02e9);
  for (let n = 0; n <= WORLD_SAMPLES; n++) {
    const rates: number[] = [];
    const nowNs: number[] = [];
    for (const [index, page] of pages.entries()) {
      await quiet();
      const begun = performance.now();
      const ns = (await runFor(page, SAMPLE_MS)).hosts[0]!.ns;
      rates.push((ns - atNs[index]!) / (performance.now() - begun));
      nowNs.push(ns);
    }
    atNs = nowNs;
    // In the first one threads start.
    if (n > 0) ratios.push(rates[1]! / rates[0]!);
  }
  const seconds = Math.max(...atNs) / 1e9;
  const hashes: string[] = [];
  for (const page of pages) {
    await ask(page, { type: 'runUntil', seconds });
    hashes.push(await hash(page));
    await page.close();
  }
  const isSame = hashes[0] === hashes[1];
  failed ||= !isSame;
  process.stdout.write(
    `two busy hosts in workers of their own, to both in one: ${Math.max(...ratios).toFixed(2)} at best, ` +
      `${median(ratios).toFixed(2)} usually; ${isSame ? 'the same hash' : 'OTHER HASHES'}\n`,
  );
}

if (CHROMIUM === undefined) throw new Error('there is no Chromium');
const site = { configFile: false, logLevel: 'error', build: { outDir: SITE } } as const;
const server = await preview({ ...site, preview: { headers: ISOLATED } });
/** The same without a word of other sites. */
const plain = await preview({ ...site, preview: { port: 0 } });
const browser = await chromium.launch({ timeout: 0, executablePath: CHROMIUM, args: BROWSER_ARGS });
try {
  const [address, plainAddress] = [server, plain].map((each) => each.resolvedUrls!.local[0]!);
  const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
  if (isWanted('prompt')) await navigations(browser, address!);
  if (isWanted('back')) await stepsBack(browser, address!);
  if (isWanted('worlds')) await worlds(browser, [plainAddress!, address!]);
} finally {
  await browser.close();
  await server.close();
  await plain.close();
}
process.exitCode = failed ? 1 : 0;
