/**
 * Xen's trace buffers: a ring of records for each processor, in frames that the toolstack maps. A record that there is no room
 * for is lost, and counted; one does not go over the end of the ring, up to which another fills it. As xen/common/trace.c.
 */
import * as abi from '../abi/trace.ts';
import { EINVAL, ENOMEM } from '../abi/errno.ts';
import { DOMID_IDLE } from '../abi/xen.ts';
import { writeWord } from '../memory/guest-frames.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { shareReadable, shareWritable } from '../memory/shared-frames.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { TraceBuffers } from '../state/trace-buffers.ts';

const WORD = 4;
const HEAD_BYTES = abi.t_buf.size;
/** Of a record's time. */
const TIME_BYTES = 8;
/** t_info: the size of buffers and, for each of the processors that Xen can have, where its list of frames begins, as u16. */
const FIRST_LIST_WORD = 129;
const INFO_WORDS = PAGE_BYTES / WORD;
/** How many records were lost, of whom (nobody: of Xen), since when. */
const LOST_BYTES = bytesOf(4, true);

/** What is recorded: an event, and what of it, in words. */
export interface TraceRecord {
  readonly event: number;
  readonly extra: readonly number[];
}

/**
 * Makes buffers of so many pages for each processor, or of as many as one page can tell of. 0; -EINVAL: there are some, or none
 * are wanted; -ENOMEM, and nothing has changed.
 */
export function makeTraceBuffers(hypervisor: Hypervisor, wanted: number): number {
  const { traceBuffers, pcpus, frames, trace } = hypervisor;
  if (traceBuffers.pages > 0)
    return trace.refuse(-EINVAL, 'the trace buffers have {} pages each already', traceBuffers.pages);
  if (wanted === 0) return trace.refuse(-EINVAL, 'trace buffers of no page');
  const pages = Math.min(wanted, Math.floor((INFO_WORDS - FIRST_LIST_WORD) / pcpus.length));
  if (frames.freeFrames <= pages * pcpus.length)
    return trace.refuse(-ENOMEM, '{} frames are free', frames.freeFrames);
  const words = new Uint32Array(INFO_WORDS);
  const halves = new Uint16Array(words.buffer);
  halves[0] = pages;
  for (const { id } of pcpus) {
    const list = Array.from({ length: pages }, () => shareWritable(frames));
    halves[1 + id] = FIRST_LIST_WORD + id * pages;
    words.set(list, FIRST_LIST_WORD + id * pages);
    traceBuffers.frames[id] = list;
    traceBuffers.lost[id] = 0;
    traceBuffers.lostTicks[id] = 0;
  }
  traceBuffers.infoMfn = shareReadable(frames, words);
  traceBuffers.pages = pages;
  if (pages < wanted)
    hypervisor.console.log(
      `xentrace: requested number of ${String(wanted)} pages reduced to ${String(pages)}`,
    );
  hypervisor.console.log('xentrace: initialised');
  return 0;
}

/** Whether an event is wanted: its class and its subclass. */
export function isWanted(eventMask: number, event: number): boolean {
  const [mask, one] = [eventMask >>> abi.TRC_CLS_SHIFT, event >>> abi.TRC_CLS_SHIFT];
  const subclasses = (eventMask >>> abi.TRC_SUBCLS_SHIFT) & (event >>> abi.TRC_SUBCLS_SHIFT) & 0xf;
  return (eventMask & event) !== 0 && (mask & one) !== 0 && subclasses !== 0;
}

function bytesOf(words: number, hasTime: boolean): number {
  return WORD + (hasTime ? TIME_BYTES : 0) + words * WORD;
}

/** One processor's buffer, while something is put into it. */
class Ring {
  /** Of records, behind the head. */
  readonly size: number;
  prod: number;
  cons: number;
  private readonly hypervisor: Hypervisor;
  private readonly frames: readonly number[];

  constructor(hypervisor: Hypervisor, cpu: number) {
    const { traceBuffers } = hypervisor;
    this.hypervisor = hypervisor;
    this.frames = traceBuffers.frames[cpu]!;
    this.size = traceBuffers.pages * PAGE_BYTES - HEAD_BYTES;
    this.cons = this.read(abi.t_buf.offset.cons);
    this.prod = this.read(abi.t_buf.offset.prod);
  }

  /** Its reader can write anything there. */
  get isSound(): boolean {
    return [this.prod, this.cons].every((each) => each % WORD === 0 && each < 2 * this.size);
  }

  get unconsumed(): number {
    return (this.prod - this.cons + 2 * this.size) % (2 * this.size);
  }

