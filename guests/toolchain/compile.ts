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
  const stub = library[STUB]!;
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
  library[STUB] = stub;
  if (error !== null || emitted === undefined)
    throw new CompileError(diagnostics, `${stderr.toString()}\n${error?.message ?? 'nothing was compiled'}`);
  return emitted;
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
