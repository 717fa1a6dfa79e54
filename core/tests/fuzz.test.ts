/**
 * Whatever bytes a guest executes, in whatever mode and ring: the core comes back with an exit, the budget holds, and one
 * long run does the same as many short ones. Random instructions over random registers, seeded.
 */
import { expect, it } from 'vitest';
import { PAGE_BYTES, type Machine } from '../machine.ts';
import { restoreProcessor, saveProcessor, takeDirtyFrames, takeWrittenFrames } from '../machine-state.ts';
import { CODE, DATA, userMachine } from '../testing.ts';
import { CODE32_0, CODE32_3, CODE64_0, CODE64_3, DATA_0, DATA_3, installTables } from './rings.ts';
import { takeWritten, watchWrites } from '../write-watch.ts';
import * as layout from '../wasm/layout.ts';

const BUDGET = 24;

/** xorshift32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const PREFIXES = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x64, 0x65, 0x48, 0x4f, 0x41];
const ADDRESSES = [DATA, DATA + 0xffd, 0x7ffffe, CODE, 0x800000, -(2 ** 47), 2 ** 47 - 4, 0, -1];
/** Flags that a case may have set: all but TF (now and then), RF and IOPL. */
const FLAGS = 0x244ed5;

/** A few instructions: now and then prefixes and an opcode map, then noise. */
function randomCode(next: () => number): Uint8Array {
  const bytes: number[] = [];
  while (bytes.length < 48) {
    while (next() % 4 === 0) bytes.push(PREFIXES[next() % PREFIXES.length]!);
    const map = next() % 8;
    if (map < 3) bytes.push(0x0f);
    if (map === 0) bytes.push(0x38);
    if (map === 1) bytes.push(0x3a);
    for (let n = next() % 8; n >= 0; n--) bytes.push(next() & 0xff);
  }
  return new Uint8Array(bytes);
}

interface Case {
  readonly ring: 0 | 3;
  readonly is64: boolean;
  readonly registers: readonly (readonly [number, number])[];
  readonly cr4: number;
  readonly flags: number;
  readonly dr7: number;
  readonly code: Uint8Array;
}

function randomCase(next: () => number): Case {
  const registers = Array.from({ length: 16 }, (): [number, number] => {
    if (next() % 2) return [next() % 2 ? next() : next() % 300, next() % 4 ? 0 : next()];
    const address = ADDRESSES[next() % ADDRESSES.length]!;
    return [address >>> 0, Math.floor(address / 2 ** 32) >>> 0];
  });
  return {
    ring: next() % 4 === 0 ? 0 : 3,
    is64: next() % 3 !== 0,
    registers,
    cr4: next() % 2 ? 0x620 : 0x10620,
    flags: (next() & (FLAGS | (next() % 8 ? 0 : layout.TF))) | 2,
    dr7: next() % 16 ? 0x400 : next() & 0xffff0fff,
    code: randomCode(next),
  };
}

/** A machine with tables, and what brings it back to its first state: `taken`, frames that were asked for since. */
function resettable(): { machine: Machine; reset: (taken?: Iterable<number>) => void } {
  const machine = userMachine();
  installTables(machine);
  const registers = machine.processor.saveState();
  const memory = machine.bytes.slice();
  takeWrittenFrames(machine);
  const reset = (taken: Iterable<number> = []): void => {
    // That these are all is a test of its own, below.
    for (const frame of [...taken, ...takeWrittenFrames(machine)]) {
      const at = frame * PAGE_BYTES;
      machine.bytes.set(memory.subarray(at, at + PAGE_BYTES), at);
    }
    machine.processor.restoreState(registers);
    machine.processor.setField(layout.RETIRED, 0);
    machine.processor.dropBlocks();
    machine.processor.flushTlb();
  };
  return { machine, reset };
}

function prepare(machine: Machine, given: Case): void {
  const { processor } = machine;
  const { ring, is64 } = given;
  const dpl = ring === 3 ? 0x60 : 0;
  const selector = ring === 3 ? (is64 ? CODE64_3 : CODE32_3) : is64 ? CODE64_0 : CODE32_0;
  processor.cpl = ring;
  processor.setSegment(layout.SEG_CS, selector, 0, 0xffffffff, (is64 ? 0xa09b : 0xc09b) | dpl);
  processor.setSegment(layout.SEG_SS, ring === 3 ? DATA_3 : DATA_0, 0, 0xffffffff, 0xc093 | dpl);
  given.registers.forEach(([low, high], register) => {
    processor.setHalves(register, low, high);
  });
  processor.setWord(layout.CR4, given.cr4);
  processor.flags = given.flags;
  processor.setWord(layout.DR7, given.dr7);
  processor.setField(layout.DR, DATA);
  processor.stateChanged();
  machine.write(CODE, given.code);
  processor.rip = CODE;
}

it('random code never throws, and never retires more than its budget', () => {
  const next = generator(0x2545f491);
  const { machine, reset } = resettable();
  const { processor } = machine;
  const exits = new Set<number>();
  for (let n = 0; n < 20_000; n++) {
    reset();
    prepare(machine, randomCase(next));
    exits.add(processor.run(BUDGET));
    expect(processor.retired).toBeLessThanOrEqual(BUDGET);
  }
  // Every way out was taken, and no other.
  expect([...exits].sort()).toEqual([1, 2, 3, 4, 5]);
});

