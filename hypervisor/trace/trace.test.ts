/** The trace: events in their spans, arguments as text, and lines of a file. */
import { describe, expect, test } from 'vitest';
import { decodeArguments } from './arguments.ts';
import type { ArgumentKind } from './arguments.ts';
import type { TraceEvent } from './event.ts';
import { traceLine, traceWords } from './text.ts';
import { Tracer } from './tracer.ts';

/** Hears all, in order. */
class Recorder {
  readonly heard: string[] = [];
  event({ detail, depth }: TraceEvent): void {
    this.heard.push(`${String(depth)} ${detail.kind}`);
  }
  end({ detail }: TraceEvent): void {
    this.heard.push(`end ${detail.kind}`);
  }
}

describe('spans', () => {
  test('what happens within one is a step deeper, until its end', () => {
    const trace = new Tracer();
    const recorder = new Recorder();
    trace.add(recorder);
    const call = trace.begin({ kind: 'validate', mfn: 1, level: 4 });
    const inner = trace.begin({ kind: 'validate', mfn: 2, level: 3 });
    trace.emit({ kind: 'upcall' });
    trace.end(inner);
    trace.emit({ kind: 'unpin', mfn: 1 });
    trace.end(call);
    trace.emit({ kind: 'upcall' });
    expect(recorder.heard).toEqual([
      '0 validate',
      '1 validate',
      '2 upcall',
      'end validate',
      '1 unpin',
      'end validate',
      '0 upcall',
    ]);
  });

  test('the end of one ends those within that were left open', () => {
    const trace = new Tracer();
    const recorder = new Recorder();
    trace.add(recorder);
    const outer = trace.begin({ kind: 'validate', mfn: 1, level: 4 });
    trace.begin({ kind: 'invalidate', mfn: 2, level: 3 });
    trace.end(outer);
    trace.emit({ kind: 'upcall' });
    expect(recorder.heard.at(-1)).toBe('0 upcall');
  });

  test('events say where and when they were', () => {
    const trace = new Tracer();
    const events: TraceEvent[] = [];
    trace.add({ event: (event) => events.push(event), end: () => undefined });
    Object.assign(trace, { ticks: 77, domain: 3, vcpu: 1 });
    trace.emit({ kind: 'upcall' });
    expect(events).toEqual([{ ticks: 77, domain: 3, vcpu: 1, depth: 0, detail: { kind: 'upcall' } }]);
  });
});

test('it is on while somebody listens; who leaves hears nothing more, and spans do not stay open', () => {
  const trace = new Tracer();
  const [first, second] = [new Recorder(), new Recorder()];
  expect(trace.on).toBe(false);
  trace.add(first);
  trace.add(second);
  trace.begin({ kind: 'validate', mfn: 1, level: 4 });
  trace.remove(first);
  trace.remove(first);
  expect(trace.on).toBe(true);
  trace.emit({ kind: 'upcall' });
  expect([first.heard.length, second.heard.length]).toEqual([1, 2]);
  trace.remove(second);
  expect(trace.on).toBe(false);
  trace.add(first);
  trace.emit({ kind: 'upcall' });
  expect(first.heard.at(-1)).toBe('0 upcall');
});

describe('arguments', () => {
  const COMMANDS = { 1: 'ONE', [-1]: 'MINUS' };
  test.each<[ArgumentKind, number, number, string]>([
    ['va', 0xffff_f000, 0xffff_ffff, '0xfffffffffffff000'],
    ['pte', 0x67, 0x8000_0000, '0x8000000000000067'],
    ['mfn', 0x1234, 0, '0x1234'],
    ['flags', 0xff, 0, '0xff'],
    ['mfn', 0xffff_ffff, 0xffff_ffff, '0xffffffffffffffff'],
    ['int', 1, 0x8000_0000, '-9223372036854775807'],
    ['unsigned', 1, 0xffff_ffff, '18446744069414584321'],
    ['unsigned', 0xffff_ffff, 0, '4294967295'],
    ['unsigned', 1, 1, '4294967297'],
    ['int', 0xffff_fffe, 0xffff_ffff, '-2'],
    ['domid', 0x7ff0, 0, 'DOMID_SELF'],
    ['domid', 5, 0, '5'],
    ['command', 1, 0, 'ONE'],
    ['command', 0xffff_ffff, 0xffff_ffff, 'MINUS'],
    ['command', 9, 0, '9'],
  ])('%s of %i, %i is %s', (kind, low, high, text) => {
    expect(decodeArguments([{ name: 'x', kind, commands: COMMANDS }], Uint32Array.of(low, high))).toBe(
      `x=${text}`,
    );
  });

  test('each from its own halves, in order', () => {
    const args = [
      { name: 'a', kind: 'int' },
      { name: 'b', kind: 'mfn' },
    ] as const;
    expect(decodeArguments(args, Uint32Array.of(1, 0, 2, 0))).toBe('a=1, b=0x2');
    expect(decodeArguments([], new Uint32Array(12))).toBe('');
  });
});

describe('in words', () => {
  const call = (result: number | null): TraceEvent => ({
    ticks: 2_000_000_000,
    domain: 0,
    vcpu: 2,
    depth: 1,
    detail: {
      ...{ kind: 'hypercall', number: 29, name: 'sched_op', words: [], args: 'command=yield', result },
      ...{ given: { command: null, count: 0, structures: [] }, gave: [], refusal: null },
    },
  });

  test('a hypercall has its arguments and its result, when there is one', () => {
    expect(traceLine(call(-22), 0.5)).toBe('1.000000000 d0v2   sched_op(command=yield) = -22');
    expect(traceLine(call(null), 1)).toBe('2.000000000 d0v2   sched_op(command=yield) = continued');
  });

  test('other events have what they are about; those of the hypervisor itself are its own', () => {
    const event = (detail: TraceEvent['detail']): string =>
      traceLine({ ticks: 0, domain: -1, vcpu: -1, depth: 0, detail }, 1);
    expect(event({ kind: 'upcall' })).toBe('0.000000000 xen  upcall');
    expect(event({ kind: 'trap', vector: 14, error: 7, rip: 0x1000 })).toBe(
      '0.000000000 xen  trap #PF error 0x7 at 0x0000000000001000',
    );
    expect(event({ kind: 'trap', vector: 0x80, error: 0, rip: 0 })).toContain('vector 128');
    expect(event({ kind: 'entry', mfn: 16, slot: 3, level: 1, low: 0x67, high: 1 })).toBe(
      '0.000000000 xen  entry L1 table mfn 0x10 slot 3 := 0x0000000100000067',
    );
    expect(traceWords({ kind: 'tlb', what: 'flush', address: 0 })).toEqual({
      name: 'tlb',
      args: 'flush',
      result: '',
    });
    expect(traceWords({ kind: 'tlb', what: 'page', address: 4096 }).args).toBe('page 0x0000000000001000');
  });
});
