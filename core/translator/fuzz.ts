/**
 * Interpreted and translated runs of the same random programs (fuzz-program.ts), compared state by state. Many programs are one
 * batch: assembled together, in one machine, translated in few modules; they take turns, each with registers of its own. Budgets,
 * and what the machine's owner does meanwhile, are random, too. Everything comes from a seed.
 */
import { assemble } from '../assembler/assemble.ts';
import { PAGE_BYTES, type Machine } from '../machine.ts';
import { restoreProcessor, saveProcessor, stateOfProcessor, takeWrittenFrames } from '../machine-state.ts';
import { CODE, DATA, userMachine } from '../testing.ts';
import * as layout from '../wasm/layout.ts';
import {
  FAR_DATA,
  Program,
  Random,
  functionLabel,
  mainLabel,
  recoverLabel,
  stackOf,
} from './fuzz-program.ts';

/** Where the page-table entry of an address is in a machine (testing.ts `userMachine`). */
export function entryOf(address: number): number {
  return 0x1000 + 0x3000 + (address >> 21) * 0x1000 + ((address >> 12) & 511) * 8;
}
const FAR_ENTRY = entryOf(FAR_DATA);

/**
 * Turns that each program of a batch gets. At first they are all of so many instructions, for what becomes hot at the same time is
 * one module.
 */
const TURNS = 16;
const TURNS_ALIKE = 8;
const INSTRUCTIONS_ALIKE = 150;
/** So many programs in a batch trap behind each instruction: one in so many. */
const TRAPS = 40;

type ProcessorState = ReturnType<typeof stateOfProcessor>;

/** A program that is running. */
interface Running {
  readonly number: number;
  readonly source: string;
  readonly flags: number;
  registers: Uint8Array;
}

/** Two machines that are alike but for the translator. */
export class Twins {
  readonly plain = userMachine({ hotEntries: 0 });
  readonly translating: Machine;
  private readonly states: readonly [ProcessorState, ProcessorState];
  private readonly memory: Uint8Array;
  private readonly registers: Uint8Array;
  /** Frames that are not as they were in the beginning. */
  private written = new Set<number>();
  /** Instructions that were compared, in all. */
  instructions = 0;

  constructor(hotEntries: number) {
    this.translating = userMachine({ hotEntries });
    this.states = [stateOfProcessor(this.plain), stateOfProcessor(this.translating)];
    this.memory = this.plain.bytes.slice();
    this.registers = this.plain.processor.saveState();
    for (const machine of this.both) takeWrittenFrames(machine);
  }

  private get both(): readonly [Machine, Machine] {
    return [this.plain, this.translating];
  }

  /** Runs a batch of random programs on both. Returns what differs, or null. Throws an Error where one does not assemble. */
  compare(seed: number, programs: number): string | null {
    const random = new Random(seed);
    const sources = Array.from({ length: programs }, (_, n) => new Program(random, n, programs).source());
    const { bytes, labels } = assemble(sources.join('\n'), { origin: CODE });
    for (const machine of this.both) this.prepare(machine, bytes);
    const running = sources.map((source, number) => this.started(source, number, random, labels));
    for (let turn = 0; turn < TURNS; turn++) {
      for (const program of running) {
        const budget = turn < TURNS_ALIKE ? INSTRUCTIONS_ALIKE : budgetOf(random);
        const difference = this.turn(program, budget, random, labels);
        if (difference === null) continue;
        const where = `seed ${String(seed)}, program ${String(program.number)} of ${String(programs)}`;
        return `${where}, turn ${String(turn)} of ${String(budget)}: ${difference}\n${program.source}`;
      }
    }
    this.instructions += this.plain.processor.retired;
    const frame = this.frameThatDiffers();
    return frame < 0 ? null : `seed ${String(seed)}: memory, frame ${String(frame)}`;
  }

  private prepare(machine: Machine, code: Uint8Array): void {
    const { processor } = machine;
    for (const frame of this.written) {
      const at = frame * PAGE_BYTES;
      machine.bytes.set(this.memory.subarray(at, at + PAGE_BYTES), at);
      machine.wrote(frame);
    }
    // How often frames were rewritten is forgotten: code of those that were so often is hardly translated.
    restoreProcessor(machine, saveProcessor(machine));
    processor.restoreState(this.registers);
    processor.setField(layout.RETIRED, 0);
    processor.flushTlb();
    processor.setBreakpoints([]);
    machine.write(CODE, code);
    for (let at = 0; at < 0x6000; at += 4) machine.words[(DATA + at) / 4] = Math.imul(at + 1, 0x9e3779b1);
  }

  private started(
    source: string,
    number: number,
    random: Random,
    labels: ReadonlyMap<string, number>,
  ): Running {
    const flags = random.chance(TRAPS) ? 0x302 : 0x202;
    const { processor } = this.plain;
    processor.restoreState(this.registers);
    processor.flags = flags;
    processor.rip = labels.get(recoverLabel(number))!;
    return { number, source, flags, registers: processor.saveState() };
  }

