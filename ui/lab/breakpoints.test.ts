/** Breakpoints by line and steps over and out, in Mote's kernel and its programs; that watching changes nothing. */
import { expect, test } from 'vitest';
import { filesOf } from '../../guests/toolchain/cpio.ts';
import { moteRamdisk } from '../../guests/toolchain/mote.ts';
import { moteImages } from '../../guests/toolchain/mote-node.ts';
import { readSources } from '../../guests/toolchain/node.ts';
import type { Found, WantedLine } from './code.ts';
import { loadCore } from './core-node.ts';
import { HYPERVISOR_event_channel_op } from '../../hypervisor/abi/xen.ts';
import { lastLineOf } from './function-lines.ts';
import { Lab } from './lab.ts';
import type { Stop } from './stop.ts';
import { stateHash } from './state-hash.ts';
import { beginStep } from './stepping.ts';
import { executableOf, readSymbols, stackOf } from './symbols.ts';

const images = await moteImages();
const sources = readSources();
const PROMPT = /\n\S* \$ $/;

function boot(): Promise<Lab> {
  return Lab.boot(loadCore(), { ...images, commandLine: '', memoryMb: 32, vcpus: 1 });
}

/** The number of the line of a file that has this text. */
function lineOf(file: string, text: string): number {
  const lines = sources.get(file)!.split('\n');
  const found = lines.findIndex((line) => line.includes(text));
  expect(found, `${file} has '${text}'`).not.toBe(-1);
  return found + 1;
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
  line: lineOf('mote/machine-calls.ts', 'put(abi.utsname.release'),
};
const HEAD = { file: 'programs/head.ts', line: lineOf('programs/head.ts', 'const line = input.line()') };

