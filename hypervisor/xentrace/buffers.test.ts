/** Xen's trace buffers as their reader finds them: every record in order, or told to be lost. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import * as abi from '../abi/trace.ts';
import { EINVAL, ENOMEM } from '../abi/errno.ts';
import { writeWord } from '../memory/guest-frames.ts';
import { hostsInTurn } from '../memory/testing.ts';
import { PAGE_BYTES, PAGE_WORDS } from '../memory/pages.ts';
import { checkFrameTable } from '../state/check.ts';
import type { Xen } from '../xen.ts';
import { isWanted, makeTraceBuffers, putRecord } from './buffers.ts';
import type { TraceRecord } from './buffers.ts';

const nextHost = hostsInTurn(2048);
let host: Xen;

beforeEach(() => {
  host = nextHost();
});

interface Read {
  readonly event: number;
  readonly ticks: number | null;
  readonly extra: readonly number[];
}

/** What xentrace does: takes all that is there, as xenalyze reads it, wraps left out. */
function readAll(cpu = 0): Read[] {
  const { frames, pages } = host.traceBuffers;
  const size = pages * PAGE_BYTES - abi.t_buf.size;
  const word = (offset: number): number => {
    const mfn = frames[cpu]![Math.floor(offset / PAGE_BYTES)]!;
    return host.machine.words[mfn * PAGE_WORDS + (offset % PAGE_BYTES) / 4]!;
  };
  const [prod, read] = [word(abi.t_buf.offset.prod), [] as Read[]];
  let cons = word(abi.t_buf.offset.cons);
  while (cons !== prod) {
    const at = 8 + (cons % size);
    const head = word(at);
    const count = (head >>> abi.TRACE_EXTRA_SHIFT) & abi.TRACE_EXTRA_MAX;
    const hasTime = head >= abi.TRC_HD_CYCLE_FLAG;
    const first = at + (hasTime ? 12 : 4);
    const event = head & 0x0fff_ffff;
    const extra = Array.from({ length: count }, (_, n) => word(first + n * 4));
    const ticks = hasTime ? word(at + 4) + word(at + 8) * 2 ** 32 : null;
    if (event !== abi.TRC_TRACE_WRAP_BUFFER) read.push({ event, ticks, extra });
    cons = (cons + first - at + count * 4) % (2 * size);
  }
  writeWord(host.frames, frames[cpu]![0]! * PAGE_BYTES + abi.t_buf.offset.cons, cons);
  return read;
}

const recorded: fc.Arbitrary<TraceRecord> = fc.record({
  event: fc.constantFrom(abi.TRC_SCHED_WAKE, abi.TRC_PV_PAGE_FAULT, abi.TRC_PV_HYPERCALL_V2),
  extra: fc.array(fc.nat(0xffff_ffff), { maxLength: abi.TRACE_EXTRA_MAX }),
});
/** What is put in, or null: all is read. */
const step = fc.oneof({ weight: 40, arbitrary: recorded }, { weight: 1, arbitrary: fc.constant(null) });

