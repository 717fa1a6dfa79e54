/**
 * npm start: serves the page. What it needs is built meanwhile, the page itself too; until it is there, a page that says how
 * far that is. npm run dev (--watch): goes on looking at the sources; what changes is built, and open pages load anew.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { BuildProgress } from '../ui/cli/build-progress.ts';
import { buildCore } from '../ui/cli/ready.ts';
import { writeMote } from '../guests/build-mote.ts';
import { ISOLATED } from '../ui/web/isolation.ts';
import { buildPage } from './page.ts';
import { writeSnapshotOfHost } from './snapshot.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(ROOT, 'dist/web');
const STAMP = join(ROOT, 'dist/web.digest');
/** All that the page is made of. */
const ROOMS = ['core', 'devices', 'hypervisor', 'guests', 'ui'];
const FILES = ['package-lock.json', 'scripts/page.ts', 'scripts/snapshot.ts'];
const IS_WATCHING = process.argv.includes('--watch');
const LOOK_AGAIN_MS = 300;
const STATUS_INTERRUPTED = 130;

/** How far it is, as the waiting page shows it; `builds`: how many pages there were. */
const state = { isReady: false, builds: 0, text: 'beginning', done: 0, total: 1, error: '' };

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

/** In a page that is watched: it loads anew when there is another. */
const RELOADER = `<script type="module">
let first;
for (;;) {
  const { builds } = await (await fetch('/progress.json')).json();
  if (builds !== (first ??= builds)) { location.reload(); break; }
  await new Promise((next) => setTimeout(next, 300));
}
</script>`;

/** Answers what is asked before the page is there, and how far it is. */
function progressOfBuild(): Plugin {
  return {
    name: 'progress of the build',
    configurePreviewServer({ middlewares }) {
      middlewares.use(({ url }: IncomingMessage, response: ServerResponse, next: () => void) => {
        const html = (text: string): unknown => response.setHeader('Content-Type', 'text/html').end(text);
        if (url === '/progress.json')
          response.setHeader('Content-Type', 'application/json').end(JSON.stringify(state));
        else if (!state.isReady) html(WAITING);
        else if (IS_WATCHING && url === '/') html(readFileSync(join(PAGE, 'index.html'), 'utf8') + RELOADER);
        else next();
      });
    },
  };
}

/** Paths of everything that the page is made of but the images, whose sources these are, too. */
function sourceFiles(): string[] {
  const inRooms = ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name))
      .filter((path) => !/[\\/](build|cache|generated)[\\/]|\.test\.tsx?$|[\\/]vectors[\\/]/.test(path)),
  );
  return [...FILES.map((name) => join(ROOT, name)), ...inRooms.sort()];
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const path of sourceFiles()) hash.update(path).update(readFileSync(path));
  return hash.digest('hex');
}

/** Differs when a source has been written. Quick. */
function timesOfSources(): string {
  return sourceFiles()
    .map((path) => `${path} ${String(statSync(path, { throwIfNoEntry: false })?.mtimeMs)}`)
    .join('\n');
}

function isBuilt(digest: string): boolean {
  return existsSync(STAMP) && existsSync(join(PAGE, 'index.html')) && readFileSync(STAMP, 'utf8') === digest;
}

/** Builds what is not as the sources say. */
async function buildWhatChanged(): Promise<void> {
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
  const images = Promise.all([buildCore(), mote]).then(() => writeSnapshotOfHost());
  await Promise.all([images, buildPage(PAGE, images)]);
  progress.clear();
  writeFileSync(STAMP, digest);
}

/** Builds each time that sources have been written. */
async function watch(): Promise<never> {
  for (let times = timesOfSources(); ; await sleep(LOOK_AGAIN_MS)) {
    const now = timesOfSources();
    if (now === times) continue;
    times = now;
    await buildWhatChanged().then(
      () => state.builds++,
      // The page stays as it was until this is mended.
      (error: unknown) => process.stderr.write(`${messageOf(error)}\n`),
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

process.once('SIGINT', () => {
  process.stdout.write('\nXenoscope has ended\n');
  process.exit(STATUS_INTERRUPTED);
});
process.stdout.write('Xenoscope is starting\n');
// Large: it is loaded when something has been said.
const { preview } = await import('vite');
mkdirSync(PAGE, { recursive: true });
const server = await preview({
  configFile: false,
  root: ROOT,
  logLevel: 'error',
  build: { outDir: PAGE },
  preview: { headers: ISOLATED },
  plugins: [progressOfBuild()],
});
process.stdout.write(`Xenoscope is at ${server.resolvedUrls?.local[0] ?? ''}\n`);
try {
  await buildWhatChanged();
  state.isReady = true;
  state.builds++;
  process.stdout.write('It is ready. Ctrl-C ends it.\n');
} catch (error) {
  // Ctrl-C ends those that build, too, and this process may hear of that first: what waits for it is heard in a whole turn.
  await nextTurn();
  await nextTurn();
  // The waiting page shows it, too.
  state.error = messageOf(error);
  process.stderr.write(`${state.error}\n`);
  process.exitCode = 1;
  await server.close();
}
if (IS_WATCHING && state.isReady) await watch();
