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

/** Number of the translated functions' type. */
const REGION_TYPE = 0;

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

/** Sections, each a number and its content, as a module (core specification, 5.5.2). */
function moduleOf(
  sections: readonly (readonly [id: number, content: ArrayLike<number>])[],
): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.append([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  for (const [id, content] of sections) {
    out.push(id);
    unsigned(out, content.length);
    out.append(content);
  }
  return out.taken();
}

/**
 * A module with one function, "relay": it takes what translated functions take, and behind that the table index of the one that it
 * becomes. So the table, "core"."table", is known to two instances. Engines keep whatever imports a table for as long as that
 * lives, and tell each of every change to it (V8 before 12.8): where all translations know it they are never freed, and each that
 * comes costs as much as there have been.
 */
export function encodeRelay(): Uint8Array<ArrayBuffer> {
  const parameters = [...TAKES, op.I32];
  const become = [
    ...parameters.flatMap((_, n) => [op.LOCAL_GET, n]),
    op.RETURN_CALL_INDIRECT,
    REGION_TYPE,
    0,
  ];
  const body = [0, ...become, op.END];
  return moduleOf([
    [1, vector([functionType(TAKES, GIVES), functionType(parameters, GIVES)])],
    [2, vector([[...text('core'), ...text('table'), 1, 0x70, 0, 1]])],
    [3, vector([[1]])],
    [7, vector([[...text('relay'), 0, 0]])],
    [10, vector([[...number(body.length), ...body]])],
  ]);
}

/** The module: function n is exported by its number; memory and what is called are imported from "core". */
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
    ...imports.map(({ name }, i) => [...from, ...text(name), 0, ...number(i + 1)]),
  ];
  const exported = bodies.map((_, i) => [...text(String(i)), 0, ...number(imports.length + i)]);
  return moduleOf([
    [1, vector(types)],
    [2, vector(imported)],
    [3, vector(bodies.map(() => [REGION_TYPE]))],
    [7, vector(exported)],
    [0, [...text('metadata.code.branch_hint'), ...branchHints(imports.length, bodies)]],
    [10, codeSection(bodies)],
  ]);
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
