/**
 * One WebAssembly module in three places: compiled by Node for this machine's processor, translated to x86-64 on the emulated processor with
 * nothing below it, and the same translation as a process of Mote's in a domain of Xen's. Instructions say what the hypervisor and the kernel
 * add, to the instruction; CPU time what the emulation does.
 */
import { cpio } from '../../guests/toolchain/cpio.ts';
import { buildProgram } from '../../guests/toolchain/build.ts';
import { compile } from '../../guests/toolchain/compile.ts';
import { moteImages } from '../../guests/toolchain/mote-node.ts';
import { readSources } from '../../guests/toolchain/node.ts';
import { FlatProgram } from '../../guests/toolchain/proof/flat-program.ts';
import { loadCore } from '../../ui/lab/core-node.ts';
import { Lab } from '../../ui/lab/lab.ts';
import { number, seconds, table, times } from './table.ts';

const CORPUS = 'toolchain/corpus/programs.ts';
/** Programs of the corpus, and how much they do. */
const WORKS = { json: 60, big: 1200, words: 12_000, floats: 6000, trees: 15 } as const;
type Work = keyof typeof WORKS;

/** A program of Mote's that does one of them. */
const PROGRAM = `/** compare WORK: does one of the corpus. */
import { print } from 'programs/lib/io';
import { big, floats, json, trees, words } from 'toolchain/corpus/programs';
export function main(args: string[]): i32 {
  const work = args[1];
  let sum: u32 = 0;
${Object.entries(WORKS)
  .map(([name, size]) => `  if (work == '${name}') sum = ${name}(${String(size)});`)
  .join('\n')}
  print('sum ' + sum.toString() + '\\n');
  return 0;
}
`;

interface Cost {
  readonly cpuSeconds: number;
  readonly instructions: number;
  readonly sum: number;
}

/** Of a run in a domain: what of it was not the program's own. */
interface GuestCost extends Cost {
  /** The share of instructions that were the domain's kernel's, by samples; and how often Xen was called, or had a trap to see to. */
  readonly kernelShare: number;
  readonly exits: number;
}

/** So often it is looked who runs, in instructions: no multiple of what programs do in rounds. */
const SAMPLE_TICKS = 49_999;

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function inNode(wasm: Uint8Array, work: Work): Promise<Cost> {
  const abort = (): never => {
    throw new Error('abort');
  };
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, { env: { abort } });
  const { start, [work]: run } = instance.exports as unknown as Record<
    Work | 'start',
    (n?: number) => number
  >;
  start();
  const before = cpu();
  const sum = run(WORKS[work]) >>> 0;
  return { cpuSeconds: cpu() - before, instructions: 0, sum };
}

function onCore(wasm: Uint8Array, work: Work): Cost {
  const flat = new FlatProgram(wasm);
  flat.call('start');
  const [before, retired] = [cpu(), flat.retired];
  const outcome = flat.call(work, BigInt(WORKS[work]));
  const sum = outcome.kind === 'value' ? Number(outcome.bits) : NaN;
  return { cpuSeconds: cpu() - before, instructions: flat.retired - retired, sum };
}

/** How often a domain has called Xen, or was stopped by what Xen sees to. */
function exitsOf({ hypervisor: { counts } }: Lab): number {
  const { emulated, tableWrites, pageFaults, syscalls } = counts;
  return counts.hypercalls.reduce(
    (sum, count) => sum + count,
    emulated + tableWrites + pageFaults + syscalls,
  );
}

/** A domain with the program, at its prompt. */
async function domain(): Promise<(command: string) => GuestCost> {
  const sources = new Map([...readSources(), ['programs/compare.ts', PROGRAM]]);
  const { file } = await buildProgram(sources, 'programs/compare.ts');
  const { kernel, ramdisk } = await moteImages();
  const more = cpio([{ type: 'file', path: 'bin/compare', data: file, executable: true }]);
  const lab = await Lab.boot(loadCore(), {
    kernel,
    ramdisk: Buffer.concat([ramdisk, more]),
    ...{ commandLine: '', memoryMb: 64, vcpus: 1 },
  });
  let text = '';
  lab.onConsole((bytes) => (text += new TextDecoder('latin1').decode(bytes)));
  const until = (wanted: RegExp): void => {
    while (!wanted.test(text)) lab.run({ text: wanted }, 1e9);
  };
  until(/\/ \$ $/);
  return (command) => {
    text = '';
    const [before, retired, exits] = [cpu(), lab.instructions, exitsOf(lab)];
    let [samples, inKernel] = [0, 0];
    lab.type(new TextEncoder().encode(`${command}\r`));
    while (!/\n\/ \$ $/.test(text)) {
      lab.run({}, SAMPLE_TICKS);
      const { running } = lab.hypervisor;
      if (running === null) continue;
      samples++;
      if (running.guestKernelMode) inKernel++;
    }
    const sum = Number(/sum (\d+)/.exec(text)?.[1]);
    return {
      cpuSeconds: cpu() - before,
      instructions: lab.instructions - retired,
      sum,
      kernelShare: inKernel / samples,
      exits: exitsOf(lab) - exits,
    };
  };
}

/** Measures, and tells. Throws an Error where the three do not agree. */
export async function compareModules(say: (text: string) => void): Promise<void> {
  const { wasm } = await compile(readSources(), CORPUS, { runtime: 'program', memoryBase: 0x1000 });
  const run = await domain();
  const rows: string[][] = [];
  for (const work of Object.keys(WORKS) as Work[]) {
    const costs = [await inNode(wasm, work), onCore(wasm, work), run(`compare ${work}`)] as const;
    const [node, core, guest] = costs;
    if (core.sum !== node.sum || guest.sum !== node.sum)
      throw new Error(`${work}: ${costs.map(({ sum }) => String(sum)).join(', ')}`);
    rows.push([
      work,
      seconds(node.cpuSeconds),
      `${seconds(core.cpuSeconds)} (${times(core.cpuSeconds / node.cpuSeconds)})`,
      `${seconds(guest.cpuSeconds)} (${times(guest.cpuSeconds / node.cpuSeconds)})`,
      `${number(core.instructions / 1e6)} million`,
      `${number(guest.instructions / 1e6)} million`,
      `${(guest.kernelShare * 100).toFixed(1)} %`,
      String(guest.exits),
    ]);
  }
  const head = [
    'one module',
    'Node, this processor',
    'emulated processor, nothing below',
    'in a domain of Xen’s',
    'instructions, nothing below',
    'in a domain',
    'of them its kernel’s',
    'exits to Xen',
  ];
  say(`\n${table(head, rows)}`);
}
