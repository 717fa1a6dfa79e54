/**
 * What the processor's operations mean, as the compiler made it of core/wasm/generated/functions.ts: a custom section of
 * core.wasm with a function for each operation, and those that they call and that are taken in. extract.ts writes it.
 *
 * The section is a u32 (bytes of what follows), JSON of type `Directory`, and the functions' expressions one behind another.
 */
import { Reader } from './bytes.ts';
import type { Effects } from './calls.ts';
import { CALLS, OWN_CALLS } from './calls.ts';
import { EMPTY } from './opcodes.ts';
import { parseBody } from './parse.ts';
import type { Block, Tree } from './tree.ts';

export const OPERATIONS_SECTION = 'xenoscope.operations';

export interface Entry {
  readonly takes: readonly number[];
  readonly gives: number;
  /** A function that is called: an export of the core by this name, or a way to go on (core/wasm/flow.ts). */
  readonly called?: string;
  readonly flow?: string;
  /** A function that is taken in: its expression, and the types of its locals behind the parameters. */
  readonly at?: number;
  readonly bytes?: number;
  readonly locals?: readonly number[];
}

export interface Directory {
  /** By the numbers that calls have in the expressions. */
  readonly functions: Readonly<Record<number, Entry>>;
  /** Name and function of each operation, by its number (core/wasm/generated/operations.ts). */
  readonly operations: readonly { readonly name: string; readonly function: number }[];
}

/** A function whose body is taken in. */
export interface Inlined {
  readonly kind: 'inlined';
  readonly gives: number;
  readonly parameters: number;
  /** Types of parameters and locals. */
  readonly locals: readonly number[];
  readonly body: Block;
}
export interface Called {
  readonly kind: 'called';
  readonly name: string;
  readonly takes: readonly number[];
  readonly gives: number;
  readonly effects: Effects;
}
export interface Flow {
  readonly kind: 'flow';
  readonly way: string;
  readonly gives: number;
}
export type Callee = Inlined | Called | Flow;

/** The section, read; bodies are parsed when they are wanted first. */
export class Operations {
  private readonly directory: Directory;
  private readonly code: Uint8Array;
  private readonly callees = new Map<number, Callee>();
  private readonly ways = new Map<number, ReadonlySet<string>>();

  /** Throws an Error for a module without the section. */
  constructor(core: WebAssembly.Module) {
    const section = WebAssembly.Module.customSections(core, OPERATIONS_SECTION)[0];
    if (section === undefined) throw new Error('core.wasm has no operations: run `npm run build:core`');
    const bytes = new Uint8Array(section);
    const length = new DataView(section).getUint32(0, true);
    this.directory = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Directory;
    this.code = bytes.subarray(4 + length);
  }

  operation(number: number): Inlined {
    const callee = this.callee(this.directory.operations[number]!.function);
    if (callee.kind !== 'inlined') throw new Error(`operation ${String(number)} has no body`);
    return callee;
  }

  /** As core/dispatch/ calls it. */
  nameOf(operation: number): string {
    return this.directory.operations[operation]!.name;
  }

  /** The ways that an operation may go on (core/wasm/flow.ts). */
  waysOf(operation: number): ReadonlySet<string> {
    const known = this.ways.get(operation);
    if (known !== undefined) return known;
    const ways = new Set<string>();
    this.ways.set(operation, ways);
    const look = (part: unknown): void => {
      if (typeof part !== 'object' || part === null) return;
      const tree = part as Partial<Tree>;
      const callee = tree.kind === 'call' ? this.callee(tree.callee!) : undefined;
      if (callee?.kind === 'flow') ways.add(callee.way);
      Object.entries(part).forEach(([name, inside]) => {
        if (name !== 'target' && name !== 'targets') look(inside);
      });
    };
    look(this.operation(operation).body);
    return ways;
  }

  /** What an export of the core that is called takes and gives. */
  signatureOf(called: string): { readonly takes: readonly number[]; readonly gives: number } {
    const entry =
      OWN_CALLS[called] ?? Object.values(this.directory.functions).find((each) => each.called === called);
    if (entry === undefined) throw new Error(`no operation calls ${called}`);
    return entry;
  }

  callee(index: number): Callee {
    let callee = this.callees.get(index);
    if (callee === undefined) {
      callee = this.read(this.directory.functions[index]!);
      this.callees.set(index, callee);
    }
    return callee;
  }

  private read(entry: Entry): Callee {
    const { takes, gives, called, flow } = entry;
    if (flow !== undefined) return { kind: 'flow', way: flow, gives };
    if (called !== undefined) return { kind: 'called', name: called, takes, gives, effects: CALLS[called]! };
    const { functions } = this.directory;
    const signatureOf = (callee: number) => ({
      takes: functions[callee]!.takes.length,
      gives: functions[callee]!.gives,
    });
    const body = parseBody(new Reader(this.code, entry.at), gives, { signatureOf });
    return { kind: 'inlined', gives, parameters: takes.length, locals: [...takes, ...entry.locals!], body };
  }
}

export const isVoid = ({ gives }: Callee): boolean => gives === EMPTY;
