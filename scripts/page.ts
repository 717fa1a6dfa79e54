/**
 * The page from its sources, by esbuild: ui/web/main.tsx with all that it imports, its workers, and the images, in a folder that
 * any server of files can serve, at any path; and the worker that keeps all of it for when there is no network.
 *
 * What it may import beside modules: `FILE.md` is a text; `FILE?url` is where a file will be; `FILE?worker` makes a worker of a module;
 * `guests:names` and `guests:sources` are the guests' sources, `page:demos` recordings (ui/web/modules.d.ts has their types). All of it stands in one
 * folder, so that a module finds the rest beside itself wherever the page lies.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { readSources } from '../guests/toolchain/node.ts';
import { DEMOS, writeDemos, writeSnapshotOfHost } from './snapshot.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WEB = join(ROOT, 'ui/web');
const ASSETS = 'assets';
const HASH_LETTERS = 8;
/** Of the guests' sources, those that can be changed in the page. */
const EDITABLE = /^(?:kernel|mote|programs|dom0|lessons|tests\/kernels\/hello)\//;
/** The compiler asks for these where there is Node. */
const NODE_ONLY = ['fs', 'module', 'path', 'url', 'worker_threads', 'node:*'];

/**
 * Builds the page into `folder`; what was there is gone then. `files`: the images and the processor have been built. `demos`:
 * paths of recordings that come with it. Throws an Error that says what is wrong with the sources; the folder is as it was.
 */
export async function buildPage(
  folder: string,
  files: Promise<unknown> = Promise.resolve(),
  demos: readonly string[] = [],
): Promise<void> {
  const part = `${folder}.part`;
  const assets = join(part, ASSETS);
  rmSync(part, { recursive: true, force: true });
  mkdirSync(assets, { recursive: true });
  const { scripts, styles } = await bundle(join(WEB, 'main.tsx'), assets, files, demos);
  const head = [
    ...styles.map((name) => `<link rel="stylesheet" href="./${ASSETS}/${name}" />`),
    ...scripts.map((name) => `<script type="module" src="./${ASSETS}/${name}"></script>`),
  ];
  const html = readFileSync(join(WEB, 'index.html'), 'utf8');
  writeFileSync(join(part, 'index.html'), html.replace('</head>', `  ${head.join('\n    ')}\n  </head>`));
  for (const name of ['manifest.webmanifest', 'icon.svg'])
    copyFileSync(join(WEB, 'offline', name), join(part, name));
  await bundleServiceWorker(part);
  rmSync(folder, { recursive: true, force: true });
  renameSync(part, folder);
}

interface Bundled {
  /** Names in the folder of the assets of what begins: the entry's module, and its styles. */
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
}

async function bundle(
  entry: string,
  assets: string,
  files: Promise<unknown>,
  demos: readonly string[] = [],
): Promise<Bundled> {
  const options = {
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outdir: assets,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    external: NODE_ONLY,
    loader: { '.md': 'text' },
    logLevel: 'silent',
    metafile: true,
    plugins: [filesByUrl(assets, files), workers(assets, files), guestSources(), demosOf(demos)],
  } satisfies BuildOptions;
  const { outputs } = (await build(options)).metafile;
  const [output] = Object.values(outputs).filter(({ entryPoint }) => entryPoint !== undefined);
  const [script] = Object.keys(outputs).filter((path) => outputs[path] === output);
  return {
    scripts: [basename(script!)],
    styles: output!.cssBundle === undefined ? [] : [basename(output!.cssBundle)],
  };
}

/** In pieces: what makes a program of this file (scripts/bundle.js) puts this file's own URL where it finds the whole. */
const OWN_URL = ['import', 'meta', 'url'].join('.');

/** A module whose value finds `name` beside itself. */
function urlOf(name: string): string {
  return `new URL(${JSON.stringify(`./${name}`)}, ${OWN_URL})`;
}

/** The worker that keeps all of a built page (ui/web/offline/worker.ts). */
async function bundleServiceWorker(page: string): Promise<void> {
  const paths = readdirSync(page, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => relative(page, join(each.parentPath, each.name)).replaceAll(sep, '/'))
    .sort();
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(join(page, path)));
  const list: Plugin = {
    name: 'files of the page',
    setup(build) {
      build.onResolve({ filter: /^page:files$/ }, ({ path }) => ({ path, namespace: 'page' }));
      build.onLoad({ filter: /./, namespace: 'page' }, () => ({
        contents: JSON.stringify({ paths, version: hash.digest('hex').slice(0, HASH_LETTERS) }),
        loader: 'json',
      }));
    },
  };
  await build({
    entryPoints: [join(WEB, 'offline/worker.ts')],
    outfile: join(page, 'service-worker.js'),
    ...{ bundle: true, minify: true, format: 'iife', target: 'es2022', logLevel: 'silent', plugins: [list] },
  });
}

function filesByUrl(assets: string, files: Promise<unknown>): Plugin {
  return {
    name: 'files by URL',
    setup(build) {
      build.onResolve({ filter: /\?url$/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path.replace(/\?url$/, '')),
        namespace: 'url',
      }));
      build.onLoad({ filter: /./, namespace: 'url' }, async ({ path }) => {
        await files;
        const bytes = readFileSync(path);
        const hash = createHash('sha256').update(bytes).digest('hex').slice(0, HASH_LETTERS);
        const name = `${basename(path, extname(path))}-${hash}${extname(path)}`;
        writeFileSync(join(assets, name), bytes);
        return { contents: `export default ${urlOf(name)}.href;` };
      });
    },
  };
}

function workers(assets: string, files: Promise<unknown>): Plugin {
  return {
    name: 'workers',
    setup(build) {
      build.onResolve({ filter: /\?worker$/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path.replace(/\?worker$/, '')),
        namespace: 'worker',
      }));
      build.onLoad({ filter: /./, namespace: 'worker' }, async ({ path }) => {
        const [name] = (await bundle(path, assets, files)).scripts;
        return { contents: `export default () => new Worker(${urlOf(name!)}, { type: 'module' });` };
      });
    },
  };
}

/** `page:demos`: where recordings will be, by their names without what stands behind a dot. */
function demosOf(paths: readonly string[]): Plugin {
  return {
    name: 'demos',
    setup(build) {
      build.onResolve({ filter: /^page:demos$/ }, ({ path }) => ({ path, namespace: 'demos' }));
      build.onLoad({ filter: /./, namespace: 'demos' }, () => {
        const imports = paths.map(
          (path, n) => `import url${String(n)} from ${JSON.stringify(`${path}?url`)};`,
        );
        const entries = paths.map(
          (path, n) => `${JSON.stringify(basename(path, extname(path)))}: url${String(n)}`,
        );
        return {
          contents: `${imports.join('\n')}\nexport default { ${entries.join(', ')} };`,
          resolveDir: ROOT,
        };
      });
    },
  };
}

function guestSources(): Plugin {
  return {
    name: 'sources of the guests',
    setup(build) {
      build.onResolve({ filter: /^guests:/ }, ({ path }) => ({ path, namespace: 'guests' }));
      build.onLoad({ filter: /./, namespace: 'guests' }, ({ path }) => {
        const sources = [...readSources()]
          .filter(([name]) => EDITABLE.test(name))
          .sort(([a], [b]) => (a < b ? -1 : 1));
        const value = path === 'guests:names' ? sources.map(([name]) => name) : Object.fromEntries(sources);
        return { contents: JSON.stringify(value), loader: 'json' };
      });
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = writeSnapshotOfHost().then(writeDemos);
  await buildPage(join(ROOT, 'dist/web'), files, DEMOS);
}
