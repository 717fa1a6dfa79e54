/**
 * Homes for locals: the most used get registers. In a function that calls nothing the registers that calls would destroy
 * are homes too.
 */
import { OP_BLOCK, OP_ELSE, OP_END, OP_IF, OP_LOOP } from '../wasm/instructions.ts';
import type { Body } from '../wasm/instructions.ts';
import type { Code } from '../wasm/module.ts';
import { R10, R11, R12, R13, R14, R15, R8, R9, RAX, RBP, RBX, RCX, RDI, RDX, RSI } from './emitter.ts';
import { isFloat } from './values.ts';
import type { Local } from './values.ts';

/** Arguments in registers, as System V has them; more lie on the stack. */
export const ARGUMENTS = [RDI, RSI, RDX, RCX, R8, R9];
export const FLOAT_ARGUMENTS = 8;
/** Registers that a function keeps for its caller. */
export const CALLEE_SAVED = [RBX, RBP, R12, R13, R14, R15];
/** Registers for values in between, where no local lives in them. */
export const TEMPORARIES = [RAX, RDX, RSI, RDI, RCX, R8, R9, R10, R11];

const LEAF_HOMES = [R8, R9, R10, R11, RDI, ...CALLEE_SAVED];
/** XMM8 and up, of a function that calls nothing. */
const FLOAT_HOMES = [8, 9, 10, 11, 12, 13, 14, 15];
const LOOP_WEIGHT = 8;
const MAX_LOOP_DEPTH = 5;
/** A local used less is not worth saving a caller's register for. */
const WORTH_SAVING = 3;

const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;

interface Use {
  weight: number;
  /** Whether what is read was set before, wherever it is read. */
  set: boolean;
}

/** Places the locals of a function. `leaf`: it calls nothing. Returns them in order, and the slots of the frame taken. */
export function placeLocals(code: Code, body: Body, leaf: boolean): { locals: Local[]; slots: number } {
  const uses = countUses(code, body);
  const homes = leaf ? [...LEAF_HOMES] : [...CALLEE_SAVED];
  const floatHomes = leaf ? [...FLOAT_HOMES] : [];
  const order = uses.map((_, n) => n).sort((a, b) => uses[b]!.weight - uses[a]!.weight || a - b);
  const registers = new Array<number>(uses.length).fill(-1);
  for (const n of order) {
    const { weight } = uses[n]!;
    if (weight === 0) continue;
    if (isFloat(code.locals[n]!)) registers[n] = floatHomes.shift() ?? -1;
    else registers[n] = chooseHome(homes, weight, leaf ? integerArgument(code, n) : -1);
  }
  let slots = 0;
  const locals = code.locals.map((type, n) => ({
    type,
    register: registers[n]!,
    slot: registers[n]! < 0 && uses[n]!.weight > 0 ? slots++ : -1,
    needsZero: n >= code.type.params.length && uses[n]!.weight > 0 && !uses[n]!.set,
    parameter: n < code.type.params.length ? n : -1,
  }));
  return { locals, slots };
}

function chooseHome(homes: number[], weight: number, preferred: number): number {
  const free = homes.indexOf(preferred);
  const at = free >= 0 ? free : 0;
  const home = homes[at];
  if (home === undefined || (CALLEE_SAVED.includes(home) && weight < WORTH_SAVING)) return -1;
  homes.splice(at, 1);
  return home;
}

/** The register in which parameter `n` comes, or -1. */
export function integerArgument(code: Code, n: number): number {
  const { params } = code.type;
  if (n >= params.length || isFloat(params[n]!)) return -1;
  return ARGUMENTS[params.slice(0, n).filter((type) => !isFloat(type)).length] ?? -1;
}

/** How often each local is used, weighed by loops. */
function countUses(code: Code, body: Body): Use[] {
  const uses: Use[] = code.locals.map(() => ({ weight: 0, set: false }));
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  const scopes: number[] = [];
  const scopeOf = new Map<number, number>();
  let depth = 0;
  for (let n = 0; n < body.length; n++) {
    const opcode = body.opcodes[n]!;
    if (opcode === OP_BLOCK || opcode === OP_LOOP || opcode === OP_IF) scopes.push(n);
    else if (opcode === OP_ELSE) scopes[scopes.length - 1] = n;
    else if (opcode === OP_END) {
      if (isLoop(body, scopes)) depth--;
      scopes.pop();
    }
    if (opcode === OP_LOOP) depth++;
    if (opcode < LOCAL_GET || opcode > LOCAL_TEE) continue;
    const local = body.a[n]!;
    uses[local]!.weight += LOOP_WEIGHT ** Math.min(depth, MAX_LOOP_DEPTH);
    if (!first.has(local)) {
      first.set(local, n);
      scopeOf.set(local, scopes.at(-1) ?? -1);
    }
    last.set(local, n);
  }
  for (const [local, n] of first) {
    const scope = scopeOf.get(local)!;
    // Set first, and used nowhere but behind that in the same block: no path goes around it.
    const inside = scope < 0 || last.get(local)! <= body.b[scope]!;
    uses[local]!.set = inside && body.opcodes[n] !== LOCAL_GET && body.opcodes[n]! <= LOCAL_TEE;
  }
  return uses;
}

function isLoop(body: Body, scopes: readonly number[]): boolean {
  const scope = scopes.at(-1);
  return scope !== undefined && body.opcodes[scope] === OP_LOOP;
}

export { LOCAL_GET, LOCAL_SET, LOCAL_TEE };
