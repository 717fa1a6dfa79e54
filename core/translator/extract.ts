/** At build time: the operations' functions out of the compiled processor, into the section that operations.ts reads. */
import { Reader } from './bytes.ts';
import { CALLS } from './calls.ts';
import { EMPTY } from './opcodes.ts';
import type { Directory, Entry } from './operations.ts';
import { NoTree, parseBody } from './parse.ts';
import type { Block, Tree } from './tree.ts';

const SECTION_CUSTOM = 0;
const SECTION_TYPES = 1;
const SECTION_IMPORTS = 2;
const SECTION_FUNCTIONS = 3;
const SECTION_EXPORTS = 7;
const SECTION_CODE = 10;
const NAMES_OF_FUNCTIONS = 1;

interface Signature {
  readonly takes: number[];
  readonly gives: number;
}
interface Body {
  readonly locals: number[];
  readonly at: number;
  readonly end: number;
}

/** As much of a module (core specification, 5.5) as is needed. */
interface Contents {
  readonly bytes: Uint8Array;
  readonly signatures: Signature[];
  readonly flows: Map<number, string>;
  readonly imports: number;
  readonly bodies: Body[];
  readonly exports: Map<string, number>;
  readonly names: Map<number, string>;
}

function readModule(bytes: Uint8Array): Contents {
  const types: Signature[] = [];
  const signatures: Signature[] = [];
  const flows = new Map<number, string>();
  const bodies: Body[] = [];
  const exports = new Map<string, number>();
  const names = new Map<number, string>();
  let imports = 0;
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const end = reader.unsigned() + reader.at;
    if (id === SECTION_TYPES) {
      for (let n = reader.unsigned(); n > 0; n--) {
        reader.byte();
        const takes = reader.take(reader.unsigned());
        types.push({ takes, gives: reader.take(reader.unsigned())[0] ?? EMPTY });
      }
    } else if (id === SECTION_IMPORTS) {
      for (let n = reader.unsigned(); n > 0; n--) {
        const [module, name] = [reader.text(), reader.text()];
        if (reader.byte() !== 0) {
          // The memory: limits.
          if (reader.byte() !== 0) reader.unsigned();
          reader.unsigned();
          continue;
        }
        if (module === 'flow') flows.set(imports, name);
        signatures.push(types[reader.unsigned()]!);
        imports++;
      }
    } else if (id === SECTION_FUNCTIONS) {
      for (let n = reader.unsigned(); n > 0; n--) signatures.push(types[reader.unsigned()]!);
    } else if (id === SECTION_EXPORTS) {
      for (let n = reader.unsigned(); n > 0; n--) {
        const name = reader.text();
        const kind = reader.byte();
        const index = reader.unsigned();
        if (kind === 0) exports.set(name, index);
      }
    } else if (id === SECTION_CODE) {
      for (let n = reader.unsigned(); n > 0; n--) bodies.push(readLocals(reader));
    } else if (id === SECTION_CUSTOM && reader.text() === 'name') readNames(reader, end, names);
    reader.at = end;
  }
  return { bytes, signatures, flows, imports, bodies, exports, names };
}

function readLocals(reader: Reader): Body {
  const end = reader.unsigned() + reader.at;
  const locals: number[] = [];
  for (let groups = reader.unsigned(); groups > 0; groups--) {
    const count = reader.unsigned();
    const type = reader.byte();
    for (let i = 0; i < count; i++) locals.push(type);
  }
  const body = { locals, at: reader.at, end };
  reader.at = end;
  return body;
}

function readNames(reader: Reader, end: number, names: Map<number, string>): void {
  while (reader.at < end) {
    const id = reader.byte();
    const next = reader.unsigned() + reader.at;
    if (id === NAMES_OF_FUNCTIONS)
      for (let n = reader.unsigned(); n > 0; n--) names.set(reader.unsigned(), reader.text());
    reader.at = next;
  }
}

