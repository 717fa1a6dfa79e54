import { beforeEach, expect, test } from 'vitest';
import { compile } from '../toolchain/compile.ts';
import { readSources } from '../toolchain/node.ts';

const MAIN = `
import { LineDiscipline } from 'mote/line-discipline';
import * as abi from 'mote/abi';
const shown = new StaticArray<u8>(8192);
let length = 0;
let signals = 0;
class Tested extends LineDiscipline {
  protected show(byte: u8): void { shown[length++] = byte; }
  protected signal(signal: i32): void { signals = signals * 100 + signal; }
  protected ready(): void {}
  raw(): void {
    store<u32>(changetype<usize>(this.settings) + abi.termios.c_lflag, 0);
    this.changed();
  }
}
const line = new Tested();
const buffer = new StaticArray<u8>(8192);
export function type(byte: u8): bool { return line.type(byte); }
export function take(bytes: i32): i32 { return line.take(changetype<usize>(buffer), bytes); }
export function available(): u32 { return line.available; }
export function raw(): void { line.raw(); }
export function output(): usize { return changetype<usize>(shown); }
export function outputLength(): i32 { return length; }
export function taken(): usize { return changetype<usize>(buffer); }
export function signalled(): i32 { return signals; }
`;

interface Exports {
  memory: WebAssembly.Memory;
  start: () => void;
  type: (byte: number) => number;
  take: (bytes: number) => number;
  available: () => number;
  raw: () => void;
  output: () => number;
  outputLength: () => number;
  taken: () => number;
  signalled: () => number;
}

const { wasm } = await compile(new Map([...readSources(), ['main.ts', MAIN]]), 'main.ts', {
  runtime: 'bare',
  memoryBase: 0x1000,
});
let line: Exports;

beforeEach(async () => {
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, {
    env: { abort: () => undefined },
  });
  line = instance.exports as unknown as Exports;
  line.start();
});

function type(text: string): void {
  for (const byte of new TextEncoder().encode(text)) expect(line.type(byte)).toBe(1);
}

function bytesAt(at: number, length: number): string {
  return new TextDecoder().decode(new Uint8Array(line.memory.buffer, at, length));
}

function read(bytes = 100): string {
  const length = line.take(bytes);
  return bytesAt(line.taken(), length);
}

test('a line is handed over when it is complete, and shown as it is typed', () => {
  type('ls -l');
  expect(line.available()).toBe(0);
  type('\rnext');
  expect(read(3)).toBe('ls ');
  expect(read()).toBe('-l\n');
  expect(read()).toBe('');
  expect(bytesAt(line.output(), line.outputLength())).toBe('ls -l\r\nnext');
});

test('the line can be corrected, whole characters at a time, but not the one before', () => {
  type('a\nbü\x7f\x7fc\x7f\x7f\x7fd\x15ef\n');
  expect(read()).toBe('a\n');
  expect(read()).toBe('ef\n');
});

test.each([
  ['aé\x7f', 'a'],
  ['éü\x7f', 'é'],
  ['é€\x7f', 'é'],
  ['a€😀\x7f', 'a€'],
  ['aéü\x7f\x7f', 'a'],
])('%j leaves the letter before: %s', (typed, left) => {
  type(`${typed}\n`);
  expect(read()).toBe(`${left}\n`);
});

test('what is taken back goes from the screen, two columns for a control character', () => {
  type('a\x01\x7f\x7f');
  expect(bytesAt(line.output(), line.outputLength())).toBe(`a^A${'\b \b'.repeat(3)}`);
});

test('Ctrl-D hands over what there is, and alone is the end of the file', () => {
  type('ab\x04\x04');
  expect(read()).toBe('ab');
  expect(line.available()).toBe(2);
  expect(line.take(100)).toBe(0);
  expect(line.take(100)).toBe(0);
});

test('Ctrl-C forgets the line and is a signal', () => {
  type('half\x03whole\n');
  expect(line.signalled()).toBe(2);
  expect(read()).toBe('whole\n');
  expect(bytesAt(line.output(), line.outputLength())).toBe('half^C\r\nwhole\r\n');
});

test('raw, every byte comes at once and nothing is shown', () => {
  line.raw();
  type('a\x7f\x03\x04');
  expect(read()).toBe('a\x7f\x03\x04');
  expect(line.outputLength()).toBe(0);
  expect(line.signalled()).toBe(0);
});

test('a full buffer takes no more until something is read', () => {
  for (let count = 0; count < 4096; count++) expect(line.type(120)).toBe(1);
  expect(line.type(120)).toBe(0);
  expect(line.available()).toBe(4096);
  expect(read(10)).toBe('x'.repeat(10));
  expect(line.type(120)).toBe(1);
});
