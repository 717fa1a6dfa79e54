/**
 * A machine's state, to be saved and put back: the processor with its cached translations, and which frames of memory were
 * written since somebody asked. Memory itself is `Machine.bytes`. Decoded code is a cache: dropping it changes nothing.
 *
 * Translations are no mere cache: a page-table entry that changes while the TLB still has the old one takes effect with the
 * next flush, as on real processors. So they are part of the state; and so is which frames code was decoded from, for the TLB
 * remembers no writes to those.
 */
import type { Machine, ReadonlyMachine } from './machine.ts';
import * as layout from './wasm/layout.ts';
import { ADDEND, WRITE_TAG } from './wasm/tlb-entry.ts';

/** What of the module's memory is the processor's state; the breakpoints between are those of whoever watches. */
const PARTS = [
  { offset: layout.REGS, length: layout.BREAKPOINT_COUNT - layout.REGS },
  { offset: layout.ALIGNED, length: layout.PROCESSOR_END - layout.ALIGNED },
  { offset: layout.TLB, length: layout.TLB_BANKS * layout.TLB_BANK_BYTES },
] as const;

/** Bits of WRITTEN_FRAMES: for whoever saves the machine, and for whoever logs which frames a guest dirties. */
const FOR_SAVERS = 1;
const FOR_LOGS = 2;

const PARTS_BYTES = PARTS.reduce((sum, { length }) => sum + length, 0);

/** Bytes of `saveProcessor`: the parts, and three bits for each frame: code was decoded from it, it was dirtied, it is not here. */
function stateBytes({ frames }: Machine): number {
  return PARTS_BYTES + 3 * Math.ceil(frames / 8);
}

function frameVersions(machine: Machine): Uint32Array {
  return new Uint32Array(machine.bytes.buffer, layout.FRAME_VERSIONS, machine.frames);
}

function pagedFrames(machine: Machine): Uint8Array {
  return machine.part(layout.PAGED_FRAMES, machine.frames);
}

/** The processor's state between two runs, in bytes that mean something to the same build of the core alone. */
export function saveProcessor(machine: Machine): Uint8Array {
  const saved = new Uint8Array(stateBytes(machine));
  let at = 0;
  for (const { offset, length } of PARTS) {
    saved.set(machine.part(offset, length), at);
    at += length;
  }
  const versions = frameVersions(machine);
  for (let frame = 0; frame < versions.length; frame++)
    if ((versions[frame]! & 1) !== 0) saved[at + (frame >>> 3)]! |= 1 << (frame & 7);
  at += Math.ceil(machine.frames / 8);
  const written = machine.part(layout.WRITTEN_FRAMES, machine.frames);
  for (let frame = 0; frame < written.length; frame++)
    if ((written[frame]! & FOR_LOGS) !== 0) saved[at + (frame >>> 3)]! |= 1 << (frame & 7);
  at += Math.ceil(machine.frames / 8);
  const paged = pagedFrames(machine);
  for (let frame = 0; frame < paged.length; frame++)
    if (paged[frame] !== 0) saved[at + (frame >>> 3)]! |= 1 << (frame & 7);
  return saved;
}

/** What `saveProcessor` saves, where it is: the parts, and by frames the words and bytes that have a bit of it each, and which. */
export function stateOfProcessor(machine: Machine): {
  readonly parts: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  readonly versions: Uint32Array;
  readonly versionBit: number;
  readonly written: Uint8Array;
  readonly writtenBit: number;
} {
  return {
    parts: PARTS.map(({ offset, length }) => ({ offset, bytes: machine.part(offset, length) })),
    versions: frameVersions(machine),
    versionBit: 1,
    written: machine.part(layout.WRITTEN_FRAMES, machine.frames),
    writtenBit: FOR_LOGS,
  };
}

/**
 * Puts back what `saveProcessor` gave, on a machine of as many frames whose memory is as it was then. Throws RangeError for
 * another number of bytes, or state of a machine of another size.
 */