/** The functions that translated code calls: the compiler's name for each, by the name of calls.ts. */
export function calledFunctions(module: Uint8Array): Map<string, string> {
  const { names } = readModule(module);
  const called = new Map<string, string>();
  for (const name of names.values()) {
    const key = name.split('core/wasm/')[1];
    if (key !== undefined && key in CALLS) called.set(key, name);
  }
  for (const key of Object.keys(CALLS)) if (!called.has(key)) throw new Error(`core/wasm has no ${key}`);
  return called;
}

const OPERATION = /^operation(\d+)_/;

/** The operations' functions as they are exported (core/dispatch/dispatch.ts), in the order of their numbers. */
function operationExports({ exports }: Contents): string[] {
  const names: string[] = [];
  for (const name of exports.keys()) {
    const number = OPERATION.exec(name)?.[1];
    if (number !== undefined) names[Number(number)] = name;
  }
  return names;
}

/**
 * The section's content, and the exports it was made from; from a module with names. Throws an Error for a function that an operation calls and that neither is a
 * tree nor among those that are called.
 */
export function extractOperations(module: Uint8Array): { section: Uint8Array; exports: string[] } {
  const contents = readModule(module);
  const functions: Record<number, Entry> = {};
  const code: number[] = [];
  const visit = (index: number): void => {
    if (index in functions) return;
    const { takes, gives } = contents.signatures[index]!;
    const flow = contents.flows.get(index);
    const called = contents.names.get(index)?.split('core/wasm/')[1];
    if (flow !== undefined) functions[index] = { takes, gives, flow };
    else if (called !== undefined && called in CALLS) functions[index] = { takes, gives, called };
    else {
      const { locals, at, end } = contents.bodies[index - contents.imports]!;
      functions[index] = { takes, gives, at: code.length, bytes: end - at, locals };
      for (const byte of contents.bytes.subarray(at, end)) code.push(byte);
      for (const callee of calleesOf(contents, index)) visit(callee);
    }
  };
  const operations: { name: string; function: number }[] = [];
  const exports = operationExports(contents);
  for (const [number, exported] of exports.entries()) {
    const index = contents.exports.get(exported)!;
    visit(index);
    operations[number] = { name: exported.replace(OPERATION, ''), function: index };
  }
  const directory: Directory = { functions, operations };
  const json = new TextEncoder().encode(JSON.stringify(directory));
  const section = new Uint8Array(4 + json.length + code.length);
  new DataView(section.buffer).setUint32(0, json.length, true);
  section.set(json, 4);
  section.set(code, 4 + json.length);
  return { section, exports };
}

function calleesOf(contents: Contents, index: number): Set<number> {
  const signatureOf = (callee: number) => {
    const { takes, gives } = contents.signatures[callee]!;
    return { takes: takes.length, gives };
  };
  const { at } = contents.bodies[index - contents.imports]!;
  const callees = new Set<number>();
  try {
    const { gives } = contents.signatures[index]!;
    collect(parseBody(new Reader(contents.bytes, at), gives, { signatureOf }), callees);
  } catch (error) {
    if (!(error instanceof NoTree)) throw error;
    throw new Error(`${contents.names.get(index) ?? ''} is no tree: ${error.message}`, { cause: error });
  }
  return callees;
}

function collect(tree: Tree | Block, callees: Set<number>): void {
  const all = (trees: readonly Tree[]): void => {
    for (const each of trees) collect(each, callees);
  };
  switch (tree.kind) {
    case 'block':
      all(tree.body);
      break;
    case 'numeric':
    case 'select':
      all(tree.operands);
      break;
    case 'call':
      callees.add(tree.callee);
      all(tree.operands);
      break;
    case 'load':
      all([tree.address]);
      break;
    case 'store':
      all([tree.address, tree.value]);
      break;
    case 'set':
    case 'drop':
      all([tree.value]);
      break;
    case 'if':
      all([tree.condition, tree.then, tree.otherwise]);
      break;
    case 'branch':
      if (tree.condition !== undefined) all([tree.condition]);
      if (tree.value !== undefined) all([tree.value]);
      break;
    case 'table':
      all([tree.index]);
      break;
    case 'sequence':
      all([tree.value, ...tree.then]);
      break;
    case 'get':
    case 'constant':
    case 'unreachable':
      break;
  }
}
