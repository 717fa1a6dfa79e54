/** The tables of WebAssembly's instructions are those of the engine: it says what is valid, of every opcode there is. */
import { expect, test } from 'vitest';
import { unsigned } from './bytes.ts';
import * as op from './opcodes.ts';

const TYPES = [op.V128, op.I32, op.I64, op.F32, op.F64];
const MOST_OPERANDS = 3;
const VECTOR_PREFIX = 0xfd;
const BYTE_VALUES = 256;

const section = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];

/** What may follow a vector instruction; 5 is nothing that goes on (else), and no alignment. */
const IMMEDIATES: Readonly<Record<op.VectorSignature['immediate'], readonly number[]>> = {
  none: [],
  lane: [0],
  sixteen: Array.from({ length: 16 }, () => 5),
  memory: [0, 5],
};

/** A module with a memory and a function of these operands and results that is this instruction, exported as f. */
function moduleOf(takes: readonly number[], gives: readonly number[], instruction: readonly number[]) {
  const gets = takes.flatMap((_, index) => [op.LOCAL_GET, index]);
  const body = [0, ...gets, ...instruction, op.END];
  const type = [0x60, takes.length, ...takes, gives.length, ...gives];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, ...type),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, 1, 0x66, 0, 0, 1, 0x6d, 2, 0),
    ...section(10, 1, body.length, ...body),
  ]);
}

const listsOf = (length: number): number[][] =>
  length === 0 ? [[]] : listsOf(length - 1).flatMap((list) => TYPES.map((type) => [...list, type]));
const LISTS = Array.from({ length: MOST_OPERANDS + 1 }, (_, length) => listsOf(length)).flat();

/** How the engine has an instruction: its operands' types, and what it gives; undefined: it knows none. */
function ofEngine(instruction: readonly number[]): { takes: number[]; gives: number } | undefined {
  for (const takes of LISTS)
    for (const gives of [...TYPES, op.EMPTY])
      if (WebAssembly.validate(moduleOf(takes, gives === op.EMPTY ? [] : [gives], instruction)))
        return { takes, gives };
  return undefined;
}

/** As the tables have it: how many operands. */
function counted(found: ReturnType<typeof ofEngine>): op.Signature | undefined {
  return found === undefined ? undefined : { takes: found.takes.length, gives: found.gives };
}

/** Whether what a load makes of ones is more than they are: -1. */
function extendsSign(code: number, { type, bytes }: op.Access): boolean {
  const module = new WebAssembly.Module(moduleOf([op.I32], [type], [code, 0, 0]));
  const { f, m } = new WebAssembly.Instance(module).exports as {
    f: (address: number) => number | bigint;
    m: WebAssembly.Memory;
  };
  new Uint8Array(m.buffer).fill(0xff, 0, bytes);
  return BigInt.asIntN(64, BigInt(f(0))) === -1n;
}

test('plain instructions take and give what the engine says', () => {
  const first = op.I32_EQZ;
  for (let code = first; code <= op.I64_EXTEND32; code++)
    expect(op.plainSignature(code), code.toString(16)).toEqual(counted(ofEngine([code])));
  expect(op.plainSignature(first - 1)).toBe(undefined);
  expect(op.plainSignature(op.I64_EXTEND32 + 1)).toBe(undefined);
});

test('loads and stores are of the type and as wide as the engine says, and extend signs as it does', () => {
  for (let code = op.I32_LOAD; op.accessOf(code) !== undefined; code++) {
    const { type, bytes, signed } = op.accessOf(code)!;
    const what = code.toString(16);
    const expected = op.isStore(code)
      ? { takes: [op.I32, type], gives: op.EMPTY }
      : { takes: [op.I32], gives: type };
    const aligned = (alignment: number): number[] => [code, alignment, 0];
    expect(ofEngine(aligned(0)), what).toEqual(expected);
    // An alignment may be as large as the access, and no larger.
    expect(ofEngine(aligned(Math.log2(bytes))), what).toEqual(expected);
    expect(ofEngine(aligned(Math.log2(bytes) + 1)), what).toBe(undefined);
    const isNarrow = bytes < (type === op.I32 || type === op.F32 ? 4 : 8);
    expect(signed, what).toBe(isNarrow && !op.isStore(code) && extendsSign(code, op.accessOf(code)!));
  }
  expect(op.accessOf(op.I32_LOAD - 1)).toBe(undefined);
});

test('vector instructions take and give what the engine says, and are followed by what it says', () => {
  const unknown: number[] = [];
  for (let code = 0; code < BYTE_VALUES; code++) {
    const instruction = [VECTOR_PREFIX];
    unsigned(instruction, code);
    const { immediate, ...signature } = op.vectorSignature(code);
    const found = counted(ofEngine([...instruction, ...IMMEDIATES[immediate]]));
    if (found === undefined) unknown.push(code);
    else expect(signature, code.toString(16)).toEqual(found);
  }
  // A lane that is loaded or stored, which the processor does not use; and numbers that stand for nothing.
  const lanes = [0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b];
  const reserved = [0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6];
  reserved.push(0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee);
  expect(unknown).toEqual([...lanes, ...reserved]);
});