describe('buffers', () => {
  test('are made once, shared with whoever is privileged, and told of in a page', () => {
    expect(makeTraceBuffers(host, 0)).toBe(-EINVAL);
    expect(makeTraceBuffers(host, 3)).toBe(0);
    expect(makeTraceBuffers(host, 3)).toBe(-EINVAL);
    const { infoMfn, frames } = host.traceBuffers;
    const info = host.machine.words.subarray(infoMfn * PAGE_WORDS, (infoMfn + 1) * PAGE_WORDS);
    const [pages, list] = [info[0]! & 0xffff, info[0]! >>> 16];
    expect(pages).toBe(3);
    expect(Array.from(info.subarray(list, list + pages))).toEqual(frames[0]);
    expect(checkFrameTable(host.frames, host.domains)).toEqual([]);
  });

  test('that one page cannot tell of are made smaller, which the console says', () => {
    expect(makeTraceBuffers(hostsInTurn(1024)(), 1000)).toBe(-ENOMEM);
    expect(makeTraceBuffers(host, 1000)).toBe(0);
    expect(host.traceBuffers.pages).toBe(895);
    expect(
      new TextDecoder().decode(host.console.readRing(host.console.quietBytes, 10_000, false).bytes),
    ).toContain('xentrace: requested number of 1000 pages reduced to 895');
  });

  test('hold what is put in, in its order; what there is no room for is counted, and told of where there is', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 150, maxLength: 900 }), (steps) => {
        host = nextHost();
        makeTraceBuffers(host, 1);
        const { traceBuffers } = host;
        const [put, read] = [[] as Read[], [] as Read[]];
        let dropped = 0;
        for (const [n, each] of steps.entries()) {
          if (each === null) read.push(...readAll());
          else {
            const lost = traceBuffers.lost[0]!;
            putRecord(host, 0, 2 ** 33 + n, each);
            if (traceBuffers.lost[0]! > lost) dropped++;
            else put.push({ ...each, ticks: 2 ** 33 + n });
          }
        }
        read.push(...readAll());
        const told = read.filter(({ event }) => event === abi.TRC_LOST_RECORDS);
        expect(read.filter((each) => !told.includes(each))).toEqual(put);
        const counted = told.reduce((sum, { extra }) => sum + extra[0]!, 0);
        expect(counted + traceBuffers.lost[0]!).toBe(dropped);
      }),
      { numRuns: 60, seed: 20261130 },
    );
  });

  test('are full to the last word', () => {
    makeTraceBuffers(host, 1);
    const { traceBuffers } = host;
    const record = { event: abi.TRC_SCHED_WAKE, extra: [1, 2, 3, 4] };
    // With its head and its time.
    const bytes = (3 + record.extra.length) * 4;
    const most = (PAGE_BYTES - abi.t_buf.size) / bytes;
    expect(Number.isInteger(most)).toBe(true);
    for (let n = 0; n < most; n++) putRecord(host, 0, n, record);
    expect(traceBuffers.lost[0]).toBe(0);
    putRecord(host, 0, most, record);
    expect(traceBuffers.lost[0]).toBe(1);
    expect(readAll()).toEqual(Array.from({ length: most }, (_, ticks) => ({ ...record, ticks })));
  });

  test('tell their reader when one gets half full, once', () => {
    makeTraceBuffers(host, 1);
    const record = { event: abi.TRC_SCHED_WAKE, extra: [1, 2, 3, 4, 5, 6, 7] };
    for (let n = 0; n < 51; n++) putRecord(host, 0, n, record);
    expect(host.traceBuffers.isDue).toBe(false);
    putRecord(host, 0, 51, record);
    expect(host.traceBuffers.isDue).toBe(true);
    host.traceBuffers.isDue = false;
    putRecord(host, 0, 52, record);
    expect(host.traceBuffers.isDue).toBe(false);
  });

  test.each([1, 0xffff_fffc, 2 * (PAGE_BYTES - 8)])(
    'whose reader writes %i into them are not used any more',
    (cons) => {
      makeTraceBuffers(host, 1);
      host.traceBuffers.isEnabled = true;
      writeWord(host.frames, host.traceBuffers.frames[0]![0]! * PAGE_BYTES + abi.t_buf.offset.cons, cons);
      putRecord(host, 0, 1, { event: abi.TRC_SCHED_WAKE, extra: [] });
      expect(host.traceBuffers.isEnabled).toBe(false);
      expect(readAll()).toEqual([]);
    },
  );
});

test('a mask chooses classes and subclasses of events', () => {
  expect(isWanted(abi.TRC_ALL, abi.TRC_PV_TRAP)).toBe(true);
  expect(isWanted(0x0002_f000, abi.TRC_SCHED_SWITCH)).toBe(true);
  expect(isWanted(0x0002_f000, abi.TRC_PV_TRAP)).toBe(false);
  expect(isWanted(0x0002_1000, abi.TRC_SCHED_RUNSTATE_CHANGE)).toBe(true);
  expect(isWanted(0x0002_1000, abi.TRC_SCHED_SWITCH)).toBe(false);
});