export function restoreProcessor(machine: Machine, saved: Uint8Array): void {
  const bytes = stateBytes(machine);
  if (saved.length !== bytes)
    throw new RangeError(`a processor's state has ${String(bytes)} bytes here, not ${String(saved.length)}`);
  const frames = new DataView(saved.buffer, saved.byteOffset).getUint32(layout.FRAMES - layout.REGS, true);
  if (frames !== machine.frames)
    throw new RangeError(
      `the state is of a machine of ${String(frames)} frames, not ${String(machine.frames)}`,
    );
  let at = 0;
  for (const { offset, length } of PARTS) {
    machine.part(offset, length).set(saved.subarray(at, at + length));
    at += length;
  }
  const versions = frameVersions(machine);
  for (let frame = 0; frame < versions.length; frame++)
    versions[frame] = (saved[at + (frame >>> 3)]! >>> (frame & 7)) & 1;
  at += Math.ceil(machine.frames / 8);
  const written = machine.part(layout.WRITTEN_FRAMES, machine.frames);
  for (let frame = 0; frame < written.length; frame++) {
    const isDirty = ((saved[at + (frame >>> 3)]! >>> (frame & 7)) & 1) !== 0;
    written[frame] = (written[frame]! & FOR_SAVERS) | (isDirty ? FOR_LOGS : 0);
  }
  at += Math.ceil(machine.frames / 8);
  const paged = pagedFrames(machine);
  for (let frame = 0; frame < paged.length; frame++)
    paged[frame] = (saved[at + (frame >>> 3)]! >>> (frame & 7)) & 1;
  machine.restored();
}

/**
 * The processor as `blank` has it (`saveProcessor` of one that nothing has run on), as a reset makes it: but the clock goes on, and what
 * RDRAND draws is not drawn again. Throws RangeError as `restoreProcessor`.
 */
export function resetProcessor(machine: Machine, blank: Uint8Array): void {
  const { processor } = machine;
  const goesOn = [layout.RETIRED, layout.TSC_OFFSET, layout.RANDOM].map((field) => ({
    field,
    low: processor.word(field),
    high: processor.word(field + 4),
  }));
  restoreProcessor(machine, blank);
  for (const { field, low, high } of goesOn) {
    processor.setWord(field, low);
    processor.setWord(field + 4, high);
  }
}

/**
 * Frames that may have been written since the last call (or since the machine was made), in order of their numbers: for whoever
 * saves the machine. Asking changes nothing that a guest could see.
 */
export function takeWrittenFrames(machine: Machine): number[] {
  const frames = takeBit(machine, FOR_SAVERS);
  const written = machine.part(layout.WRITTEN_FRAMES, machine.frames);
  for (const frame of framesTaggedForWrites(machine)) written[frame]! |= FOR_SAVERS;
  return frames;
}

/**
 * Frames that were written since the last call, in order of their numbers: for whoever logs what guests dirty. Exact, for what is
 * cached for writes is dropped, as a hypervisor flushes TLBs then; so it is an act of the machine's, and what is noted is its state.
 */
export function takeDirtyFrames(machine: ReadonlyMachine): number[] {
  const frames = takeBit(machine, FOR_LOGS);
  const words = tlbWords(machine);
  for (let at = WRITE_TAG / 4; at < words.length; at += layout.TLB_ENTRY_BYTES / 4) {
    words[at] = 0xffff_ffff;
    words[at + 1] = 0xffff_ffff;
  }
  return frames;
}

function takeBit({ bytes, frames: count }: ReadonlyMachine, bit: number): number[] {
  const written = new Uint8Array(bytes.buffer, layout.WRITTEN_FRAMES, count);
  // Four at a time: it is asked often, and most were not. Behind the last one there is nothing.
  const words = new Uint32Array(bytes.buffer, layout.WRITTEN_FRAMES, Math.ceil(count / 4));
  const bits = bit * 0x0101_0101;
  const frames: number[] = [];
  for (let at = 0; at < words.length; at++) {
    if ((words[at]! & bits) === 0) continue;
    for (let frame = at * 4; frame < at * 4 + 4; frame++) {
      if (((written[frame] ?? 0) & bit) === 0) continue;
      written[frame]! &= ~bit;
      frames.push(frame);
    }
  }
  return frames;
}

function tlbWords(machine: ReadonlyMachine): Uint32Array {
  const bytes = layout.TLB_BANKS * layout.TLB_BANK_BYTES;
  return new Uint32Array(machine.bytes.buffer, layout.TLB, bytes / 4);
}

/** Frames that are written without a look at their page tables. */
function* framesTaggedForWrites(machine: Machine): Generator<number> {
  const words = tlbWords(machine);
  for (let at = 0; at < words.length; at += layout.TLB_ENTRY_BYTES / 4) {
    const low = words[at + WRITE_TAG / 4]!;
    const isTagged = low !== 0xffff_ffff || words[at + WRITE_TAG / 4 + 1] !== 0xffff_ffff;
    if (isTagged) yield (low + words[at + ADDEND / 4]! - layout.MEMORY) >>> 12;
  }
}
