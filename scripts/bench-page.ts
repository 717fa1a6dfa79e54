/**
 * `npm run bench:page`: the built page in Chromium, by the wall clock, in moments in which nobody else works on the machine, where there
 * are any: how long it lets one wait from the navigation to the host's prompt, once the browser has seen the page; and how much faster
 * a world of two busy hosts is where its workers may share memory, so that each host has its own (ui/web/isolation.ts), than where one
 * has both. Exit status 1: even the fastest navigation takes longer than is promised, or the two worlds are not the same.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { preview } from 'vite';
import { BROWSER_ARGS, CHROMIUM } from '../ui/web/chromium.ts';
import { ISOLATED } from '../ui/web/isolation.ts';
import { whenQuiet } from './quiet.ts';

const SITE = fileURLToPath(new URL('../dist/web', import.meta.url));
const PROMPT_MS = 1000;
const NAVIGATIONS = 12;
/** How long it waits for a quiet moment before each measurement, in ms. */
const PATIENCE_MS = 3000;
const BUSY = 'while true; do seq 1 3000 | sort | wc > /dev/null; done\r';
const SAMPLE_MS = 1000;
const WORLD_SAMPLES = 12;

let failed = false;

function tell(what: string, values: readonly number[], most: number): void {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  failed ||= sorted[0]! > most;
  process.stdout.write(
    `${what}: ${sorted[0]!.toFixed(0)} ms at best, ${median.toFixed(0)} usually, of ${String(most)}\n`,
  );
}

const quiet = (): Promise<void> => whenQuiet(performance.now() + PATIENCE_MS);

/** When the console has shown this, in ms since the navigation, as often as the page draws. */
function shown(page: Page, text: string): Promise<number> {
  return page.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const look = (): void => {
          const rows = document.querySelector('[data-testid=console] .xterm-rows')?.textContent;
          if (rows?.includes(wanted) === true) resolve(performance.now());
          else requestAnimationFrame(look);
        };
        look();
      }),
    text,
  );
}

async function navigations(page: Page, address: string): Promise<void> {
  const took: number[] = [];
  for (let n = 0; n <= NAVIGATIONS; n++) {
    await page.goto('about:blank');
    await quiet();
    await page.goto(address, { waitUntil: 'commit' });
    const ms = await shown(page, '/ $');
    if (n > 0) took.push(ms);
  }
  tell('from the navigation to the prompt', took, PROMPT_MS);
}

/** Of the page's worker, from the browser. */
interface Lab {
  /** Lets its world run for so many ms; where it is then, and how far it has come by the wall clock, in ns by ns. */
  run(ms: number): Promise<{ readonly ns: number; readonly rate: number }>;
  hash(ns: number): Promise<string>;
}
declare global {
  interface Window {
    lab: Lab;
  }
}

