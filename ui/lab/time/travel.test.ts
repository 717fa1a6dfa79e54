/** Back and forth in a run: each instant is what it was, however it is come to. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { WATCH_END } from '../../../core/wasm/layout.ts';
import { moteImages } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import { Lab } from '../lab.ts';
import { stateHash } from '../state-hash.ts';
import { differenceOf } from '../snapshot/compare.ts';
import { readSources } from '../../../guests/toolchain/node.ts';
import {
  backInstruction,
  backLine,
  backTo,
  backToWrite,
  BREAKPOINT,
  eventSearch,
  goToTicks,
} from './travel.ts';

const core = loadCore();
const PROMPT = /\$ $/;
const sources = readSources();

function lineOf(file: string, text: string): number {
  return (
    sources
      .get(file)!
      .split('\n')
      .findIndex((line) => line.includes(text)) + 1
  );
}

describe('a domain of Mote that was used', () => {
  let lab: Lab;
  let printed = '';
  const command = (text: string): void => {
    lab.type(new TextEncoder().encode(`${text}\r`));
    while (lab.run({ text: PROMPT }, 5_000_000) === undefined);
  };

  beforeEach(async () => {
    lab = await Lab.boot(core, { ...(await moteImages()), commandLine: '', memoryMb: 32, vcpus: 1 });
    lab.past.isKept = true;
    printed = '';
    lab.onConsole((bytes) => (printed += new TextDecoder().decode(bytes)));
    while (lab.run({ text: PROMPT }, 5_000_000) === undefined);
    command('uname; seq 1 300 | wc');
    command('ls -l /bin');
  });

  test('any instant is what it was', () => {
    const instants: { ticks: number; saved: ReturnType<Lab['save']> }[] = [];
    for (const ticks of [1_000_000, 3_333_333, 12_345_678]) {
      lab.runTo(lab.hypervisor.ticks() + ticks);
      instants.push({ ticks: lab.hypervisor.ticks(), saved: lab.save() });
      command('cat /etc/motd; sleep 0.01');
    }
    const all = printed;
    for (const { ticks, saved } of [instants[1]!, instants[0]!, instants[2]!, instants[0]!]) {
      expect(goToTicks(lab, ticks)).toBe(true);
      expect(differenceOf(lab.save(), saved)).toBe(null);
    }
    // On to the end, and nothing is told a second time.
    expect(goToTicks(lab, lab.endTicks)).toBe(true);
    expect(printed).toBe(all);
    command('echo on');
    expect(printed.slice(all.length)).toMatch(/^echo on\r?\non\r?\n/);
    expect(goToTicks(lab, lab.endTicks + 1)).toBe(false);
  });

  test('instruction by instruction: back is the way that was come', () => {
    const states: { instructions: number; rip: number; saved: ReturnType<Lab['save']> }[] = [];
    const { processor } = lab.hypervisor;
    lab.type(new TextEncoder().encode('uname\r'));
    for (let n = 0; n < 20; n++) {
      expect(lab.stepInstruction()?.kind).toBe('step');
      states.push({ instructions: lab.instructions, rip: processor.rip, saved: lab.save() });
    }
    for (const { instructions, rip, saved } of states.slice(0, -1).reverse()) {
      expect(backInstruction(lab)).toBe(true);
      expect([lab.instructions, processor.rip]).toEqual([instructions, rip]);
      expect(differenceOf(lab.save(), saved)).toBe(null);
    }
  });

  test('what was only just is found by going once from the snapshot before, however far that is', () => {
    lab.type(new TextEncoder().encode('seq 1 99999 | sort > /dev/null\r'));
    lab.run({ instructions: lab.instructions + 45_000_000 }, Infinity);
    const behind = lab.instructions - lab.placeIn(lab.past.moments.at(-1)!).instructions;
    lab.run({ instructions: lab.instructions + 19_000_000 - behind }, Infinity);
    const { place } = lab;
    let went = 0;
    const advance = lab.advance.bind(lab);
    lab.advance = (...to) => {
      const from = lab.instructions;
      const stop = advance(...to);
      went += lab.instructions - from;
      return stop;
    };
    expect(
      backTo(
        lab,
        eventSearch(({ detail }) => detail.kind === 'hypercall'),
      ),
    ).toBe(true);
    expect(lab.place.ticks).toBeLessThan(place.ticks);
    expect(place.instructions - lab.instructions).toBeLessThan(1_000_000);
    expect(went).toBeGreaterThan(17_000_000);
    expect(went).toBeLessThan(22_000_000);
  });

  test('back to a breakpoint, and to the one before it; from a line to the one before', () => {
    const file = 'mote/machine-calls.ts';
    const line = lineOf(file, 'put(abi.utsname.release');
    lab.breaks.setLines([{ file, line }]);
    const stops: number[] = [];
    for (let n = 0; n < 2; n++) {
      lab.type(new TextEncoder().encode('uname\r'));
      while (lab.run({}, 5_000_000) === undefined);
      stops.push(lab.hypervisor.ticks());
      lab.breaks.leave();
      while (lab.run({ text: PROMPT }, 5_000_000) === undefined);
    }
    const end = lab.hypervisor.ticks();
    expect(backTo(lab, BREAKPOINT)).toBe(true);
    expect(lab.hypervisor.ticks()).toBe(stops[1]);
    expect(lab.here()).toMatchObject({ file, line });
    expect(backLine(lab)).toBe(true);
    expect(lab.here()?.line).not.toBe(line);
    goToTicks(lab, stops[1]!);
    expect(backTo(lab, BREAKPOINT)).toBe(true);
    expect(lab.hypervisor.ticks()).toBe(stops[0]);
    // The first boot's `uname` of all is none: the kernel prints nothing of it.
    while (backTo(lab, BREAKPOINT)) expect(lab.hypervisor.ticks()).toBeLessThan(stops[0]!);
    goToTicks(lab, end);
  });

  test('back to the last event that fits', () => {
    const seen: number[] = [];
    const sink = {
      event: ({ detail }: { detail: { kind: string } }) => {
        if (detail.kind === 'hypercall') seen.push(lab.hypervisor.ticks());
      },
      end: () => undefined,
    };
    lab.hypervisor.trace.add(sink);
    command('seq 1 20');
    lab.hypervisor.trace.remove(sink);
    const present = lab.hypervisor.ticks();
    expect(
      backTo(
        lab,
        eventSearch(({ detail }) => detail.kind === 'hypercall'),
      ),
    ).toBe(true);
    expect(lab.hypervisor.ticks()).toBe(seen.findLast((ticks) => ticks < present));
  });

  test('in a host that idles, what is next on the way back is near a snapshot, however long ago it was', () => {
    command('seq 1 3000 | sort | wc');
    command('for n in 1 2 3; do sleep 1; done');
    lab.runTo(lab.hypervisor.ticks() + 1e9);
    const search = eventSearch(({ detail }) => detail.kind === 'upcall');
    const places = [1, 2].map(() => {
      expect(backTo(lab, search)).toBe(true);
      return lab.place;
    });
    expect(places[0]!.ticks - places[1]!.ticks).toBeGreaterThan(0.9e9);
    // Else the stretch before that is gone through again for each.
    const [near] = lab.past.moments
      .map(({ places: [place] }) => places[0]!.instructions - place!.instructions)
      .filter((before) => before > 0)
      .sort((a, b) => a - b);
    expect(near).toBeGreaterThan(900_000);
    expect(near).toBeLessThan(1_100_000);
  });

  test('back to the last write of a byte: it is as it was before, and behind the next instruction as it is now', () => {
    const { machine, processor } = lab.hypervisor;
    command('echo written');
    const present = lab.save();
    // The stack of whoever runs now: written all the time.
    const address = machine.peek(processor.get(4)) & ~7;
    const now = machine.bytes.slice(address, address + 8);
    expect(backToWrite(lab, address, 8)).toBe(true);
    const writer = lab.hypervisor.ticks();
    expect(writer).toBeLessThan(present.machines.length + lab.endTicks);
    lab.stepInstruction();
    expect(machine.bytes.slice(address, address + 8)).toEqual(now);
    // And the one before that.
    goToTicks(lab, writer);
    expect(backToWrite(lab, address, 8)).toBe(true);
    expect(lab.hypervisor.ticks()).toBeLessThan(writer);
    goToTicks(lab, lab.endTicks);
    // What a text was looked for in is no part of the run.
    expect(differenceOf({ ...lab.save(), graph: present.graph }, present)).toBe(null);
  });

  test('no snapshot is made while a watch on writes changes what the processor has cached', () => {
    command('seq 1 12000 | sort | wc');
    const { machine, processor } = lab.hypervisor;
    // As if those between had been dropped: the search comes where new ones are due.
    lab.past.moments.splice(1);
    expect(lab.instructions).toBeGreaterThan(40_000_000);
    const keep = lab.past.keep.bind(lab.past);
    const watched: boolean[] = [];
    vi.spyOn(lab.past, 'keep').mockImplementation(() => {
      watched.push(new Uint32Array(machine.bytes.buffer, WATCH_END, 1)[0] !== 0);
      keep();
    });
    backToWrite(lab, machine.peek(processor.get(4)) & ~7, 8);
    expect(watched.length).toBeGreaterThan(0);
    expect(watched).not.toContain(true);
  });

  test('what is typed in the past begins another run', () => {
    const ticks = lab.hypervisor.ticks();
    command('echo one');
    expect(goToTicks(lab, ticks)).toBe(true);
    command('echo other');
    expect(printed).toMatch(/one[^]*other/);
    expect(lab.past.inputs.all.at(-1)!.keys).toEqual(new TextEncoder().encode('echo other\r'));
    expect(goToTicks(lab, ticks + 1000)).toBe(true);
  });
});

/** What a session of a debugger comes to, and the state behind it: stops, lines, writes, back and forth. */
async function session(hotEntries: number): Promise<{ seen: unknown[]; hash: string; lab: Lab }> {
  const request = { ...(await moteImages()), commandLine: '', memoryMb: 32, vcpus: 1, hotEntries };
  const lab = await Lab.boot(core, request);
  lab.past.isKept = true;
  const seen: unknown[] = [];
  const note = (): void => void seen.push([lab.hypervisor.ticks(), lab.hypervisor.processor.rip, lab.here()]);
  const prompt = (): void => {
    while (lab.run({ text: PROMPT }, 5_000_000) === undefined);
  };
  const type = (text: string): void => {
    lab.type(new TextEncoder().encode(`${text}\r`));
  };
  prompt();
  type('seq 1 3000 | wc');
  prompt();
  const file = 'mote/machine-calls.ts';
  lab.breaks.setLines([{ file, line: lineOf(file, 'put(abi.utsname.release') }]);
  type('uname');
  while (lab.run({}, 5_000_000) === undefined);
  note();
  for (let n = 0; n < 5; n++) lab.stepInstruction();
  note();
  lab.breaks.leave();
  lab.breaks.setLines([]);
  prompt();
  type('seq 1 1000 | sort | wc');
  prompt();
  const { machine, processor } = lab.hypervisor;
  expect(backToWrite(lab, machine.peek(processor.get(4)) & ~7, 8)).toBe(true);
  note();
  expect(backLine(lab)).toBe(true);
  note();
  expect(goToTicks(lab, Math.floor(lab.endTicks / 2))).toBe(true);
  note();
  expect(backInstruction(lab)).toBe(true);
  note();
  expect(goToTicks(lab, lab.endTicks)).toBe(true);
  return { seen, hash: await stateHash(lab.hypervisor), lab };
}

test('a session comes to the same, interpreted and translated', async () => {
  const interpreted = await session(0);
  const translated = await session(1000);
  expect(translated.seen).toEqual(interpreted.seen);
  expect(translated.hash).toBe(interpreted.hash);
  expect(translated.lab.hypervisor.machine.translations!.instructions).toBeGreaterThan(1_000_000);
});
