/** A debugger, by what is told it: back and forth in a recording of Mote. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { moteImages } from '../../../guests/toolchain/mote-node.ts';
import { readSources } from '../../../guests/toolchain/node.ts';
import { loadCore } from '../../lab/core-node.ts';
import { Lab } from '../../lab/lab.ts';
import { LabRun } from '../../lab/time/lab-run.ts';
import { markOf } from '../../lab/time/marks.ts';
import type { Mark } from '../../lab/time/recording.ts';
import { readRecording } from '../../lab/time/recording.ts';
import { readImage } from '../host-files.ts';
import { KeptLab } from '../../lab/runs.ts';
import { commandNamed, complete } from './commands.ts';
import { Debugger, tell } from './debugger.ts';

const core = loadCore();
const images = await moteImages();
const PROMPT = /\$ $/;
const folder = mkdtempSync(join(tmpdir(), 'xenoscope-'));
let debug: Debugger;
let printed = '';
let end: Mark;

const boot = (): Promise<Lab> => Lab.boot(core, { ...images, commandLine: '', memoryMb: 32, vcpus: 1 });

/** What a command says. */
async function say(line: string): Promise<string> {
  const [name = ''] = line.split(' ');
  try {
    return await commandNamed(name).run(debug, line.slice(name.length).trim());
  } catch (error) {
    return `! ${tell(error)}`;
  }
}

const instruction = (said: string): number => Number(/instruction (\d+),/.exec(said)?.[1]);

beforeAll(async () => {
  const recorded = await boot();
  for (const line of ['uname', 'seq 1 30 | wc']) {
    while (recorded.run({ text: PROMPT }, 5_000_000) === undefined);
    recorded.type(new TextEncoder().encode(`${line}\r`));
  }
  while (recorded.run({ text: PROMPT }, 5_000_000) === undefined);
  end = await markOf(new LabRun(recorded));
  const lab = await boot();
  for (const input of recorded.past.inputs.all) lab.past.inputs.add(input);
  lab.onConsole((bytes) => (printed += new TextDecoder().decode(bytes)));
  debug = new Debugger(
    { hosts: [{ name: 'host', lab }], kept: new KeptLab(lab, core), marks: [end] },
    readSources(),
  );
});

test('continues to the end of the recording, which is what it was, and prints what was printed', async () => {
  expect(await say('continue')).toMatch(/^The recording ends here/);
  expect(printed).toMatch(/\$ uname\r?\nMote\r?\n[^]*wc\r?\n *30 /);
  expect(await markOf(debug.kept.run)).toEqual(end);
});

