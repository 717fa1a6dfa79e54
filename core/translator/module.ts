/** A module of translated functions, in the binary format (core specification, 5.5). */
import { ByteWriter, unsigned, type BranchHint } from './bytes.ts';
import * as op from './opcodes.ts';

export interface Import {
  readonly name: string;
  readonly takes: readonly number[];
  readonly gives: number;
}
export interface Body {
  readonly locals: readonly number[];
  readonly code: Uint8Array;
  readonly hints: readonly BranchHint[];
}

/** Numbers of the translated functions' type, and of the table that they are all in. */
export const REGION_TYPE = 0;
export const TABLE = 0;

/** What the translated functions take and give (core/wasm/tiers.ts). */
const TAKES = [op.I32, op.I32];
const GIVES = op.I32;

function vector(items: readonly (readonly number[])[]): number[] {
  const out: number[] = [];
  unsigned(out, items.length);
  for (const item of items) for (const byte of item) out.push(byte);
  return out;
}
function text(value: string): number[] {
  return vector(Array.from(new TextEncoder().encode(value), (byte) => [byte]));
}
function functionType(takes: readonly number[], gives: number): number[] {
  return [0x60, ...vector(takes.map((type) => [type])), ...vector(gives === op.EMPTY ? [] : [[gives]])];
}
function number(value: number): number[] {
  const out: number[] = [];
  unsigned(out, value);
  return out;
}

/** The module: function n is exported by its number; memory, table and what is called are imported from "core". */
export function encodeModule(
  imports: readonly Import[],
  bodies: readonly Body[],
  memoryPages: number,
): Uint8Array<ArrayBuffer> {
  const types = [
    functionType(TAKES, GIVES),
    ...imports.map(({ takes, gives }) => functionType(takes, gives)),
  ];
  const from = text('core');
  const imported = [
    [...from, ...text('memory'), 2, 1, ...number(memoryPages), ...number(65536)],
    [...from, ...text('table'), 1, 0x70, 0, 1],
    ...imports.map(({ name }, i) => [...from, ...text(name), 0, ...number(i + 1)]),
  ];
  const exported = bodies.map((_, i) => [...text(String(i)), 0, ...number(imports.length + i)]);
  const out = new ByteWriter();
  out.append([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, content: ArrayLike<number>): void => {
    out.push(id);
    unsigned(out, content.length);
    out.append(content);
  };
  section(1, vector(types));
  section(2, vector(imported));
  section(3, vector(bodies.map(() => [REGION_TYPE])));
  section(7, vector(exported));
  section(0, [...text('metadata.code.branch_hint'), ...branchHints(imports.length, bodies)]);
  section(10, codeSection(bodies));
  return out.taken();
}

/** The "name" section (core specification, appendix 7.4.1) for such a module, for whoever shows it. */
export function nameSection(
  imports: readonly Import[],
  functions: readonly string[],
  locals: readonly (readonly string[])[],
): Uint8Array<ArrayBuffer> {
  const map = (names: readonly string[], from = 0): number[] =>
    vector(names.map((name, i) => [...number(from + i), ...text(name)]));
  const ofLocals = vector(locals.map((names, i) => [...number(imports.length + i), ...map(names)]));
  const ofFunctions = map([...imports.map(({ name }) => name), ...functions]);
  const content = [...text('name')];
  for (const [id, names] of [
    [1, ofFunctions],
    [2, ofLocals],
  ] as const)
    content.push(id, ...number(names.length), ...names);
  return Uint8Array.from([0, ...number(content.length), ...content]);
}

/** Which ways are seldom gone, by function (proposal "branch hinting"): engines that do not know the section skip it. */
function branchHints(first: number, bodies: readonly Body[]): number[] {
  return vector(
    bodies.map(({ locals, hints }, n) => {
      const from = localsOf(locals).length;
      const each = hints.map(({ at, likely }) => [...number(from + at), 1, Number(likely)]);
      return [...number(first + n), ...vector(each)];
    }),
  );
}

function codeSection(bodies: readonly Body[]): Uint8Array {
  const out = new ByteWriter();
  unsigned(out, bodies.length);
  for (const { locals, code } of bodies) {
    const declared = localsOf(locals);
    unsigned(out, declared.length + code.length);
    out.append(declared);
    out.append(code);
  }
  return out.taken();
}

/** Declarations of locals, by runs of one type. */
function localsOf(locals: readonly number[]): number[] {
  const groups: { type: number; count: number }[] = [];
  for (const type of locals) {
    const last = groups.at(-1);
    if (last?.type === type) last.count++;
    else groups.push({ type, count: 1 });
  }
  return vector(groups.map(({ type, count }) => [...number(count), type]));
}
