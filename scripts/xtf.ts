/**
 * Xen's own tests of its PV interface (XTF), built elsewhere, on our hypervisor:
 *
 *   npm run xtf -- FOLDER [NAME…]
 *
 * runs every test-pv64-*.cfg below FOLDER, or those with NAME in theirs, each as a domain of its own, beside a
 * domain 0, with the vcpus, memory and command line that its configuration asks for, interpreted and with all code translated that is
 * executed twice, and compares what it reports with xtf-4.17.txt, and its console and the instructions it took both ways. The suite is no part of
 * this project: `git clone https://github.com/andyhhp/xtf && make -C xtf`. Exit status: 0 when every result is the listed one,
 * 1 when one is not, 2 for bad usage.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createDomain } from '../hypervisor/domain/create.ts';
import { loadCore } from '../ui/lab/core-node.ts';
import { Lab } from '../ui/lab/lab.ts';

const CONFIGURATION = /^test-(pv64-.*)\.cfg$/;
const RESULT = /Test result: (SUCCESS|SKIP|ERROR|FAILURE)/;
/** A test that goes on for so long hangs: those that end take milliseconds. */
const PATIENCE_NS = 60e9;
const SLICE_TICKS = 100_000_000;

interface Test {
  readonly name: string;
  readonly kernel: string;
  readonly vcpus: number;
  readonly memoryMb: number;
  readonly commandLine: string;
}

/** A line of the list. */
interface Listed {
  /** What the real Xen gave, and what is to be had here. */
  readonly real: string;
  readonly here: string;
}

/** The tests of a folder, by name. */
function findTests(folder: string): Test[] {
  const found: Test[] = [];
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const name = CONFIGURATION.exec(basename(entry))?.[1];
    if (name === undefined) continue;
    const path = join(folder, entry);
    const text = readFileSync(path, 'utf8');
    const setting = (key: string): string | undefined =>
      new RegExp(`^${key}\\s*=\\s*"?([^"\\n]*?)"?\\s*$`, 'm').exec(text)?.[1];
    found.push({
      name,
      kernel: join(dirname(path), basename(setting('kernel') ?? '')),
      vcpus: Number(setting('vcpus') ?? 1),
      memoryMb: Number(setting('memory') ?? 128),
      commandLine: setting('cmdline') ?? '',
    });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The list: name, the real Xen's result, ours, why they differ. */
function readList(): Map<string, Listed> {
  const text = readFileSync(new URL('xtf-4.17.txt', import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [name = '', real = '', here = ''] = line.split(/ +/);
      return [name, { real, here }];
    }),
  );
}

/** What came of a test: what it reports, or CRASH where its domain ends without a word, HANGS where it does not end. */
interface Outcome {
  readonly result: string;
  readonly text: string;
  readonly instructions: number;
}

/** How often code is entered until it is translated, for the second time that each test is run. */
const HOT_ENTRIES = 2;
const cores = { interpreting: loadCore(0), translating: loadCore(HOT_ENTRIES) };

async function run(test: Test, core: WebAssembly.Module): Promise<Outcome> {
  const { vcpus, memoryMb, commandLine } = test;
  const kernel = new Uint8Array(readFileSync(test.kernel));
  const lab = await Lab.boot(core, { kernel, commandLine, memoryMb, vcpus });
  // Tests name domain 0, which need do nothing.
  createDomain(lab.hypervisor, { id: 0, isPrivileged: true, vcpus: 1 });
  let text = '';
  lab.onConsole((bytes) => (text += Buffer.from(bytes).toString('latin1')));
  while (lab.ns < PATIENCE_NS) {
    const stop = lab.run({ ns: PATIENCE_NS }, SLICE_TICKS);
    const { instructions } = lab;
    if (stop?.kind === 'ended') return { result: RESULT.exec(text)?.[1] ?? 'CRASH', text, instructions };
    if (stop?.kind === 'idle') break;
  }
  return { result: 'HANGS', text, instructions: lab.instructions };
}

const indented = (text: string): string => text.replaceAll('\r', '').replace(/^(?=.)/gm, '     ');

async function main(folder: string | undefined, names: readonly string[]): Promise<number> {
  const tests = folder === undefined ? [] : findTests(folder);
  const wanted = tests.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  if (wanted.length === 0) {
    process.stderr.write('usage: npm run xtf -- FOLDER [NAME…], where FOLDER has tests of XTF, built\n');
    return 2;
  }
  const list = readList();
  let wrong = 0;
  for (const test of wanted) {
    const listed = list.get(test.name);
    const { result, text, instructions } = await run(test, cores.interpreting);
    const translated = await run(test, cores.translating);
    const isSame = translated.text === text && translated.instructions === instructions;
    const good = result === listed?.here && isSame;
    if (!good) wrong++;
    const other = listed !== undefined && listed.real !== result ? ` (the real Xen: ${listed.real})` : '';
    process.stdout.write(`${good ? 'ok  ' : 'FAIL'} ${test.name.padEnd(28)} ${result}${other}\n`);
    if (!isSame) process.stdout.write(`     translated: ${translated.result}\n${indented(translated.text)}`);
    if (!good) process.stdout.write(indented(text));
  }
  process.stdout.write(`${String(wanted.length - wrong)} of ${String(wanted.length)} as listed\n`);
  return wrong === 0 ? 0 : 1;
}

const [folder, ...names] = process.argv.slice(2);
process.exitCode = await main(folder, names);
