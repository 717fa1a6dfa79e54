/**
 * AssemblyScript to wasm, from sources in memory: the same in Node and in the page.
 *
 * Sources are named by their path below guests/ (`kernel/console/print.ts`), and imported so across folders
 * (`import { print } from 'kernel/console/print'`) or relatively within one. `xen` is the ABI (abi-module.ts).
 */
import { abiModule } from './abi-module.ts';
import { describe } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import { optimizer } from './optimize.ts';
import type { Emitted } from './optimize.ts';

/** Sources by their path below guests/. */
export type Sources = ReadonlyMap<string, string>;

/** What the code will be: it decides the AssemblyScript runtime and where static data lie. */
export interface CompileOptions {
  /**
   * `kernel`: memory by the kernel's own heap (kernel/memory/runtime.ts), no collector. `program`: AssemblyScript's incremental
   * collector. `bare`: never frees; no heap but what follows the static data.
   */
  readonly runtime: 'kernel' | 'program' | 'bare';
  /** Address of the first static byte in linear memory. */
  readonly memoryBase: number;
}

export type Compiled = Emitted;

/** The sources do not compile. */
export class CompileError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[], rest: string) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    super(errors.length > 0 ? errors.map(describe).join('\n') : rest.trim());
    this.name = 'CompileError';
    this.diagnostics = errors;
  }
}

const RUNTIMES = { kernel: 'stub', program: 'incremental', bare: 'stub' };
/** The module that is a kernel's AssemblyScript runtime. */
export const KERNEL_RUNTIME = 'kernel/memory/runtime';
const STUB = 'rt/index-stub';
const LIBRARY = '~lib/';

/**
 * Modules of the compiler's library that are read for every program, half of all it reads, and that hardly one names anything of: where
 * none of the sources does, this is read instead, which has what the library itself needs of them.
 */
const RARELY: Readonly<Record<string, { readonly names: RegExp; readonly instead: string }>> = {
  math: {
    names:
      /\bparseFloat\b|\bF(?:32|64)\b|\b(?:Native|JS)?Mathf?\b|\bipow\d|~lib\/math|[\w)\]] ?\*\*=? ?[\w(]/,
    instead: `export namespace NativeMath {}
      export namespace NativeMathf {}
      export function ipow32(base: i32, exponent: i32): i32 {
        let power = 1;
        for (; exponent > 0; exponent >>= 1) {
          if (exponent & 1) power *= base;
          base *= base;
        }
        return power;
      }`,
  },
  date: { names: /\bDate\b/, instead: '' },
  dataview: { names: /\bDataView\b/, instead: '' },
};

/** The compiler's library is one table for all its runs: one at a time. */
let last: Promise<unknown> = Promise.resolve();

/** Compiles the program whose main file is `entry`. Throws CompileError. */
export function compile(sources: Sources, entry: string, options: CompileOptions): Promise<Compiled> {
  const result = last.then(() => compileNow(sources, entry, options));
  last = result.catch(() => undefined);
  return result;
}

async function compileNow(sources: Sources, entry: string, options: CompileOptions): Promise<Compiled> {
  // The compiler is large: it is loaded when there is something to compile.
  const { default: asc } = await import('assemblyscript/asc');
  let emitted: Emitted | undefined;
  const diagnostics: Diagnostic[] = [];
  const library: Record<string, string> = asc.libraryFiles;
  const whole = { ...library };
  Object.assign(library, libraryFor(sources));
  if (options.runtime === 'kernel') library[STUB] = `import "${KERNEL_RUNTIME}";`;
  const { error, stderr } = await asc.main(flags(entry, options), {
    stdout: asc.createMemoryStream(),
    stderr: asc.createMemoryStream(),
    readFile: (name) => read(sources, name),
    writeFile: () => undefined,
    listFiles: () => [],
    reportDiagnostic: (message: unknown) => diagnostics.push(diagnostic(message, sources)),
    transforms: [optimizer((written) => (emitted = written))],
  });
  Object.assign(library, whole);
  if (error !== null || emitted === undefined)
    throw new CompileError(diagnostics, `${stderr.toString()}\n${error?.message ?? 'nothing was compiled'}`);
  return emitted;
}

/** What is read instead of modules that these sources name nothing of. */
function libraryFor(sources: Sources): Record<string, string> {
  const texts = [...sources.values()];
  const unnamed = Object.entries(RARELY).filter(([, { names }]) => !texts.some((text) => names.test(text)));
  return Object.fromEntries(unnamed.map(([module, { instead }]) => [module, instead]));
}

function flags(entry: string, { runtime, memoryBase }: CompileOptions): string[] {
  return [
    ...[entry, '--noEmit', '--sourceMap', '--debug', '--lib', '.', '--exportStart', 'start', '--exportTable'],
    ...['--runtime', RUNTIMES[runtime], '--memoryBase', String(memoryBase)],
    ...['--enable', 'threads', '--enable', 'bulk-memory', '--enable', 'sign-extension'],
  ];
}

function read(sources: Sources, name: string): string | null {
  const path = name.replace(/^\.\//, '');
  return path === 'xen.ts' ? abiModule() : (sources.get(path) ?? null);
}

/** The path below guests/ of a file as the compiler names it. */
export function sourcePath(name: string): string {
  return name.startsWith(LIBRARY) ? name.slice(LIBRARY.length) : name;
}

/** As much as is used here of the compiler's own DiagnosticMessage: positions count characters. */
interface Message {
  readonly category: number;
  readonly message: string;
  readonly range: { readonly start: number; readonly source: { readonly normalizedPath: string } } | null;
}

const CATEGORY_ERROR = 3;

function diagnostic(raw: unknown, sources: Sources): Diagnostic {
  const { category, message, range } = raw as Message;
  const severity = category === CATEGORY_ERROR ? 'error' : 'warning';
  const file = range === null ? '' : sourcePath(range.source.normalizedPath);
  const before = sources.get(file)?.slice(0, range?.start).split('\n');
  const column = before === undefined ? 0 : before.at(-1)!.length + 1;
  return { severity, message, file, line: before?.length ?? 0, column };
}