/** Where two memories first differ; -1: nowhere. Page by page first: a look at each byte takes long. */
function firstDifference(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < one.length; at += PAGE_BYTES) {
    const [page, same] = [one, other].map((bytes) => bytes.subarray(at, at + PAGE_BYTES)) as [
      Uint8Array,
      Uint8Array,
    ];
    if (Buffer.compare(page, same) !== 0) return at + page.findIndex((byte, n) => byte !== same[n]);
  }
  return -1;
}

/** Everything that code can change, but memory. */
function stateOf({ processor }: Machine): unknown {
  const isPageFault = processor.exitVector === layout.VECTOR_PF;
  return {
    exit: [processor.exitVector, processor.exitError, isPageFault ? processor.exitAddress : 0],
    rip: processor.rip,
    flags: processor.flags,
    retired: processor.retired,
    registers: Buffer.from(processor.rawBytes(layout.REGS, 16 * 8)).toString('hex'),
    vectors: Buffer.from(processor.rawBytes(layout.XMM, layout.RIP - layout.XMM)).toString('hex'),
    segments: Buffer.from(processor.rawBytes(layout.SELECTORS, 16)).toString('hex'),
  };
}

it('one run ends in the same state as single instructions', () => {
  const next = generator(0x1234567);
  const whole = resettable();
  const stepwise = resettable();
  for (let n = 0; n < 1500; n++) {
    const given = randomCase(next);
    for (const { machine, reset } of [whole, stepwise]) {
      reset();
      prepare(machine, given);
    }
    const exit = whole.machine.processor.run(BUDGET);
    let last: number = layout.EXIT_BUDGET;
    for (let i = 0; i < BUDGET && last === layout.EXIT_BUDGET; i++) last = stepwise.machine.processor.run(1);
    expect(last).toBe(exit);
    expect(stateOf(stepwise.machine)).toEqual(stateOf(whole.machine));
    expect(Buffer.compare(stepwise.machine.bytes, whole.machine.bytes)).toBe(0);
  }
});

it('a run goes on from a saved state as it would have, its cached translations with it', () => {
  const next = generator(0x51f0ad);
  const whole = resettable();
  const other = resettable();
  for (let n = 0; n < 800; n++) {
    whole.reset();
    prepare(whole.machine, randomCase(next));
    const first = 1 + (next() % (BUDGET - 1));
    if (whole.machine.processor.run(first) !== layout.EXIT_BUDGET) continue;
    other.machine.bytes.set(whole.machine.bytes);
    restoreProcessor(other.machine, saveProcessor(whole.machine));
    const exit = whole.machine.processor.run(BUDGET - first);
    expect(other.machine.processor.run(BUDGET - first)).toBe(exit);
    expect(Buffer.compare(saveProcessor(other.machine), saveProcessor(whole.machine))).toBe(0);
    expect(Buffer.compare(other.machine.bytes, whole.machine.bytes)).toBe(0);
  }
});

it('whatever writes to a frame, it is known afterwards', () => {
  const next = generator(0x77aa);
  const { machine, reset } = resettable();
  const before = new Uint8Array(machine.bytes.length);
  let taken = new Set<number>();
  let unseen = 0;
  for (let n = 0; n < 250; n++) {
    reset(taken);
    prepare(machine, randomCase(next));
    taken = new Set(takeWrittenFrames(machine));
    takeDirtyFrames(machine);
    before.set(machine.bytes);
    machine.processor.run(BUDGET / 2);
    // Asked in the midst of it, too: what is cached for writes then stays so, or is dropped for whoever logs writes.
    const isLogged = n % 4 >= 2;
    const take = (): number[] => (isLogged ? takeDirtyFrames(machine) : takeWrittenFrames(machine));
    if (n % 2 === 0) {
      before.set(machine.bytes);
      const frames = take();
      if (!isLogged) for (const frame of frames) taken.add(frame);
    }
    machine.processor.run(BUDGET / 2);
    const written = new Set(take());
    if (!isLogged) for (const frame of written) taken.add(frame);
    if (Buffer.compare(machine.bytes, before) === 0) continue;
    for (let frame = 0; frame < machine.frames; frame++) {
      const at = frame * PAGE_BYTES;
      const isSame = Buffer.compare(
        machine.bytes.subarray(at, at + PAGE_BYTES),
        before.subarray(at, at + PAGE_BYTES),
      );
      if (isSame !== 0 && !written.has(frame)) unseen++;
    }
  }
  expect(unseen).toBe(0);
});

it('a watch on bytes sees every write to them, and changes nothing of the run', () => {
  const next = generator(0x3a7c);
  const { machine, reset } = resettable();
  const before = new Uint8Array(machine.bytes.length);
  let [seen, missed, imagined] = [0, 0, 0];
  for (let n = 0; n < 300; n++) {
    reset();
    const given = randomCase(next);
    prepare(machine, given);
    before.set(machine.bytes);
    machine.processor.run(BUDGET);
    const state = stateOf(machine);
    const at = firstDifference(machine.bytes, before);
    if (at < 0) continue;
    for (const [address, isWritten] of [
      [at, true],
      [(at + 0x100000) % 0x300000, false],
    ] as const) {
      reset();
      prepare(machine, given);
      watchWrites(machine, address, 1);
      machine.processor.run(BUDGET);
      const hit = takeWritten(machine);
      expect(stateOf(machine)).toEqual(state);
      const differs = machine.bytes[address] !== before[address];
      if (differs && hit !== 'guest') missed++;
      if (hit === 'outside') imagined++;
      if (isWritten && hit === 'guest') seen++;
      watchWrites(machine, 0, 0);
    }
  }
  expect([missed, imagined]).toEqual([0, 0]);
  expect(seen).toBeGreaterThan(20);
});