/** A world of two hosts, busy, in the worker of a page. `files`: paths of the worker, the kernel and the ramdisk. */
async function busyWorld(page: Page, files: readonly string[]): Promise<void> {
  await page.evaluate(
    async ([script, kernelPath, ramdiskPath, busy]) => {
      const bytes = async (path: string): Promise<Uint8Array> =>
        new Uint8Array(await (await fetch(path)).arrayBuffer());
      const worker = new Worker(script!, { type: 'module' });
      const listeners = new Set<(update: { type: string }) => void>();
      worker.onmessage = ({ data }: MessageEvent<{ type: string }>) => {
        for (const listener of listeners) listener(data);
      };
      const next = <T>(is: (update: never) => boolean): Promise<T> =>
        new Promise((done) => {
          const listener = (update: { type: string }): void => {
            if (!is(update as never)) return;
            listeners.delete(listener);
            done(update as T);
          };
          listeners.add(listener);
        });
      type State = { type: 'state'; state: { running: boolean; hosts: { ns: number }[] } };
      const stands = (): Promise<State> =>
        next<State>((update: State) => update.type === 'state' && !update.state.running);
      const ask = async (command: object): Promise<State> => {
        const answer = stands();
        worker.postMessage(command);
        return answer;
      };
      const kernel = await bytes(kernelPath!);
      const ramdisk = await bytes(ramdiskPath!);
      const made = { commandLine: '', memoryMb: 64, hostMb: 128, vcpus: 1, isDom0: true };
      worker.postMessage({ type: 'pace', realTime: false });
      await ask({ type: 'boot', hosts: 2, kernel, ramdisk, ...made });
      await ask({ type: 'runUntil', text: '\\$ $', seconds: 60 });
      await ask({ type: 'runUntil', seconds: 1 });
      const keys = new TextEncoder().encode(busy);
      for (const host of [0, 1]) worker.postMessage({ type: 'keys', host, bytes: keys });
      let at = (await ask({ type: 'runUntil', seconds: 1.02 })).state.hosts[0]!.ns;
      window.lab = {
        run: async (ms) => {
          const begun = performance.now();
          worker.postMessage({ type: 'run' });
          await new Promise((done) => setTimeout(done, ms));
          const { hosts } = (await ask({ type: 'pause' })).state;
          const before = at;
          at = hosts[0]!.ns;
          return { ns: at, rate: (at - before) / 1e6 / (performance.now() - begun) };
        },
        hash: async (ns) => {
          await ask({ type: 'runUntil', seconds: ns / 1e9 });
          const hash = next<{ hash: string }>((update: { type: string }) => update.type === 'hash');
          worker.postMessage({ type: 'hash' });
          return (await hash).hash;
        },
      };
    },
    [...files, BUSY],
  );
}

/** The paths of what stands in the page's folder under these names, whatever their contents. */
function assets(...names: readonly RegExp[]): string[] {
  const all = readdirSync(join(SITE, 'assets'));
  return names.map((name) => `/assets/${all.find((each) => name.test(each)) ?? ''}`);
}

async function worlds(browser: Browser, addresses: readonly string[]): Promise<void> {
  const files = assets(/^worker-.*\.js$/, /^mote-.*\.elf$/, /^dom0-.*\.cpio$/);
  const pages: Page[] = [];
  for (const address of addresses) {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    // Nothing of the page's own runs beside it.
    await page.goto(`${address}manifest.webmanifest`);
    await busyWorld(page, files);
    pages.push(page);
  }
  const ratios: number[] = [];
  let endNs = 0;
  for (let n = 0; n <= WORLD_SAMPLES; n++) {
    const rates: number[] = [];
    for (const page of pages) {
      await quiet();
      const { ns, rate } = await page.evaluate((ms) => window.lab.run(ms), SAMPLE_MS);
      rates.push(rate);
      endNs = Math.max(endNs, ns);
    }
    // In the first one threads start.
    if (n > 0) ratios.push(rates[1]! / rates[0]!);
  }
  ratios.sort((a, b) => a - b);
  const hashes = await Promise.all(pages.map((page) => page.evaluate((ns) => window.lab.hash(ns), endNs)));
  const isSame = hashes[0] === hashes[1];
  failed ||= !isSame;
  process.stdout.write(
    `two busy hosts in workers of their own, to both in one: ${ratios.at(-1)!.toFixed(2)} at best, ` +
      `${ratios[Math.floor(ratios.length / 2)]!.toFixed(2)} usually; ${isSame ? 'the same hash' : 'OTHER HASHES'}\n`,
  );
}

if (CHROMIUM === undefined) throw new Error('there is no Chromium');
const site = { configFile: false, logLevel: 'error', build: { outDir: SITE } } as const;
const server = await preview({ ...site, preview: { headers: ISOLATED } });
/** The same without a word of other sites. */
const plain = await preview({ ...site, preview: { port: 0 } });
const browser = await chromium.launch({ timeout: 0, executablePath: CHROMIUM, args: BROWSER_ARGS });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(0);
  const address = server.resolvedUrls!.local[0]!;
  if (!process.argv.includes('--worlds')) await navigations(page, address);
  await page.close();
  await worlds(browser, [plain.resolvedUrls!.local[0]!, address]);
} finally {
  await browser.close();
  await server.close();
  await plain.close();
}
process.exitCode = failed ? 1 : 0;
