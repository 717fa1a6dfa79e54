/** Breakpoints by line and steps over and out, in Mote's kernel and its programs; that watching changes nothing. */
import { expect, test } from 'vitest';
import { moteImages } from '../../guests/toolchain/mote-node.ts';
import { readSources } from '../../guests/toolchain/node.ts';
import { loadCore } from './core-node.ts';
import { Lab } from './lab.ts';
import type { Stop } from './lab.ts';
import { stateHash } from './state-hash.ts';
import { stackOf } from './symbols.ts';

const images = await moteImages();
const sources = readSources();
const PROMPT = /\n\S* \$ $/;

function boot(): Promise<Lab> {
  return Lab.boot(loadCore(), { ...images, commandLine: '', memoryMb: 32, vcpus: 1 });
}

/** The number of the line of a file that has this text. */
function lineOf(file: string, text: string): number {
  const lines = sources.get(file)!.split('\n');
  return lines.findIndex((line) => line.includes(text)) + 1;
}

function drive(lab: Lab, text?: RegExp): Stop {
  for (;;) {
    const stop = lab.run(text === undefined ? {} : { text }, 10_000_000);
    if (stop !== undefined) return stop;
  }
}

function type(lab: Lab, text: string): void {
  lab.type(new TextEncoder().encode(text));
}

const UNAME = {
  file: 'mote/machine-calls.ts',
  line: lineOf('mote/machine-calls.ts', 'put(abi.utsname.nodename'),
};
const HEAD = { file: 'programs/head.ts', line: lineOf('programs/head.ts', 'const input = openInput') };

test('a run stops before a line of the kernel, and of a program, whenever it comes there', async () => {
  const lab = await boot();
  drive(lab, PROMPT);
  expect(lab.setBreakpoints([UNAME, HEAD])).toEqual([UNAME, HEAD]);
  type(lab, 'uname; head -n 1 /etc/motd; cat /etc/motd; uname\r');
  const seen: string[] = [];
  for (let stop = drive(lab, PROMPT); stop.kind === 'breakpoint'; stop = drive(lab, PROMPT))
    seen.push(`${stop.place.function} ${stop.place.file}:${String(stop.place.line)}`);
  expect(seen).toEqual([
    `uname ${UNAME.file}:${String(UNAME.line)}`,
    expect.stringContaining(`${HEAD.file}:${String(HEAD.line)}`),
    `uname ${UNAME.file}:${String(UNAME.line)}`,
  ]);
});

test('a line without code means the next one that has; a file that nobody has means nothing', async () => {
  const lab = await boot();
  const comment = lineOf(UNAME.file, '/** Any hypercall with the process');
  const [moved, none, behind] = lab.setBreakpoints([
    { file: UNAME.file, line: lineOf(UNAME.file, 'function uname(') - 1 },
    { file: 'no/file.ts', line: 1 },
    { file: UNAME.file, line: 100_000 },
  ]);
  expect(moved?.line).toBeGreaterThan(lineOf(UNAME.file, 'function uname(') - 1);
  expect([none, behind]).toEqual([null, null]);
  expect(comment).not.toBe(-1);
});

test('breakpoints change nothing: one hash with a run that nobody watched', async () => {
  const plain = await boot();
  drive(plain, PROMPT);
  type(plain, 'uname; head -n 1 /etc/motd\r');
  drive(plain, PROMPT);
  const watched = await boot();
  watched.setBreakpoints([
    UNAME,
    HEAD,
    { file: 'kernel/events/events.ts', line: lineOf('kernel/events/events.ts', 'let ready =') },
  ]);
  let stops = 0;
  const through = (): void => {
    while (drive(watched, PROMPT).kind === 'breakpoint') stops++;
  };
  through();
  type(watched, 'uname; head -n 1 /etc/motd\r');
  through();
  expect(stops).toBeGreaterThan(5);
  expect(watched.instructions).toBe(plain.instructions);
  expect(await stateHash(watched.hypervisor)).toBe(await stateHash(plain.hypervisor));
});

test('over a call, and out of a function', async () => {
  const lab = await boot();
  drive(lab, PROMPT);
  lab.setBreakpoints([UNAME]);
  type(lab, 'uname\r');
  expect(drive(lab).kind).toBe('breakpoint');
  const { machine, processor } = lab.hypervisor;
  const here = (): string => {
    const place = lab.code.placeAt(machine, processor.rip);
    return `${place?.function ?? '?'}:${String(place?.line)}`;
  };
  expect(lab.step('over', 1e9)?.kind).toBe('step');
  expect(here()).toBe(`uname:${String(UNAME.line + 1)}`);
  // Into `put`, and out again.
  const depth = (): number =>
    stackOf(lab.code.kernel!, processor.rip, processor.get(4), (address) => {
      const at = machine.peek(address);
      return at < 0
        ? null
        : Number(new DataView(machine.bytes.buffer, machine.bytes.byteOffset).getBigInt64(at, true));
    }).length;
  const before = depth();
  lab.step('out', 1e9);
  expect(depth()).toBeLessThan(before);
});