test('a run stops before a line of the kernel, and of a program, whenever it comes there', async () => {
  const lab = await boot();
  drive(lab, PROMPT);
  expect(lab.breaks.setLines([UNAME, HEAD])).toEqual([UNAME, HEAD]);
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

test('a line without code means the next one of its function that has, or none, with a word', async () => {
  const lab = await boot();
  const comment = lineOf(UNAME.file, '/** Any hypercall, with the process');
  const head = lineOf(UNAME.file, 'function uname(');
  // Mote as a guest makes no sysctl: the function has no code, and what comes behind it is another's.
  const hypercalls = 'kernel/xen/hypercalls.ts';
  const sysctl = lineOf(hypercalls, 'hypercall1(xen.HYPERVISOR_sysctl');
  const physdev = lineOf(hypercalls, 'hypercall2(xen.HYPERVISOR_physdev_op');
  const within = (file: string, line: number): WantedLine => ({
    file,
    line,
    last: lastLineOf(file, sources.get(file)!.split('\n'), line),
  });
  expect(
    lab.breaks.setLines([
      within(UNAME.file, head),
      within(UNAME.file, comment),
      within(hypercalls, sysctl),
      { file: UNAME.file, line: head },
      { file: 'no/file.ts', line: 1 },
      { file: UNAME.file, line: 100_000 },
    ]),
  ).toEqual([
    { file: UNAME.file, line: head + 1 },
    { file: UNAME.file, line: comment + 2 },
    `no code is there: the next line of ${hypercalls} that has some is ${String(physdev)}`,
    `no code is there: the next line of ${UNAME.file} that has some is ${String(head + 1)}`,
    'no code of no/file.ts is there',
    `no code is there, nor behind it in ${UNAME.file}`,
  ]);
  expect(lab.breaks.lines).toHaveLength(2);
});

/** `head` under another name: its source is called programs/heap.ts, and a byte between two functions tells them apart. */
function heapLikeHead(head: Uint8Array, page: number): Uint8Array {
  const { address, text } = executableOf(head)!;
  const { functions } = readSymbols(head)!;
  const gap = functions.find(
    ({ end }, n) => end >= page && end < page + 4096 && functions[n + 1]!.start > end,
  );
  const heap = head.slice();
  heap[text.byteOffset - head.byteOffset + gap!.end - address]! ^= 0xff;
  const name = Buffer.from(heap.buffer).indexOf('programs/head.ts\0');
  heap[name + 'programs/hea'.length] = 'p'.charCodeAt(0);
  return heap;
}

test('where another program has other code at the same address, and even the same line, a run goes on', async () => {
  const files = filesOf(images.ramdisk);
  const programs = new Map(
    [...files].flatMap(([path, file]): [string, Uint8Array][] =>
      path.startsWith('bin/') ? [[path.slice(4), file]] : [],
    ),
  );
  const found = (await boot()).code.find(HEAD) as Found;
  programs.set('heap', heapLikeHead(files.get('bin/head')!, found.addresses[0]! & ~4095));
  const lab = await Lab.boot(loadCore(), {
    kernel: images.kernel,
    ramdisk: moteRamdisk(sources, programs),
    commandLine: '',
    memoryMb: 32,
    vcpus: 1,
  });
  drive(lab, PROMPT);
  const HEAP = { file: 'programs/heap.ts', line: HEAD.line };
  expect(lab.breaks.setLines([HEAP])).toEqual([HEAP]);
  type(lab, 'head -n 1 /etc/motd; heap -n 1 /etc/motd\r');
  expect(drive(lab, PROMPT)).toMatchObject({ kind: 'breakpoint', place: HEAP });
  expect(drive(lab, PROMPT).kind).toBe('text');
});

test('breakpoints change nothing: one hash with a run that nobody watched', async () => {
  const plain = await boot();
  drive(plain, PROMPT);
  type(plain, 'uname; head -n 1 /etc/motd\r');
  drive(plain, PROMPT);
  const watched = await boot();
  watched.breaks.setLines([
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
  lab.breaks.setLines([UNAME]);
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

const WAIT = { file: 'programs/sh/jobs.ts', line: lineOf('programs/sh/jobs.ts', 'let got = wait(pid') };
const SEQ = { file: 'programs/seq.ts', line: lineOf('programs/seq.ts', 'print(') };

test('over a line runs all that it calls, be it ever so long; a breakpoint in there stops it', async () => {
  const lab = await boot();
  drive(lab, PROMPT);
  lab.breaks.setLines([WAIT]);
  type(lab, 'seq 1 2000\r');
  expect(drive(lab)).toMatchObject({ kind: 'breakpoint', place: WAIT });
  const before = lab.instructions;
  expect(lab.step('over', 1e9)).toEqual({ kind: 'step' });
  expect(lab.here()).toMatchObject({ file: WAIT.file, line: WAIT.line + 1 });
  expect(lab.instructions - before).toBeGreaterThan(1_000_000);
  // The prompt, and the next command: the program is come to before it has ended.
  lab.breaks.setLines([WAIT, SEQ]);
  type(lab, 'seq 3\r');
  expect(drive(lab)).toMatchObject({ kind: 'breakpoint', place: WAIT });
  expect(lab.step('over', 1e9)).toMatchObject({ kind: 'breakpoint', place: SEQ });
  // It goes on from there: the loop's next round.
  expect(lab.step('over', 1e9)?.kind).toBe('step');
  expect(drive(lab)).toMatchObject({ kind: 'breakpoint', place: SEQ });
});

test('who steps onto a breakpoint goes on from it; where one is set under him, too', async () => {
  const lab = await boot();
  drive(lab, PROMPT);
  lab.breaks.setLines([UNAME]);
  type(lab, 'uname\r');
  expect(drive(lab).kind).toBe('breakpoint');
  const NEXT = { file: UNAME.file, line: UNAME.line + 1 };
  lab.breaks.setLines([UNAME, NEXT]);
  expect(lab.step('over', 1e9)?.kind).toBe('step');
  expect(lab.here()).toMatchObject(NEXT);
  lab.breaks.leave();
  expect(lab.run({ text: PROMPT }, 1e9)?.kind).toBe('text');
});

test('a step that does not come to its end can be looked at, and given up', async () => {
  const lab = await boot();
  drive(lab, PROMPT);
  type(lab, 'spin\r');
  lab.run({}, 50_000_000);
  const stepping = beginStep(lab, 'line');
  const before = lab.instructions;
  // A loop that is one line.
  expect(stepping.go(5000)).toBe(undefined);
  expect(lab.instructions - before).toBe(5000);
  stepping.end();
  type(lab, '\x03');
  expect(lab.run({ text: PROMPT }, 1e9)?.kind).toBe('text');
});

test('a run stops behind a hypercall of a name that is wanted, and says whose it was', async () => {
  const lab = await boot();
  lab.breaks.setEvents([{ kind: 'hypercall', name: 'event_channel_op' }]);
  const first = drive(lab);
  expect(first).toMatchObject({ kind: 'event', event: { domain: 1, vcpu: 0 } });
  expect(first.kind === 'event' && first.event.text).toMatch(/^event_channel_op\(/);
  const { hypercalls } = lab.hypervisor.counts;
  expect(hypercalls[HYPERVISOR_event_channel_op]).toBe(1);
  lab.breaks.setEvents([]);
  expect(drive(lab, PROMPT).kind).toBe('text');
  expect(hypercalls[HYPERVISOR_event_channel_op]).toBeGreaterThan(1);
});
