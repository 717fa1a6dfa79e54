/** Which tests are near to a source: those that a bug in it should fail, and how to run them. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** The rooms: a source's whole room is tried where the nearest tests see nothing. */
export const ROOMS = ['core', 'devices', 'hypervisor', 'guests', 'ui/lab', 'ui/cli'];

const DOM0 = 'guests/tests/dom0';

/** What is compiled into an image and not imported: the tests that run it, the nearest family first. */
const RUN_BY: readonly (readonly [sources: RegExp, tests: readonly string[]])[] = [
  [/^core\/wasm\/(x87|float)\//, ['core/tests/x87/', 'core/tests/simd/', 'core/silicon/']],
  [/^core\/wasm\/simd\//, ['core/tests/simd/', 'core/silicon/']],
  [/^core\/(wasm|dispatch)\//, ['core/tests/', 'core/silicon/']],
  [/^guests\/kernel\/(frontends|grants|memory)\//, ['guests/kernel/']],
  [/^guests\/kernel\//, ['guests/kernel/', 'guests/mote/mote.test.ts']],
  [/^guests\/mote\/backends\//, [`${DOM0}/devices`, `${DOM0}/linux-devices`, `${DOM0}/faults`]],
  [
    /^guests\/mote\/net\/(filter|forward|icmp|vlan)/,
    ['guests/mote/net/', `${DOM0}/routing`, `${DOM0}/vlans`],
  ],
  [/^guests\/mote\/net\//, ['guests/mote/net/']],
  [/^guests\/mote\/fs\//, ['guests/mote/fs/', 'guests/mote/process.test.ts', 'guests/programs/']],
  [/^guests\/mote\//, ['guests/mote/', 'guests/programs/']],
  [/^guests\/programs\/(httpd|wget|ping|ifconfig|netstat|route)\.ts/, ['guests/mote/net/network.test.ts']],
  [/^guests\/programs\/(lib\/store|xenstore-)/, [`${DOM0}/xenstore`, `${DOM0}/watch`]],
  [/^guests\/programs\/udhcpc/, [`${DOM0}/linux-devices`]],
  [/^guests\/programs\//, ['guests/programs/']],
  [/^guests\/dom0\/xenstored/, ['guests/dom0/xenstored/', `${DOM0}/xenstore`, `${DOM0}/watch`]],
  [/^guests\/dom0\/xenconsoled/, [`${DOM0}/console`]],
  [
    /^guests\/dom0\/(lib\/saved|xm\/(save|restore))/,
    [`${DOM0}/save`, `${DOM0}/xm`, 'ui/lab/world/migration.test.ts'],
  ],
  [/^guests\/dom0\/xm\/create\//, [`${DOM0}/root`, `${DOM0}/xm`, `${DOM0}/actions`]],
  [/^guests\/dom0\/xm\/console/, [`${DOM0}/console`, `${DOM0}/xm`]],
  [/^guests\/dom0\/(tapdisk|qemu-img|lib\/(image|qcow|nbd))/, [`${DOM0}/images`]],
  [/^guests\/dom0\/lib\//, ['guests/dom0/lib/', `${DOM0}/xm`, `${DOM0}/actions`]],
  [/^guests\/dom0\//, [`${DOM0}/xm`, `${DOM0}/actions`, `${DOM0}/many`]],
  // The command is run in a process of its own.
  [/^ui\/cli\/(boot-world|world-)/, ['ui/cli/world-', 'ui/cli/run-world.test.ts']],
];

/** Tests of a room that share one worker's modules: each file takes a third of the time. Core's machines are too large. */
const SHARING = /^(devices|hypervisor)\//;

/** Not tried: hosts that boot Debian for minutes. */
const LONG = /^ui\/lab\/(debian.*|soak)\.test\.ts$/;

function testsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .filter((path) => !LONG.test(path))
    .sort();
}

/** The files that a file imports, by its relative imports. */
function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(file, 'utf8'))
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.') && name.endsWith('.ts'))
    .map((name) => normalize(join(dirname(file), name)));
}

/** Over how many imports a test reaches a file; Infinity: it does not. */
function distance(test: string, file: string): number {
  const seen = new Set([test]);
  let at = [test];
  for (let steps = 0; at.length > 0; steps++) {
    if (at.includes(file)) return steps;
    at = [...new Set(at.flatMap(importsOf))].filter((next) => !seen.has(next));
    for (const next of at) seen.add(next);
  }
  return Infinity;
}

function roomOf(file: string): string {
  return ROOMS.find((room) => file.startsWith(`${room}/`)) ?? '.';
}

/** The tests beside a file in a folder of its room, and those of the room that import it over the fewest others. */
function importing(file: string): string[] {
  const room = roomOf(file);
  const folder = dirname(file);
  const beside = folder === room ? [] : testsBelow(folder).filter((test) => dirname(test) === folder);
  const distances = new Map(testsBelow(room).map((test) => [test, distance(test, file)]));
  const least = Math.min(...distances.values());
  const importers =
    least === Infinity ? [] : [...distances.keys()].filter((test) => distances.get(test) === least);
  return [...new Set([...beside, ...importers])];
}

/** Paths of tests, or what they begin with: those to try first, and those to try then. */
export function testsFor(file: string): readonly (readonly string[])[] {
  const running = RUN_BY.find(([sources]) => sources.test(file))?.[1];
  return [running ?? importing(file), testsBelow(roomOf(file))];
}

/** A bug that makes the tests of a file hang is caught, too. */
const HANGS_MS = 1_200_000;

/** What tests made of a bug: the first that failed, undefined: all passed; or the source was no program any more. */
export type Outcome = { readonly failed: string | undefined } | 'does not compile';

/** Runs tests until the first fails. */
export function runTests(file: string, tests: readonly string[]): Outcome {
  const options = ['--bail=1', '--maxWorkers=1', '--pool=threads', '--reporter=default', '--passWithNoTests'];
  if (SHARING.test(file)) options.push('--no-isolate');
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...tests, ...options],
    { encoding: 'utf8', timeout: HANGS_MS, killSignal: 'SIGKILL', env: { ...process.env, NO_COLOR: '1' } },
  );
  if (status === 0) return { failed: undefined };
  const said = stdout + stderr;
  if (/ERROR (TS|AS)\d+/.test(said)) return 'does not compile';
  return { failed: /FAIL\s+(.*)/.exec(said)?.[1] ?? (error === undefined ? 'a crash' : 'a hang') };
}
