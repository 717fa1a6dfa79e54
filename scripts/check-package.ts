/**
 * npm run check:package: the package as a stranger gets it. Packs it, looks at what it holds, installs it into an empty folder,
 * boots Mote there to its prompt, and runs the README's test with Vitest, its types checked. Exit status 1: something is
 * missing, too much, or takes more than BOOT_SECONDS.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { devDependencies } from '../package.json';
import { readmeExample } from './readme-example.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BOOT_SECONDS = 5;
const WANTED = [
  'ui/cli/bin.js',
  'dist/cli/main.js',
  'dist/host/main.js',
  'dist/explore/main.js',
  'dist/api/main.js',
  'dist/vitest/main.js',
  'dist/types/ui/api/index.d.ts',
  'dist/types/ui/api/vitest.d.ts',
  'dist/web/index.html',
  'core/build/core.wasm',
  'guests/build/mote.elf',
  'guests/build/mote.cpio',
  'guests/build/dom0.cpio',
  'guests/kernel/start.ts',
];
const UNWANTED =
  /\.test\.tsx?$|^(devices|hypervisor|scripts)\/|^core\/(?!build\/core\.wasm$)|testing|\.[0-9a-f]{24}$/;

/** Types as a strict project of somebody else's has them; the package's own declarations are checked, others' are not. */
const OPTIONS = { strict: true, module: 'nodenext', target: 'es2022', noEmit: true, types: [] };
const PROJECTS = {
  'own.json': { compilerOptions: { ...OPTIONS, lib: ['es2023'] }, files: ['own.ts'] },
  'all.json': { compilerOptions: { ...OPTIONS, skipLibCheck: true }, files: ['example.test.ts'] },
};

const folder = mkdtempSync(join(tmpdir(), 'xenoscope-package-'));
const faults: string[] = [];

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

function pack(): Packed {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // What prepack prints comes first.
  const [packed] = JSON.parse(output.slice(output.search(/^\[/m))) as Packed[];
  return packed!;
}

const packed = pack();
/** Runs a program of the folder's; what it says is a fault where it fails. */
function check(command: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', command, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) faults.push(`${command} ${args.join(' ')}: status ${String(status)}\n${stdout}${stderr}`);
}

function checkExample(): void {
  writeFileSync(join(folder, 'example.test.ts'), readmeExample('ts'));
  writeFileSync(join(folder, 'own.ts'), "export * from 'xenoscope';\n");
  for (const [name, project] of Object.entries(PROJECTS)) {
    writeFileSync(join(folder, name), JSON.stringify(project));
    check('tsc', '--project', name);
  }
  check('vitest', 'run');
  writeFileSync(join(folder, 'scenarios.js'), readmeExample('js'));
  check('xenoscope', 'test', 'scenarios.js');
}

const paths = packed.files.map(({ path }) => path);
for (const path of WANTED) if (!paths.includes(path)) faults.push(`${path} is not in the package`);
for (const path of paths) if (UNWANTED.test(path)) faults.push(`${path} is in the package`);

writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
/** Installs packages into the folder. */
function install(...names: string[]): void {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', ...names], { cwd: folder, stdio: 'inherit' });
}
install(join(folder, packed.filename));
const started = performance.now();
const bin = join(folder, 'node_modules/.bin/xenoscope');
const boot = spawnSync(bin, ['boot', '--until', '/ \\$ ', '--for', '60'], { cwd: folder, encoding: 'utf8' });
const seconds = (performance.now() - started) / 1000;
const two = spawnSync(bin, ['boot', '--hosts', '2', '--until', 'by 10', '--for', '60'], {
  cwd: folder,
  encoding: 'utf8',
});
if (two.status !== 0) faults.push(`boot --hosts 2: status ${String(two.status)}, ${two.stderr}`);
process.stdout.write(boot.stdout);
install(`vitest@${devDependencies.vitest}`, `typescript@${devDependencies.typescript}`);
checkExample();
if (boot.status !== 0) faults.push(`boot: status ${String(boot.status)}, ${boot.stderr}`);
if (seconds > BOOT_SECONDS) faults.push(`the prompt took ${seconds.toFixed(1)} s: is the machine busy?`);
process.stdout.write(
  `\n${String(paths.length)} files, ${(packed.size / 2 ** 20).toFixed(1)} MiB packed, ` +
    `${(packed.unpackedSize / 2 ** 20).toFixed(1)} MiB unpacked; at the prompt after ${seconds.toFixed(1)} s\n`,
);
for (const fault of faults) process.stderr.write(`${fault}\n`);
rmSync(folder, { recursive: true });
process.exitCode = faults.length === 0 ? 0 : 1;