  get toWrap(): number {
    return this.size - (this.prod % this.size);
  }

  reset(): void {
    this.write(abi.t_buf.offset.cons, 0);
    this.write(abi.t_buf.offset.prod, 0);
  }

  /** A record, for which there is room up to the end. */
  put(event: number, ticks: number | null, extra: readonly number[]): void {
    const head = (event | (extra.length << abi.TRACE_EXTRA_SHIFT)) >>> 0;
    const time = ticks === null ? [] : [ticks >>> 0, Math.floor(ticks / 2 ** 32)];
    const words = [ticks === null ? head : (head | abi.TRC_HD_CYCLE_FLAG) >>> 0, ...time, ...extra];
    for (const [n, word] of words.entries())
      this.write(HEAD_BYTES + (this.prod % this.size) + n * WORD, word);
    this.prod = (this.prod + words.length * WORD) % (2 * this.size);
    this.write(abi.t_buf.offset.prod, this.prod);
  }

  /** Fills what is left up to the end. */
  wrap(ticks: number): void {
    const words = this.toWrap / WORD - 1;
    if (words <= abi.TRACE_EXTRA_MAX)
      this.put(abi.TRC_TRACE_WRAP_BUFFER, null, new Array<number>(words).fill(0));
    else this.put(abi.TRC_TRACE_WRAP_BUFFER, ticks, new Array<number>(words - TIME_BYTES / WORD).fill(0));
  }

  private addressOf(offset: number): number {
    return this.frames[Math.floor(offset / PAGE_BYTES)]! * PAGE_BYTES + (offset % PAGE_BYTES);
  }
  private read(offset: number): number {
    return this.hypervisor.machine.words[this.addressOf(offset) / WORD]!;
  }
  private write(offset: number, word: number): void {
    writeWord(this.hypervisor.frames, this.addressOf(offset), word);
  }
}

/** How far records go that are put in one after the other, what does not go up to the end being filled before it. */
function bytesWith(ring: Ring, sizes: readonly number[]): number {
  let [total, toWrap] = [0, ring.toWrap];
  for (const size of sizes) {
    if (size > toWrap) {
      total += toWrap;
      toWrap = ring.size;
    }
    total += size;
    toWrap -= size;
    if (toWrap === 0) toWrap = ring.size;
  }
  return total;
}

/** Puts a record into the buffer of a processor, at an instant in ticks. */
export function putRecord(
  hypervisor: Hypervisor,
  cpu: number,
  ticks: number,
  { event, extra }: TraceRecord,
): void {
  const { traceBuffers } = hypervisor;
  if (!isWanted(traceBuffers.eventMask, event) || ((traceBuffers.cpuMask >>> cpu) & 1) === 0) return;
  const ring = new Ring(hypervisor, cpu);
  if (!ring.isSound) return disable(hypervisor, cpu, ring);
  const wasLow = ring.unconsumed < ring.size / 2;
  const lost = traceBuffers.lost[cpu]!;
  const size = bytesOf(extra.length, true);
  const sizes = lost === 0 ? [size] : [LOST_BYTES, size];
  if (bytesWith(ring, sizes) > ring.size - ring.unconsumed) {
    if (lost === 0) traceBuffers.lostTicks[cpu] = ticks;
    traceBuffers.lost[cpu] = lost + 1;
    return;
  }
  if (lost > 0) tellLost(traceBuffers, cpu, ring, ticks);
  if (size > ring.toWrap) ring.wrap(ticks);
  ring.put(event, ticks, extra);
  if (wasLow && ring.unconsumed >= ring.size / 2) traceBuffers.isDue = true;
}

/** Its reader has written nonsense into one: nothing is recorded any more. */
function disable({ traceBuffers, console }: Hypervisor, cpu: number, ring: Ring): void {
  const [prod, cons] = [ring.prod, ring.cons].map((each) => each.toString(16));
  traceBuffers.isEnabled = false;
  ring.reset();
  console.log(`trc buf${String(cpu)} bogus prod=${prod!} cons=${cons!} - disabling tracing`);
}

/** Of those for which there was no room. */
function tellLost(traceBuffers: TraceBuffers, cpu: number, ring: Ring, ticks: number): void {
  if (LOST_BYTES > ring.toWrap) ring.wrap(ticks);
  const since = traceBuffers.lostTicks[cpu]!;
  const words = [traceBuffers.lost[cpu]!, DOMID_IDLE, since >>> 0, Math.floor(since / 2 ** 32)];
  ring.put(abi.TRC_LOST_RECORDS, ticks, words);
  traceBuffers.lost[cpu] = 0;
}
