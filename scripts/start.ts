/**
 * npm start: serves the page. What it needs is built meanwhile, the page itself too; until it is there, a page that says how
 * far that is.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { BuildProgress } from '../ui/cli/build-progress.ts';
import { buildCore } from '../ui/cli/ready.ts';
import { writeMote } from '../guests/build-mote.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(ROOT, 'dist/web');
const STAMP = join(ROOT, 'dist/web.digest');
const CONFIGURATION = join(ROOT, 'vite.config.ts');
/** All that the page is made of. */
const ROOMS = ['core', 'devices', 'hypervisor', 'guests', 'ui'];
const FILES = ['package-lock.json', 'vite.config.ts'];

/** How far it is, as the waiting page shows it. */
const state = { isReady: false, text: 'beginning', done: 0, total: 1, error: '' };

const WAITING = `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Xenoscope is being built</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 20vh auto; padding: 0 1rem }
progress { width: 100% } pre { white-space: pre-wrap }</style>
<h1>Xenoscope</h1>
<p>The processor, Mote and this page are built from their sources: once, and then only what has changed.</p>
<progress aria-label="images built"></progress><p role="status"></p><pre></pre>
<script type="module">
const bar = document.querySelector('progress'), status = document.querySelector('p[role]'), errors = document.querySelector('pre');
for (;;) {
  const { isReady, text, done, total, error } = await (await fetch('/progress.json')).json();
  if (isReady) { location.reload(); break; }
  bar.max = total; bar.value = done; status.textContent = text; errors.textContent = error;
  await new Promise((next) => setTimeout(next, 300));
}
</script>
</html>`;

/** Answers what is asked before the page is there. */
function whileWaiting(): Plugin {
  return {
    name: 'waiting page',
    configurePreviewServer({ middlewares }) {
      middlewares.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (request.url === '/progress.json') {
          response.setHeader('Content-Type', 'application/json').end(JSON.stringify(state));
        } else if (!state.isReady) {
          response.setHeader('Content-Type', 'text/html').end(WAITING);
        } else next();
      });
    },
  };
}

/** The page's build comes to the images as the last thing: they are waited for there. */
function afterImages(images: Promise<unknown>): Plugin {
  const image = /^(?:.*\/)?(guests\/build\/[\w.-]+|core\/build\/core\.wasm)\?url$/;
  return {
    name: 'after the images',
    enforce: 'pre',
    resolveId(id) {
      const path = image.exec(id)?.[1];
      return path === undefined ? null : `${join(ROOT, path)}?url`;
    },
    async load(id) {
      if (image.test(id)) await images;
      return null;
    },
  };
}

/** A digest of everything that the page is made of but the images, whose sources these are, too. */
function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const name of FILES) hash.update(readFileSync(join(ROOT, name)));
  for (const room of ROOMS) {
    const files = readdirSync(join(ROOT, room), { recursive: true, withFileTypes: true });
    const paths = files.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
    for (const path of paths.sort())
      if (!/[\\/](build|cache|generated)[\\/]|\.test\.tsx?$|[\\/]vectors[\\/]/.test(path))
        hash.update(path).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function isBuilt(digest: string): boolean {
  return existsSync(STAMP) && existsSync(join(PAGE, 'index.html')) && readFileSync(STAMP, 'utf8') === digest;
}

/** Builds what is not as the sources say. */
async function buildPage(): Promise<void> {
  const digest = digestOfSources();
  if (isBuilt(digest)) return;
  const progress = new BuildProgress(process.stdout, '');
  progress.say('building what has changed');
  const mote = writeMote(({ name, done, total }) => {
    Object.assign(state, {
      done,
      total: total + 1,
      text: `${String(done)} of ${String(total)} images: ${name}`,
    });
    if (done > 0) progress.show(done, total, name);
  });
  const images = Promise.all([buildCore(), mote]);
  // A worker's code is built on its own, with plugins of its own.
  const page = build({
    configFile: CONFIGURATION,
    logLevel: 'error',
    plugins: [afterImages(images)],
    worker: { plugins: () => [afterImages(images)] },
  });
  await Promise.all([images, page]);
  progress.clear();
  writeFileSync(STAMP, digest);
}

process.stdout.write('Xenoscope is starting\n');
// Large: it is loaded when something has been said.
const { build, preview } = await import('vite');
mkdirSync(PAGE, { recursive: true });
const server = await preview({ configFile: CONFIGURATION, logLevel: 'error', plugins: [whileWaiting()] });
process.stdout.write(`Xenoscope is at ${server.resolvedUrls?.local[0] ?? ''}\n`);
try {
  await buildPage();
  state.isReady = true;
  process.stdout.write('It is ready. Ctrl-C ends it.\n');
} catch (error) {
  // The waiting page shows it, too.
  state.error = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${state.error}\n`);
  process.exitCode = 1;
  await server.close();
}