  /** A program goes on for `budget` instructions at most, on both. Returns what differs then, or null. */
  private turn(
    program: Running,
    budget: number,
    random: Random,
    labels: ReadonlyMap<string, number>,
  ): string | null {
    const exits = this.both.map(({ processor }) => {
      processor.restoreState(program.registers);
      return processor.run(budget);
    });
    const [exit, other] = exits as [number, number];
    const difference = this.difference(exit, other);
    if (difference !== null) return difference;
    if (exit === layout.EXIT_EXCEPTION || exit === layout.EXIT_PRIVILEGED)
      this.recover(program, random, labels);
    program.registers = this.plain.processor.saveState();
    if (random.chance(6)) this.disturb(random, labels);
    return null;
  }

  private difference(exit: number, other: number): string | null {
    if (exit !== other) return `exit ${String(exit)}, translated ${String(other)}`;
    const at = this.placeThatDiffers();
    if (at < 0) return null;
    const rips = this.both.map(({ processor }) => processor.rip.toString(16)).join(', ');
    const counts = this.both.map(({ processor }) => processor.retired).join(', ');
    return `state at 0x${at.toString(16)}; rip ${rips}; retired ${counts}`;
  }

  /** Where the processors' states begin to differ: an offset in the module's memory, 0 for frames' bits; -1: nowhere. */
  private placeThatDiffers(): number {
    const [one, other] = this.states;
    for (const [n, { offset, bytes }] of one.parts.entries()) {
      const there = other.parts[n]!.bytes;
      if (Buffer.compare(bytes, there) !== 0)
        return offset + bytes.findIndex((byte, at) => byte !== there[at]);
    }
    const { versions, versionBit, written, writtenBit } = one;
    for (let frame = 0; frame < versions.length; frame++) {
      if (((versions[frame]! ^ other.versions[frame]!) & versionBit) !== 0) return 0;
      if (((written[frame]! ^ other.written[frame]!) & writtenBit) !== 0) return 0;
    }
    return -1;
  }

  /** A frame whose content differs, or -1: of those that may have been written, which are put back before the next batch. */
  private frameThatDiffers(): number {
    this.written = new Set(this.both.flatMap(takeWrittenFrames));
    for (const frame of this.written) {
      const [one, other] = this.both.map(({ bytes }) =>
        bytes.subarray(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES),
      ) as [Uint8Array, Uint8Array];
      if (Buffer.compare(one, other) !== 0) return frame;
    }
    return -1;
  }

  private recover(program: Running, random: Random, labels: ReadonlyMap<string, number>): void {
    const { number, flags } = program;
    const name = random.pick([recoverLabel, mainLabel, (n: number) => functionLabel(n, 0)])(number);
    for (const machine of this.both) {
      const { processor } = machine;
      processor.rip = labels.get(name)!;
      processor.set(layout.RSP, stackOf(number));
      // What a function returns to.
      machine.words[stackOf(number) / 4] = labels.get(mainLabel(number))!;
      machine.words[stackOf(number) / 4 + 1] = 0;
      machine.wrote(Math.floor(stackOf(number) / PAGE_BYTES));
      processor.flags = flags;
      processor.stateChanged();
    }
  }

  /** What an owner does between turns. */
  private disturb(random: Random, labels: ReadonlyMap<string, number>): void {
    const [low, kind] = [random.word(), random.below(6)];
    if (kind === 5 && low % 16 === 0) this.setBreakpoints(random, labels);
    for (const machine of this.both) {
      const { processor } = machine;
      if (kind === 0) processor.flushTlb();
      if (kind === 1) {
        // The far page comes and goes.
        machine.words[FAR_ENTRY / 4]! ^= 1;
        machine.wrote(FAR_ENTRY >> 12);
        processor.flushTlbPage(FAR_DATA);
      }
      if (kind === 2 && low % 8 === 0) machine.wrote((CODE >> 12) + ((low >>> 3) & 7));
      if (kind === 3)
        processor.loadAddressSpace(processor.field(layout.CR3), (low & 1) as 0 | 1, (low & 2) !== 0);
    }
    // What was translated is lost.
    if (kind === 4 && low % 32 === 0) this.translating.processor.dropBlocks();
    if (kind === 4 && low % 32 === 1) restoreProcessor(this.translating, saveProcessor(this.translating));
  }

  /** Some that runs come to, and some inside of instructions, or none any more. */
  private setBreakpoints(random: Random, labels: ReadonlyMap<string, number>): void {
    const all = [...labels.values()];
    const some = Array.from({ length: random.below(4) }, () => random.pick(all) + random.below(8));
    for (const { processor } of this.both) processor.setBreakpoints(some);
  }
}

function budgetOf(random: Random): number {
  if (random.chance(4)) return 1 + random.below(8);
  return 1 + random.below(random.chance(3) ? 1500 : 120);
}