test('a breakpoint is found forwards and backwards, and steps lead away from it and back', async () => {
  await say('goto start');
  const [file, lines] = ['mote/machine-calls.ts', readSources().get('mote/machine-calls.ts')!.split('\n')];
  const line = lines.findIndex((text) => text.includes('put(abi.utsname.release')) + 1;
  expect(await say(`break ${file}:${String(line)}`)).toBe(`stops before ${file}:${String(line)}`);
  const there = await say('continue');
  expect(there).toMatch(/^Breakpoint in d1v0 at uname/);
  expect(there).toContain(lines[line - 1]!.trim());
  const here = instruction(there);
  expect(await say('backtrace')).toMatch(/^#0 {2}uname \(mote\/machine-calls.ts:\d+\)\n#1 {2}syscall /);
  expect(instruction(await say('stepi 5'))).toBe(here + 5);
  expect(instruction(await say('back 5'))).toBe(here);
  expect(await say('next')).toContain(`uname, ${file}:${String(line + 1)}`);
  expect(await say('finish')).toMatch(/\nsyscall, /);
  expect(instruction(await say('back-to-break'))).toBe(here);
  expect(await say('back-line')).not.toContain(`${file}:${String(line)}`);
  expect(await say('delete 1')).toBe('there are no breakpoints');
  expect(await say('back-to-break')).toBe('! there are no breakpoints: `break` sets one');
});

test('hypercalls stop it by name and domain, and are found backwards', async () => {
  await say('goto start');
  expect(await say('break hypercall event_channel_op domain 1')).toMatch(/^stops at every hypercall/);
  const first = await say('continue');
  expect(first).toMatch(/^What you wait for: d1v0 event_channel_op\(/);
  const second = await say('continue');
  expect(instruction(second)).toBeGreaterThan(instruction(first));
  expect(instruction(await say('back-to hypercall event_channel_op'))).toBe(instruction(first));
  await say('delete 1');
  expect(await say('break hypercall frobnicate')).toBe('! there is no hypercall frobnicate');
  await say('break hypercall domctl domain 1');
  expect(await say('continue')).toMatch(/^The recording ends here/);
  await say('delete 1');
});

test('any event of the trace stops it, by its domain, its words, its arguments; and a write to memory', async () => {
  await say('goto start');
  const raised = 'port domain 1 /port [0-9]$/';
  expect(await say(`break ${raised}`)).toBe(`stops at every ${raised}`);
  expect(await say('continue')).toMatch(/^What you wait for: d1v0 port domain 1 port \d /);
  await say('delete 1');
  await say('break hypercall event_channel_op arg0=4');
  expect(await say('continue')).toMatch(/^What you wait for: d1v0 event_channel_op\(.*EVTCHNOP_send/);
  await say('delete 1');
  expect(await say('break port arg0=1')).toMatch(/^! an event of kind port has no name and no arguments/);
  expect(await say('break trap /[/')).toMatch(/^! \/\[\/: /);
  expect(await say('break trap somewhere')).toMatch(/^! somewhere: it is KIND/);
  const rsp = /rsp ([0-9a-f]{16})/.exec(await say('regs'))![1]!;
  const before = instruction(await say('where'));
  const behind = await say(`until-write 0x${rsp}`);
  expect(instruction(behind)).toBeGreaterThan(before);
  expect(instruction(await say(`back-to-write 0x${rsp}`))).toBe(instruction(behind) - 1);
  expect(await say('until-write 0xffffffff80100000')).toMatch(/^! nothing writes there/);
});

test('goes to instants, and says where one is not', async () => {
  for (const [wanted, found] of [
    ['1234567', /^instruction 1234567,/],
    ['tick 3000000', /tick 3000000: /],
    ['2ms', / 0\.002000000 s, /],
    ['1,000,000', /^instruction 1000000,/],
    ['start', /^instruction 0,/],
    ['end', new RegExp(`^instruction ${String(end.places[0]!.instructions)},`)],
  ] as const)
    expect(await say(`goto ${wanted}`)).toMatch(found);
  await say('goto 1500000');
  expect(await say('goto yesterday')).toMatch(/^! it needs an instant: /);
  expect(await say('goto 999999999999')).toMatch(/^! it has not come so far: The recording ends here/);
  expect(await say('where')).toMatch(/^instruction 1500000,/);
  await say('goto start');
  expect(await say('back')).toBe('! there is no instruction between here and the beginning of the run');
});

test('shows registers, memory, code, domains, ports', async () => {
  await say('goto end');
  await say('goto 1500000');
  const rip = /rip ([0-9a-f]{16})/.exec(await say('regs'))![1]!;
  const code = await say('disassemble 3');
  expect(code).toContain(`0x${rip}  `);
  expect(await say(`disassemble 0x${rip} 3`)).toBe(code);
  expect(await say(`mem 0x${rip} 20`)).toMatch(
    new RegExp(`^0x${rip}  ([0-9a-f]{2} ){16} .{16}\\n0x[0-9a-f]{16}  ([0-9a-f]{2} ){4} +.{4}$`),
  );
  expect(await say('mem 0x8')).toMatch(/nothing is mapped here$/);
  expect(await say('mem xyz')).toMatch(/^! xyz: it is no address/);
  expect(await say('regs d7v0')).toBe('! there is no vcpu d7v0');
  expect(await say('domains')).toMatch(/^ +1 .* 32 MiB +1 vcpu/);
  expect(await say('ports 1')).toMatch(/VIRQ_TIMER/);
});

test('what is typed begins another run, which can be recorded', async () => {
  await say('goto end');
  const before = debug.lab.past.inputs.all.length;
  await say(`goto tick ${String(debug.lab.past.inputs.all[1]!.ticks)}`);
  expect(debug.lab.past.inputs.come).toEqual([1, 0]);
  expect(await say('inputs')).toMatch(/^ [^>]*\n> +0\.\d+ s {2}"seq 1 30 \| wc\\r"\n/);
  expect(await say('type echo other')).toMatch(
    /^typed: from here on this is another run, and the recording's 1 later/,
  );
  expect(debug.lab.past.inputs.all.length).toBe(before);
  printed = '';
  expect(await say('until \\nother\\s')).toMatch(/^The console has printed "other"/);
  expect(printed).toMatch(/echo other\r?\nother/);
  expect(await say('until never')).toMatch(/^Everybody waits for ever/);
  const path = join(folder, 'other.json');
  expect(await say(`record ${path}`)).toMatch(/^recording of 2 inputs and 1 marks in /);
  expect((await readRecording(readImage(path))).inputs).toEqual(debug.lab.past.inputs.all);
  // The recording's run is kept, and there again; and the other one then.
  expect(await say('branches')).toMatch(/^1 {2}0\.\d+ s to 0\.\d+ s: "seq 1 30 \| wc\\r"$/);
  const fork = await say('branch 1');
  expect(instruction(fork)).toBeLessThan(end.places[0]!.instructions);
  printed = '';
  await say(`goto instruction ${String(end.places[0]!.instructions)}`.replace('instruction ', ''));
  expect(await debug.kept.run.hash()).toBe(end.hash);
  expect(await say('branches')).toMatch(/"echo other\\r"$/);
  await say('branch 1');
  expect(await say('until \\nother\\s')).toMatch(/^The console has printed "other"/);
  expect(await say('drop-branch 1')).toBe('there is this run alone');
  expect(await say('branch 1')).toBe('! there is no branch 1');
  expect(await say('save /nowhere/at/all')).toMatch(/^! cannot write \/nowhere\/at\/all: /);
});

test('completes commands and what they are told; names may be cut short where that is one', async () => {
  expect(complete(debug, 'back-')[0]).toEqual(['back-line ', 'back-to-break ', 'back-to ', 'back-to-write ']);
  expect(complete(debug, 'break hypercall mmu_')).toEqual([['hypercall mmu_update'], 'hypercall mmu_']);
  expect(complete(debug, 'break mote/machine-c')).toEqual([['mote/machine-calls.ts:'], 'mote/machine-c']);
  expect(complete(debug, 'frob x')).toEqual([[], 'x']);
  expect(await say('domai')).toMatch(/MiB/);
  expect(await say('frob')).toBe('! there is no command frob: `help` lists them');
  expect(await say('step-')).toBe('! step- may be step-hypercall, step-event');
});

test('tells what has happened in sentences, and explains the event that it stands at', async () => {
  await say('goto start');
  const stepTwice = async (): Promise<string[]> => {
    await say('step-hypercall');
    await say('step-hypercall');
    return (await say('story 5000')).split('\n');
  };
  const told = await stepTwice();
  expect(told.findLast((line) => / s {2}\S/.test(line))).toMatch(/^\d+ {2}\d\.\d{9} s {2}dom 1 /);
  const explained = await say('explain');
  expect(explained).toMatch(/^\w+[^]*Done here by: \w+, hypervisor\//);
  expect(await say(`explain ${String(Number.parseInt(told.at(-2)!))}`)).not.toBe(explained);
  expect(await say('explain 1000000')).toMatch(/^! there is no event 1000000/);
  // What happens again is told once.
  await say('goto start');
  expect(await stepTwice()).toEqual(told);
});

test('tells what has happened before an instant that it went to, which nobody had heard', async () => {
  const sentences = async (): Promise<string[]> =>
    (await say('story 30')).split('\n').map((line) => line.replace(/^\d+/, ''));
  await say('goto start');
  await say('continue');
  const heard = await sentences();
  await say('goto start');
  await say('goto end');
  printed = '';
  expect(await sentences()).toEqual(heard);
  expect(printed).toBe('');
});
