/** The lab of the built page in Chromium without the page: its worker, which is sent commands and waited for, as benchmarks do. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { Command, LabState, Update } from '../ui/lab/protocol.ts';

export const SITE = fileURLToPath(new URL('../dist/web', import.meta.url));

/** In the browser. */
interface PageLab {
  post(command: Command): void;
  /** When an update of that type has come: for states, one in which nothing runs. */
  next(type: Update['type']): Promise<Update>;
}
declare global {
  interface Window {
    lab: PageLab;
  }
}

/** The path of what stands in the page's folder under a name, whatever its content. */
export function asset(name: RegExp): string {
  return `/assets/${readdirSync(join(SITE, 'assets')).find((each) => name.test(each)) ?? ''}`;
}

/** A lab without a host, in a tab of its own. */
export async function openLab(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  // Nothing of the page's own runs beside it.
  await page.goto(`${address}manifest.webmanifest`);
  await page.evaluate(
    (script) => {
      const worker = new Worker(script, { type: 'module' });
      const waiting = new Set<(update: Update) => void>();
      worker.onmessage = ({ data }: MessageEvent<Update>) => {
        for (const each of waiting) each(data);
      };
      window.lab = {
        post: (command) => {
          worker.postMessage(command);
        },
        next: (type) =>
          new Promise((done) => {
            const hear = (update: Update): void => {
              if (update.type !== type || (update.type === 'state' && update.state.running)) return;
              waiting.delete(hear);
              done(update);
            };
            waiting.add(hear);
          }),
      };
    },
    asset(/^worker-.*\.js$/),
  );
  return page;
}

/** Boots what is at these paths, of the site or of this machine. */
export async function boot(
  page: Page,
  kernel: string,
  ramdisk: string,
  rest: Omit<Extract<Command, { type: 'boot' }>, 'type' | 'kernel' | 'ramdisk'>,
): Promise<void> {
  const urls: string[] = [];
  for (const path of [kernel, ramdisk]) {
    const isHere = !path.startsWith('/assets/');
    const url = isHere ? `/here/${String(urls.length)}` : path;
    if (isHere) await page.route(`**${url}`, (route) => route.fulfill({ body: readFileSync(path) }));
    urls.push(url);
  }
  await page.evaluate(
    async ([[kernelUrl, ramdiskUrl], more]) => {
      const bytes = async (url: string): Promise<Uint8Array> =>
        new Uint8Array(await (await fetch(url)).arrayBuffer());
      const images = { kernel: await bytes(kernelUrl!), ramdisk: await bytes(ramdiskUrl!) };
      const stands = window.lab.next('state');
      window.lab.post({ type: 'pace', realTime: false });
      window.lab.post({ type: 'boot', ...images, ...more });
      await stands;
    },
    [urls, rest] as const,
  );
}

/** Goes on with a world from a snapshot's file, which needs these images besides the page's own: it stands where it was. */
export async function open(page: Page, ...files: readonly Uint8Array[]): Promise<void> {
  for (const [n, file] of files.entries())
    await page.route(`**/here/${String(n)}`, (route) => route.fulfill({ body: Buffer.from(file) }));
  await page.evaluate(async (count) => {
    const read: Uint8Array[] = [];
    for (let n = 0; n < count; n++)
      read.push(new Uint8Array(await (await fetch(`/here/${String(n)}`)).arrayBuffer()));
    const stands = window.lab.next('state');
    window.lab.post({ type: 'pace', realTime: false });
    window.lab.post({ type: 'open', file: read[0]!, images: read.slice(1) });
    await stands;
  }, files.length);
}

/** Sends a command that ends with the host standing, and waits for that: where it stands, and how long it took, in ms. */
export function ask(
  page: Page,
  command: Command,
): Promise<{ readonly state: LabState; readonly ms: number }> {
  return page.evaluate(async (wanted) => {
    const begun = performance.now();
    const stands = window.lab.next('state');
    window.lab.post(wanted);
    const update = await stands;
    if (update.type !== 'state') throw new Error(`it is told ${update.type}`);
    return { state: update.state, ms: performance.now() - begun };
  }, command);
}

/** Types on a host's console. */
export async function type(page: Page, host: number, keys: string): Promise<void> {
  await page.evaluate(
    ([to, text]) => {
      window.lab.post({ type: 'keys', host: to, bytes: new TextEncoder().encode(text) });
    },
    [host, keys] as const,
  );
}

/** Lets it run for so long, in ms of the wall clock: where it stands then. */
export async function runFor(page: Page, ms: number): Promise<LabState> {
  await page.evaluate(async (wait) => {
    window.lab.post({ type: 'run' });
    await new Promise((done) => setTimeout(done, wait));
  }, ms);
  return (await ask(page, { type: 'pause' })).state;
}

/** A file of the world, as it stands. */
export async function save(page: Page): Promise<Uint8Array> {
  const url = await page.evaluate(async () => {
    const told = window.lab.next('saved');
    window.lab.post({ type: 'save', purpose: 'file' });
    const update = await told;
    if (update.type !== 'saved') throw new Error(`it is told ${update.type}`);
    return new Promise<string>((done) => {
      const reader = new FileReader();
      reader.onload = () => {
        done(reader.result as string);
      };
      reader.readAsDataURL(new Blob([update.file as Uint8Array<ArrayBuffer>]));
    });
  });
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

export function hash(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const told = window.lab.next('hash');
    window.lab.post({ type: 'hash' });
    const update = await told;
    return update.type === 'hash' ? update.hash : '';
  });
}
