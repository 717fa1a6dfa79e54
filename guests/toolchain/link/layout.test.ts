/** Where the parts of an image lie: behind one another, none in another. */
import { describe, expect, test } from 'vitest';
import type { WasmModule } from '../wasm/module.ts';
import { KERNEL_DATA, KERNEL_WINDOW, layOut, PROGRAM_DATA, PROGRAM_TEXT } from './layout.ts';
import type { ImageKind, Layout } from './layout.ts';

/** A passive segment's place begins with a word: its length. */
const HEADER = 4;
const ACTIVE = [
  { address: 0x10_0010, bytes: new Uint8Array(100) },
  { address: 0x10_0100, bytes: new Uint8Array(3) },
];
const PASSIVE = [1, 7, 0, 4, 33].map((length) => ({ address: -1, bytes: new Uint8Array(length) }));

function laidOut(kind: ImageKind, parts: Partial<Record<keyof WasmModule, unknown>>): Layout {
  return layOut({ data: [], globals: [], table: [], ...parts } as unknown as WasmModule, kind);
}

describe.each(['kernel', 'program'] as const)('of a %s', (kind) => {
  const memory = kind === 'kernel' ? KERNEL_WINDOW : 0;

  test('static data are where they say, globals, tables and passive segments behind them', () => {
    const module = { data: [...ACTIVE, ...PASSIVE], globals: Array(3).fill(0), table: Array(5).fill(0) };
    const layout = laidOut(kind, module);
    expect(layout.data).toBe(memory + (kind === 'kernel' ? KERNEL_DATA : PROGRAM_DATA));
    expect(layout.dataEnd).toBe(memory + 0x10_0103);
    const places: [number, number][] = [
      [layout.data, layout.dataEnd],
      [layout.globals, layout.globals + 3 * 8],
      [layout.memoryPages, layout.memoryPages + 8],
      [layout.symbols, layout.symbols + 8],
      [layout.table, layout.table + 5 * 8],
      ...[...layout.passive].map(([n, at]): [number, number] => [
        at,
        at + HEADER + module.data[n]!.bytes.length,
      ]),
      [layout.text, layout.text],
    ];
    expect([...layout.passive.keys()]).toEqual([2, 3, 4, 5, 6]);
    places.slice(1).forEach(([start], n) => {
      expect(start).toBeGreaterThanOrEqual(places[n]![1]);
    });
    expect([...layout.passive.values()].every((at) => at % 4 === 0)).toBe(true);
    expect(layout.tablesEnd).toBeGreaterThanOrEqual(places.at(-2)![1]);
  });

  test('begins where it does without any data', () => {
    const { data, dataEnd } = laidOut(kind, {});
    expect([data, dataEnd]).toEqual([memory + (kind === 'kernel' ? KERNEL_DATA : PROGRAM_DATA), data]);
  });
});

test('a kernel’s text begins on a page, a program’s at its place', () => {
  expect((laidOut('kernel', { data: PASSIVE }).text - KERNEL_WINDOW) % 4096).toBe(0);
  expect(laidOut('program', { data: PASSIVE }).text).toBe(PROGRAM_TEXT);
});

test('a program’s tables are at most a megabyte', () => {
  const passive = (length: number): unknown => [{ address: -1, bytes: new Uint8Array(length) }];
  const most = 0x10_0000 - 16 - HEADER;
  expect(laidOut('program', { data: passive(most) }).tablesEnd).toBe(PROGRAM_TEXT);
  expect(() => laidOut('program', { data: passive(most + 1) })).toThrow(RangeError);
});
